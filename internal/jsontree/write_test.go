package jsontree

import (
	"math"
	"testing"
)

func TestWrite(t *testing.T) {
	v := struct {
		B string         `json:"b"`
		A map[string]int `json:"a"`
	}{"<ä&\n>", map[string]int{"y": 1, "x": 2}}
	line, err := Line(v)
	if want := `{"b":"<ä&\n>","a":{"x":2,"y":1}}`; err != nil || string(line) != want {
		t.Errorf("Line: got %s (%v), want %s", line, err, want)
	}
	text, err := Indented(v)
	if want := "{\n  \"b\": \"<ä&\\n>\",\n  \"a\": {\n    \"x\": 2,\n    \"y\": 1\n  }\n}\n"; err != nil || string(text) != want {
		t.Errorf("Indented: got %s (%v), want %s", text, err, want)
	}
	for _, write := range []func(any) ([]byte, error){Line, Indented} {
		if text, err := write(math.NaN()); err == nil || text != nil {
			t.Errorf("what JSON can't say was written as %q", text)
		}
	}
}
