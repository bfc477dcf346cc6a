package engine

import (
	"cmp"
	"math/rand/v2"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	gocmp "github.com/google/go-cmp/cmp"
)

// planned is what the rule with an index matches in text, as its plan finds it. It reports whether text is
// one that a plan may search.
func planned(all *plans, rule int32, text []byte) (found [][2]int, fit bool) {
	p := all.rules[rule]
	windows := p.windows(text, nil)
	for _, h := range all.auto.scan(text, 0, len(text), nil) {
		if isOdd(h.lit) {
			return nil, false
		}
		for _, u := range all.uses[h.lit] {
			if u.rule == rule && u.anchor.quick(text, int(h.end)) {
				windows = append(windows, u.anchor.window(text, int(h.end)))
			}
		}
	}
	for _, w := range merged(windows) {
		found = p.find(text, w, found)
	}
	return found, true
}

// merged joins overlapping windows.
func merged(windows []Span) []Span {
	slices.SortFunc(windows, func(a, b Span) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End)) })
	var out []Span
	for _, w := range windows {
		if last := len(out) - 1; last >= 0 && w.Start < out[last].End {
			out[last].End = max(out[last].End, w.End)
			continue
		}
		out = append(out, w)
	}
	return out
}

func matched(re *regexp.Regexp, text []byte) (found [][2]int) {
	for _, m := range re.FindAllIndex(text, -1) {
		found = append(found, [2]int{m[0], m[1]})
	}
	return found
}

// hasKeyword reports whether a keyword of p is among the hits in text.
func hasKeyword(all *plans, p *plan, text []byte) bool {
	return slices.ContainsFunc(all.auto.scan(text, 0, len(text), nil), func(h hit) bool { return slices.Contains(p.keywords, h.lit) })
}

// compare searches text for a rule both ways. It reports whether there was a match.
func compare(tb testing.TB, all *plans, rule int32, text []byte) bool {
	tb.Helper()
	p := all.rules[rule]
	got, fit := planned(all, rule, text)
	if !fit {
		return false
	}
	want := matched(p.rule.regex.compiled(), text)
	if diff := gocmp.Diff(want, got); diff != "" {
		tb.Errorf("%s: %v in %q: (-want +got)\n%s", p.id, p.rule.regex.text, text, diff)
	}
	if open := p.open(strings.ToLower(string(text))); len(p.rule.Keywords) > 0 && len(p.keywords) == 0 && !p.lowered && len(want) > 0 && !open {
		tb.Errorf("%s: %q has a match and no keyword, which the plan says can't be", p.id, text)
	} else if len(p.keywords) > 0 && open != hasKeyword(all, p, text) {
		tb.Errorf("%s: hits of keywords in %q say %t, gitleaks says %t", p.id, text, !open, open)
	}
	return len(want) > 0
}

// Whatever a rule's regular expression finds in a text, its plan does.
func TestPlansFindWhatRulesMatch(t *testing.T) {
	all := allPlans(t)
	rounds := 400
	if testing.Short() {
		rounds = 40
	}
	for i, p := range all.rules {
		if p.method == byPath {
			continue
		}
		t.Run(p.id, func(t *testing.T) {
			t.Parallel()
			re, err := syntax.Parse(p.rule.regex.text, syntax.Perl)
			if err != nil {
				t.Fatal(err)
			}
			s := &sampler{Rand: rand.New(rand.NewPCG(1, uint64(i)))}
			matches := 0
			for range rounds {
				if compare(t, all, int32(i), s.text(re)) {
					matches++
				}
			}
			if matches < rounds/20 {
				t.Errorf("%d of %d texts have a match: too few to tell anything", matches, rounds)
			}
		})
	}
}

// userPatterns are what rules of users may be like, and worse.
var userPatterns = []string{
	`(?s).*`, `(?s)abc.*`, `(?s).*abc`, `abc.*`, `.*abc`, `^abc$`, `(?m)^abc$`, `(?m)^[^#\n]*secret\s*$`, `\Aabc\z`,
	`\babc\b`, `\Babc\B`, `\bpass\B.{0,4}`, `abc|`, `(?:abc|)def?`, `(?:|abc)+`, `x*`, `(?:ab|cd){2,3}`, `(?:(?:ab){1,2}c){2}`,
	`(?:a[bc]+d?){2,}e`, `(?i)key(?-i:Ab)[^k]{2,}`, `(?i)[k-s]{3}token`, `(?i)kelvins`, `[^a]abc[^c]`, `[^a]{0,3}?abc.??`, `abc\n?$`,
	`(?m)abc\s+^def`, `(?:^|,)abc(?:,|$)`, `é+abc`, `(?i)éabcÉ`, `[é-ü]{1,3}abc`, `abc\x{FFFD}`, "abc[^\x00-\x7f]{2}", `.{3}abc.{3}`,
	`[0-9a-f]{8}`, `[0-9a-f]{8}a.{5}!`, `!.{5}7[0-9a-f]{8,}`, `\b[0-9a-f]{10,12}\b`, `(?:[0-9]{9}|[a-c]{10}x)$`, `(?:[0-9a-f]{12}-){2}`, `(?:[a-d]{8,}[^a-d]){1,2}`, `(?:a{0}b|abc){3}`,
	`(?:abc){0,2}abd`, `(?:abc(?:,\s*)?){2,}`, `[[:^ascii:]]abc`, `(?U)a.*bc+`, `abc[^\n]*?(?:x|\z)`, `key(?:[a-c]{3}|,(?: ;)+|\.\w)+x`, `(?:\w\.){3,40}token`, `token(?:=[ab]?){2,9}(?:-c*){0,30}!`, `(?:(?:a*)*;)*key`, `(?s)BEGIN.{4,}?END`, `(?:abc.?){2}`,
}

// userPlans are the plans of userPatterns, in their order.
func userPlans(tb testing.TB) *plans {
	tb.Helper()
	rules := make(map[string]rule)
	for i, pattern := range userPatterns {
		id := string(rune('A' + i))
		rules[id] = rule{regex: later(pattern)}
	}
	all, err := newPlans(rules)
	if err != nil {
		tb.Fatal(err)
	}
	return all
}

func TestPlansFindWhatUsersRulesMatch(t *testing.T) {
	all := userPlans(t)
	for i, p := range all.rules {
		re, err := syntax.Parse(p.rule.regex.text, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		s := &sampler{Rand: rand.New(rand.NewPCG(2, uint64(i)))}
		for range 1000 {
			compare(t, all, int32(i), s.text(re))
		}
	}
}

// What quick and window say depends on no more than they say, so that it can be taken over into another
// text.
func TestPlansLookNoFurtherThanTheySay(t *testing.T) {
	for _, all := range []*plans{allPlans(t), userPlans(t)} {
		for i, p := range all.rules {
			if p.method != byAnchor {
				continue
			}
			re, err := syntax.Parse(p.rule.regex.text, syntax.Perl)
			if err != nil {
				t.Fatal(err)
			}
			s := &sampler{Rand: rand.New(rand.NewPCG(4, uint64(i)))}
			for range 20 {
				text := slices.Concat(s.far(), s.text(re), s.far())
				for _, h := range all.auto.scan(text, 0, len(text), nil) {
					if a := p.anchor(h); a != nil {
						checkSight(t, p, a, s, text, int(h.end))
					}
				}
			}
		}
	}
}

// checkSight changes what a hit's test and window shouldn't depend on.
func checkSight(t *testing.T, p *plan, a *anchor, s *sampler, text []byte, end int) {
	t.Helper()
	quick, window := a.quick(text, end), a.window(text, end)
	other, shift := s.elsewhere(text, Span{end - a.length - sight, end + sight})
	if got := a.quick(other, end+shift); got != quick {
		t.Fatalf("%s: quick says %t of a hit at %d in %q, and %t with the same in sight", p.id, quick, end, text, got)
	}
	other, shift = s.elsewhere(text, Span{window.Start - utf8.UTFMax, window.End + utf8.UTFMax})
	got := a.window(other, end+shift)
	if got.Start-shift != window.Start || got.End-shift != window.End {
		t.Fatalf("%s: the window of a hit at %d in %q is %v, and %v, %d on, with the same in it", p.id, end, text, window, got, shift)
	}
}

// elsewhere is a text that is the same as another in a span, and not beyond it where that goes on there. It
// also tells by how much the span is shifted.
func (s *sampler) elsewhere(text []byte, in Span) (other []byte, shift int) {
	in = Span{max(0, in.Start), min(in.End, len(text))}
	var before, after []byte
	if in.Start > 0 {
		before = append(s.far(), 'x')
	}
	if in.End < len(text) {
		after = append([]byte("x"), s.far()...)
	}
	return slices.Concat(before, text[in.Start:in.End], after), len(before) - in.Start
}

func FuzzWindows(f *testing.F) {
	all := userPlans(f)
	for _, text := range []string{"abc", "xabcabd", "\xc3\xa9abc\xc3", "0123456789abcdef0123", "secret\r\n", "keyAb\xe2\x84", "BEGIN12345END\nabc"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for i := range all.rules {
			compare(t, all, int32(i), text)
		}
	})
}
