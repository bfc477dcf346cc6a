package equality

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/secret/engine"
	"github.com/curfew-ci/curfew/internal/secret/planted"
)

// FuzzEngine holds the engine to the library on any text, and on what a few changes make of it. The changes
// are up to the seed.
func FuzzEngine(f *testing.F) {
	for i, p := range planted.All(1) {
		if i%8 == 0 {
			f.Add(p.Path, []byte(p.Content), uint64(i))
		}
	}
	for _, text := range nasty() {
		f.Add("a.txt", []byte(text), uint64(1))
	}
	for seed := range uint64(20) {
		m := newMaker(seed)
		f.Add(m.path(), m.first(), seed)
	}
	cfg, _ := configuration(f)
	library := newLibrary(cfg)
	e, err := engine.New(cfg)
	if err != nil {
		f.Fatal(err)
	}
	y := newTally(cfg)
	f.Fuzz(func(t *testing.T, path string, text []byte, seed uint64) {
		s := e.NewScanner()
		st := s.Whole(text)
		compareBoth(t, y, library, s, path, text, st)
		m := &maker{rand.New(rand.NewPCG(seed, 1)), planted.All(seed)}
		v := m.next(text)
		compareBoth(t, y, library, s, path, v.text, s.Next(v.text, st, len(text), v.copies))
	})
}

// compareBoth holds what st has of a text, and what the engine has of it as a whole, to the library.
func compareBoth(t *testing.T, y *tally, l library, s *engine.Scanner, path string, text []byte, st *engine.State) bool {
	t.Helper()
	want, err := l.search(path, text)
	along, tooMany := matches(t, s, path, text, st)
	whole, _ := matches(t, s, path, text, s.Whole(text))
	diff := cmp.Diff(whole, along)
	if diff != "" {
		t.Errorf("%s (-whole +along the delta):\n%s", path, diff)
	}
	switch {
	case err != nil:
		y.count(&y.panics)
	case tooMany:
		y.count(&y.cut)
	case !y.check(t, "text", path, text, want, along):
		diff += "!"
	}
	if diff != "" {
		t.Errorf("the text is\n%q", text)
	}
	return diff == ""
}

// nasty are texts by hand that each mean to mislead one shortcut. What looks like a credential is cut in
// two here.
func nasty() []string {
	const value = "k3y7Value9Here"
	return []string{
		"api_key\n=\n  '" + value + "';",
		"to\u212aen: " + value + " acce\u017fs=" + value,
		"\u0130nput token=" + value,
		"token:     aaaaaaaaaaaaaaaa)" + strings.Repeat("\n# nothing here", 40) + "\n0acce\u017fs = " + value + "\n",
		"key = " + value + strings.Repeat("\u212a", 200) + value + "\n" + strings.Repeat("%6b", 60) + "ey = " + value,
		"key = \"Zm9vYmFyYmF6cXV4\" 666f6f206261722062617a2071757820 %41",
		"secret: \"U+006b U+0033\nU+0079 " + value + "\"",
		"token=" + value + "%",
		"token=" + value + "%20" + value,
		"\\u0074oken=" + value + "\ntoken\\u003d" + value,
		"--mount=type=secret,id=x\ntoken=" + value,
		"--mount=type=secret,id=x\ntoken=" + value + "\n",
		"token=" + value + "\r\n\r\ntoken=" + value + "\n\n",
		"-----BEGIN PRIVATE " + "KEY-----\n" + "-----BEGIN PRIVATE " + "KEY-----",
		"curl -u " + "x:" + value + " https://example.com\\\n -H 'Authorization: Bearer " + value + "'",
		"\x00token=" + value + "\x00",
		"\xfftoken=" + value + "\xff",
		"abcdefghi%32U+0055 token=" + value + " U+0025 U+0034 U+0031 U+0061 \ntoken=" + value,
		"dG9rZW49azN5N1ZhbHVlOUhlcmUK%41\\u0041dG9rZW49azN5N1ZhbHVlOUhlcmUK",
	}
}
