package secret

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/zricethezav/gitleaks/v8/report"
)

// locator puts findings of the library back into the text that was searched. The library tells the line
// and column of a rule's match, counted in its own way; the secret is a part of that match, and of a
// finding in decoded text the match isn't in the file at all.
type locator struct {
	engine *engine
	path   string
	layers []*layer // the text, and what it is after each pass of decoding, once that was needed
	told   map[toldMatch]bool
}

// toldMatch is a match in decoded text whose places were listed.
type toldMatch struct {
	rule  string
	depth int
	match string
}

func newLocator(e *engine, path, text string) *locator {
	return &locator{engine: e, path: path, layers: []*layer{{text: text}}, told: make(map[toldMatch]bool)}
}

// locate lists the places of a finding: one, but for text that was decoded, where equal matches of a rule
// can't be told apart and all are listed with the first. It lists none where the finding's line allows it.
func (l *locator) locate(f *report.Finding) []hit {
	rule := l.engine.rules[f.RuleID]
	switch {
	case rule.Regex == nil:
		return []hit{{detector: f.RuleID}} // by its path alone
	case depth(f) > 0:
		return l.locateDecoded(f)
	}
	raw := l.layers[0]
	start := raw.start(f)
	if start < 0 || !strings.HasPrefix(raw.text[start:], f.Match) {
		return l.search(f)
	}
	s := secretIn(f.RuleID, f.Match, rule.Regex, rule.SecretGroup)
	if l.allowed(f, raw, span{start, start + len(f.Match)}) {
		return nil
	}
	return []hit{raw.hit(f.RuleID, span{start + s.start, start + s.end})}
}

// allowed reports whether the configuration allows a finding because of the line that its match stands
// on in a layer.
func (l *locator) allowed(f *report.Finding, in *layer, match span) bool {
	for i, a := range l.engine.lines[f.RuleID] {
		onLine := func() bool { return in.onLine(a, lineOf{f.RuleID, i, in.line(match)}) }
		if lineAllows(a, l.path, f.Secret, onLine) {
			return true
		}
	}
	return false
}

// search lists all places of a finding's secret. It is for a finding whose place doesn't hold its match:
// rather too many places are hidden than one is shown.
func (l *locator) search(f *report.Finding) []hit {
	raw := l.layers[0]
	var out []hit
	for off := 0; f.Secret != ""; {
		i := strings.Index(raw.text[off:], f.Secret)
		if i < 0 {
			break
		}
		out = append(out, raw.hit(f.RuleID, span{off + i, off + i + len(f.Secret)}))
		off += i + len(f.Secret)
	}
	return out
}

// secretIn is the place of the secret in a rule's match: what the library itself takes, freed of what is
// around it.
func secretIn(detector, match string, re *regexp.Regexp, group int) span {
	whole := span{0, len(match)}
	switch detector {
	case "jwt-base64", "microsoft-teams-webhook": // whose first group is only a detail of the secret
		return whole
	}
	groups := re.FindStringSubmatchIndex(match)
	at := whole
	for n := 1; n < len(groups)/2; n++ {
		s := span{groups[2*n], groups[2*n+1]}
		if n == group || group == 0 && s.end > s.start {
			at = s
			break
		}
	}
	if at.start < 0 {
		return whole
	}
	if detector == "kubernetes-secret-yaml" {
		at.start += afterKey(match[at.start:at.end])
	}
	return unquote(match, at)
}

// afterKey is the offset of the value in a line "key: value" or in a key with a block scalar under it.
func afterKey(pair string) int {
	_, value, _ := strings.Cut(pair, ":")
	value = strings.TrimLeft(value, " \t|>+-\r\n")
	return len(pair) - len(value)
}

// unquote leaves out quotes that stand around s.
func unquote(text string, s span) span {
	if s.end-s.start >= 2 && strings.IndexByte("\"'`", text[s.start]) >= 0 && text[s.start] == text[s.end-1] {
		return span{s.start + 1, s.end - 1}
	}
	return s
}

// depth is how many layers were decoded before the library made a finding.
func depth(f *report.Finding) int {
	for _, tag := range f.Tags {
		if n, ok := strings.CutPrefix(tag, "decode-depth:"); ok {
			d, _ := strconv.Atoi(n)
			return d
		}
	}
	return 0
}
