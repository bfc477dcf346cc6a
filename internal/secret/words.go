package secret

import (
	"strings"
)

// wordsOf splits a name in snake, kebab or camel case into lower-case words. Digits belong to the word
// that they follow: "sha256", "awsS3Key2" is aws, s3, key2.
func wordsOf(name string) []string {
	var out []string
	for _, p := range piecesOf(name) {
		if p.kind == digits && len(out) > 0 && !p.parted {
			out[len(out)-1] += p.text
			continue
		}
		out = append(out, strings.ToLower(p.text))
	}
	return out
}

// pieceKind is what a part of a text is made of.
type pieceKind int

const (
	letters pieceKind = iota
	digits
)

// piece is a run of letters that reads as one word of a name, or a run of digits.
type piece struct {
	kind   pieceKind
	text   string
	parted bool // a sign stands before it
}

// piecesOf splits a text at signs, between letters and digits, before a capital that follows a small
// letter, and before the last capital of several that a small letter follows: "HTTPServer2" is HTTP,
// Server, 2.
func piecesOf(text string) []piece {
	var out []piece
	start, parted := -1, true
	flush := func(end int) {
		if start < 0 {
			return
		}
		kind := letters
		if isDigit(text[start]) {
			kind = digits
		}
		out = append(out, piece{kind, text[start:end], parted})
		start, parted = -1, false
	}
	for i := range len(text) {
		c := text[i]
		switch {
		case !isLetter(c) && !isDigit(c):
			flush(i)
			parted = true
			continue
		case start < 0:
		case isDigit(c) != isDigit(text[i-1]),
			isUpper(c) && isLower(text[i-1]),
			isUpper(c) && isUpper(text[i-1]) && i+1 < len(text) && isLower(text[i+1]):
			flush(i)
		}
		if start < 0 {
			start = i
		}
	}
	flush(len(text))
	return out
}

func isLower(c byte) bool  { return 'a' <= c && c <= 'z' }
func isUpper(c byte) bool  { return 'A' <= c && c <= 'Z' }
func isLetter(c byte) bool { return isLower(c | 0x20) }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }

const (
	leastWord  = 4 // letters, from which a word counts as one and not as a chance
	mostNumber = 5 // digits of a number in a name: a port, a year, a size of a key
)

// isName reports whether a value reads as the name of a thing: words, the most of it, with short numbers
// and abbreviations between them. Of 62 letters and digits chosen at random, runs that are long enough for
// a word are rare, and those that read as one rarer.
func isName(value string) bool {
	parts := piecesOf(value)
	inWords, numbers, all := 0, 0, 0
	for _, p := range parts {
		all += len(p.text)
		switch {
		case p.kind == digits && len(p.text) > mostNumber:
			return false
		case p.kind == digits:
			numbers++
		case len(p.text) >= leastWord && !isWordLike(p.text):
			return false
		case len(p.text) >= leastWord:
			inWords += len(p.text)
		}
	}
	return inWords*10 >= all*7 && numbers <= 1+len(parts)/3
}

// isWordLike reports whether letters follow each other as they do in English words and the names that
// programs have, and one in six at least is a vowel.
func isWordLike(text string) bool {
	word := strings.ToLower(text)
	vowels := 0
	for _, c := range []byte(word) {
		if strings.IndexByte("aeiouy", c) >= 0 {
			vowels++
		}
	}
	if vowels*6 < len(word) {
		return false
	}
	for i := range len(word) - 1 {
		if strings.IndexByte(followers[word[i]-'a'], word[i+1]) < 0 {
			return false
		}
	}
	return true
}

// followers lists, for each letter, those that follow it in at least four of the 3,437 words of this
// project's own texts and names. They are 99 % of all pairs there, and half of all that there could be.
var followers = [26]string{ //nolint:gochecknoglobals // a table
	"abcdefghijklmnpqrstuvwxyz", "aceghijlmorstuy", "acdehiklmorstuy", "acdegilmnoprstuwy", "abcdefghiklmnopqrstuvwxyz",
	"aefgilorstuy", "aceghilnorstu", "aeimorstuy", "abcdefgklmnoprstvxz", "aeosu", "aefilnsuy", "abcdefiklmnopstuvwy",
	"abeilmnopsuy", "acdefghijklmnoprstuvwyz", "abcdefgijklmnoprstuvwxyz", "aehilmoprstuwy", "u", "abcdefghiklmnoprstuvwy",
	"aceghiklmnopqrstuwy", "abcdefghijlmnoprstuwyz", "abcdefgilmnoprstz", "aeiouy", "aefhilnorsy", "acefiopty",
	"abcegilmnoprstw", "aeiouyz",
}

// nameLetters are what names of packages are made of.
const nameLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

// isSetting reports whether a value is itself a name and what it is set to: a number, a word, a switch. It
// is code that a telling name happens to stand before: "key=%s, skip-verify=1".
func isSetting(value string) bool {
	name, set, ok := strings.Cut(value, "=")
	if !ok || set == "" || strings.Contains(set, "=") || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_-.") != "" {
		return false
	}
	words := 0
	for _, p := range piecesOf(name) {
		if len(p.text) >= leastWord {
			if !isWordLike(p.text) {
				return false
			}
			words++
		}
	}
	if words == 0 {
		return false
	}
	number := strings.Trim(set, "0123456789") == "" && len(set) <= mostNumber
	return number || strings.Trim(set, "abcdefghijklmnopqrstuvwxyz_.") == "" && isName(set)
}
