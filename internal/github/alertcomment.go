package github

import (
	"regexp"
	"unicode/utf8"

	"github.com/curfew-ci/curfew/internal/ticket"
)

const (
	maxComment = 280 // characters that GitHub takes of a dismissal's comment
	maxOwner   = 60  // of these
	maxBy      = 20
)

var validPrint = regexp.MustCompile(`^[0-9a-f]{32}$`)

// alertMark ends the comment of a dismissal that is curfew's, with the fingerprint of the finding.
var alertMark = regexp.MustCompile(`\[curfew ([0-9a-f]{32})\]\s*$`)

// marked reads the fingerprint in a comment, and whether the dismissal is curfew's.
func marked(comment string) (print string, own bool) {
	m := alertMark.FindStringSubmatch(comment)
	if m == nil {
		return "", false
	}
	return m[1], true
}

// comment says by what r is accepted, by whom and until when. Owner and reason are people's words and stay words, and
// what they say can't be taken for the mark, which comes last.
func (r result) comment() string {
	head := ticket.Inert(r.by.kind, maxBy)
	if r.owner != "" {
		head += " of " + ticket.Inert(r.owner, maxOwner)
	}
	head += " until " + ticket.Inert(r.by.until, maxBy)
	tail := " [curfew " + r.fingerprint + "]"
	if left := maxComment - utf8.RuneCountInString(head+": "+tail); r.by.reason != "" {
		head += ": " + ticket.Inert(r.by.reason, left)
	}
	return head + tail
}
