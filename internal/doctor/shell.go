package doctor

import "strings"

// shell is a word as a shell takes it to the letter: what tokens and manifests say goes into commands to be pasted.
func shell(word string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/:@"
	if word != "" && strings.Trim(word, plain) == "" && word[0] != '-' {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
