package recording

import (
	"bytes"
	"context"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/secret"
	"github.com/curfew-ci/curfew/internal/secret/planted"
	"github.com/curfew-ci/curfew/rules"
)

// clock is a clock that goes on when it is told to.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 11, 23, 20, 41, 7, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// engine is the search that exec records with.
var engine = sync.OnceValue(func() Search {
	d, err := secret.New(rules.SecretRules())
	if err != nil {
		panic(err)
	}
	return func(text []byte) ([]Found, error) {
		tokens, err := d.Detect(context.Background(), "", text)
		var all []Found
		for _, t := range tokens {
			f := Found{Range: redact.Range{Start: t.Region.Start.Offset, End: t.Region.End.Offset}}
			if t.Unlikely == "" {
				f.Values = []redact.Secret{t.Value, t.Written}
			}
			all = append(all, f)
		}
		return all, err
	}
})

// nothing is a search that finds nothing.
func nothing([]byte) ([]Found, error) { return nil, nil }

// word is a search that finds a word wherever it stands, and lets it be hidden nowhere else.
func word(w string) Search {
	return func(text []byte) (all []Found, err error) {
		for at := 0; ; at++ {
			i := bytes.Index(text[at:], []byte(w))
			if i < 0 {
				return all, nil
			}
			at += i
			all = append(all, Found{Range: redact.Range{Start: at, End: at + len(w)}})
		}
	}
}

// recorder begins a recording into a buffer.
func recorder(t testing.TB, c *clock, s Search) (*Recorder, *bytes.Buffer) {
	t.Helper()
	var out bytes.Buffer
	r, err := Begin(Options{To: &out, Limit: MaxLimit, Now: c.now, Search: s, Header: Header{Width: 80, Height: 24}})
	if err != nil {
		t.Fatal(err)
	}
	return r, &out
}

// end ends a recording and reads it.
func end(t testing.TB, r *Recorder, out *bytes.Buffer) *Recording {
	t.Helper()
	if _, err := r.End("end"); err != nil {
		t.Fatal(err)
	}
	got, err := Read("r", out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// printed is all output of a recording.
func printed(r *Recording) string {
	var b strings.Builder
	for _, e := range r.Events {
		if !e.Marker {
			b.WriteString(e.Data)
		}
	}
	return b.String()
}

// token makes up a token of GitHub's.
func token(t testing.TB, seed uint64) string {
	t.Helper()
	for _, s := range planted.All(seed) {
		if s.Detector == "github-pat" {
			return s.Value
		}
	}
	t.Fatal("no such credential")
	return ""
}

// random is a source of a seed.
func random(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, seed)) }
