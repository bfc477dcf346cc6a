package engine

// listed are the allowlists that hold for a rule, its own and the global ones, by what they need to know.
// What gitleaks allows by any one of them is allowed, so their order doesn't matter.
type listed struct {
	paths  []*allowlist // the path alone: the rule doesn't run
	values []*allowlist // a match and its secret
	placed []*allowlist // the line that a match stands on, or its path besides the value
}

// sort parts allowlists as gitleaks' checkCommitOrPathAllowed and checkFindingAllowed do. No commit is
// ever searched, so a list that asks for a commit besides something else allows nothing.
func (l *listed) sort(lists []*allowlist) {
	for _, a := range lists {
		content := a.regexes || a.stopWords
		if !a.and {
			if len(a.paths) > 0 {
				l.paths = append(l.paths, a)
			}
			switch {
			case !content:
			case a.target == "line" && a.regexes:
				l.placed = append(l.placed, a)
			default:
				l.values = append(l.values, a)
			}
			continue
		}
		switch {
		case a.commits:
		case !content:
			l.paths = append(l.paths, a)
		case len(a.paths) > 0, a.target == "line":
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
func byValue(lists []*allowlist, match, secret []byte) verdict {
	for _, a := range lists {
		target := secret
		if a.target == "match" {
			target = match
		}
		if v := decide(a, a.containsStopWord(secret), a.allows(target)); v != reported {
			return v
		}
	}
	return reported
}

// decide joins what was found of an allowlist's stop words and regular expressions.
func decide(a *allowlist, stop, found bool) verdict {
	switch {
	case a.and && (a.regexes && !found || a.stopWords && !stop):
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
	list *allowlist
	extent
}

// placedAllow holds a finding against the allowlists that need its line or path. It marks one that the
// library would have allowed.
func (s *Scanner) placedAllow(f *finding, path string) verdict {
	for _, a := range s.e.listed[f.rule].placed {
		if a.and && len(a.paths) > 0 && !a.list().PathAllowed(path) {
			continue
		}
		stop := a.containsStopWord(f.Group)
		allowed := false
		switch {
		case !a.regexes:
		case a.target == "line":
			var theirs bool
			if theirs, allowed = s.allowedByLine(a, f); theirs && !allowed && decide(a, stop, true) != reported {
				f.extra = true
			}
		case a.target == "match":
			allowed = a.allows(f.Text)
		default:
			allowed = a.allows(f.Group)
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
func (s *Scanner) allowedByLine(a *allowlist, f *finding) (theirs, both bool) {
	if !s.lineAllowed(a, f.line) {
		return false, false
	}
	return true, s.lineAllowed(a, f.own)
}

func (s *Scanner) lineAllowed(a *allowlist, line []byte) bool {
	key := heldLine{a, extentOf(line)}
	allowed, known := s.allowed[key]
	if !known {
		allowed = a.allows(line)
		if s.allowed == nil {
			s.allowed = make(map[heldLine]bool)
		}
		s.allowed[key] = allowed
	}
	return allowed
}
