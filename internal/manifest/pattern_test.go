package manifest

import (
	"strings"
	"testing"
	"time"
)

// words lists all texts over an alphabet up to a length.
func words(alphabet string, length int) []string {
	out := []string{""}
	for from := 0; length > 0; length-- {
		end := len(out)
		for _, w := range out[from:end] {
			for _, c := range alphabet {
				out = append(out, w+string(c))
			}
		}
		from = end
	}
	return out
}

func TestGlobExhaustively(t *testing.T) {
	texts := words("ab/", 4)
	for _, pattern := range words("ab/*", 4) {
		for _, s := range texts {
			for _, seps := range []string{separators, ""} {
				if got, want := glob(pattern, s, seps), refGlob(pattern, s, seps); got != want {
					t.Fatalf("glob(%q, %q, %q) = %v", pattern, s, seps, got)
				}
			}
		}
	}
}

func TestOverlapExhaustively(t *testing.T) {
	// Two patterns of up to 3 characters that overlap do so in a text of at most 4.
	patterns, texts := words("a/*", 3), words("a/", 4)
	for _, p := range patterns {
		for _, q := range patterns {
			m, o := Match{Glob: p + "*"}, Match{Glob: q + "*"}
			want := false
			for _, s := range texts {
				want = want || m.Matches(s) && o.Matches(s)
			}
			if got := m.overlaps(&o); got != want {
				t.Fatalf("%s overlaps %s: %v", m, o, got)
			}
		}
	}
}

// TestGlobIsLinear gives the matcher what makes backtracking ones take for ever.
func TestGlobIsLinear(t *testing.T) {
	const n = 1 << 17
	started := time.Now()
	for _, seps := range []string{separators, ""} {
		if glob(strings.Repeat("*a", n)+"*b", strings.Repeat("a", n)+"c", seps) {
			t.Error("matches")
		}
		if glob(strings.Repeat("*/", n)+"b", strings.Repeat("a/", n)+"c", seps) {
			t.Error("matches")
		}
	}
	if took := time.Since(started); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}
