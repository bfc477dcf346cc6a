package secret

import (
	"regexp"
	"sort"
	"strings"

	"github.com/zricethezav/gitleaks/v8/config"
	"github.com/zricethezav/gitleaks/v8/detect/codec"
	"github.com/zricethezav/gitleaks/v8/report"
)

// layer is a text that was searched: the file's, or what it is after a pass of decoding. Whatever is
// asked of it for each finding is worked out once.
type layer struct {
	text     string
	segments []*codec.EncodedSegment // what was decoded to make it of the layer before

	breaks  []int                        // offsets of line breaks
	counted bool                         // breaks are there
	matches map[string]map[string][]span // by rule and match: its places
	lines   map[lineOf]bool              // whether an allowlist allows a line
}

// lineOf is a line, or lines, and the allowlist, by its rule and number, that it was held against.
type lineOf struct {
	rule  string
	list  int
	lines span
}

func (y *layer) hit(detector string, s span) hit {
	return hit{detector: detector, region: s, value: []byte(y.text[s.start:s.end])}
}

func (y *layer) lineBreaks() []int {
	if !y.counted {
		y.counted = true
		for off := 0; ; off++ {
			i := strings.IndexByte(y.text[off:], '\n')
			if i < 0 {
				break
			}
			off += i
			y.breaks = append(y.breaks, off)
		}
	}
	return y.breaks
}

// start is the byte offset of a finding's match; -1 where it can't be one. The library counts lines from
// 0, columns from 1, and a line from the break before it, which therefore is column 1 in every line but
// the first. It cuts line breaks off the match, but not off its place.
func (y *layer) start(f *report.Finding) int {
	breaks := y.lineBreaks()
	off := f.StartColumn - 1
	if f.StartLine > len(breaks) {
		return -1
	}
	if f.StartLine > 0 {
		off += breaks[f.StartLine-1]
	}
	if off < 0 || off > len(y.text) {
		return -1
	}
	for off < len(y.text) && y.text[off] == '\n' && !strings.HasPrefix(f.Match, "\n") {
		off++
	}
	return off
}

// line is the line, or the lines, that s stands on.
func (y *layer) line(s span) span {
	breaks := y.lineBreaks()
	out := span{0, len(y.text)}
	if i := sort.SearchInts(breaks, s.start); i > 0 {
		out.start = breaks[i-1] + 1
	}
	if i := sort.SearchInts(breaks, s.end); i < len(breaks) {
		out.end = breaks[i]
	}
	return out
}

// onLine reports whether one of an allowlist's regular expressions matches a line.
func (y *layer) onLine(a *config.Allowlist, key lineOf) bool {
	allowed, known := y.lines[key]
	if !known {
		if y.lines == nil {
			y.lines = make(map[lineOf]bool)
		}
		allowed = a.RegexAllowed(y.text[key.lines.start:key.lines.end])
		y.lines[key] = allowed
	}
	return allowed
}

// places lists where a rule's match stands.
func (y *layer) places(rule string, re *regexp.Regexp, match string) []span {
	if y.matches == nil {
		y.matches = make(map[string]map[string][]span)
	}
	all, known := y.matches[rule]
	if !known {
		all = make(map[string][]span)
		for _, m := range re.FindAllStringIndex(y.text, -1) {
			text := strings.Trim(y.text[m[0]:m[1]], "\n")
			start := m[0] + strings.Index(y.text[m[0]:m[1]], text)
			all[text] = append(all[text], span{start, start + len(text)})
		}
		y.matches[rule] = all
	}
	return all[match]
}
