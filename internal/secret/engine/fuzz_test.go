package engine

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/curfew-ci/curfew/internal/secret/planted"
)

// Whatever a text and what is added to it hold, a version is known by its base as it is known by itself.
func FuzzNext(f *testing.F) {
	for i, p := range planted.All(5) {
		if i%5 == 0 {
			f.Add(p.Content, "x = \"%41\n", uint64(i))
		}
	}
	f.Add("U+0041\nU+0042 \\u0041\n", "U+00", uint64(1))
	f.Add("\xe2\x84\xaaey = \xc5\xbfecret", "\xc4\xb0", uint64(2))
	f.Fuzz(func(t *testing.T, base, add string, seed uint64) {
		if add == "" || len(base)+len(add) > 1<<14 {
			return
		}
		e := sharedEngine(t)
		rnd := rand.New(rand.NewPCG(seed, 1))
		text, copies := randomNext(rnd, []string{add}, []byte(base))
		s := e.NewScanner()
		st := s.Whole([]byte(base))
		if seed%2 == 0 {
			if _, err := s.Matches(context.Background(), "a.yml", []byte(base), st); err != nil {
				t.Fatal(err)
			}
		}
		got, err := s.Matches(context.Background(), "a.yml", text, s.Next(text, st, len(base), copies))
		if err != nil {
			t.Fatal(err)
		}
		if diff := diffMatches(matchesOf(t, e, "a.yml", text), got); diff != "" {
			t.Fatalf("copies %v of %q (-whole +next):\n%s", copies, base, diff)
		}
	})
}
