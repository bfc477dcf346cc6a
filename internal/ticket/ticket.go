package ticket

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// State is where a ticket stands.
type State string

// The states. In the last three the tracker has the ticket closed.
const (
	Open           State = "open"
	Acknowledged   State = "acknowledged"    // somebody took it
	Verifying      State = "verifying"       // one half of the proof is there: a clean scan, or the provider's word
	Escalated      State = "escalated"       // its deadline has passed
	Closed         State = "closed"          // proven
	ClosedUnproven State = "closed-unproven" // closed by hand, and nothing proves that the cause is gone
	Suppressed     State = "suppressed"      // an exception, an ignore or the baseline accepts it until a day
)

// Over reports whether a tracker has a ticket in this state closed.
func (s State) Over() bool { return s == Closed || s == ClosedUnproven || s == Suppressed }

// Ticket is a ticket as its tracker has it.
type Ticket struct {
	Key         string // the tracker's name for it: "PAY-12"
	Fingerprint string // of its root, by the label that stands on it
	Repository  string // whose it is, as RepositoryLabel; by the label too
	Open        bool
	Taken       bool // somebody works on it
	Created     time.Time
	Memo        Memo // what curfew wrote into it; the zero Memo where that can't be read any more
}

// Draft is what a ticket should be. A Backend brings a ticket to it from whatever it is.
type Draft struct {
	Fingerprint string
	Project     string // where an owner's tickets go: a Jira project, a ServiceNow group; may be empty
	Title       string // one line, inert
	Body        Document
	Comment     Document // said once, with the change to Memo.Turn; empty for a change that nobody needs to hear of
	Labels      []string
	Due         time.Time // the zero time where there is no deadline
	Session     bool      // it is about a credential that is a session, by its kind
	Memo        Memo
}

// Open reports whether the ticket should be open.
func (d *Draft) Open() bool { return !d.Memo.State.Over() }

// Done reports whether a ticket is what the draft says already. When it was brought there doesn't matter.
func (d *Draft) Done(have Ticket) bool {
	m := have.Memo
	return m.Root == d.Memo.Root && m.Turn == d.Memo.Turn && m.State == d.Memo.State && m.Sum == d.Memo.Sum &&
		m.Duplicate == d.Memo.Duplicate && have.Open == d.Open()
}

// Event is an id of the change that a Draft is, the same however often it is tried.
func (d *Draft) Event() string {
	return hash("curfew/event/v1", d.Fingerprint, strconv.Itoa(d.Memo.Turn), string(d.Memo.State), d.Memo.Sum)
}

// Label stands on every ticket of curfew's.
const Label = "curfew"

const (
	rootPrefix       = "curfew-"
	repositoryPrefix = "curfew-repo-"
	statePrefix      = "curfew-state-"
)

// RepositoryLabel tells the tickets of one repository from those of others in the same tracker.
func RepositoryLabel(repository string) string {
	const digits = 12
	return repositoryPrefix + hash("curfew/repository/v1", strings.ToLower(repository))[:digits]
}

// RootLabel is the label of a root's fingerprint.
func RootLabel(fingerprint string) string { return rootPrefix + fingerprint }

// ReadLabels finds fingerprint and repository among labels; both are empty on what is no ticket of curfew's.
func ReadLabels(labels []string) (fingerprint, repository string) {
	for _, l := range labels {
		switch rest, ok := strings.CutPrefix(l, rootPrefix); {
		case strings.HasPrefix(l, repositoryPrefix):
			repository = l
		case ok && isFingerprint(rest):
			fingerprint = rest
		}
	}
	return fingerprint, repository
}

// fingerprintBytes is how much of a SHA-256 a fingerprint keeps.
const fingerprintBytes = 16

func isFingerprint(s string) bool {
	_, err := hex.DecodeString(s)
	return err == nil && len(s) == 2*fingerprintBytes
}

// hash is the first 16 bytes, in hex, of SHA-256 over parts, each ended by NUL.
func hash(parts ...string) string {
	h := sha256.New()
	for _, s := range parts {
		h.Write([]byte(s))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:fingerprintBytes])
}

// IsLabel reports whether a label is one that curfew sets, and may take away.
func IsLabel(label string) bool { return label == Label || strings.HasPrefix(label, rootPrefix) }
