package engine

// What the decoder's pattern tells apart of bytes, a bit each.
const (
	runByte   uint8 = 1 << iota // of base64's characters, in either alphabet: [\w/+-]
	hexByte                     // a hexadecimal digit
	digitByte                   // a decimal digit
	spaceByte                   // \s
	signByte                    // may begin an escape: % and \, and the + of U+0041
)

// classes holds, for every byte, the bits that it has.
var classes = classTable() //nolint:gochecknoglobals // never changed

func classTable() (t [256]uint8) {
	for c := range t {
		b := byte(c)
		lower := b | 0x20
		switch {
		case '0' <= b && b <= '9':
			t[c] = runByte | hexByte | digitByte
		case 'a' <= lower && lower <= 'f':
			t[c] = runByte | hexByte
		case 'a' <= lower && lower <= 'z', b == '_', b == '/', b == '-':
			t[c] = runByte
		case b == '+':
			t[c] = runByte | signByte
		case b == '%', b == '\\':
			t[c] = signByte
		case b == ' ', b == '\t', b == '\n', b == '\f', b == '\r':
			t[c] = spaceByte
		}
	}
	return t
}

// blockBits holds, for every byte, bit 0 if it is in a run and bit 32 if it is a sign.
var blockBits = blockTable() //nolint:gochecknoglobals // never changed

func blockTable() (t [256]uint64) {
	for c, class := range classTable() {
		if class&runByte != 0 {
			t[c] |= 1
		}
		if class&signByte != 0 {
			t[c] |= 1 << block
		}
	}
	return t
}
