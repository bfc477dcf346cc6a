package engine

import (
	"regexp"
	"strings"
)

var (
	leadingFlags = regexp.MustCompile(`^(?:\(\?[imsU-]*\))+`)
	leaking      = regexp.MustCompile(`\(\?[imsU-]*\)|\\Q`)
)

// separate is patterns each by itself as they are when gitleaks has joined them, which it does with nothing but
// "|" between them: flags that a pattern begins with hold for all that come after it.
func separate(patterns []string) []string {
	out := make([]string, 0, len(patterns))
	flags := ""
	for _, p := range patterns {
		own := leadingFlags.FindString(p)
		if !strings.HasSuffix(flags, own) {
			flags += own
		}
		rest := p[len(own):]
		if leaking.MatchString(rest) {
			return []string{strings.Join(patterns, "|")}
		}
		out = append(out, flags+rest)
	}
	return out
}
