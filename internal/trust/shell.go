package trust

import "strings"

// shellWord is a word as a POSIX shell takes it to the letter.
func shellWord(s string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/:@=+,"
	switch {
	case s != "" && strings.Trim(s, plain) == "":
		return s
	case strings.Contains(s, "'") && !strings.ContainsAny(s, "\"\\$`!\n"):
		return `"` + s + `"`
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// shellCommand writes a command with a line for each of its options.
func shellCommand(head string, options ...string) string {
	var b strings.Builder
	b.WriteString(head)
	for _, o := range options {
		b.WriteString(" \\\n  " + shellWord(o))
	}
	b.WriteByte('\n')
	return b.String()
}
