package manifest

import (
	"slices"
	"strings"
)

// separators are what "*" doesn't cross, outside of privilege-floor.
const separators = "/:"

// Match is a literal, a list (any of), or {glob: PATTERN}: the only pattern there is. "*" crosses
// neither "/" nor ":".
type Match struct {
	Any  []string // literals; one for a plain value
	Glob string   // "" unless a pattern
}

// Literal is the Match of one value.
func Literal(s string) Match { return Match{Any: []string{s}} }

// IsZero reports whether nothing was given. The zero Match matches nothing.
func (m Match) IsZero() bool { return len(m.Any) == 0 && m.Glob == "" }

// IsGlob reports whether m is a pattern.
func (m Match) IsGlob() bool { return m.Glob != "" }

// Matches reports whether s as a whole is one of the literals, or matches the glob, in which "*"
// stands for any run of characters, also none, without "/" and ":". No other character is special.
// The time is linear in both lengths.
func (m Match) Matches(s string) bool { return m.matches(s, separators) }

func (m Match) matches(s, seps string) bool {
	if m.Glob != "" {
		return glob(m.Glob, s, seps)
	}
	return slices.Contains(m.Any, s)
}

// String renders what stands in the manifest: a value, [a, b], or {glob: …}.
func (m Match) String() string {
	switch {
	case m.Glob != "":
		return "{glob: " + m.Glob + "}"
	case len(m.Any) == 1:
		return m.Any[0]
	}
	return "[" + strings.Join(m.Any, ", ") + "]"
}

// glob matches pattern against s piecewise: "*" never stands for a separator, so the separators of
// both must agree one by one, and what lies between two of them is matched by itself.
func glob(pattern, s, seps string) bool {
	for seps != "" {
		p, t := strings.IndexAny(pattern, seps), strings.IndexAny(s, seps)
		if p < 0 || t < 0 {
			if p >= 0 || t >= 0 {
				return false
			}
			break
		}
		if pattern[p] != s[t] || !segment(pattern[:p], s[:t]) {
			return false
		}
		pattern, s = pattern[p+1:], s[t+1:]
	}
	return segment(pattern, s)
}

// segment matches a pattern whose "*" stands for anything: the first and last literal pieces are
// anchored, and each piece between them is taken at its leftmost place, which can only leave more room
// to those that follow.
func segment(pattern, s string) bool {
	pieces := strings.Split(pattern, "*")
	last := len(pieces) - 1
	if last == 0 {
		return pattern == s
	}
	rest, ok := strings.CutPrefix(s, pieces[0])
	if !ok {
		return false
	}
	for _, piece := range pieces[1:last] {
		i := strings.Index(rest, piece)
		if i < 0 {
			return false
		}
		rest = rest[i+len(piece):]
	}
	return strings.HasSuffix(rest, pieces[last])
}
