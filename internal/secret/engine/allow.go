package engine

import (
	"unsafe"

	"github.com/zricethezav/gitleaks/v8/config"
)

// listed are the allowlists that hold for a rule, its own and the global ones, by what they need to know.
// What gitleaks allows by any one of them is allowed, so their order doesn't matter.
type listed struct {
	paths  []*config.Allowlist // the path alone: the rule doesn't run
	values []*config.Allowlist // a match and its secret
	placed []*config.Allowlist // the line that a match stands on, or its path besides the value
}

// sort parts allowlists as gitleaks' checkCommitOrPathAllowed and checkFindingAllowed do. No commit is
// ever searched, so a list that asks for a commit besides something else allows nothing.
func (l *listed) sort(lists []*config.Allowlist) {
	for _, a := range lists {
		content := len(a.Regexes)+len(a.StopWords) > 0
		if a.MatchCondition != config.AllowlistMatchAnd {
			if len(a.Paths) > 0 {
				l.paths = append(l.paths, a)
			}
			switch {
			case !content:
			case a.RegexTarget == "line" && len(a.Regexes) > 0:
				l.placed = append(l.placed, a)
			default:
				l.values = append(l.values, a)
			}
			continue
		}
		switch {
		case len(a.Commits) > 0:
		case !content:
			l.paths = append(l.paths, a)
		case len(a.Paths) > 0, a.RegexTarget == "line":
			l.placed = append(l.placed, a)
		default:
			l.values = append(l.values, a)
		}
	}
}

// verdict says why a match is no finding.
type verdict uint8

const (
	reported verdict = iota
	byAllowlist
	byStopword
	byEntropy
)

// byValue holds a match and its secret against allowlists that need no more.
func byValue(lists []*config.Allowlist, match, secret []byte) verdict {
	for _, a := range lists {
		target := secret
		if a.RegexTarget == "match" {
			target = match
		}
		stop, _ := a.ContainsStopWord(asString(secret))
		found := len(a.Regexes) > 0 && a.RegexAllowed(asString(target))
		if v := decide(a, stop, found); v != reported {
			return v
		}
	}
	return reported
}

// decide joins what was found of an allowlist's stop words and regular expressions.
func decide(a *config.Allowlist, stop, found bool) verdict {
	switch {
	case a.MatchCondition == config.AllowlistMatchAnd && (len(a.Regexes) > 0 && !found || len(a.StopWords) > 0 && !stop):
		return reported
	case found:
		return byAllowlist
	case stop:
		return byStopword
	}
	return reported
}

// heldLine is a line that was held against an allowlist.
type heldLine struct {
	list *config.Allowlist
	at   *byte
	size int
}

// placedAllow holds a finding against the allowlists that need its line or path. It marks one that the
// library would have allowed.
func (s *Scanner) placedAllow(f *finding, path string) verdict {
	for _, a := range s.e.listed[f.rule].placed {
		if a.MatchCondition == config.AllowlistMatchAnd && len(a.Paths) > 0 && !a.PathAllowed(path) {
			continue
		}
		stop, _ := a.ContainsStopWord(asString(f.Group))
		allowed := false
		switch {
		case len(a.Regexes) == 0:
		case a.RegexTarget == "line":
			var theirs bool
			if theirs, allowed = s.allowedByLine(a, f); theirs && !allowed && decide(a, stop, true) != reported {
				f.extra = true
			}
		case a.RegexTarget == "match":
			allowed = a.RegexAllowed(asString(f.Text))
		default:
			allowed = a.RegexAllowed(asString(f.Group))
		}
		if v := decide(a, stop, allowed); v != reported {
			return v
		}
	}
	return reported
}

// allowedByLine reports whether an allowlist allows a finding's line as the library has it, and whether
// it allows it as the finding's own line as well, which is what we ask for. The library's line is another
// where the finding stands on a last line without a break: it then is all of the text. And in decoded text
// it is all lines of what was decoded. Whoever writes a file could hide what is in it with one line that
// is allowed.
func (s *Scanner) allowedByLine(a *config.Allowlist, f *finding) (theirs, both bool) {
	if !s.lineAllowed(a, f.line) {
		return false, false
	}
	return true, s.lineAllowed(a, f.own)
}

func (s *Scanner) lineAllowed(a *config.Allowlist, line []byte) bool {
	key := heldLine{a, unsafe.SliceData(line), len(line)}
	allowed, known := s.allowed[key]
	if !known {
		allowed = a.RegexAllowed(asString(line))
		if s.allowed == nil {
			s.allowed = make(map[heldLine]bool)
		}
		s.allowed[key] = allowed
	}
	return allowed
}

// asString is b as a string that shares its bytes: for calls that neither keep it nor outlive b.
func asString(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
