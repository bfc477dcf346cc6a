package unpack

import (
	"bytes"
	"sort"
	"unicode/utf16"
	"unicode/utf8"
)

// Encoding is how a file's bytes stand for text.
type Encoding uint8

// The encodings that Sniff tells apart.
const (
	// Other is any encoding but UTF-16: UTF-8, a code page, or no text at all.
	Other Encoding = iota
	// UTF16LE has the low byte of each unit first, as Windows writes it.
	UTF16LE
	// UTF16BE has the high byte of each unit first.
	UTF16BE
)

// String is the encoding's name: "UTF-16LE", "UTF-16BE" or "other".
func (e Encoding) String() string {
	switch e {
	case UTF16LE:
		return "UTF-16LE"
	case UTF16BE:
		return "UTF-16BE"
	}
	return "other"
}

const (
	// sniffed is how much of a file's beginning Sniff looks at: as much as git does to tell text from binary.
	sniffed = 8000
	// fewUnits is how many units at least show a pattern where there is no byte order mark. Nothing shorter can
	// hold a credential.
	fewUnits = 8
)

// Sniff says by a file's beginning, 8,000 bytes or all of it, whether it is UTF-16. Where there is no byte order mark,
// three units in four must be printable ASCII and none may be NUL: true of source code and configuration, of no picture or
// program. Text without a mark in a script that isn't Latin is not recognised.
//
// A mark proves nothing: behind it may stand text in another encoding. Who must not be fooled searches the file's own bytes as
// well as what Decode makes of them.
func Sniff(beginning []byte) Encoding {
	switch {
	case bytes.HasPrefix(beginning, []byte{0xFF, 0xFE, 0, 0}): // the mark of UTF-32LE, whose texts would seem full of NULs
		return Other
	case bytes.HasPrefix(beginning, []byte{0xFF, 0xFE}):
		return UTF16LE
	case bytes.HasPrefix(beginning, []byte{0xFE, 0xFF}):
		return UTF16BE
	}
	units := min(len(beginning), sniffed) / 2
	if units < fewUnits || bytes.IndexByte(beginning[:2*units], 0) < 0 {
		return Other
	}
	var le, be int // units that are printable ASCII if read so
	for i := 0; i < 2*units; i += 2 {
		a, b := beginning[i], beginning[i+1]
		switch {
		case a|b == 0:
			return Other
		case b == 0 && printable(a):
			le++
		case a == 0 && printable(b):
			be++
		}
	}
	switch {
	case 4*le >= 3*units:
		return UTF16LE
	case 4*be >= 3*units:
		return UTF16BE
	}
	return Other
}

func printable(c byte) bool { return ' ' <= c && c <= '~' || '\t' <= c && c <= '\r' }

// Text is a file in UTF-16 as UTF-8, with the way back to the file's own bytes. Lines, and columns in code points, are the
// same in both; a byte order mark at the beginning is no part of the text.
type Text struct {
	// UTF8 is the text. A unit that is half of a surrogate pair without the other half, or a last byte without
	// its second, is U+FFFD.
	UTF8  []byte
	marks []mark // the text's beginning, and every markEvery bytes or so
	size  int    // of the file
}

// mark says where a rune of the text stands in both encodings.
type mark struct{ utf8, file int }

const markEvery = 4096

// Decode returns the text of a file in e, which is UTF16LE or UTF16BE.
func Decode(data []byte, e Encoding) *Text {
	high := 1 // which byte of a unit is the high one
	if e == UTF16BE {
		high = 0
	}
	t := &Text{UTF8: make([]byte, 0, len(data)/2+len(data)/32), size: len(data)}
	i := 0
	if len(data) >= 2 && unit(data, high) == 0xFEFF {
		i = 2
	}
	t.marks = append(t.marks, mark{0, i})
	for next := markEvery; i < len(data); {
		if len(t.UTF8) >= next {
			t.marks = append(t.marks, mark{len(t.UTF8), i})
			next = len(t.UTF8) + markEvery
		}
		r := unit(data[i:], high)
		i += 2
		if utf16.IsSurrogate(r) {
			if r = utf16.DecodeRune(r, unit(data[min(i, len(data)):], high)); r != utf8.RuneError {
				i += 2
			}
		}
		t.UTF8 = utf8.AppendRune(t.UTF8, r)
	}
	return t
}

// unit is the first unit of b, U+FFFD where b is too short for one.
func unit(b []byte, high int) rune {
	if len(b) < 2 {
		return utf8.RuneError
	}
	return rune(b[high])<<8 | rune(b[1-high])
}

// Original returns the range of the file's bytes that the text's bytes from start to end (exclusive) were made of. An end
// within a rune takes in all of it; offsets beyond the text mean its end.
func (t *Text) Original(start, end int) (from, to int) {
	from, _ = t.around(start)
	_, to = t.around(end)
	return from, max(from, to)
}

// around returns where the rune that off lies within begins and ends in the file. Both are the same where off is a rune's
// beginning or the text's end. A rune has four bytes in UTF-16 where it has four in UTF-8, else two.
func (t *Text) around(off int) (from, to int) {
	off = min(max(off, 0), len(t.UTF8))
	at := t.marks[sort.Search(len(t.marks), func(i int) bool { return t.marks[i].utf8 > off })-1]
	for at.utf8 < off {
		_, n := utf8.DecodeRune(t.UTF8[at.utf8:])
		width := 2
		if n == utf8.UTFMax {
			width = 4
		}
		if at.utf8+n > off {
			return at.file, min(at.file+width, t.size)
		}
		at = mark{at.utf8 + n, min(at.file+width, t.size)}
	}
	return at.file, at.file
}
