package secret

import (
	"bytes"
	"regexp"
)

const (
	keyReach = 256 // how far before a value, in bytes, its key may begin
	maxKey   = 64  // the longest name that is taken for a key
)

var (
	// assigned ends where a value begins: a name, an operator, opening quotes, an authentication scheme.
	assigned = regexp.MustCompile("([\\pL_@][\\pL\\pN_.@-]*)[\"'`\\])]*[ \\t]*(?:=>|:=|->|\\?=|\\+=|=|:|>)[ \\t]*(?:\\\\\\r?\\n[ \\t]*)?[\"'`(\\[{$@]*(?:(?i:bearer|basic|token)[ \\t]+)?$")
	// flagged is a command's flag with the value in the next word.
	flagged = regexp.MustCompile("(?:^|[\\s\"'])--?([A-Za-z][\\w-]*)[ \\t]+[\"'`]?$")
	// heading is the line above a value that stands on a line of its own: a block scalar, or an
	// assignment that goes on.
	heading = regexp.MustCompile("([\\pL_@][\\pL\\pN_.@-]*)[\"'`\\])]*[ \\t]*(?:=|:)[ \\t]*(?:[|>][-+0-9]*|\\(|\\[|[\"'`]{1,3}|)[ \\t]*\\\\?\\r?\\n[ \\t]*[\"'`-]*[ \\t]*$")
	// address is the part of a URL that stands before a value.
	address = regexp.MustCompile("[A-Za-z][A-Za-z0-9+.-]*://[^\\s\"'`<>]*$")
)

// enclosingKey finds the name that the value at byte offset start is given to, and where that name
// stands. It is empty where there is none nearby.
func enclosingKey(content []byte, start int) (key string, from, to int) {
	low := max(start-keyReach, 0)
	before := content[low:start]
	if at := address.FindIndex(before); at != nil {
		before = before[:at[0]] // a password in a URL: what the URL is given to
	}
	line := before[bytes.LastIndexByte(before, '\n')+1:]
	lineStart := low + len(before) - len(line)
	for _, form := range []struct {
		pattern *regexp.Regexp
		text    []byte
		offset  int
	}{{assigned, line, lineStart}, {flagged, line, lineStart}, {heading, before, low}} {
		m := form.pattern.FindSubmatchIndex(form.text)
		if m == nil || m[3]-m[2] > maxKey {
			continue
		}
		return string(form.text[m[2]:m[3]]), form.offset + m[2], form.offset + m[3]
	}
	return "", 0, 0
}
