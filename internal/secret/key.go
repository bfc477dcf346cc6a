package secret

import (
	"bytes"
	"regexp"
)

const (
	keyReach = 256 // how far before a value, in bytes, its key may begin
	maxKey   = 64  // the longest name that is taken for a key
)

// keyForms are the ways in which a name stands before a value.
type keyForms struct {
	assigned *regexp.Regexp // ends where a value begins: a name, an operator, opening quotes, "Bearer"
	flagged  *regexp.Regexp // a command's flag, with the value in the next word
	heading  *regexp.Regexp // the line above a value on a line of its own: a block scalar, or an assignment that goes on
	address  *regexp.Regexp // the part of a URL that stands before a value
}

func newKeyForms() *keyForms {
	const name = `([\pL_@][\pL\pN_.@-]*)["'\x60\])]*[ \t]*`
	return &keyForms{
		assigned: regexp.MustCompile(name + `(?:=>|:=|->|\?=|\+=|=|:|>)[ \t]*["'\x60(\[{$@]*(?:(?i:bearer|basic|token)[ \t]+)?$`),
		flagged:  regexp.MustCompile(`(?:^|[\s"'])--?([A-Za-z][\w-]*)[ \t]+["'\x60]?$`),
		heading:  regexp.MustCompile(name + `[=:][ \t]*(?:[|>][-+0-9]*|[(\[]|["'\x60]{1,3})?[ \t]*\\?\r?\n[ \t]*["'\x60-]*[ \t]*$`),
		address:  regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://[^\s"'\x60<>]*$`),
	}
}

// enclosing finds the name that the value at byte offset start is given to, and where that name stands.
// It is empty where there is none nearby.
func (k *keyForms) enclosing(content []byte, start int) (key string, from, to int) {
	low := max(start-keyReach, 0)
	before := content[low:start]
	if at := k.address.FindIndex(before); at != nil {
		before = before[:at[0]] // a password in a URL: what the URL is given to
	}
	line := before[bytes.LastIndexByte(before, '\n')+1:]
	lineStart := low + len(before) - len(line)
	for _, form := range []struct {
		pattern *regexp.Regexp
		text    []byte
		offset  int
	}{{k.assigned, line, lineStart}, {k.flagged, line, lineStart}, {k.heading, before, low}} {
		m := form.pattern.FindSubmatchIndex(form.text)
		if m == nil || m[3]-m[2] > maxKey {
			continue
		}
		return string(form.text[m[2]:m[3]]), form.offset + m[2], form.offset + m[3]
	}
	return "", 0, 0
}
