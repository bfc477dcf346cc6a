package report

import "github.com/curfew-ci/curfew/internal/finding"

// paint wraps text in ANSI escapes where it is true and leaves it as it is where it isn't.
type paint bool

func (p paint) code(code, s string) string {
	if !p || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (p paint) bold(s string) string  { return p.code("1", s) }
func (p paint) frame(s string) string { return p.code("34", s) }

// severity paints s in sev's colour.
func (p paint) severity(sev finding.Severity, s string) string {
	switch sev {
	case finding.Critical, finding.High:
		return p.code("1;31", s)
	case finding.Medium:
		return p.code("1;33", s)
	}
	return p.code("1;36", s)
}
