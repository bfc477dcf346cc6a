package engine

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strings"
)

// search is the scratch memory of one call of Matches.
type search struct {
	matches  [][2]int
	findings []finding
	others   []int // those of findings that have precedence over generic ones
	left     Suppressed
	text     lines // of the text
	layer    lines // of the last layer that something was found in
	spans    []Span
	revealed []*revealed
	allowed  map[heldLine]bool
	lower    string     // the text in lower case, where that was needed
	last     *judgement // of lastPath
	lastPath string
}

// finding is a match on its way to being told.
type finding struct {
	Match
	rule   int32
	path   bool // it is about the path alone
	hidden bool // its rule is told only with another's, or asks for a keyword that isn't there
	extra  bool // the library doesn't tell it
	line   []byte
	own    []byte
}

// Suppressed counts what the last call of Matches left out.
func (s *Scanner) Suppressed() Suppressed { return s.left }

// Matches lists the findings in a text at a path, in the order of their places; none where LeavesOut(path).
// text is what st was made of. It returns ErrTooMany, ErrTooLong or ctx's error, with what was found so far.
//
// It tells all that gitleaks' library tells. What it tells besides is:
//   - what the library allows for a line that isn't the finding's own (see allowedByLine);
//   - in decoded text, what a rule finds whose keyword stands outside of its match and only in text that
//     another layer has;
//   - where the library panics.
func (s *Scanner) Matches(ctx context.Context, path string, text []byte, st *State) ([]Match, error) {
	s.left = Suppressed{}
	if s.at(path).leftOut {
		return nil, ctx.Err()
	}
	return s.MatchesAnyway(ctx, path, text, st)
}

// MatchesAnyway is Matches for a path that may be left out by a global allowlist.
func (s *Scanner) MatchesAnyway(ctx context.Context, path string, text []byte, st *State) ([]Match, error) {
	s.left = Suppressed{}
	j := s.at(path)
	if st.tooLong {
		return nil, ErrTooLong
	}
	if st.empty() && len(j.found) == 0 {
		return nil, ctx.Err()
	}
	defer s.forget()
	err := s.collect(ctx, j, path, text, st)
	if len(s.findings) == 0 {
		return nil, err
	}
	if s.sort(); len(s.findings) > MaxMatches {
		s.findings, err = s.findings[:MaxMatches], cmp.Or(err, ErrTooMany)
	}
	s.settleFindings(path)
	return s.tell(), err
}

// forget lets go of the text and of what was found in it.
func (s *Scanner) forget() {
	clear(s.findings[:cap(s.findings)])
	clear(s.revealed[:cap(s.revealed)])
	clear(s.allowed)
	s.findings, s.lower = s.findings[:0], ""
	s.text.text, s.layer.text = nil, nil
}

// collect gathers what rules find in a text and its layers.
func (s *Scanner) collect(ctx context.Context, j *judgement, path string, text []byte, st *State) error {
	if st.odd {
		s.lower = strings.ToLower(asString(text))
	}
	for _, rule := range j.found {
		s.addPath(rule, path, text, st)
	}
	if err := s.collectPlain(ctx, j, path, text, st); err != nil {
		return err
	}
	if err := s.collectBroken(ctx, j, path, text, st); err != nil || len(st.encoded) == 0 {
		return err
	}
	s.collectDecoded(j, path, text, st)
	return ctx.Err()
}

// collectPlain gathers what stands in the text itself.
func (s *Scanner) collectPlain(ctx context.Context, j *judgement, path string, text []byte, st *State) error {
	for i := range st.windows {
		w := &st.windows[i]
		if !s.runsAt(j, w.rule, path) || slices.Contains(st.broken, w.rule) {
			continue
		}
		hidden := s.hides(w.rule, text, st.gates, nil)
		if hidden && !s.e.needed[w.rule] {
			continue
		}
		if w.seen == nil {
			if err := ctx.Err(); err != nil {
				return err
			}
			w.seen = s.see(text, w.rule, w.wide())
		}
		s.add1(text, w.rule, int(w.start), w.seen, hidden)
	}
	if st.odd {
		return nil
	}
	for _, rule := range s.e.ungated {
		hidden := s.hides(rule, text, st.gates, nil)
		if hidden && !s.e.needed[rule] || !s.runsAt(j, rule, path) {
			continue
		}
		s.spans = s.e.plans.rules[rule].windows(text, s.spans[:0])
		for _, w := range s.spans {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			s.add1(text, rule, w.Start, s.see(text, rule, w), hidden)
		}
	}
	return ctx.Err()
}

// collectBroken gathers what odd letters may have a say in, as the library does: what a rule whose keyword
// is there finds in all of the text.
func (s *Scanner) collectBroken(ctx context.Context, j *judgement, path string, text []byte, st *State) error {
	for _, rule := range st.broken {
		if err := s.collectAll(ctx, j, path, text, rule); err != nil {
			return err
		}
	}
	if !st.odd {
		return nil
	}
	for _, rule := range s.e.ungated {
		if err := s.collectAll(ctx, j, path, text, rule); err != nil {
			return err
		}
	}
	return nil
}

func (s *Scanner) collectAll(ctx context.Context, j *judgement, path string, text []byte, rule int32) error {
	open := s.e.plans.rules[rule].open(s.lower)
	if !s.e.searched(rule) || !open && !s.e.needed[rule] || !s.runsAt(j, rule, path) {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	s.add1(text, rule, 0, s.see(text, rule, Span{0, len(text)}), !open || s.e.plans.rules[rule].rule.SkipReport)
	return nil
}

// hides reports whether what a rule finds in a text isn't told by itself: because it is told only with
// another's, or because a keyword that it asks for is neither among gates nor among words.
func (s *Scanner) hides(rule int32, text []byte, gates []hit, words []int32) bool {
	p := s.e.plans.rules[rule]
	asks := len(p.keywords) > 0 || p.lowered || p.method == byPath && len(p.rule.Keywords) > 0
	if p.rule.SkipReport || !asks {
		return p.rule.SkipReport
	}
	if s.lower == "" && len(p.keywords) == 0 {
		s.lower = strings.ToLower(asString(text))
	}
	if s.lower != "" && p.open(s.lower) {
		return false
	}
	return !slices.ContainsFunc(p.keywords, func(k int32) bool {
		return slices.Contains(words, k) || slices.ContainsFunc(gates, func(h hit) bool { return h.lit == k })
	})
}

// add1 adds what was found in a window of a text that begins at base.
func (s *Scanner) add1(text []byte, rule int32, base int, v *seen, hidden bool) {
	s.left.add(v.left)
	for i := range v.found {
		if s.text.text == nil {
			s.text.reset(text)
		}
		f := &v.found[i]
		whole, match := f.whole.wide(), f.text.wide()
		match = Span{base + match.Start, base + match.End}
		m := finding{rule: rule, hidden: hidden}
		m.Rule = s.e.plans.rules[rule].id
		m.Match.Match = Span{base + whole.Start, base + whole.Start + match.Len()} // as the library has it
		m.Text = text[match.Start:match.End]
		m.Group = m.Text[f.group.start:f.group.end]
		m.Value = m.Text[f.secret.start:f.secret.end]
		m.Secret = Span{match.Start + int(f.secret.start), match.Start + int(f.secret.end)}
		line := s.locate(&m)
		if len(s.e.listed[rule].placed) > 0 {
			own := s.text.own(match)
			m.line, m.own = text[line.Start:line.End], text[own.Start:own.End]
		}
		s.findings = append(s.findings, m)
	}
}

// locate fills in a finding's location and returns the library's line.
func (s *Scanner) locate(m *finding) Span {
	at, line := s.text.locate(m.Match.Match)
	m.Location = at
	size := len(s.text.text)
	line.End = min(max(line.End, 0), size)
	return Span{min(line.Start, line.End), line.End}
}

// addPath adds the finding of a rule about paths.
func (s *Scanner) addPath(rule int32, path string, text []byte, st *State) {
	hidden := s.hides(rule, text, st.gates, nil)
	if hidden && !s.e.needed[rule] {
		return
	}
	m := finding{rule: rule, path: true, hidden: hidden}
	m.Rule, m.Text = s.e.plans.rules[rule].id, []byte("file detected: "+path)
	s.findings = append(s.findings, m)
}

// collectDecoded gathers what stands in the layers of a text.
func (s *Scanner) collectDecoded(j *judgement, path string, text []byte, st *State) {
	parts, all := s.revealAll(text, st, s.revealed[:0])
	s.revealed = all
	var words []int32
	for _, r := range all {
		words = append(words, r.words...)
	}
	var shrunk shrinkage
	for i, r := range all {
		s.left.add(r.left)
		for n := range r.found {
			u := &r.found[n]
			hidden := s.e.plans.rules[u.rule].rule.SkipReport || !r.odd && s.hides(u.rule, text, st.gates, words)
			if hidden && !s.e.needed[u.rule] || !s.runsAt(j, u.rule, path) {
				continue
			}
			s.addUnveiled(text, u, parts[i].Start, &shrunk, hidden)
		}
		for n := range shrunk {
			shrunk[n] += r.shrunk[n]
		}
	}
}

// addUnveiled adds a match in a layer of a cluster that begins at start.
func (s *Scanner) addUnveiled(text []byte, u *unveiled, start int, before *shrinkage, hidden bool) {
	if s.text.text == nil {
		s.text.reset(text)
	}
	m := finding{rule: u.rule, hidden: hidden, line: u.line, own: u.own}
	m.Rule, m.Depth = s.e.plans.rules[u.rule].id, u.depth
	m.Match.Match = before.place(u.told, start)
	m.Text, m.Group, m.Value = u.text, u.text[u.group.Start:u.group.End], u.text[u.value.Start:u.value.End]
	m.Secret = Span{u.secret.Start + start, u.secret.End + start}
	if line := s.locate(&m); len(m.line) == 0 {
		m.line = text[line.Start:line.End]
	}
	s.findings = append(s.findings, m)
}

// sort puts findings in the order of their places.
func (s *Scanner) sort() {
	slices.SortFunc(s.findings, func(a, b finding) int {
		return cmp.Or(
			cmp.Compare(a.Match.Match.Start, b.Match.Match.Start), cmp.Compare(a.Match.Match.End, b.Match.Match.End),
			cmp.Compare(a.rule, b.rule), cmp.Compare(a.Depth, b.Depth),
			cmp.Compare(a.Secret.Start, b.Secret.Start), bytes.Compare(a.Text, b.Text))
	})
}

// settleFindings drops the findings that something around them suppresses.
func (s *Scanner) settleFindings(path string) {
	kept := s.findings[:0]
	for i := range s.findings {
		f := s.findings[i]
		switch s.placedAllow(&f, path) {
		case byAllowlist:
			s.left.Allowlist++
		case byStopword:
			s.left.Stopword++
		default:
			kept = append(kept, f)
		}
	}
	s.findings = kept
	if s.e.require {
		s.require()
	}
	s.dropGeneric()
}

// dropGeneric is gitleaks' filter: a generic finding isn't told where another rule tells a secret that has
// it in it, on the same line. What only we tell drops nothing.
func (s *Scanner) dropGeneric() {
	all, others := s.findings, s.others[:0]
	for i := range all {
		if o := &all[i]; !s.e.generic[o.rule] && !o.extra && !o.hidden {
			others = append(others, i)
		}
	}
	s.others = others
	if len(others) == 0 {
		return
	}
	for i := range all {
		f := &all[i]
		if s.e.generic[f.rule] && !f.hidden && s.betterTold(f, others) {
			f.hidden = true
			s.left.Generic++
		}
	}
}

// betterTold reports whether one of others has the secret of f in its own, on the same line.
func (s *Scanner) betterTold(f *finding, others []int) bool {
	for _, i := range others {
		if o := &s.findings[i]; o.Location.StartLine == f.Location.StartLine && bytes.Contains(o.Group, f.Group) {
			return true
		}
	}
	return false
}

// tell makes the result of what is left.
func (s *Scanner) tell() []Match {
	n := 0
	for i := range s.findings {
		if !s.findings[i].hidden {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	out := make([]Match, 0, n)
	for i := range s.findings {
		if f := &s.findings[i]; !f.hidden {
			out = append(out, f.Match)
		}
	}
	return out
}
