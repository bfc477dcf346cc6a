package unpack_test

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/source"
	"github.com/curfew-ci/curfew/internal/unpack"
)

// encode writes s in UTF-16 without a byte order mark.
func encode(s string, order binary.AppendByteOrder) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		out = order.AppendUint16(out, u)
	}
	return out
}

func le(s string) []byte { return encode(s, binary.LittleEndian) }
func be(s string) []byte { return encode(s, binary.BigEndian) }

func TestSniff(t *testing.T) {
	program := append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 64)...)
	samples := make([]byte, 400) // of quiet sound: small numbers of two bytes
	for i := 0; i < len(samples); i += 2 {
		samples[i] = byte(i / 2 % 32)
	}
	for _, tc := range []struct {
		name string
		data []byte
		want unpack.Encoding
	}{
		{"little endian with a mark", le("\uFEFFa"), unpack.UTF16LE},
		{"big endian with a mark", be("\uFEFFa"), unpack.UTF16BE},
		{"a mark alone", le("\uFEFF"), unpack.UTF16LE},
		{"little endian without", le("key = value\r\n"), unpack.UTF16LE},
		{"big endian without", be("key = value\r\n"), unpack.UTF16BE},
		{"with some Czech", le("heslo = \"příšerně\"\n"), unpack.UTF16LE},
		{"cut within a unit", le("key = value\r\n")[:25], unpack.UTF16LE},
		{"too short to tell", le("key"), unpack.Other},
		{"mostly Greek, without a mark", le("το κλειδί είναι εδώ\n"), unpack.Other},
		{"UTF-8", []byte("key = value\r\n"), unpack.Other},
		{"UTF-32 with a mark", []byte("\xFF\xFE\x00\x00k\x00\x00\x00"), unpack.Other},
		{"UTF-32 without", bytes.Repeat([]byte("k\x00\x00\x00"), 20), unpack.Other},
		{"a program", program, unpack.Other},
		{"sound", samples, unpack.Other},
		{"nothing", nil, unpack.Other},
		{"text with a NUL", []byte("key = value\x00key = value"), unpack.Other},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := unpack.Sniff(tc.data); got != tc.want {
				t.Errorf("Sniff = %v, want %v", got, tc.want)
			}
		})
	}
}

// TestDecode: the text, and for each of its runes the file's bytes.
func TestDecode(t *testing.T) {
	const half = "\x00\xD8" // of a surrogate pair, little endian
	for _, tc := range []struct {
		name string
		data []byte
		enc  unpack.Encoding
		want string
		from []int // where each rune begins in the file, and where the last ends
	}{
		{"plain", le("ab\n"), unpack.UTF16LE, "ab\n", []int{0, 2, 4, 6}},
		{"a mark is no text", be("\uFEFFab"), unpack.UTF16BE, "ab", []int{2, 4, 6}},
		{"only the first mark isn't", le("\uFEFFa\uFEFFb"), unpack.UTF16LE, "a\uFEFFb", []int{2, 4, 6, 8}},
		{"two and three bytes of UTF-8", le("č€x"), unpack.UTF16LE, "č€x", []int{0, 2, 4, 6}},
		{"a pair", le("a😀b"), unpack.UTF16LE, "a😀b", []int{0, 2, 6, 8}},
		{"half a pair", append([]byte(half), le("b")...), unpack.UTF16LE, "\uFFFDb", []int{0, 2, 4}},
		{"two halves of different pairs", append([]byte(half+half), le("b")...), unpack.UTF16LE, "\uFFFD\uFFFDb", []int{0, 2, 4, 6}},
		{"half a pair at the end", append(le("a"), half...), unpack.UTF16LE, "a\uFFFD", []int{0, 2, 4}},
		{"half a unit at the end", append(le("a"), 'b'), unpack.UTF16LE, "a\uFFFD", []int{0, 2, 3}},
		{"half a pair and half a unit", append([]byte(half), 'b'), unpack.UTF16LE, "\uFFFD\uFFFD", []int{0, 2, 3}},
		{"nothing", nil, unpack.UTF16LE, "", []int{0}},
		{"a mark alone", le("\uFEFF"), unpack.UTF16LE, "", []int{2}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			text := unpack.Decode(tc.data, tc.enc)
			if diff := cmp.Diff(tc.want, string(text.UTF8)); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.from, origins(text)); diff != "" {
				t.Errorf("bytes of the file (-want +got):\n%s", diff)
			}
		})
	}
}

// origins is where each rune of text begins in the file, and where the last ends.
func origins(text *unpack.Text) []int {
	var out []int
	for off := range string(text.UTF8) {
		from, _ := text.Original(off, off)
		out = append(out, from)
	}
	from, _ := text.Original(len(text.UTF8), len(text.UTF8))
	return append(out, from)
}

// TestOriginalWithinRunes: a range takes in the runes that it cuts.
func TestOriginalWithinRunes(t *testing.T) {
	text := unpack.Decode(le("a😀b"), unpack.UTF16LE)
	for _, tc := range []struct{ start, end, from, to int }{
		{0, 1, 0, 2},
		{0, 2, 0, 6},
		{1, 5, 2, 6},
		{2, 4, 2, 6},
		{3, 3, 2, 6},
		{4, 6, 2, 8},
		{-1, 99, 0, 8},
	} {
		from, to := text.Original(tc.start, tc.end)
		if from != tc.from || to != tc.to {
			t.Errorf("Original(%d, %d) = %d, %d, want %d, %d", tc.start, tc.end, from, to, tc.from, tc.to)
		}
	}
}

// TestPlaces: a finding's line and column in the decoded text are those that an editor shows of the file, far into
// it too.
func TestPlaces(t *testing.T) {
	line := "# " + strings.Repeat("příliš žluťoučký 😀 ", 40) + "\r\n"
	all := "\uFEFF" + strings.Repeat(line, 100) + "token = 😀 X\r\n"
	data := be(all)
	text := unpack.Decode(data, unpack.UTF16BE)
	at := bytes.IndexByte(text.UTF8, 'X')
	pos := source.NewText("f", text.UTF8).Pos(at)
	if pos.Line != 101 || pos.Col != 11 {
		t.Errorf("X stands at %v, want 101:11", pos)
	}
	from, to := text.Original(at, at+1)
	if diff := cmp.Diff(be("X"), data[from:to]); diff != "" {
		t.Errorf("the file's bytes (-want +got):\n%s", diff)
	}
}

// FuzzDecode: any bytes decode, as the standard library does it, and each part of the text leads back to bytes of the file
// that decode to it.
func FuzzDecode(f *testing.F) {
	f.Add(le("\uFEFFkey = 😀\r\n"), true, uint16(2), uint16(9))
	f.Add(be("key = č"), false, uint16(0), uint16(3))
	f.Add([]byte("\x00\xD8\x00\xD8x"), true, uint16(1), uint16(4))
	f.Add(bytes.Repeat(le("č😀a"), 800), true, uint16(4097), uint16(5000))
	f.Fuzz(func(t *testing.T, data []byte, little bool, start, end uint16) {
		enc, order := unpack.UTF16BE, binary.ByteOrder(binary.BigEndian)
		if little {
			enc, order = unpack.UTF16LE, binary.LittleEndian
		}
		text := unpack.Decode(data, enc)
		var units []uint16
		for i := 0; i+1 < len(data); i += 2 {
			units = append(units, order.Uint16(data[i:]))
		}
		want := string(utf16.Decode(units))
		if len(data)%2 == 1 {
			want += "\uFFFD"
		}
		want = strings.TrimPrefix(want, "\uFEFF")
		if got := string(text.UTF8); got != want {
			t.Fatalf("Decode = %q, want %q", got, want)
		}
		from, to := text.Original(int(start), int(end))
		if from < 0 || from > to || to > len(data) {
			t.Fatalf("Original(%d, %d) = %d, %d of %d bytes", start, end, from, to, len(data))
		}
		s, e := runes(text.UTF8, int(start), int(end))
		if s >= e || bytes.HasPrefix(text.UTF8[s:], []byte("\uFEFF")) {
			return
		}
		if got := string(unpack.Decode(data[from:to], enc).UTF8); got != want[s:e] {
			t.Fatalf("bytes %d to %d decode to %q, want %q", from, to, got, want[s:e])
		}
	})
}

// runes widens a range of text to whole runes.
func runes(text []byte, start, end int) (int, int) {
	start, end = min(start, len(text)), min(end, len(text))
	for start > 0 && start < len(text) && !utf8.RuneStart(text[start]) {
		start--
	}
	for end > 0 && end < len(text) && !utf8.RuneStart(text[end]) {
		end++
	}
	return start, end
}
