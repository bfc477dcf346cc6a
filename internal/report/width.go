package report

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"

	"github.com/curfew-ci/curfew/internal/markup"
)

// tabWidth is the distance of tab stops in a source line.
const tabWidth = 4

// cell is one code point of a source line as a terminal shows it.
type cell struct {
	text  string
	width int // in columns
}

// cells breaks a source line into code points, tabs spread to spaces and the rest made visible.
func cells(line string) []cell {
	out := make([]cell, 0, len(line))
	column, hashes := 0, 0
	for len(line) > 0 {
		r, size := utf8.DecodeRuneInString(line)
		var c cell
		if r == '\t' {
			c.width = tabWidth - column%tabWidth
			c.text = strings.Repeat(" ", c.width)
		} else if c.text = markup.Glyph(line[:size], hashes); c.text == line[:size] {
			c.width = runeWidth(r)
		} else {
			c.width = len(c.text)
		}
		hashes = markup.Hashes(hashes, r)
		column += c.width
		out = append(out, c)
		line = line[size:]
	}
	return out
}

// cellsWidth is how many columns cs take.
func cellsWidth(cs []cell) int {
	n := 0
	for _, c := range cs {
		n += c.width
	}
	return n
}

// runeWidth is how many columns a terminal gives r: none to a mark, two to what is wide, one to the
// rest. Terminals differ on emoji joined from several code points; such joiners are shown as escapes,
// so no such sequence gets here.
func runeWidth(r rune) int {
	wide := runewidth.Condition{StrictEmojiNeutral: true} // whatever the locale: the same output everywhere
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case wide.RuneWidth(r) == 2:
		return 2
	}
	return 1
}
