package manifest

import (
	"strings"

	"github.com/curfew-ci/curfew/internal/source"
)

// positions maps JSON Pointers to places in the file that was decoded.
type positions struct {
	path   string
	values map[string]source.Span
	keys   map[string]source.Span
}

func (p positions) at(pointer string, key bool) source.Region {
	for {
		if key {
			if s, ok := p.keys[pointer]; ok {
				return source.Region{Path: p.path, Span: s}
			}
		}
		if s, ok := p.values[pointer]; ok {
			return source.Region{Path: p.path, Span: s}
		}
		i := strings.LastIndexByte(pointer, '/')
		if i < 0 {
			return source.Region{Path: p.path}
		}
		pointer = pointer[:i]
	}
}

// alias lets pointer, and what limits have below it, lead to where target stands.
func (p positions) alias(pointer, target string) {
	for _, below := range []string{"", "/concurrent", "/per-day"} {
		if s, ok := p.values[target+below]; ok {
			p.values[pointer+below] = s
		}
		if s, ok := p.keys[target+below]; ok {
			p.keys[pointer+below] = s
		}
	}
}

// Pointer joins names to a JSON Pointer, escaping "~" and "/" as RFC 6901 section 3 says.
func Pointer(names ...string) string {
	var b strings.Builder
	for _, n := range names {
		b.WriteByte('/')
		if strings.ContainsAny(n, "~/") {
			n = strings.ReplaceAll(strings.ReplaceAll(n, "~", "~0"), "/", "~1")
		}
		b.WriteString(n)
	}
	return b.String()
}
