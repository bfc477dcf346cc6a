package yamltree

import (
	"bytes"
	"encoding/binary"
	"sort"
	"unicode/utf8"

	"github.com/curfew-ci/curfew/internal/source"
)

// scanner knows the lines of a file as yaml.v3 counts them: YAML 1.1 also ends a line at a lone CR,
// NEL, LS and PS, at which no editor does.
type scanner struct {
	src    []byte
	text   *source.Text
	ascii  bool
	first  int   // 0, or behind a byte order mark
	starts []int // where lines begin, in a file with such line ends; nil where lines are the text's
}

func newScanner(t *source.Text) scanner {
	s := scanner{src: t.Src, text: t, ascii: isASCII(t.Src)}
	if bytes.HasPrefix(t.Src, []byte(bom)) {
		s.first = len(bom)
	}
	if !oddBreaks(t.Src, s.ascii) {
		return s
	}
	s.starts = []int{0}
	for p := 0; p < len(s.src); {
		w := s.breakAt(p)
		p += max(w, 1)
		if w > 0 {
			s.starts = append(s.starts, p)
		}
	}
	return s
}

func isASCII(b []byte) bool {
	for ; len(b) >= 8; b = b[8:] {
		if binary.LittleEndian.Uint64(b)&0x8080808080808080 != 0 {
			return false
		}
	}
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func oddBreaks(src []byte, ascii bool) bool {
	for p := 0; ; p++ {
		i := bytes.IndexByte(src[p:], '\r')
		if i < 0 {
			break
		}
		if p += i; p+1 == len(src) || src[p+1] != '\n' {
			return true
		}
	}
	return !ascii && (bytes.Contains(src, []byte("\u0085")) ||
		bytes.Contains(src, []byte("\u2028")) || bytes.Contains(src, []byte("\u2029")))
}

// breakAt is the width of the line break at p, or 0.
func (s *scanner) breakAt(p int) int {
	if p >= len(s.src) {
		return 0
	}
	switch c := s.src[p]; {
	case c == '\n':
		return 1
	case c == '\r':
		if p+1 < len(s.src) && s.src[p+1] == '\n' {
			return 2
		}
		return 1
	case c < utf8.RuneSelf:
		return 0
	}
	switch r, w := utf8.DecodeRune(s.src[p:]); r {
	case '\u0085', '\u2028', '\u2029':
		return w
	}
	return 0
}

// eol is where the line at p ends, and where the next one begins.
func (s *scanner) eol(p int) (end, next int) {
	if s.starts != nil {
		for end = p; end < len(s.src); end++ {
			if w := s.breakAt(end); w > 0 {
				return end, end + w
			}
		}
		return end, end
	}
	i := bytes.IndexByte(s.src[p:], '\n')
	if i < 0 {
		return len(s.src), len(s.src)
	}
	end = p + i
	if i > 0 && s.src[end-1] == '\r' {
		end--
	}
	return end, p + i + 1
}

// lineStart is where line n (from 1, as yaml.v3 counts) begins, behind a byte order mark.
func (s *scanner) lineStart(n int) int {
	switch {
	case n <= 1:
		return s.first
	case s.starts == nil:
		return s.text.Start(n)
	}
	return s.starts[min(n, len(s.starts))-1]
}

// lineOf is where the line of p begins.
func (s *scanner) lineOf(p int) int {
	if s.starts != nil {
		i := sort.SearchInts(s.starts, p+1)
		return s.lineStart(i)
	}
	if i := bytes.LastIndexByte(s.src[:p], '\n'); i >= 0 {
		return i + 1
	}
	return min(s.first, p)
}

// blanks is the first place from p on that holds neither space nor tab.
func (s *scanner) blanks(p int) int {
	for p < len(s.src) && (s.src[p] == ' ' || s.src[p] == '\t') {
		p++
	}
	return p
}

// ends reports whether p is at a blank, a line break or the end of the file.
func (s *scanner) ends(p int) bool {
	return p >= len(s.src) || s.src[p] == ' ' || s.src[p] == '\t' || s.breakAt(p) > 0
}

// marker reports whether "---" or "..." stands at p, which is the beginning of a line.
func (s *scanner) marker(p int, mark string) bool {
	return bytes.HasPrefix(s.src[p:], []byte(mark)) && s.ends(p+len(mark))
}
