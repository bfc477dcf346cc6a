package engine

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/spf13/viper"
	"github.com/zricethezav/gitleaks/v8/config"

	"github.com/curfew-ci/curfew/internal/delta"
	"github.com/curfew-ci/curfew/internal/secret/planted"
	"github.com/curfew-ci/curfew/rules"
)

// configured is gitleaks' default configuration or ours, compiled.
func configured(t testing.TB, toml string) config.Config {
	t.Helper()
	v := viper.New()
	v.SetConfigType("toml")
	if err := v.ReadConfig(strings.NewReader(toml)); err != nil {
		t.Fatal(err)
	}
	var vc config.ViperConfig
	if err := v.Unmarshal(&vc); err != nil {
		t.Fatal(err)
	}
	cfg, err := vc.Translate()
	if err != nil {
		t.Fatal(err)
	}
	for id, r := range cfg.Rules {
		r.Tags = nil
		cfg.Rules[id] = r
	}
	return cfg
}

// both is gitleaks' default rules and ours.
func both(t testing.TB) config.Config {
	cfg, ours := configured(t, config.DefaultConfig), configured(t, string(rules.SecretRules()))
	for id, r := range ours.Rules {
		cfg.Rules[id] = r
	}
	for k := range ours.Keywords {
		cfg.Keywords[k] = struct{}{}
	}
	cfg.Allowlists = append(cfg.Allowlists, ours.Allowlists...)
	return cfg
}

var shared = sync.OnceValue(func() func(testing.TB) *Engine {
	var once sync.Once
	var e *Engine
	return func(t testing.TB) *Engine {
		t.Helper()
		once.Do(func() {
			var err error
			if e, err = New(both(t)); err != nil {
				t.Fatal(err)
			}
		})
		return e
	}
})

func sharedEngine(t testing.TB) *Engine {
	t.Helper()
	return shared()(t)
}

// matchesOf is what a fresh Scanner finds in a text.
func matchesOf(t testing.TB, e *Engine, path string, text []byte) []Match {
	t.Helper()
	s := e.NewScanner()
	out, err := s.Matches(context.Background(), path, text, s.Whole(text))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// pieces are what random texts are made of.
func pieces() []string {
	out := []string{
		"key", "api_key", "secret", "token", "=", ": ", " = ", "\"", "'", "\n", "\n", "\n", "\r\n", " ", "\t", ",", ";",
		"a8F3kL0pQ2zR7tY5wE1", "k3y7Value9Here", "é", "鍵", "\xff", "\xe2\x84", "\xc5", "curl ", "-u ", "-H \"Authorization: Bearer ",
		"-----BEGIN PRIVATE " + "KEY-----\n", "-----END PRIVATE " + "KEY-----", "facebook", "sourcegraph", "airtable", "%41", "%20", "\\u0041", "U+0041 ", "U+0041\n",
		"kind: Secret\n", "data:\n", "--mount=type=secret,", "import { key } from 'x'\n", strings.Repeat("x", 90), "\n---\n",
		"0123456789abcdef0123456789abcdef", "https://user:", "@example.org/", "gitleaks:allow",
	}
	for _, p := range planted.All(3) {
		if len(p.Content) < 2000 {
			out = append(out, p.Content, p.Value)
		}
	}
	return out
}

func randomText(rnd *rand.Rand, from []string, n int) []byte {
	var b bytes.Buffer
	for range n {
		word := from[rnd.IntN(len(from))]
		switch rnd.IntN(14) {
		case 0:
			word = base64.StdEncoding.EncodeToString([]byte(word))
		case 1:
			word = hex.EncodeToString([]byte(word))
		case 2:
			word = word[:rnd.IntN(len(word)+1)]
		}
		b.WriteString(word)
		if rnd.IntN(3) == 0 {
			b.WriteByte('\n')
		}
	}
	return b.Bytes()
}

// randomNext makes a text of runs of base and of new bytes.
func randomNext(rnd *rand.Rand, from []string, base []byte) ([]byte, []delta.Copy) {
	var text []byte
	var copies []delta.Copy
	insert := func() {
		switch rnd.IntN(3) {
		case 0:
			text = append(text, randomText(rnd, from, 1)...)
		case 1:
			text = append(text, "x\n= \"k"[rnd.IntN(6)])
		}
	}
	take := func(start, n int) {
		n = min(n, len(base)-start)
		if n <= 0 {
			return
		}
		copies = append(copies, delta.Copy{Dst: int32(len(text)), Src: int32(start), Len: int32(n)})
		text = append(text, base[start:start+n]...)
	}
	if rnd.IntN(4) > 0 { // an edit: runs in order
		for at := 0; at < len(base); {
			n := 1 + rnd.IntN(len(base))
			take(at, n)
			at += n + []int{0, 0, 1, rnd.IntN(40)}[rnd.IntN(4)]
			insert()
		}
		return text, copies
	}
	for range rnd.IntN(6) {
		insert()
		take(rnd.IntN(len(base)+1), rnd.IntN(len(base)+1))
	}
	insert()
	return text, copies
}

func diffMatches(want, got []Match) string {
	if reflect.DeepEqual(want, got) {
		return ""
	}
	return cmp.Diff(want, got, cmpopts.EquateEmpty())
}

// What is known of a text by its base is what is known by looking at all of it.
func TestNextIsWhole(t *testing.T) {
	from := pieces()
	odd := slices.Concat(from, []string{longS, kelvin, dottedI})
	found := 0
	for seed := range uint64(150) {
		if seed%8 == 0 {
			found += checkNext(t, sharedEngine(t), odd, seed)
		} else {
			found += checkNext(t, sharedEngine(t), from, seed)
		}
	}
	e, err := New(configured(t, unusual))
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(1000) {
		found += checkNext(t, e, unusualWords, seed)
	}
	if found < 1000 {
		t.Errorf("%d findings: the texts show nothing", found)
	}
}

// checkNext holds random versions of a random text, each known by the one before, against themselves. It
// returns how much was found in them.
func checkNext(t *testing.T, e *Engine, from []string, seed uint64) (found int) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(seed, 7))
	s := e.NewScanner()
	base := randomText(rnd, from, 1+rnd.IntN(60))
	st := s.Whole(base)
	for step := range 6 {
		if rnd.IntN(3) > 0 {
			if _, err := s.Matches(context.Background(), "a.yml", base, st); err != nil {
				t.Fatal(err)
			}
		}
		text, copies := randomNext(rnd, from, base)
		next := s.Next(text, st, len(base), copies)
		got, err := s.Matches(context.Background(), "a.yml", text, next)
		if err != nil {
			t.Fatal(err)
		}
		want := matchesOf(t, e, "a.yml", text)
		if diff := diffMatches(want, got); diff != "" {
			t.Fatalf("seed %d, step %d (-whole +next):\n%s\nbase %q\ncopies %v\ntext %q", seed, step, diff, base, copies, text)
		}
		found += len(want)
		base, st = text, next
	}
	return found
}

// Copies that aren't what Next asks for are no reason to miss anything.
func TestNextOddCopies(t *testing.T) {
	e := sharedEngine(t)
	pat := pieceOf(t, "github-pat")
	base, text := []byte("nothing\n"), []byte("token "+pat+"\n")
	for _, copies := range [][]delta.Copy{
		nil, {{Len: 100}}, {{Dst: 4, Len: 4}, {Dst: 2, Len: 4}}, {{Len: 0}}, {{Len: -1}}, {{Src: -1, Len: 2}}, {{Dst: 1000, Len: 4}},
	} {
		s := e.NewScanner()
		got, err := s.Matches(context.Background(), "", text, s.Next(text, s.Whole(base), len(base), copies))
		if err != nil || len(got) != 1 {
			t.Errorf("%v: %d findings, %v", copies, len(got), err)
		}
	}
}

func pieceOf(t testing.TB, rule string) string {
	t.Helper()
	for _, p := range planted.All(3) {
		if p.Detector == rule {
			return p.Value
		}
	}
	t.Fatalf("nothing is planted for %s", rule)
	return ""
}

// A text of which a version adds nothing that matters costs no memory of its own.
func TestNextAllocates(t *testing.T) {
	e := sharedEngine(t)
	base := bytes.Repeat([]byte("nothing to see on this line\n"), 500)
	next := append([]byte("one more\n"), base...)
	copies := []delta.Copy{{Dst: 9, Len: int32(len(base))}}
	s := e.NewScanner()
	st := s.Whole(base)
	s.Next(next, st, len(base), copies)
	if n := testing.AllocsPerRun(100, func() { s.Next(next, st, len(base), copies) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
