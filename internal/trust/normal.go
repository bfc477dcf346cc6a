package trust

import (
	"strings"
	"unicode"
)

// unstable reports whether Unicode may write s in another way that reads the same: Terraform makes NFC of
// every text (https://pkg.go.dev/github.com/zclconf/go-cty/cty#StringVal), and clouds compare bytes. Combining
// marks and the blocks that NFC rewrites are refused whole, which is more than need be and takes no tables.
func unstable(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.In(r, unicode.M, rewritten()) })
}

// rewritten are the ranges, marks left out, in which a character isn't NFC by itself or joins the one before it
// (https://www.unicode.org/Public/16.0.0/ucd/DerivedNormalizationProps.txt, NFC_Quick_Check).
func rewritten() *unicode.RangeTable {
	return &unicode.RangeTable{
		R16: []unicode.Range16{
			{Lo: 0x0374, Hi: 0x0374, Stride: 1}, {Lo: 0x037e, Hi: 0x037e, Stride: 1}, {Lo: 0x0387, Hi: 0x0387, Stride: 1}, // Greek
			{Lo: 0x0958, Hi: 0x095f, Stride: 1}, {Lo: 0x09dc, Hi: 0x09df, Stride: 1}, {Lo: 0x0a33, Hi: 0x0a5e, Stride: 1}, // Indic
			{Lo: 0x0b5c, Hi: 0x0b5d, Stride: 1}, {Lo: 0x0f43, Hi: 0x0f69, Stride: 1}, // Oriya, Tibetan
			{Lo: 0x1100, Hi: 0x11ff, Stride: 1}, {Lo: 0x1f00, Hi: 0x2001, Stride: 1}, // Hangul's parts, Greek with accents, spaces
			{Lo: 0x2126, Hi: 0x212b, Stride: 1}, {Lo: 0x2329, Hi: 0x232a, Stride: 1}, {Lo: 0x2adc, Hi: 0x2adc, Stride: 1}, // signs
			{Lo: 0xf900, Hi: 0xfaff, Stride: 1}, {Lo: 0xfb1d, Hi: 0xfb4e, Stride: 1}, // Han for compatibility, Hebrew with points
		},
		R32: []unicode.Range32{{Lo: 0x1d15e, Hi: 0x1d1c0, Stride: 1}, {Lo: 0x2f800, Hi: 0x2fa1d, Stride: 1}},
	}
}
