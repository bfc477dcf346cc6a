package jsontree

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func lim() Limits { return Limits{Bytes: 1000, Depth: 5, Nodes: 50} }

func TestParse(t *testing.T) {
	src := "{\n \"a\": [1, -2.5e+3, true, null],\n \"ä\\n\": {\"\\ud83d\\ude00\": \"\\u0041\\/\"}\n}\n"
	doc, err := Parse("f.json", []byte(src), lim())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, item := range get(doc.Root, "a").Items {
		got = append(got, item.Kind.String()+" "+item.Text)
	}
	want := []string{"a number 1", "a number -2.5e+3", "a boolean true", "null null"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("items (-want +got):\n%s", diff)
	}
	inner := get(doc.Root, "ä\n")
	if v := get(inner, "😀"); v == nil || v.Text != "A/" {
		t.Errorf("escapes: got %+v", v)
	}
	if m := doc.Root.Members[1]; string(doc.Text.Src[m.Start:m.End]) != `"ä\n"` {
		t.Errorf("the name stands at %d to %d", m.Start, m.End)
	}
	if r := doc.Region(inner); r.String() != "f.json:3:9" || string(doc.Text.Src[r.Start.Offset:r.End.Offset]) != `{"\ud83d\ude00": "\u0041\/"}` {
		t.Errorf("value stands at %s–%s", r, r.End)
	}
}

// get is the value of a name, nil where there is none.
func get(n *Node, name string) *Node {
	for _, m := range n.Members {
		if m.Name == name {
			return m.Value
		}
	}
	return nil
}

func TestParseRefuses(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"empty", "", "f:1:1: expected a value, found the end"},
		{"word", "yes", "f:1:1: expected a value"},
		{"byte order mark", "\ufeff{}", "f:1:1: expected a value"},
		{"text after", "{} {}", "f:1:4: unexpected text after the value"},
		{"trailing comma", `{"a": 1,}`, "f:1:9: expected a name in double quotes"},
		{"trailing comma in an array", `[1,]`, "f:1:4: expected a value"},
		{"comment", "{} // x", "f:1:4: unexpected text after the value"},
		{"no colon", `{"a" 1}`, `f:1:6: expected ":"`},
		{"no comma", "[1\n2]", `f:2:1: expected "," or "]"`},
		{"wrong bracket", `[1}`, `f:1:3: expected "," or "]"`},
		{"duplicate", `{"a": 1, "a": 1}`, "f:1:10: this name is in the object twice: remove one, since readers differ in which counts"},
		{"duplicate by escape", `{"a": 1, "\u0061": 2}`, "f:1:10: this name is in the object twice: remove one, since readers differ in which counts"},
		{"leading zero", "01", "f:1:2: unexpected text after the value"},
		{"plus", "+1", "f:1:1: expected a value"},
		{"dot", "1.", "f:1:3: expected a digit"},
		{"exponent", "1e", "f:1:3: expected a digit"},
		{"minus alone", "-", "f:1:2: expected a digit"},
		{"single quotes", "'a'", "f:1:1: expected a value"},
		{"open string", `"a`, "f:1:3: the string isn't closed"},
		{"open escape", `"a\`, "f:1:4: the string isn't closed"},
		{"line break in a string", "\"a\nb\"", "f:1:3: control character in a string: write it as an escape"},
		{"unknown escape", `"\x41"`, "f:1:2: unknown escape"},
		{"bad unicode escape", `"\u00g1"`, `f:1:2: expected four hexadecimal digits after "\u"`},
		{"lone high surrogate", `"\ud83d"`, "f:1:2: half of a surrogate pair"},
		{"lone low surrogate", `"\ude00\ud83d"`, "f:1:2: half of a surrogate pair"},
		{"not UTF-8", "\"\xff\"", "f:1:2: not UTF-8"},
		{"surrogate in UTF-8", "\"\xed\xa0\x80\"", "f:1:2: not UTF-8"},
		{"too deep", strings.Repeat("[", 7), "f:1:7: nested more than 5 deep"},
		{"too many", "[" + strings.Repeat("1,", 60) + "1]", "f:1:100: more than 50 values"},
		{"too long", strings.Repeat(" ", 1001), "f: 1001 bytes: at most 1000 are read"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("f", []byte(tt.src), lim())
			if err == nil {
				t.Fatal("taken")
			}
			if err.Error() != tt.want {
				t.Errorf("got  %s\nwant %s", err, tt.want)
			}
		})
	}
}

// FuzzParse compares with the standard library: whatever Parse takes is valid JSON with the same
// values, and whatever it refuses is invalid or one of the things that it is stricter about.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`{"a":[1,-2.5e+3,true,null,"x\n\u00e4"]}`, `{"a":1,"a":2}`, `"\ud83d\ude00"`, `"\ud83d"`, "[[[[1]]]]", "\"\xff\"", "1e5", "-0", " ", "\ufeff1",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		doc, err := Parse("f", src, Limits{Depth: 100})
		var std any
		stdErr := unmarshal(src, &std)
		if err != nil {
			if stdErr == nil && !stricter(err.Error(), src) {
				t.Fatalf("refused, but valid: %v", err)
			}
			return
		}
		if stdErr != nil {
			t.Fatalf("taken, but invalid: %v", stdErr)
		}
		if !doc.Root.equal(std) {
			t.Errorf("read differently: %#v", std)
		}
	})
}

// unmarshal is json.Unmarshal, with numbers as they are written.
func unmarshal(src []byte, into *any) error {
	if !json.Valid(src) {
		return errors.New("invalid")
	}
	d := json.NewDecoder(bytes.NewReader(src))
	d.UseNumber()
	return d.Decode(into)
}

func stricter(message string, src []byte) bool {
	return strings.Contains(message, "twice") || strings.Contains(message, "surrogate") ||
		strings.Contains(message, "nested") || strings.Contains(message, "UTF-8") && !utf8.Valid(src)
}

// equal compares with what the standard library decodes into an any.
func (n *Node) equal(std any) bool {
	switch v := std.(type) {
	case nil:
		return n.Kind == Null
	case bool:
		return n.Kind == Bool && (n.Text == "true") == v
	case json.Number:
		return n.Kind == Number && n.Text == v.String()
	case string:
		return n.Kind == String && n.Text == v
	case []any:
		for i := range v {
			if i >= len(n.Items) || !n.Items[i].equal(v[i]) {
				return false
			}
		}
		return n.Kind == Array && len(n.Items) == len(v)
	case map[string]any:
		for name := range v {
			if m := get(n, name); m == nil || !m.equal(v[name]) {
				return false
			}
		}
		return n.Kind == Object && len(n.Members) == len(v)
	}
	return false
}
