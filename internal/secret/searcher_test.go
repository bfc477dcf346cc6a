package secret_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/delta"
	"github.com/curfew-ci/curfew/internal/secret"
	"github.com/curfew-ci/curfew/internal/secret/planted"
	"github.com/curfew-ci/curfew/internal/source"
)

// seen is what is compared of a token: everything but a value's own way of being held.
type seen struct {
	Detector, Kind, Key, Value, Written string
	Region                              source.Region
	Covered, Allowed, Strong            bool
}

func seenOf(tokens []secret.Token) []seen {
	var out []seen
	for _, t := range tokens {
		out = append(out, seen{t.Detector, t.Kind, t.Key, string(t.Value.Reveal()), string(t.Written.Reveal()), t.Region, t.Covered, t.Allowed, t.Strong})
	}
	return out
}

// What a Searcher finds in version after version is what Detect finds in each.
func TestSearcher(t *testing.T) {
	d := detector(t)
	s := d.NewSearcher()
	text := []byte("# settings\n")
	v := s.Whole(text)
	for i, p := range planted.All(21) {
		add := p.Content + "\n"
		if i%3 == 0 {
			add = base64.StdEncoding.EncodeToString([]byte(p.Content)) + "\n"
		}
		next := append(append([]byte{}, text...), add...)
		v = s.Next(next, v, len(text), []delta.Copy{{Len: int32(len(text))}})
		text = next
		hits, err := s.Hits(context.Background(), "a.yml", text, v)
		if err != nil {
			t.Fatal(err)
		}
		want, err := d.Detect(context.Background(), "a.yml", text)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(seenOf(want), seenOf(d.Tokens("a.yml", text, hits))); diff != "" {
			t.Fatalf("version %d (-Detect +Searcher):\n%s", i, diff)
		}
		if out := fmt.Sprintf("%v %+v %#v", hits, hits, hits); len(planted.Find([]byte(out), p)) > 0 {
			t.Fatalf("%s: printed hits show the value", p.Detector)
		}
	}
}

// Equal values have equal digests, wherever they stand and however they are written.
func TestDigests(t *testing.T) {
	pat, npm := plantedFor(t, "github-pat").Value, plantedFor(t, "npm-access-token").Value
	content := []byte("a " + pat + "\nb " + npm + "\nc " + base64.StdEncoding.EncodeToString([]byte(pat)) + "\n")
	byDetector := make(map[string][]secret.Digest)
	for range 2 {
		s := detector(t).NewSearcher()
		hits, err := s.Hits(context.Background(), "a.txt", content, s.Whole(content))
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range hits {
			byDetector[h.Detector] = append(byDetector[h.Detector], h.Digest)
		}
	}
	if got := byDetector["github-pat"]; len(got) != 4 || got[0] != got[1] || got[0] != got[2] || got[0] != got[3] {
		t.Errorf("digests of one token: %x", got)
	}
	if got := byDetector["npm-access-token"]; len(got) != 2 || got[0] != got[1] || got[0] == byDetector["github-pat"][0] {
		t.Errorf("digests of another: %x", got)
	}
}

// Where nothing is found nothing is allocated: there are hundreds of thousands of versions.
func TestHitsAllocateNothing(t *testing.T) {
	s := detector(t).NewSearcher()
	text := bytes.Repeat([]byte("nothing to see on this line, key = value\n"), 500)
	v := s.Whole(text)
	allocs := testing.AllocsPerRun(100, func() {
		if hits, err := s.Hits(context.Background(), "docs/a.md", text, v); err != nil || len(hits) > 0 {
			t.Fatalf("%d hits, %v", len(hits), err)
		}
	})
	if allocs > 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func TestSearcherLeavesOut(t *testing.T) {
	s := detector(t).NewSearcher()
	text := []byte(plantedFor(t, "github-pat").Content)
	v := s.Whole(text)
	for path, want := range map[string]bool{"a.sh": false, "node_modules/a.js": true, "node_modules/a/action.yml": false} {
		hits, err := s.Hits(context.Background(), path, text, v)
		if errors.Is(err, secret.ErrAllowlisted) != want || detector(t).LeavesOut(path) != want || len(hits) > 0 == want {
			t.Errorf("%s: %d hits, %v", path, len(hits), err)
		}
	}
}

// Where the engine breaks down, here for want of a base, the text is told as not searched.
func TestSearcherBreaksDown(t *testing.T) {
	s := detector(t).NewSearcher()
	text := []byte(plantedFor(t, "github-pat").Content)
	v := s.Next(text, nil, len(text), []delta.Copy{{Len: int32(len(text))}})
	if hits, err := s.Hits(context.Background(), "a.sh", text, v); err == nil {
		t.Errorf("%d hits and no error", len(hits))
	}
}

// What is matched and no finding is counted.
func TestSuppressed(t *testing.T) {
	s := detector(t).NewSearcher()
	text := []byte(strings.Join([]string{
		"aws_secret_access_key=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", // allowed by a regular expression
		"api_key = 'xxxxxxxxxxxxxxxxxxxxxxxx'",                           // says too little
		"token = \"" + "kube-" + "k3y7Value9Here12\"",                    // has a stop word
		"",
	}, "\n"))
	hits, err := s.Hits(context.Background(), "a.sh", text, s.Whole(text))
	if got := s.Suppressed(); err != nil || len(hits) > 0 || got.Allowlist == 0 || got.Entropy == 0 {
		t.Errorf("%d hits, %+v, %v", len(hits), got, err)
	}
}
