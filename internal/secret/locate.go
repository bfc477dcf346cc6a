package secret

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/zricethezav/gitleaks/v8/detect/codec"
	"github.com/zricethezav/gitleaks/v8/report"
)

// locator puts findings of the library back into the text that was searched. The library tells the line
// and column of a rule's match, counted in its own way; the secret is a part of that match, and of a
// finding in decoded text the match isn't in the file at all.
type locator struct {
	raw     string
	pattern func(detector string) (*regexp.Regexp, int)
	breaks  []int   // offsets of line breaks, once they were needed
	passes  []layer // the text of each pass of decoding, once it was needed
	told    map[string]bool
}

// locate lists the places of a finding: one, but for text that was decoded, where equal matches of a rule
// can't be told apart and all are listed with the first.
func (l *locator) locate(f *report.Finding) []hit {
	re, group := l.pattern(f.RuleID)
	switch {
	case re == nil:
		return []hit{{detector: f.RuleID}} // by its path alone
	case depth(f) > 0:
		return l.locateDecoded(f, re, group)
	}
	start := l.start(f)
	if start < 0 || !strings.HasPrefix(l.raw[start:], f.Match) {
		return l.search(f)
	}
	s := secretIn(f.RuleID, f.Match, re, group)
	return []hit{l.hit(f.RuleID, span{start + s.start, start + s.end})}
}

func (l *locator) hit(detector string, s span) hit {
	return hit{detector: detector, region: s, value: []byte(l.raw[s.start:s.end])}
}

// start is the byte offset of a finding's match. The library counts lines from 0, columns from 1, and a
// line from the break before it, which therefore is column 1 in every line but the first. It cuts line
// breaks off the match, but not off its place.
func (l *locator) start(f *report.Finding) int {
	if l.breaks == nil {
		for i := range len(l.raw) {
			if l.raw[i] == '\n' {
				l.breaks = append(l.breaks, i)
			}
		}
	}
	off := f.StartColumn - 1
	if f.StartLine > len(l.breaks) {
		return -1
	}
	if f.StartLine > 0 {
		off += l.breaks[f.StartLine-1]
	}
	if off < 0 || off > len(l.raw) {
		return -1
	}
	for off < len(l.raw) && l.raw[off] == '\n' && !strings.HasPrefix(f.Match, "\n") {
		off++
	}
	return off
}

// search lists all places of a finding's secret. It is for a finding whose place doesn't hold its match:
// rather too many places are hidden than one is shown.
func (l *locator) search(f *report.Finding) []hit {
	var out []hit
	for off := 0; f.Secret != ""; {
		i := strings.Index(l.raw[off:], f.Secret)
		if i < 0 {
			break
		}
		out = append(out, l.hit(f.RuleID, span{off + i, off + i + len(f.Secret)}))
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

// layer is the text of one pass of decoding and what was decoded to make it of the pass before.
type layer struct {
	text     string
	segments []*codec.EncodedSegment
}
