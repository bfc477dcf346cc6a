package engine

import (
	"strings"
	"unicode/utf8"
)

// layer is a text after a pass of decoding, and what was decoded to make it.
type layer struct {
	text     string
	segments []segment
}

// segment is a stretch of text that was decoded in a pass.
type segment struct {
	encoded  Span // in the text of the layer below
	decoded  Span // in the layer's own text
	place    place
	encoding encoding
}

// decodeCluster decodes a text pass by pass and returns the layer of each, as many as there is something
// to decode, at most MaxDepth. The layers are what the library has of the text by itself.
//
// Of a larger text whose other lines have nothing to decode, they are what the library has there: a
// segment never leaves its line, but for code points with a line break between them. So at least one whole
// line has to stand before what decodes, and one after it, where there are any.
func decodeCluster(text string) []layer {
	var layers []layer
	var tokens []token
	for len(layers) < MaxDepth {
		tokens = tokenize(text, tokens[:0])
		next := decodePass(text, tokens, layers)
		if len(next.segments) == 0 {
			break
		}
		layers = append(layers, next)
		text = next.text
	}
	return layers
}

// decodePass decodes, of the tokens of a text, what decodes. below are the layers of the passes before.
func decodePass(text string, tokens []token, below []layer) layer {
	var next layer
	var out []byte
	written := 0 // how much of text is in out
	for _, t := range tokens {
		start := len(out) + t.Start - written
		mark := len(out)
		out = append(out, text[written:t.Start]...)
		decoded, ok := decodeToken(out, text[t.Start:t.End], t.encoding)
		if !ok {
			out = out[:mark]
			continue
		}
		out, written = decoded, t.End
		next.segments = append(next.segments, segment{t.Span, Span{start, len(out)}, toldPlace(below, t.Span), t.encoding})
	}
	next.text = string(append(out, text[written:]...))
	return next
}

// decodeToken appends what an encoded text says; false where the library's decoder wouldn't have it.
func decodeToken(out []byte, text string, in encoding) ([]byte, bool) {
	switch in {
	case inPercent:
		return decodePercent(out, text)
	case inUnicode:
		return decodeUnicode(out, text), true
	case inHex:
		return decodeHex(out, text)
	default:
		return decodeBase64(out, text)
	}
}

// decodePercent decodes every %XX, each of which has to be printable.
func decodePercent(out []byte, text string) ([]byte, bool) {
	for len(text) > 0 {
		i := strings.IndexByte(text, '%')
		if i < 0 {
			break
		}
		out = append(out, text[:i]...)
		text = text[i:]
		if !hexDigits(text, 1, 2) {
			out, text = append(out, '%'), text[1:]
			continue
		}
		c := hexByteAt(text, 1)
		if !printable(c) {
			return out, false
		}
		out, text = append(out, c), text[3:]
	}
	return append(out, text...), true
}

// decodeUnicode decodes a sequence of U+XXXX or of \uXXXX, whatever they stand for.
func decodeUnicode(out []byte, text string) []byte {
	for at := 0; at+4 <= len(text); {
		if !hexDigits(text, at, 4) {
			at++
			continue
		}
		r := rune(hexByteAt(text, at))<<8 | rune(hexByteAt(text, at+2))
		out = utf8.AppendRune(out, r) // half a surrogate becomes U+FFFD, as with the library
		at += 4
	}
	return out
}

// decodeHex decodes pairs of digits. The library takes digits without a decimal one for a word.
func decodeHex(out []byte, text string) ([]byte, bool) {
	if !hexReads(text) {
		return out, false
	}
	for at := 0; at < len(text); at += 2 {
		out = append(out, hexByteAt(text, at))
	}
	return out, true
}

// hexReads reports whether the library would decode a run of hexadecimal digits.
func hexReads[T string | []byte](text T) bool {
	if len(text)%2 != 0 {
		return false
	}
	likely := uint8(0)
	for at := 0; at < len(text); at += 2 {
		if !printable(hexByteAt(text, at)) {
			return false
		}
		likely |= classes[text[at]] | classes[text[at+1]]
	}
	return likely&digitByte != 0
}

// hexByteAt is the byte that two hexadecimal digits stand for.
func hexByteAt[T string | []byte](text T, at int) byte {
	return nibble(text[at])<<4 | nibble(text[at+1])
}

func nibble(digit byte) byte {
	return digit&0xf + 9*(digit>>6) // of '0' bits 4 and 5 are set, of 'A' and 'a' bit 6
}

// printable reports whether the decoder takes c for text: ASCII from tab to tilde.
func printable(c byte) bool { return 0x09 <= c && c < 0x7f }
