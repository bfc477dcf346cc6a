package yamltree

import (
	"unicode/utf8"
)

// piece says that bytes of a value come from bytes of the file: those from v on (up to the next
// piece's) from the w bytes at f. Where both are equally many they correspond one to one.
type piece struct{ v, f, w int }

// folder decodes a scalar once more, next to the value that yaml.v3 made of it, and notes which bytes
// come from where. It stops where the two differ.
type folder struct {
	*scanner
	value  string
	v      int // bytes of value that have been accounted for
	keep   bool
	pieces []piece
	failed bool
}

// copy accounts for n bytes at f that stand for themselves.
func (f *folder) copy(off, n int) {
	if n == 0 || f.failed {
		return
	}
	if n > len(f.value)-f.v || f.value[f.v:f.v+n] != string(f.src[off:off+n]) {
		f.failed = true
		return
	}
	if k := len(f.pieces) - 1; k >= 0 && f.pieces[k].f+f.pieces[k].w == off && f.v-f.pieces[k].v == f.pieces[k].w {
		f.pieces[k].w += n
	} else if f.keep {
		f.pieces = append(f.pieces, piece{f.v, off, n})
	}
	f.v += n
}

// emit accounts for w bytes at off that stand for s.
func (f *folder) emit(off, w int, s string) {
	if f.failed || len(s) > len(f.value)-f.v || f.value[f.v:f.v+len(s)] != s {
		f.failed = true
		return
	}
	if f.keep {
		f.pieces = append(f.pieces, piece{f.v, off, w})
	}
	f.v += len(s)
}

// newline accounts for the line break at off that stands for itself.
func (f *folder) newline(off, w int) {
	if _, n := utf8.DecodeRune(f.src[off:]); n == len("\u2028") {
		f.copy(off, w) // LS and PS are kept as they are
		return
	}
	f.emit(off, w, "\n")
}

// fold accounts for the line break at off and the blanks and breaks that follow, and returns the
// place behind them. The first break becomes a space where it is the only one, else nothing; where
// it is escaped, nothing at all.
func (f *folder) fold(off, w int, escaped bool) int {
	p := f.blanks(off + w)
	n := f.breakAt(p)
	switch kept := w == len("\u2028"); {
	case escaped:
	case kept:
		f.newline(off, w)
	case n == 0:
		f.emit(off, w, " ")
	}
	for ; n > 0; n = f.breakAt(p) {
		f.newline(p, n)
		p = f.blanks(p + n)
	}
	return p
}

// plain walks a plain scalar that begins at p until the whole value is accounted for, and returns
// the place behind it.
func (f *folder) plain(p int) (end int) {
	for end = p; f.v < len(f.value) && !f.failed; {
		eol, _ := f.eol(p)
		n := min(trimBlanks(f.src, p, eol)-p, len(f.value)-f.v)
		f.copy(p, n)
		end = p + n
		if f.v == len(f.value) || f.failed {
			break
		}
		w := f.breakAt(eol)
		if w == 0 {
			f.failed = true
			break
		}
		p = f.fold(eol, w, false)
	}
	return end
}

// trimBlanks is the end of the text between from and to without the blanks that end it.
func trimBlanks(src []byte, from, to int) int {
	for to > from && (src[to-1] == ' ' || src[to-1] == '\t') {
		to--
	}
	return to
}

// quoted walks the inside of a quoted scalar, from p to the closing quote at end.
func (f *folder) quoted(p, end int, double bool) {
	for p < end && !f.failed {
		q := p
		for q < end && !f.special(q, double) {
			q++
		}
		f.copy(p, q-p)
		if q >= end {
			return
		}
		switch c := f.src[q]; {
		case c == '\'':
			f.emit(q, 2, "'")
			p = q + 2
		case c == '\\':
			p = f.escape(q)
		case f.breakAt(q) > 0:
			p = f.fold(q, f.breakAt(q), false)
		default:
			p = f.white(q)
		}
	}
}

func (f *folder) special(p int, double bool) bool {
	switch c := f.src[p]; c {
	case '\'':
		return !double
	case '\\':
		return double
	case ' ', '\t':
		return true
	default:
		return f.breakAt(p) > 0
	}
}

// white accounts for the blanks at p, which count unless a line break follows.
func (f *folder) white(p int) int {
	q := f.blanks(p)
	if f.breakAt(q) == 0 {
		f.copy(p, q-p)
	}
	return q
}

// block walks a block scalar whose lines begin at p.
func (f *folder) block(p, indent int, chomp byte, folded bool) {
	var breaks []piece // since the last line of text: where and how wide
	text, more := false, false
	for !f.failed {
		start, kind := f.blockLine(p, indent)
		if kind == lineEnd {
			break
		}
		eol, next := f.eol(start)
		if kind == lineText {
			blank := f.src[start] == ' ' || f.src[start] == '\t'
			f.between(breaks, folded && text && !more && !blank)
			f.copy(start, eol-start)
			breaks, text, more = breaks[:0], true, blank
		}
		if next == eol {
			break
		}
		breaks = append(breaks, piece{f: eol, w: next - eol})
		p = next
	}
	switch {
	case chomp == '+':
		f.between(breaks, false)
	case chomp != '-' && text:
		f.between(breaks[:min(len(breaks), 1)], false)
	}
}

// between accounts for the line breaks between two lines of text.
func (f *folder) between(breaks []piece, folded bool) {
	if folded && len(breaks) > 0 && breaks[0].w < len("\u2028") {
		if len(breaks) == 1 {
			f.emit(breaks[0].f, breaks[0].w, " ")
			return
		}
		breaks = breaks[1:]
	}
	for _, b := range breaks {
		f.newline(b.f, b.w)
	}
}
