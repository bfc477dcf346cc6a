package suppress

import (
	"bytes"
	"strings"

	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/source"
)

// Ignore is one ignore comment:
//
//	# curfew: ignore[rule-id, other-rule] until=2026-12-31 the reason
//
// It covers the findings that start on its own line or, where nothing else stands there, on the next
// line that isn't a comment.
type Ignore struct {
	Region source.Region // from the comment's mark to the end of its text
	Rules  []RuleName
	Until  manifest.Date // the last day on which it holds
	Reason string
	Line   int // that it covers, from 1; 0 at the end of a file

	// Faults are what is wrong in its writing. A faulty ignore silences nothing.
	Faults []Fault

	// place is the covered line below the lines that it is indented under. It tells whether another
	// state of the file has the same ignore. It may hold a secret and is never shown.
	place string
}

// RuleName is a rule's id and where it is written.
type RuleName struct {
	ID     string
	Region source.Region
}

// Fault is something wrong in an ignore.
type Fault struct {
	Region  source.Region
	Kind    string // "syntax", "end", "reason": stable, for keys
	Message string
	Fix     string
}

const (
	prefix  = "curfew:"
	verb    = "ignore"
	howTo   = "write `curfew: ignore[rule-id] until=YYYY-MM-DD the reason` in a comment"
	untilEq = "until="
)

// Parse finds the ignore comments of a text file. What counts as a comment depends on the file's name.
// A comment that begins like an ignore and isn't one is returned with its faults.
func Parse(t *source.Text) []Ignore {
	if !bytes.Contains(t.Src, []byte(prefix)) {
		return nil
	}
	marks := marksOf(t.Path)
	var out []Ignore
	for n := 1; n <= t.Lines(); n++ {
		line := string(t.LineAt(n))
		if !strings.Contains(line, prefix) {
			continue
		}
		if c, ok := findComment(line, marks); ok {
			out = append(out, parseIgnore(t, n, c))
		}
	}
	return out
}

// comment is an ignore comment as found in a line, in byte indexes of it.
type comment struct {
	line   string
	mark   string
	at     int // of the mark
	body   int // of what follows "ignore"
	end    int // of the body, without the blanks behind it
	closed bool
}

// findComment finds the first comment of line that says "curfew: ignore".
func findComment(line string, marks []string) (comment, bool) {
	for at := range len(line) {
		if at > 0 && line[at-1] != ' ' && line[at-1] != '\t' {
			continue
		}
		for _, m := range marks {
			if body, ok := afterVerb(line, at, m); ok {
				return newComment(line, m, at, body), true
			}
		}
	}
	return comment{}, false
}

// afterVerb steps over mark, "curfew:" and "ignore" at line[at:].
func afterVerb(line string, at int, mark string) (int, bool) {
	rest, ok := strings.CutPrefix(line[at:], mark)
	if !ok {
		return 0, false
	}
	if rest, ok = strings.CutPrefix(strings.TrimLeft(rest, " \t"), prefix); !ok {
		return 0, false
	}
	if rest, ok = strings.CutPrefix(strings.TrimLeft(rest, " \t"), verb); !ok {
		return 0, false
	}
	if rest != "" && isWord(rest[0]) {
		return 0, false // "curfew: ignored files are …"
	}
	return len(line) - len(rest), true
}

func isWord(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' || b >= '0' && b <= '9' }

func newComment(line, mark string, at, body int) comment {
	c := comment{line: line, mark: mark, at: at, body: body, end: len(line), closed: true}
	if mark == htmlOpen {
		i := strings.Index(line[body:], htmlClose)
		c.closed = i >= 0
		if c.closed {
			c.end = body + i
		}
	}
	c.end = body + len(strings.TrimRight(line[body:c.end], " \t"))
	return c
}

// alone reports whether nothing but the comment stands on its line.
func (c *comment) alone() bool { return strings.TrimSpace(c.line[:c.at]) == "" }
