package report

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/scan"
)

var update = flag.Bool("update", false, "write the golden files")

func TestGolden(t *testing.T) {
	for _, s := range samples() {
		for _, format := range Formats() {
			t.Run(s.name+"/"+string(format), func(t *testing.T) {
				got := s.write(t, format, s.options())
				golden(t, s.name+"."+string(format), got)
				if again := s.write(t, format, s.options()); again != got {
					t.Error("a second run writes other bytes")
				}
			})
		}
	}
	t.Run("colour", func(t *testing.T) {
		golden(t, "example.text.colour", example().write(t, Text, Options{Color: true}))
	})
	t.Run("silenced", func(t *testing.T) {
		s := example()
		opt := s.options()
		opt.Silenced = true
		golden(t, "example.sarif.silenced", s.write(t, SARIF, opt))
	})
	t.Run("without a repository", func(t *testing.T) {
		golden(t, "example.markdown.bare", example().write(t, Markdown, Options{}))
	})
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; go test -update writes it", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func TestParseFormat(t *testing.T) {
	for _, f := range Formats() {
		if got, err := ParseFormat(string(f)); err != nil || got != f {
			t.Errorf("ParseFormat(%q) = %q, %v", f, got, err)
		}
	}
	const want = `unknown format "xml": expected text, json, sarif, github, markdown, gitlab`
	if _, err := ParseFormat("xml"); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if err := Write(&strings.Builder{}, "xml", clean(), Options{}); err == nil || err.Error() != want {
		t.Errorf("Write: got %v, want %s", err, want)
	}
}

func TestWriteFinding(t *testing.T) {
	s := example()
	f := counting(s.result)[0]
	for _, color := range []bool{false, true} {
		var b strings.Builder
		if err := WriteFinding(&b, f, color); err != nil {
			t.Fatal(err)
		}
		if whole := s.write(t, Text, Options{Color: color}); !strings.HasPrefix(whole, b.String()+"\n") {
			t.Errorf("alone it is written as\n%s\namong others as\n%s", b.String(), whole)
		}
	}
}

type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }

func TestWriteReturnsTheWritersError(t *testing.T) {
	full := errors.New("disk full")
	for _, f := range Formats() {
		if err := Write(brokenWriter{full}, f, example().result, example().options()); !errors.Is(err, full) {
			t.Errorf("%s: got %v, want %v", f, err, full)
		}
	}
}

func TestWriteLeavesTheResultAlone(t *testing.T) {
	for _, s := range samples() {
		before, err := snapshot(s.result)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range Formats() {
			s.write(t, f, s.options())
		}
		after, err := snapshot(s.result)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("%s was changed (-before +after):\n%s", s.name, diff)
		}
	}
}

func snapshot(r *scan.Result) (string, error) {
	var b strings.Builder
	err := encode(&b, r)
	return b.String(), err
}

// TestOrderOfTheWorst: what is cut is cut from the mildest, and equals keep their order.
func TestOrderOfTheWorst(t *testing.T) {
	var fs []*finding.Finding
	for i, sev := range []finding.Severity{finding.Low, finding.High, finding.Note, finding.High, finding.Critical} {
		fs = append(fs, &finding.Finding{Severity: sev, Key: string(rune('a' + i))})
	}
	keys := func(fs []*finding.Finding) (s string) {
		for _, f := range fs {
			s += f.Key
		}
		return s
	}
	if got := keys(worstFirst(fs)); got != "ebdac" {
		t.Errorf("worst first: %s", got)
	}
	if got := keys(keep(fs, 3)); got != "bde" {
		t.Errorf("worst three in their order: %s", got)
	}
	fs[4].Suppressed = &finding.Suppression{}
	if got := keys(keep(fs, 3)); got != "abd" {
		t.Errorf("those that count first: %s", got)
	}
	if got := keys(fs); got != "abcde" {
		t.Errorf("the argument was changed: %s", got)
	}
}
