package report

import (
	"strconv"
	"strings"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/source"
)

const (
	maxColumns = 110 // of a source line in a frame
	leadIn     = 20  // columns kept before the carets of a line that is cut
	maxMarked  = 6   // lines of a region that a frame shows
)

// frame draws a finding's source lines behind a gutter, with carets under its region and the label at
// their end.
type frame struct {
	out    *strings.Builder
	paint  paint
	sev    finding.Severity
	region source.Region
	label  string
	gutter int // columns of the widest line number
}

// draw writes the frame. Of a region with many lines the first ones and the last are shown.
func (f *frame) draw(s finding.Snippet) {
	f.row("", "")
	last := lastLine(f.region)
	elided := false
	for i, line := range s.Lines {
		n := s.FirstLine + i
		if n >= f.region.Start.Line+maxMarked-1 && n < last {
			if !elided {
				f.out.WriteString(f.paint.frame("...") + "\n")
				elided = true
			}
			continue
		}
		f.line(n, line, n == last)
	}
	f.row("", "")
}

// lastLine is the last line on which region has a code point.
func lastLine(region source.Region) int {
	last := max(region.End.Line, region.Start.Line)
	if region.End.Col <= 1 && last > region.Start.Line {
		last--
	}
	return last
}

// line writes one source line and, where the region touches it, the carets below.
func (f *frame) line(n int, line string, isLast bool) {
	cs := cells(line)
	marked := n >= f.region.Start.Line && n <= lastLine(f.region)
	from, to := 0, 0
	if marked {
		from, to = f.marks(n, cs)
	}
	w := trim(cs, from, to)
	f.row(strconv.Itoa(n), w.text)
	if !marked || from == len(cs) && n > f.region.Start.Line {
		return
	}
	below := strings.Repeat(" ", w.before) + f.paint.severity(f.sev, strings.Repeat("^", w.carets))
	if isLast && f.label != "" {
		below += " " + f.paint.severity(f.sev, f.label)
	}
	f.row("", below)
}

// marks says which cells of line n lie in the region: the half-open range from, to, never empty unless
// it stands behind the line's end. On the lines after the first it starts at the first visible cell.
func (f *frame) marks(n int, cs []cell) (from, to int) {
	to = len(cs)
	if n == f.region.Start.Line {
		from = min(max(f.region.Start.Col-1, 0), len(cs))
	} else {
		for from < len(cs) && strings.TrimSpace(cs[from].text) == "" {
			from++
		}
	}
	if n == f.region.End.Line {
		to = min(max(f.region.End.Col-1, 0), len(cs))
	}
	return from, min(max(to, from+1), len(cs))
}

// row writes "12 | text" with the number right-aligned in the gutter.
func (f *frame) row(number, text string) {
	pad := strings.Repeat(" ", max(0, f.gutter-len(number)))
	line := f.paint.frame(pad + number + " |")
	if text != "" {
		line += " " + text
	}
	f.out.WriteString(line + "\n")
}

// window is the part of a source line that a frame shows.
type window struct {
	text   string
	before int // columns before the first caret
	carets int // columns under which carets stand, at least one
}

// trim cuts a line that is too long to a window around the cells from, to and marks each cut by "…".
func trim(cs []cell, from, to int) window {
	first, last := 0, len(cs)
	if cellsWidth(cs) > maxColumns {
		first = from
		for lead := 0; first > 0 && lead < leadIn; first-- {
			lead += cs[first-1].width
		}
		last = first
		for used := 0; last < len(cs) && used < maxColumns; last++ {
			used += cs[last].width
		}
	}
	var b strings.Builder
	w := window{before: cellsWidth(cs[first:from])}
	if first > 0 {
		b.WriteString("…")
		w.before++
	}
	for _, c := range cs[first:last] {
		b.WriteString(c.text)
	}
	if last < len(cs) {
		b.WriteString("…")
	}
	w.text = strings.TrimRight(b.String(), " ")
	w.carets = max(1, cellsWidth(cs[from:max(from, min(to, last))]))
	return w
}
