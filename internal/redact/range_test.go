package redact_test

import (
	"testing"
	"unicode/utf8"

	"github.com/curfew-ci/curfew/internal/redact"
)

func TestMaskRanges(t *testing.T) {
	tests := []struct {
		name, line string
		ranges     []redact.Range
		want       string
	}{
		{"nothing to hide", "token: abc", nil, "token: abc"},
		{"one", "token: abc # x", []redact.Range{{7, 10}}, "token: *** # x"},
		{"whole line", "abc", []redact.Range{{0, 3}}, "***"},
		{"one code point each", "kéy: käse 字", []redact.Range{{6, 11}, {12, 15}}, "kéy: **** *"},
		{"half of a code point hides it whole", "aéb", []redact.Range{{2, 3}}, "a*b"},
		{"overlapping, touching and out of order", "abcdefgh", []redact.Range{{4, 6}, {1, 3}, {2, 4}}, "a*****gh"},
		{"within another", "abcdef", []redact.Range{{0, 5}, {1, 2}}, "*****f"},
		{"beyond both ends, as in a private key's middle lines", "abc", []redact.Range{{-40, 80}}, "***"},
		{"before and after the line", "abc", []redact.Range{{-5, 0}, {3, 9}}, "abc"},
		{"empty and backward", "abc", []redact.Range{{1, 1}, {2, 0}}, "abc"},
		{"bytes that are no UTF-8", "a\xff\xfeb", []redact.Range{{1, 3}}, "a**b"},
		{"empty line", "", []redact.Range{{0, 3}}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := redact.MaskRanges([]byte(tt.line), tt.ranges)
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func FuzzMaskRanges(f *testing.F) {
	f.Add("token: abc", 7, 10, 2, 3)
	f.Add("kéy: käse 字", -3, 40, 6, 9)
	f.Add("a\xff\xfeb", 1, 3, 2, 2)
	f.Fuzz(func(t *testing.T, line string, a, b, c, d int) {
		ranges := []redact.Range{{a, b}, {c, d}}
		got := redact.MaskRanges([]byte(line), ranges)
		if utf8.RuneCountInString(got) != utf8.RuneCountInString(line) {
			t.Fatalf("%q has another number of columns than %q", got, line)
		}
		n := 0
		for off, r := range line {
			width := utf8.RuneLen(r)
			if r == utf8.RuneError {
				_, width = utf8.DecodeRuneInString(line[off:])
			}
			shown, size := utf8.DecodeRuneInString(got[n:])
			hidden := touches(ranges, off, off+width)
			if hidden && shown != '*' || !hidden && got[n:n+size] != line[off:off+width] {
				t.Fatalf("at byte %d of %q: got %q, hidden should be %v", off, line, got, hidden)
			}
			n += size
		}
	})
}

func touches(ranges []redact.Range, start, end int) bool {
	for _, r := range ranges {
		if r.Start < end && start < r.End && r.Start < r.End {
			return true
		}
	}
	return false
}
