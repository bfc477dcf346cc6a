package redact

import (
	"slices"
	"strings"
	"sync"
)

// Masker hides a set of values in text, in every form in which they are usually written: as they are, in base64,
// URL-encoded, in hexadecimal, in UTF-16, and escaped for JSON, XML, YAML, Go or a shell. The zero of *Masker hides
// nothing. A Masker may be used by several goroutines.
//
// It looks for whole values: cut a text short after masking it, never before.
type Masker struct {
	// Each makes its patterns when a text is first looked at: most maskers wait for an error that never comes.
	parts []func() *patterns
}

// patterns is what a Masker looks for.
type patterns struct {
	forms []form
	ends  map[uint64][]int32 // the forms, by their last minSearch bytes
	maybe [1 << 10]uint64    // a bit for the hash of each key of ends: most places of a text stop here
}

// NewMasker makes a masker for the values of secrets, as far as Seeks says: those of 6 bytes and more. It goes by the
// values as they are now, also where they are overwritten later.
func NewMasker(secrets ...Secret) *Masker {
	return (*Masker)(nil).With(secrets...)
}

// With is a masker for the values of more secrets beside those of m, whose patterns it shares.
func (m *Masker) With(secrets ...Secret) *Masker {
	more := &Masker{}
	if m != nil {
		more.parts = slices.Clip(m.parts)
	}
	if own := copies(secrets); len(own) > 0 {
		more.parts = append(more.parts, sync.OnceValue(func() *patterns { return patternsOf(own) }))
	}
	return more
}

// copies are secrets that nobody else overwrites.
func copies(secrets []Secret) []Secret {
	var own []Secret
	for _, s := range secrets {
		if s.Len() >= minSearch {
			own = append(own, New(s.Reveal()))
		}
	}
	return own
}

func patternsOf(secrets []Secret) *patterns {
	p := &patterns{forms: formsOf(secrets), ends: make(map[uint64][]int32)}
	for i, f := range p.forms {
		key := lastBytes(f.text)
		p.ends[key] = append(p.ends[key], int32(i))
		h := hash(key)
		p.maybe[h>>6] |= 1 << (h & 63)
	}
	return p
}

// Seeks reports whether a masker looks for a value at all: one that is too short would hide innocent words too.
func Seeks(s Secret) bool { return s.Len() >= minSearch }

// Mask returns text with Placeholder in place of every value.
func (m *Masker) Mask(text string) string {
	hits := merge(m.find(text))
	if len(hits) == 0 {
		return text
	}
	var b strings.Builder
	off := 0
	for _, r := range hits {
		b.WriteString(text[off:r.Start])
		b.WriteString(Placeholder)
		off = r.End
	}
	b.WriteString(text[off:])
	return b.String()
}

// MaskLine returns a line of a snippet in which ranges, given in bytes from the line's start, and all
// values are hidden code point by code point, as MaskRanges does.
func (m *Masker) MaskLine(line []byte, ranges []Range) string {
	return MaskRanges(line, append(m.find(string(line)), ranges...))
}

// find lists where values stand in text, overlapping ones too: hiding all of them hides the longest.
func (m *Masker) find(text string) []Range {
	var out []Range
	if m != nil {
		for _, patterns := range m.parts {
			out = append(out, patterns().find(text)...)
		}
	}
	return out
}

func (p *patterns) find(text string) []Range {
	var out []Range
	var key uint64
	for i := range len(text) {
		key = (key<<8 | uint64(text[i])) & keyMask
		if h := hash(key); p.maybe[h>>6]&(1<<(h&63)) == 0 {
			continue
		}
		for _, n := range p.ends[key] {
			f, hit := p.forms[n], Range{i + 1 - len(p.forms[n].text), i + 1}
			if !strings.HasSuffix(text[:i+1], f.text) || covered(out, hit) {
				continue
			}
			if f.run {
				hit = widen(text, hit)
			}
			out = append(out, hit)
		}
	}
	return out
}

// covered reports whether the last hit hides r too, as one in a long run of base64 does.
func covered(hits []Range, r Range) bool {
	if len(hits) == 0 {
		return false
	}
	last := hits[len(hits)-1]
	return last.Start <= r.Start && r.End <= last.End
}

// widen extends a hit in base64 to the whole run of its alphabet and the padding after it.
func widen(text string, r Range) Range {
	for r.Start > 0 && isBase64(text[r.Start-1]) {
		r.Start--
	}
	for r.End < len(text) && isBase64(text[r.End]) {
		r.End++
	}
	for r.End < len(text) && text[r.End] == '=' {
		r.End++
	}
	return r
}

func isBase64(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("+/-_", c) >= 0
}

// keyMask keeps the minSearch bytes that a key is made of.
const keyMask = 1<<(8*minSearch) - 1

func lastBytes(s string) uint64 {
	var key uint64
	for _, c := range []byte(s[len(s)-minSearch:]) {
		key = key<<8 | uint64(c)
	}
	return key
}

// hash maps a key to one of the 65,536 bits of Masker.maybe (Fibonacci hashing).
func hash(key uint64) uint64 { return key * 0x9E3779B97F4A7C15 >> 48 }
