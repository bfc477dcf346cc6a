package engine

import (
	"bytes"
	"hash/maphash"
	"maps"
	"math"
	"slices"
	"unicode/utf8"
)

// see is what a rule finds in a window of a text, but for what depends on more than the window's bytes.
func (s *Scanner) see(text []byte, rule int32, w Span) *seen {
	key := mix(maphash.Bytes(s.e.memos.seed, text[w.Start:w.End]), int(rule)<<2|int(edgesOf(text, w)))
	if v := s.e.memos.judged.get(key); v != nil {
		return v
	}
	p := s.e.plans.rules[rule]
	s.matches = p.find(text, w, s.matches[:0])
	v := &s.e.unseen
	if len(s.matches) > 0 {
		v = new(seen)
		for _, m := range s.matches {
			v.add(s.ruleOn(rule, text[m[0]:m[1]]), narrow(Span{m[0] - w.Start, m[1] - w.Start}))
		}
	}
	if len(v.found) <= manySeen {
		s.e.memos.judged.keep(key, v)
	}
	return v
}

// ruling is what a match is by itself: why it is no finding, or where in it the secret is.
type ruling struct {
	verdict verdict
	text    span // the match without line breaks around it
	group   span // in text
	secret  span // in text
}

// add adds a match that stands at a place of a window, or counts it.
func (v *seen) add(r *ruling, at span) {
	switch r.verdict {
	case byEntropy:
		v.left.Entropy++
	case byAllowlist:
		v.left.Allowlist++
	case byStopword:
		v.left.Stopword++
	default:
		v.found = append(v.found, found{at, r.text.shift(at.start), r.group, r.secret})
	}
}

// ruleOn is the ruling on a rule's match.
func (s *Scanner) ruleOn(rule int32, match []byte) *ruling {
	key := mix(maphash.Bytes(s.e.memos.seed, match), int(rule))
	r := s.e.memos.rulings.get(key)
	if r == nil {
		r = s.e.judge(rule, match)
		s.e.memos.rulings.keep(key, r)
	}
	return r
}

// edge says at which ends a part of a text ends because the text does.
type edge uint8

const (
	atStart edge = 1 << iota
	atEnd
)

func edgesOf(text []byte, s Span) (e edge) {
	if s.Start == 0 {
		e |= atStart
	}
	if s.End == len(text) {
		e |= atEnd
	}
	return e
}

// judge does what detectRule of gitleaks does after a match, as far as the match alone decides it. The
// library searches the match by itself for its groups.
func (e *Engine) judge(rule int32, match []byte) *ruling {
	r := &e.plans.rules[rule].rule
	out := &ruling{text: trimBreaks(match)}
	text := match[out.text.start:out.text.end]
	group := Span{0, len(text)}
	if regex := r.regex.compiled(); regex.NumSubexp() > 0 {
		if groups := regex.FindSubmatchIndex(text); groups != nil {
			group = groupOf(groups, r.SecretGroup, len(text))
		}
	}
	out.group, out.secret = narrow(group), narrow(secretIn(r.RuleID, text, group))
	value := text[group.Start:group.End]
	if r.Entropy != 0 && entropy(value) <= r.Entropy {
		out.verdict = byEntropy
	} else {
		out.verdict = byValue(e.listed[rule].values, text, value)
	}
	return out
}

// trimBreaks is the place of a match in itself without line breaks around it.
func trimBreaks(match []byte) span {
	start := 0
	for start < len(match) && match[start] == '\n' {
		start++
	}
	return narrow(Span{start, start + len(bytes.Trim(match, "\n"))})
}

// groupOf is the place of the group that a rule names, or else of the first that isn't empty, or else all of a
// text of that size. A group that took no part is an empty secret, as in the library.
func groupOf(groups []int, named, size int) Span {
	if named > 0 {
		return Span{max(0, groups[2*named]), max(0, groups[2*named+1])}
	}
	for n := 2; n < len(groups); n += 2 {
		if groups[n] < groups[n+1] {
			return Span{groups[n], groups[n+1]}
		}
	}
	return Span{0, size}
}

// entropy is Shannon's, in bits a byte, of characters: gitleaks' shannonEntropy.
func entropy(data []byte) float64 {
	var counts [256]int
	var rare map[rune]int
	for rest := data; len(rest) > 0; {
		r, n := utf8.DecodeRune(rest)
		rest = rest[n:]
		if r < rune(len(counts)) {
			counts[r]++
			continue
		}
		if rare == nil {
			rare = make(map[rune]int)
		}
		rare[r]++
	}
	sum := 0.0
	add := func(count int) {
		if count > 0 {
			freq := float64(count) / float64(len(data))
			sum -= freq * math.Log2(freq)
		}
	}
	for _, n := range counts {
		add(n)
	}
	for _, n := range slices.Sorted(maps.Values(rare)) {
		add(n)
	}
	return sum
}

// secretIn is the place of the secret in a rule's match: what the library takes, freed of what is around
// it.
func secretIn(rule string, match []byte, group Span) Span {
	whole := Span{0, len(match)}
	switch rule {
	case "jwt-base64", "microsoft-teams-webhook": // whose first group is only a detail of the secret
		return whole
	case "kubernetes-secret-yaml":
		group.Start += afterKey(match[group.Start:group.End])
	}
	if group.Len() <= 0 {
		return whole
	}
	return unquote(match, group)
}

// afterKey is the offset of the value in a line "key: value" or in a key with a block scalar under it.
func afterKey(pair []byte) int {
	_, value, _ := bytes.Cut(pair, []byte(":"))
	return len(pair) - len(bytes.TrimLeft(value, " \t|>+-\r\n"))
}

// unquote leaves out quotes that stand around s.
func unquote(text []byte, s Span) Span {
	if s.Len() > 2 && bytes.IndexByte([]byte("\"'`"), text[s.Start]) >= 0 && text[s.Start] == text[s.End-1] {
		return Span{s.Start + 1, s.End - 1}
	}
	return s
}
