package secret

import (
	"bytes"
	"math"
)

// strongBits is the number of random bits from which a fingerprint gives nothing away.
const strongBits = 100

// isStrong reports whether value has at least strongBits random bits: because its format has, or because
// it measures as much. byFormat alone isn't enough, since a placeholder can have a token's form.
func isStrong(value []byte, byFormat bool) bool {
	if len(value) == 0 || isUUID(value) && !isRandomUUID(value) {
		return false
	}
	if byFormat {
		return distinct(value) >= 8
	}
	return looksRandom(value) && entropy(value)*float64(len(value)) >= strongBits
}

func isUUID(v []byte) bool {
	return len(v) == 36 && v[8] == '-' && v[13] == '-' && v[18] == '-' && v[23] == '-'
}

// isRandomUUID reports whether v is a UUID made of random bits (RFC 9562, version 4: 122 of them). The
// other versions are made of clocks, addresses and names.
func isRandomUUID(v []byte) bool {
	return isUUID(v) && v[14] == '4' && bytes.IndexByte([]byte("89ABab"), v[19]) >= 0
}

// looksRandom reports whether value changes between lower case, upper case, digits and signs about as
// often as random text does. Words, however long, stay in one class for several characters; a phrase has
// a high entropy and yet is found by guessing.
func looksRandom(value []byte) bool {
	if isRandomUUID(value) {
		return true
	}
	var seen [4]int
	changes := 0
	for i, c := range value {
		seen[class(c)]++
		if i > 0 && class(c) != class(value[i-1]) {
			changes++
		}
	}
	share := float64(changes) / float64(max(len(value)-1, 1))
	digits := seen[2] >= len(value)/16 && seen[2] > 0
	if seen[0] > 0 && seen[1] > 0 {
		return digits && share >= 0.4 // of 62 letters and digits, 0.62 on average
	}
	return digits && share >= 0.3 // of 16 hexadecimal digits, 0.47; of 36, 0.40
}

func class(c byte) int {
	switch {
	case 'a' <= c && c <= 'z':
		return 0
	case 'A' <= c && c <= 'Z':
		return 1
	case '0' <= c && c <= '9':
		return 2
	}
	return 3
}

// entropy is Shannon's, in bits a byte, over value's own frequencies. It is at most log2 of the length,
// so it errs towards weak for short values.
func entropy(value []byte) float64 {
	var count [256]int
	for _, c := range value {
		count[c]++
	}
	sum := 0.0
	for _, n := range count {
		if n > 0 {
			p := float64(n) / float64(len(value))
			sum -= p * math.Log2(p)
		}
	}
	return sum
}

// distinct is the number of different bytes in value.
func distinct(value []byte) int {
	var seen [256]bool
	n := 0
	for _, c := range value {
		if !seen[c] {
			seen[c] = true
			n++
		}
	}
	return n
}
