package equality

import (
	"context"
	"errors"
	"testing"

	"github.com/curfew-ci/curfew/internal/secret/engine"
)

// ofEngine is a finding of the engine's.
func ofEngine(m engine.Match) finding {
	l := m.Location
	return finding{m.Rule, l.StartLine, l.EndLine, l.StartColumn, l.EndColumn, m.Depth, digest(m.Text), digest(m.Group)}
}

// matches lists what the engine finds, sorted. tooMany says that there is more.
func matches(t testing.TB, s *engine.Scanner, path string, text []byte, st *engine.State) (found []finding, tooMany bool) {
	t.Helper()
	all, err := s.Matches(context.Background(), path, text, st)
	if err != nil && !errors.Is(err, engine.ErrTooMany) {
		t.Fatal(err)
	}
	for _, m := range all {
		found = append(found, ofEngine(m))
	}
	return sorted(found), err != nil
}

// TestEquality holds the engine to the library on generated versions of files: each version looked over
// whole, and along its delta.
func TestEquality(t *testing.T) {
	const files, versions = 40, 10
	cfg, _ := configuration(t)
	library := newLibrary(cfg)
	e, err := engine.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	y := newTally(cfg)
	s := e.NewScanner()
	for seed := range uint64(files) {
		m := newMaker(seed)
		path, text := m.path(), m.first()
		st := s.Whole(text)
		for n := range versions {
			if !compareBoth(t, y, library, s, path, text, st) {
				t.Fatalf("seed %d, version %d", seed, n)
			}
			v := m.next(text)
			st = s.Next(v.text, st, len(text), v.copies)
			text = v.text
		}
	}
	t.Log(y)
	if y.library < files*versions || y.panics > files {
		t.Error("the texts show nothing")
	}
}
