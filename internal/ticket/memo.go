package ticket

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"regexp"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/markup"
	"github.com/curfew-ci/curfew/internal/scan"
)

// Memo is what curfew must know of a ticket and a tracker doesn't keep. It stands at the end of the ticket's text,
// so that it is written in one request with it, and is the last thing of a change that is written: until it is,
// the change is made again.
//
// Who may edit a ticket may edit its memo. It decides when a deadline is over and which proof is enough, never that a
// ticket is closed while its finding is there. From a checklist he can take things, until what it is made from is given
// again.
type Memo struct {
	Repository string           `json:"repository"`
	Root       string           `json:"root"` // fingerprint
	Cause      string           `json:"cause,omitempty"`
	Owner      string           `json:"owner"`              // of Owner.Key
	Identity   string           `json:"identity,omitempty"` // in the manifest, where all findings are about the same one
	What       string           `json:"what,omitempty"`
	Kind       string           `json:"kind,omitempty"` // a kind of credential by Steps' title
	State      State            `json:"state"`
	Since      time.Time        `json:"since"`
	Severity   finding.Severity `json:"severity,omitempty"`
	Findings   []string         `json:"findings,omitempty"` // fingerprints, the first few
	Paths      []string         `json:"paths,omitempty"`    // where they stand; none where they are too much to keep
	Sources    []scan.Source    `json:"sources,omitempty"`  // that must be read to the end before it is gone
	History    bool             `json:"history,omitempty"`  // and the history too
	Provable   bool             `json:"provable,omitempty"` // there is a provider to ask whether it is dead
	Dead       bool             `json:"dead,omitempty"`     // the provider said so
	Left       []Leftover       `json:"left,omitempty"`     // of a checklist
	More       int              `json:"more,omitempty"`     // and so many that there is no room for
	Archived   bool             `json:"archived,omitempty"` // made where nothing runs in the repository any more
	Escalated  bool             `json:"escalated,omitempty"`
	Digest     bool             `json:"digest,omitempty"`    // lists what the caps hold back
	Duplicate  bool             `json:"duplicate,omitempty"` // another ticket has the same fingerprint
	Turn       int              `json:"turn,omitempty"`      // counts the changes of state
	Sum        string           `json:"sum,omitempty"`       // of what the text says
}

// memoMark begins a memo; Text breaks it in all else that a ticket shows.
const memoMark = "curfew:1:"

const maxMemo = 16 << 10 // in bytes, encoded

// quoted is how many bytes words take in a memo: escapes make up to six of one.
func quoted(words ...string) int {
	text, err := json.Marshal(words)
	if err != nil {
		return maxMemo // strings: can't be
	}
	return len(text)
}

// brief cuts s so that it takes few enough bytes in a memo, and is no longer than a title needs.
func brief(s string) string {
	for n := maxWhat; ; n = n * 3 / 4 {
		if short := markup.Clip(s, n); quoted(short) <= maxWhatBytes || n <= 1 {
			return short
		}
	}
}

// encode writes m as one word of ASCII without a meaning in any markup but for "_" and "-", so it stands in a
// code block.
func (m Memo) encode() string {
	text, err := json.Marshal(m)
	if err != nil {
		return "" // strings, numbers and times of this century: can't be
	}
	return memoMark + base64.RawURLEncoding.EncodeToString(text)
}

var memoForm = regexp.MustCompile(regexp.QuoteMeta(memoMark) + `([A-Za-z0-9_-]+)`)

// ReadMemo finds the memo in a ticket's text: the last one, as nothing of curfew's comes after it. Without one that
// can be read it is the zero Memo.
func ReadMemo(text string) Memo {
	all := memoForm.FindAllStringSubmatch(text, -1)
	if len(all) == 0 {
		return Memo{}
	}
	word := all[len(all)-1][1]
	src, err := base64.RawURLEncoding.DecodeString(word)
	if err != nil || len(word) > maxMemo {
		return Memo{}
	}
	dec := json.NewDecoder(bytes.NewReader(src))
	dec.DisallowUnknownFields()
	var m Memo
	if err := dec.Decode(&m); err != nil || dec.More() || !m.right() {
		return Memo{}
	}
	return m
}

// right reports whether what a person could have written makes sense.
func (m Memo) right() bool {
	switch m.State {
	case Open, Acknowledged, Verifying, Escalated, Closed, ClosedUnproven, Suppressed:
	default:
		return false
	}
	return isFingerprint(m.Root) && m.Turn >= 0 && !m.Since.IsZero()
}

// sum is a digest of what a ticket's text is made from, without what changes with its state alone. Lines aren't in
// it: they move with every change above them, and nobody wants to hear of that.
func (m Memo) sum(more ...string) string {
	m.State, m.Since, m.Turn, m.Sum, m.Escalated, m.Duplicate = "", time.Time{}, 0, "", false, false
	text, err := json.Marshal(m)
	if err != nil {
		return ""
	}
	return hash("curfew/sum/v1", string(text), strings.Join(more, "\x00"))
}
