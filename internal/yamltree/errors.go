package yamltree

import (
	"bytes"
	"fmt"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/curfew-ci/curfew/internal/source"
)

var errLine = regexp.MustCompile(`(?s)^yaml: (?:line (\d+): )?(.*)$`)

// explain turns what yaml.v3 says into a place and plain words. Its parser names the line at which
// the surrounding mapping begins, or none; the place that is wrong is then looked for.
func explain(t *source.Text, err error) *Error {
	if off, msg := badCharacter(t.Src); msg != "" {
		return &Error{t.Region(off, off), msg}
	}
	msg := err.Error()
	line := 0
	if m := errLine.FindStringSubmatch(msg); m != nil {
		msg = m[2]
		line, _ = strconv.Atoi(m[1])
	}
	if line == 0 || strings.HasPrefix(msg, "did not find expected") {
		line = failingLine(t, err.Error(), max(line, 1))
	}
	text := t.LineAt(line)
	col := len(text) - len(bytes.TrimLeft(text, " "))
	off := t.Start(line) + col
	if name, ok := unknownAnchor(msg); ok {
		off += max(bytes.Index(text[col:], []byte("*"+name)), 0)
	}
	return &Error{t.Region(off, off), plainWords(msg, text[col:])}
}

// badCharacter finds the first byte that no YAML file may hold.
func badCharacter(src []byte) (off int, msg string) {
	for off < len(src) {
		c, w := utf8.DecodeRune(src[off:])
		switch {
		case c == utf8.RuneError && w == 1:
			return off, "the file is not UTF-8 here"
		case c == 0xFFFE || c == 0xFFFF, c < ' ' && c != '\t' && c != '\n' && c != '\r', 0x7F <= c && c < 0xA0 && c != 0x85:
			return off, fmt.Sprintf("found the control character %U: remove it", c)
		}
		off += w
	}
	return 0, ""
}

const searchLimit = 256 << 10 // bytes of the largest file that is parsed again to find a fault

// failingLine is the first line with which yaml.v3 says the same of the file's beginning.
func failingLine(t *source.Text, msg string, otherwise int) int {
	if len(t.Src) > searchLimit {
		return otherwise
	}
	n := 1 + sort.Search(t.Lines()-1, func(i int) bool {
		_, err := decode(t.Src[:t.Start(i+2)])
		return err != nil && err.Error() == msg
	})
	for n > otherwise && len(bytes.TrimSpace(t.LineAt(n))) == 0 {
		n--
	}
	return n
}

func unknownAnchor(msg string) (name string, ok bool) {
	rest, ok := strings.CutPrefix(msg, "unknown anchor '")
	if !ok {
		return "", false
	}
	return strings.CutSuffix(rest, "' referenced")
}

// plainWords says for the commoner faults what to do. rest is the line from its first character on.
func plainWords(msg string, rest []byte) string {
	if name, ok := unknownAnchor(msg); ok {
		return fmt.Sprintf("alias *%s has no anchor &%s before it", name, name)
	}
	if bytes.HasPrefix(rest, []byte("\t")) {
		return "found a tab at the beginning of a line: indent with spaces"
	}
	if plain, ok := map[string]string{
		"did not find expected key":                              "expected a key: check the indentation here and above",
		"did not find expected '-' indicator":                    `expected "-" as in the items above: check the indentation`,
		"did not find expected ',' or ']'":                       `expected "," or "]": the list isn't closed`,
		"did not find expected ',' or '}'":                       `expected "," or "}": the mapping isn't closed`,
		"did not find expected node content":                     "expected a value",
		"could not find expected ':'":                            `expected ":" behind this key`,
		"mapping values are not allowed in this context":         `found ": " inside of a value: quote the value, or check the indentation`,
		"block sequence entries are not allowed in this context": `found "- " where no list can begin: check the indentation`,
		"found character that cannot start any token":            "found a character that no value begins with: quote the value",
		"found unknown escape character":                         `found a backslash before a character that needs none: use single quotes, or write "\\"`,
		"found unexpected end of stream":                         "the quote that begins here isn't closed",
	}[msg]; ok {
		return plain
	}
	return msg
}
