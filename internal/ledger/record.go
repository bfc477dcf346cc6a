package ledger

import (
	"fmt"
	"time"

	"github.com/curfew-ci/curfew/internal/redact"
)

// Schema is the version of the records that this package reads and writes.
const Schema = 1

// MaxRecord is how many bytes a record may have, without its line break.
const MaxRecord = 64 << 10

// Record is one thing that happened. Its canonical encoding is one line of JSON with the names in the
// order of the fields below; what is empty is left out, except a decision's reasons and a guard's bypass. The
// bytes are the record: Decode takes no other encoding of the same values.
type Record struct {
	Schema   int       `json:"schema"`
	ID       string    `json:"id"`   // ULID
	Time     time.Time `json:"time"` // UTC, whole seconds
	Plane    Plane     `json:"plane"`
	Type     Type      `json:"type"`
	Outcome  Outcome   `json:"outcome"`
	Identity Identity  `json:"identity"`
	Manifest Manifest  `json:"manifest,omitzero"`
	Task     Task      `json:"task"`

	Credential    *Credential    `json:"credential,omitempty"`
	Decision      *Decision      `json:"decision,omitempty"`
	Finding       *Finding       `json:"finding,omitempty"`
	Inventory     *Inventory     `json:"inventory,omitempty"`
	Certification *Certification `json:"certification,omitempty"`
	Session       *Session       `json:"session,omitempty"`
	BreakGlass    *BreakGlass    `json:"break_glass,omitempty"`
	Links         Links          `json:"links,omitzero"`
}

// key is what no other record has: the id and the run that gave it, which the run's seal proves. By the id alone a job
// could keep another's evidence out of the log, as ids stand in slots and in what jobs print: whoever copied it and came
// first would have made the other's a double.
func (r *Record) key() string {
	return fmt.Sprintf("%s %q %q %d", r.ID, r.Identity.RepositoryID, r.Task.RunID, r.Task.Attempt)
}

// Identity is whom a record is about. Where none of the manifest's identities fits, only the
// repository is known.
type Identity struct {
	ID           string `json:"id,omitempty"` // the manifest's name for it
	RepositoryID string `json:"repository_id"`
	Owner        string `json:"owner,omitempty"`
	Grant        string `json:"grant,omitempty"`
}

// Manifest says by which manifest was decided.
type Manifest struct {
	Commit    string `json:"commit,omitempty"`     // hex
	SHA256    string `json:"sha256,omitempty"`     // of the manifest's bytes, hex
	OrgCommit string `json:"org_commit,omitempty"` // of the organisation's policy, hex
	Guard     string `json:"guard,omitempty"`      // what is known of the ref's protection: "verified"
}

// Task is the job that asked.
type Task struct {
	RunID   string  `json:"run_id"`
	Attempt int64   `json:"attempt"` // from 1
	Job     string  `json:"job"`
	SHA     string  `json:"sha,omitempty"` // hex
	Actor   string  `json:"actor,omitempty"`
	Trigger Trigger `json:"trigger,omitzero"`
}

// Trigger is what the job was asked for by.
type Trigger struct {
	Kind     string    `json:"kind,omitempty"` // the manifest's word: "ticket"
	Ref      string    `json:"ref,omitempty"`
	Status   string    `json:"status,omitempty"`
	Observed time.Time `json:"observed,omitzero"`
}

// Credential is what was issued, without its value.
type Credential struct {
	Provider    string    `json:"provider"`              // the manifest's word: "aws"
	Handle      string    `json:"handle,omitempty"`      // what the provider's own log calls it; never what authenticates
	Fingerprint string    `json:"fingerprint,omitempty"` // of Fingerprint
	Issued      time.Time `json:"issued,omitzero"`
	NotAfter    time.Time `json:"not_after,omitzero"` // as the provider said; before it has, the latest that it can be
	Revocable   Revocable `json:"revocable,omitempty"`
}

// Decision is why.
type Decision struct {
	Engine       string   `json:"engine"`
	PolicySHA256 string   `json:"policy_sha256,omitempty"` // hex
	Reasons      []string `json:"reasons"`                 // of a denial, at least one
	Controls     []string `json:"controls,omitempty"`      // of the standards: "NHI5:2025"
}

// Links leads to what belongs to a record.
type Links struct {
	CausedBy []string `json:"caused_by,omitempty"` // ids of records
	Tickets  []string `json:"tickets,omitempty"`
	Session  string   `json:"session,omitempty"` // the recording's digest: "sha256:" and hex
}

// StrongBits is how many random bits a value must have for its fingerprint to be written down.
const StrongBits = 100

// Fingerprint is what a record may hold of a credential's value: redact.Secret.Fingerprint, or nothing
// where the value has fewer than StrongBits random bits and could be found by trying.
func Fingerprint(s redact.Secret, kind string, bits int) string {
	if bits < StrongBits || s.Len() == 0 {
		return ""
	}
	return s.Fingerprint(kind)
}
