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
	encoded Span // in the text of the layer below
	decoded Span // in the layer's own text
	place   place
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
		encoded := text[t.Start:t.End]
		if !reads(encoded, t.encoding) {
			continue
		}
		out = append(out, text[written:t.Start]...)
		start := len(out)
		out, written = decode(out, encoded, t.encoding), t.End
		next.segments = append(next.segments, segment{t.Span, Span{start, len(out)}, toldPlace(below, t.Span)})
	}
	next.text = string(append(out, text[written:]...))
	return next
}

// reads reports whether the library's decoder takes what a token says for text.
func reads(text string, in encoding) bool {
	switch in {
	case inPercent:
		return percentReads(text)
	case inUnicode:
		return true
	case inHex:
		return hexReads(text)
	default:
		run := strings.TrimRight(text, "=")
		return base64Reads(run, len(text)-len(run))
	}
}

// decode appends what a token says that reads.
func decode(out []byte, text string, in encoding) []byte {
	switch in {
	case inPercent:
		return decodePercent(out, text)
	case inUnicode:
		return decodeUnicode(out, text)
	case inHex:
		for at := 0; at < len(text); at += 2 {
			out = append(out, hexByteAt(text, at))
		}
		return out
	default:
		return decodeBase64(out, strings.TrimRight(text, "="))
	}
}

// percentReads reports whether every %XX stands for something printable.
func percentReads(text string) bool {
	for {
		i := strings.IndexByte(text, '%')
		if i < 0 {
			return true
		}
		if text = text[i+1:]; hexDigits(text, 0, 2) && !printable(hexByteAt(text, 0)) {
			return false
		}
	}
}

// decodePercent decodes every %XX and leaves the rest.
func decodePercent(out []byte, text string) []byte {
	for {
		i := strings.IndexByte(text, '%')
		if i < 0 {
			return append(out, text...)
		}
		out, text = append(out, text[:i]...), text[i:]
		if hexDigits(text, 1, 2) {
			out, text = append(out, hexByteAt(text, 1)), text[3:]
		} else {
			out, text = append(out, '%'), text[1:]
		}
	}
}

// decodeUnicode decodes a sequence of U+XXXX or of \uXXXX, whatever they stand for.
func decodeUnicode(out []byte, text string) []byte {
	for at := 0; at+4 <= len(text); at++ {
		if hexDigits(text, at, 4) {
			r := rune(hexByteAt(text, at))<<8 | rune(hexByteAt(text, at+2))
			out = utf8.AppendRune(out, r) // half a surrogate becomes U+FFFD, as with the library
			at += 3
		}
	}
	return out
}

// hexReads reports whether a run of hexadecimal digits is text. The library takes digits without a decimal
// one for a word.
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
