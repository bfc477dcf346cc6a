package secret

import (
	"encoding/base64"
	"slices"
	"strings"
)

const (
	leastRun     = 3  // characters that follow each other, from which it is no chance
	leastStandIn = 16 // characters of a stand-in of one or two runs; a shorter one may have been chosen
)

// isStandIn reports whether a value was made up for a reader: words with runs such as "abc" and "456"
// between them, letters and digits that are counted up in turns, a piece over and over, or base64 of words
// that say so. Runs alone may be what somebody lazy took for a secret, and words with a run what somebody
// took for a password.
func isStandIn(value string, password bool) bool {
	if isCountedInTurns(value) || isRepeated(value) || isEncodedStandIn(value) {
		return true
	}
	runs, words, told, all := 0, 0, 0, 0
	for _, p := range piecesOf(value) {
		all += len(p.text)
		switch {
		case isRuns(p.text):
			runs++
			told += len(p.text)
		case p.kind == letters && len(p.text) >= leastWord && isWordLike(p.text):
			words++
			told += len(p.text)
		case len(p.text) >= leastWord || p.kind == digits && len(p.text) > 1:
			return false
		}
	}
	if runs == 0 || words == 0 || told*10 < all*7 || password {
		return false
	}
	return runs >= 3 || len(value) >= leastStandIn
}

// isRuns reports whether a text is nothing but characters that each follow the one before, up or down:
// "abcdef", "9876", "1234567890".
func isRuns(text string) bool {
	if len(text) < leastRun {
		return false
	}
	step := 0
	for i := range len(text) - 1 {
		d := int(text[i+1]|0x20) - int(text[i]|0x20)
		if text[i] == '9' && text[i+1] == '0' {
			d = 1
		} else if text[i] == '0' && text[i+1] == '9' {
			d = -1
		}
		if d != 1 && d != -1 || step != 0 && d != step {
			return false
		}
		step = d
	}
	return true
}

// isCountedInTurns reports whether letters and digits take turns, and each are counted up:
// "a1B2c3D4e5F6".
func isCountedInTurns(value string) bool {
	const turns = 6
	var as, ns []byte
	changes := 0
	for i := range len(value) {
		c := value[i]
		switch {
		case isDigit(c):
			ns = append(ns, c)
		case isLetter(c):
			as = append(as, c)
		default:
			return false
		}
		if i > 0 && isDigit(c) != isDigit(value[i-1]) {
			changes++
		}
	}
	return changes >= turns && isRuns(string(as)) && isRuns(string(ns))
}

// isRepeated reports whether a value is a short piece, at least three times.
func isRepeated(value string) bool {
	const longest = 8
	for n := 1; n <= longest && n*3 <= len(value); n++ {
		if value[n:] == value[:len(value)-n] {
			return true
		}
	}
	return false
}

// isEncodedStandIn reports whether a value is base64 of nothing but words that a reader is meant to
// replace, or of the example of RFC 6455: "username:password", "the sample nonce".
func isEncodedStandIn(value string) bool {
	text, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		return false
	}
	for _, c := range text {
		if c < ' ' && c != '\n' && c != '\r' || c > '~' {
			return false
		}
	}
	for _, p := range piecesOf(string(text)) {
		if p.kind == letters && !slices.Contains([]string{
			"user", "username", "pass", "password", "passwd", "secret", "token", "key", "api", "my", "your", "the", "a", "test", "example",
			"sample", "nonce", "data", "value", "name", "admin", "foo", "bar", "dummy", "fake", "here", "this", "is", "some", "super",
		}, strings.ToLower(p.text)) {
			return false
		}
	}
	return len(text) > 0
}
