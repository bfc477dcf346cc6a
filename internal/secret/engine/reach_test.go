package engine

import (
	"regexp"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/zricethezav/gitleaks/v8/config"
)

func TestCharacterBounds(t *testing.T) {
	for _, tt := range []struct {
		text       string
		off        int
		start, end int // of the character that has the byte at off
	}{
		{"abc", 1, 1, 2},
		{"aé", 2, 1, 3},
		{"€", 1, 0, 3},
		{"€", 2, 0, 3},
		{"x😀", 4, 1, 5},
		{"x\xa9", 1, 1, 2},                 // no character begins before it
		{"é\xa9", 2, 2, 3},                 // the character before it is complete
		{"\xe2\x82x", 1, 1, 2},             // the character before it never is
		{"\xf0\x9f\x98", 2, 2, 3},          // nor is this one, at the end
		{"a\x80\x80\x80\x80\x80", 5, 5, 6}, // too far from any beginning
	} {
		if got := characterStart([]byte(tt.text), tt.off); got != tt.start {
			t.Errorf("characterStart(%q, %d) = %d, want %d", tt.text, tt.off, got, tt.start)
		}
		if got := characterEnd([]byte(tt.text), tt.off+1); got != tt.end {
			t.Errorf("characterEnd(%q, %d) = %d, want %d", tt.text, tt.off+1, got, tt.end)
		}
	}
	if got := pad([]byte("é€abc€é"), Span{5, 8}); got != (Span{2, 11}) {
		t.Errorf("pad takes %v, want the characters on both sides", got)
	}
	if got := pad([]byte("abc"), Span{0, 3}); got != (Span{0, 3}) {
		t.Errorf("pad leaves the text for %v", got)
	}
}

// What a window's edges pretend isn't found.
func TestFindSeesThroughEdges(t *testing.T) {
	for _, tt := range []struct {
		pattern, text string
		window        Span
		want          [][2]int
	}{
		{`\babc\b`, "xabcx", Span{1, 4}, nil},
		{`\babc\b`, " abc ", Span{1, 4}, [][2]int{{1, 4}}},
		{`^abc`, "xabc", Span{1, 4}, nil},
		{`(?m)^abc$`, "x\nabc\nx", Span{2, 5}, [][2]int{{2, 5}}},
		{`abc$`, "abcabc abc", Span{0, 7}, nil},
		{`abc.*?(?:d|$)`, "abc......d", Span{0, 5}, nil}, // ends beyond the window
		{`abc\B`, "abcabcx", Span{3, 7}, [][2]int{{3, 6}}},
		{`[a-z]*abc`, "xxabc abc", Span{2, 9}, [][2]int{{6, 9}}}, // the first begins before the window
	} {
		p, err := newPlan(ruleOf(config.Rule{Regex: regexp.MustCompile(tt.pattern)}), &literals{numbers: make(map[string]int32)})
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(tt.want, p.find([]byte(tt.text), tt.window, nil)); diff != "" {
			t.Errorf("%s in %v of %q: (-want +got)\n%s", tt.pattern, tt.window, tt.text, diff)
		}
	}
}

// A line that is full of literals is followed for none of them to its end.
func TestManyHitsOnALongLine(t *testing.T) {
	all, err := newPlans(map[string]rule{"r": {regex: later(`curl.*? -u.*?!`)}})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{strings.Repeat("curl ", far), strings.Repeat("curl -u ", far), strings.Repeat("curl ", far) + "-u !"} {
		compare(t, all, 0, []byte(text))
		w := all.rules[0].anchor(hit{oddLetters, 4}).window([]byte(text), 4)
		if w != (Span{0, len(text)}) {
			t.Errorf("the first window in a line of %d bytes is %v", len(text), w)
		}
	}
}

// A text with thousands of hits close to each other is searched in whole, and what matches in it is found.
func TestManyCloseHits(t *testing.T) {
	e, err := newEngine(map[string]rule{"r": {regex: later(`key=[a-c]{2,3}\b`)}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	text := []byte(strings.Repeat("key=ab key=abcd\n", manyFollowed))
	s := e.NewScanner()
	st := s.Whole(text)
	if len(st.windows) != 1 || st.windows[0].wide() != (Span{0, len(text)}) {
		t.Fatalf("%d windows, the first %v", len(st.windows), st.windows[0].span)
	}
	p := e.plans.rules[0]
	if diff := gocmp.Diff(matched(p.rule.regex.compiled(), text), p.find(text, st.windows[0].wide(), nil)); diff != "" {
		t.Errorf("matches (-whole text +window)\n%s", diff)
	}
}
