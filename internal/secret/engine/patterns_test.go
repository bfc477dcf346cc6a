package engine

import (
	"regexp"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/zricethezav/gitleaks/v8/config"
)

// Patterns by themselves match what the library's list of them does, and no list is taken apart where that
// would change what its patterns say.
func TestSeparate(t *testing.T) {
	tests := []struct {
		name           string
		patterns, want []string
	}{
		{"plain", []string{`a$`, `^b`}, []string{`a$`, `^b`}},
		{"flags go on", []string{`a$`, `(?i)b`, `c|d`, `(?-i)(?s)e.f`, `g`}, []string{`a$`, `(?i)b`, `(?i)c|d`, `(?i)(?-i)(?s)e.f`, `(?i)(?-i)(?s)g`}},
		{"flags of a group end", []string{`(?i:a)`, `b`}, []string{`(?i:a)`, `b`}},
		{"flags within", []string{`a(?i)b`, `c`}, []string{`a(?i)b|c`}},
		{"a quotation", []string{`\Qa.b\E`, `c`}, []string{`\Qa.b\E|c`}},
	}
	paths := []string{"a", "A", "b", "B", "c", "C", "d", "D", "e\nf", "E\nf", "g", "G", "aB", "Ab", "a.b", "a.b|c", "xa", "bx"}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			list := &config.Allowlist{}
			for _, p := range tt.patterns {
				list.Paths = append(list.Paths, regexp.MustCompile(p))
			}
			got := separate(tt.patterns)
			if diff := gocmp.Diff(tt.want, got); diff != "" {
				t.Errorf("patterns (-want +got):\n%s", diff)
			}
			if err := list.Validate(); err != nil {
				t.Fatal(err)
			}
			for _, path := range paths {
				own := slices.ContainsFunc(got, func(p string) bool { return regexp.MustCompile(p).MatchString(path) })
				if own != list.PathAllowed(path) {
					t.Errorf("%q matches: %v", path, own)
				}
			}
		})
	}
}
