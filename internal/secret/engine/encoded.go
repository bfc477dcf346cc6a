package engine

import (
	"bytes"
	"math/bits"
)

// encodedLines appends the lines of text[from:to) in which the library's decoder would decode something,
// in order; from and to are at lines' beginnings or the text's end. Lines that stand side by side are one
// span. Where code points run on over line breaks, from before from or past to, the span is as long.
//
// It never leaves out a line. That it takes one too many needs a run of base64 that decodes and touches
// what has precedence over it.
func encodedLines(text []byte, from, to int, out []Span) []Span {
	first := len(out)
	for at := from; at < to; {
		hit, sure := nextEncoded(text, at, to)
		if hit >= to {
			break
		}
		lines := linesAt(text, hit)
		at = lines.End
		if !sure && !decodes(text[lines.Start:lines.End]) {
			continue
		}
		if n := len(out); n > first && lines.Start <= out[n-1].End {
			out[n-1].End = lines.End
			continue
		}
		out = append(out, lines)
	}
	return out
}

// linesAt is the line that an offset stands on, with those that code points may join it to.
func linesAt(text []byte, at int) Span {
	s := Span{bytes.LastIndexByte(text[:at], '\n') + 1, endOfLine(text, at)}
	for joined(text, s.Start) {
		s.Start = bytes.LastIndexByte(text[:s.Start-1], '\n') + 1
	}
	for joined(text, s.End) {
		s.End = endOfLine(text, s.End)
	}
	return s
}

// endOfLine is the end of the line that an offset stands on, with its break.
func endOfLine(text []byte, at int) int {
	if nl := bytes.IndexByte(text[at:], '\n'); nl >= 0 {
		return at + nl + 1
	}
	return len(text)
}

// joined reports whether a code point stands at the end of the line before: it may be decoded as one with
// what begins this line, or touch it.
func joined(text []byte, line int) bool {
	start := line - codePoint - 1
	return start >= 0 && line < len(text) && text[line-1] == '\n' && codePointAt(text, start)
}

const block = 32 // bytes that are looked at at a time: their bits of two kinds fill a word

// nextEncoded is the offset of what comes next in text[at:to) and decodes (sure), or has the look of an
// escape; to where nothing does. at is a line's beginning.
func nextEncoded(text []byte, at, to int) (hit int, sure bool) {
	before := uint64(0) // the bits of the 15 bytes before the block
	for ; at < to; at += block {
		runs, signs := lookAt(text[:to], at)
		run := uint64(runs)<<(leastBase64-1) | before
		before = run >> block
		if signs == 0 && longRuns(run) == 0 {
			continue
		}
		sign := firstEscape(text[:to], at, signs)
		read, next := firstRead(text[:to], at, run)
		if read < sign {
			return read, true
		}
		if sign < to {
			return sign, false
		}
		if next -= codePoint; next > at+block { // a run may end with a code point
			at, before = next-block, 0
		}
	}
	return to, false
}

// lookAt tells of each of the bytes at a place, up to a block, whether it is in a run and whether it is a
// sign: bit i is of text[at+i].
func lookAt(text []byte, at int) (runs, signs uint32) {
	var padded [block]byte
	b := &padded
	if at+block <= len(text) {
		b = (*[block]byte)(text[at:])
	} else {
		copy(padded[:], text[at:])
	}
	var m uint64
	for i := 0; i < block; i += 8 {
		c := (*[8]byte)(b[i:])
		m |= (blockBits[c[0]] |
			blockBits[c[1]]<<1 |
			blockBits[c[2]]<<2 |
			blockBits[c[3]]<<3 |
			blockBits[c[4]]<<4 |
			blockBits[c[5]]<<5 |
			blockBits[c[6]]<<6 |
			blockBits[c[7]]<<7) << i
	}
	return uint32(m), uint32(m >> 32)
}

// longRuns has bit i set where bits i to i+15 of run are.
func longRuns(run uint64) uint64 {
	run &= run >> 1
	run &= run >> 2
	run &= run >> 4
	return run & (run >> 8)
}

// firstRead is the offset of the first run, of those that are long enough within a block or go on past it,
// that decodes, len(text) where none does; and where the last run that was looked at ends. Bit i of run is
// of text[at-15+i].
func firstRead(text []byte, at int, run uint64) (read, next int) {
	for long := longRuns(run); long != 0; long = longRuns(run) {
		start := at - (leastBase64 - 1) + bits.TrailingZeros64(long)
		next = start + leastBase64
		for next < len(text) && classes[text[next]]&runByte != 0 {
			next++
		}
		if runReads(text, start, next) {
			return start, next
		}
		run &^= 1<<(next-at+leastBase64-1) - 1 // a shift by more than the word's width gives 0, so all
	}
	return len(text), next
}

// runReads reports whether a whole run of base64's characters would be decoded, all of it or the
// hexadecimal digits that it begins with; what comes after these touches them and is passed over.
func runReads(text []byte, start, end int) bool {
	digits := start
	for digits < end && classes[text[digits]]&hexByte != 0 {
		digits++
	}
	if digits-start >= leastHex {
		return hexReads(text[start:digits])
	}
	return base64Reads(text[start:end], padding(text, end))
}

// firstEscape is the offset of the first %41, \u0041 or U+0041 among the signs of a block; len(text) where
// there is none.
func firstEscape(text []byte, at int, signs uint32) int {
	for ; signs != 0; signs &= signs - 1 {
		i := at + bits.TrailingZeros32(signs)
		switch text[i] {
		case '%':
			if hexDigits(text, i+1, 2) {
				return i
			}
		case '\\':
			if escapeAt(text, i) > 0 {
				return i
			}
		default:
			if i > 0 && codePointAt(text, i-1) {
				return i - 1
			}
		}
	}
	return len(text)
}

// decodes reports whether the library would decode anything in some lines.
func decodes(lines []byte) bool {
	text := asString(lines)
	var room [16]token
	for _, t := range tokenize(text, room[:0]) {
		if reads(text[t.Start:t.End], t.encoding) {
			return true
		}
	}
	return false
}

// clusters appends the lines of spans and, around each, as many whole lines as it takes to have margin
// bytes on either side of it, where the text has so many; what touches is one. The spans are of whole
// lines and in order. A margin of at least one byte gives what decodeCluster asks for.
func clusters(text []byte, lines []Span, margin int, out []Span) []Span {
	first := len(out)
	for _, s := range lines {
		start := bytes.LastIndexByte(text[:max(0, s.Start-margin)], '\n') + 1
		end := endOfLine(text, min(len(text), max(s.End+margin-1, s.Start)))
		if n := len(out); n > first && start <= out[n-1].End {
			out[n-1].End = max(end, out[n-1].End)
			continue
		}
		out = append(out, Span{start, end})
	}
	return out
}
