package engine

// What sextets holds of a character besides its value.
const (
	likelySextet = 1 << 6 // not a letter: the library takes letters alone for a word
	plusOrSlash  = 1 << 7 // of the standard alphabet alone
	dashOrLow    = 1 << 8 // of the URL alphabet alone
	noSextet     = 1 << 9
)

// sextets holds, for every byte, what it stands for in base64.
var sextets = sextetTable() //nolint:gochecknoglobals // never changed

func sextetTable() (t [256]uint16) {
	for c := range t {
		t[c] = noSextet
	}
	for i := range uint16(26) {
		t['A'+i] = i
		t['a'+i] = 26 + i
	}
	for i := range uint16(10) {
		t['0'+i] = 52 + i | likelySextet
	}
	t['+'] = 62 | likelySextet | plusOrSlash
	t['/'] = 63 | likelySextet | plusOrSlash
	t['-'] = 62 | likelySextet | dashOrLow
	t['_'] = 63 | likelySextet | dashOrLow
	return t
}

// base64Reads reports whether the library would decode a run of base64's characters with so many "="
// after it: in the standard alphabet with padding, or in the URL alphabet without, to printable ASCII.
func base64Reads[T string | []byte](run T, pads int) bool {
	standard := (len(run)+pads)%4 == 0
	if !standard && (pads > 0 || len(run)%4 == 1) {
		return false
	}
	seen := uint16(0)
	at := 0
	for ; at+4 <= len(run); at += 4 {
		a, b, c, d := sextets[run[at]], sextets[run[at+1]], sextets[run[at+2]], sextets[run[at+3]]
		seen |= a | b | c | d
		v := uint32(a&63)<<18 | uint32(b&63)<<12 | uint32(c&63)<<6 | uint32(d&63)
		if v&0x808080 != 0 || !printable(byte(v>>16)) || !printable(byte(v>>8)) || !printable(byte(v)) { //nolint:gosec // each byte by itself
			return false
		}
	}
	if rest := len(run) - at; rest > 0 {
		var v uint32
		for i := range rest {
			s := sextets[run[at+i]]
			seen |= s
			v |= uint32(s&63) << (18 - 6*i)
		}
		if rest == 1 || !printable(byte(v>>16)) || rest == 3 && !printable(byte(v>>8)) {
			return false
		}
	}
	return seen&likelySextet != 0 && oneAlphabet(seen, standard, pads == 0 && len(run)%4 != 1)
}

// oneAlphabet reports whether what was seen of a run is of the standard alphabet or of the URL alphabet,
// whichever its length lets it be.
func oneAlphabet(seen uint16, standard, url bool) bool {
	return standard && seen&dashOrLow == 0 || url && seen&plusOrSlash == 0
}

// decodeBase64 appends what a run of base64's characters says, without its padding.
func decodeBase64(out []byte, run string) []byte {
	var v uint32
	for i := range len(run) {
		v = v<<6 | uint32(sextets[run[i]]&63)
		if i%4 > 0 {
			out = append(out, byte(v>>(6-2*(i%4)))) //nolint:gosec // the lowest eight of the bits that are there
		}
	}
	return out
}
