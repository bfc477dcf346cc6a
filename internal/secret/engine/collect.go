package engine

import (
	"context"
	"slices"
	"strings"
)

// collect gathers what rules find in a text and its layers.
func (s *Scanner) collect(ctx context.Context, j *judgement, path string, text []byte, st *State) error {
	s.words = s.words[:0]
	for _, h := range st.gates {
		if !slices.Contains(s.words, h.lit) {
			s.words = append(s.words, h.lit)
		}
	}
	if st.odd {
		s.lower = strings.ToLower(asString(text))
	}
	for _, rule := range j.found {
		s.addPath(rule, path, text)
	}
	if err := s.collectPlain(ctx, j, path, text, st); err != nil || len(st.encoded) == 0 {
		return err
	}
	s.collectDecoded(j, path, text, st)
	return ctx.Err()
}

// collectPlain gathers what stands in the text itself.
func (s *Scanner) collectPlain(ctx context.Context, j *judgement, path string, text []byte, st *State) error {
	for i := range st.windows {
		w := &st.windows[i]
		if !s.e.runsAt(j, w.rule, path) || slices.Contains(st.broken, w.rule) {
			continue
		}
		hidden := s.hides(w.rule, text)
		if hidden && !s.e.needed[w.rule] {
			continue
		}
		if w.seen == nil {
			if err := ctx.Err(); err != nil {
				return err
			}
			w.seen = s.see(text, w.rule, w.wide())
		}
		s.addSeen(text, w.rule, int(w.start), w.seen, hidden)
	}
	if st.odd {
		return s.collectOdd(ctx, j, path, text, st)
	}
	return s.collectUngated(ctx, j, path, text)
}

// collectUngated gathers what the rules find that aren't searched by hits.
func (s *Scanner) collectUngated(ctx context.Context, j *judgement, path string, text []byte) error {
	for _, rule := range s.e.ungated {
		hidden := s.hides(rule, text)
		if hidden && !s.e.needed[rule] || !s.e.runsAt(j, rule, path) {
			continue
		}
		s.spans = s.e.plans.rules[rule].windows(text, s.spans[:0])
		for _, w := range s.spans {
			if err := ctx.Err(); err != nil {
				return err
			}
			s.addSeen(text, rule, w.Start, s.see(text, rule, w), hidden)
		}
	}
	return ctx.Err()
}

// collectOdd gathers what odd letters may have a say in, as the library does: what a rule whose keyword is
// there finds in all of the text.
func (s *Scanner) collectOdd(ctx context.Context, j *judgement, path string, text []byte, st *State) error {
	for _, rule := range slices.Concat(st.broken, s.e.ungated) {
		open := s.e.plans.rules[rule].open(s.lower)
		if !s.e.searched(rule) || !open && !s.e.needed[rule] || !s.e.runsAt(j, rule, path) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		s.addSeen(text, rule, 0, s.see(text, rule, Span{0, len(text)}), !open || s.e.plans.rules[rule].rule.SkipReport)
	}
	return nil
}

// hides reports whether what a rule finds in a text isn't told by itself: because it is told only with
// another's, or because none of the keywords that it asks for is there.
func (s *Scanner) hides(rule int32, text []byte) bool {
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
	return !slices.ContainsFunc(p.keywords, func(k int32) bool { return slices.Contains(s.words, k) })
}

// addSeen adds what was found in a window of a text that begins at base.
func (s *Scanner) addSeen(text []byte, rule int32, base int, v *seen, hidden bool) {
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

// collectDecoded gathers what stands in the layers of a text.
func (s *Scanner) collectDecoded(j *judgement, path string, text []byte, st *State) {
	parts, all := s.revealAll(text, st, s.revealed[:0])
	s.revealed = all
	for _, r := range all {
		s.words = append(s.words, r.words...)
	}
	var shrunk shrinkage
	for i, r := range all {
		s.left.add(r.left)
		for n := range r.found {
			u := &r.found[n]
			p := s.e.plans.rules[u.rule]
			hidden := p.rule.SkipReport || u.closed || !r.odd && !p.lowered && s.hides(u.rule, text)
			if hidden && !s.e.needed[u.rule] || !s.e.runsAt(j, u.rule, path) {
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
