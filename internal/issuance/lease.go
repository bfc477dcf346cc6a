package issuance

import (
	"sync"
	"time"

	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/redact"
)

// Lease is a credential that may be handed over, and whose end the holder answers for. However it is printed,
// no secret shows.
type Lease struct {
	Credential *lease.Credential
	ID         string    // of the lease, and of its record lease.intent
	Issued     string    // id of the record lease.issued or lease.renewed
	NotAfter   time.Time // when the credential ends by itself, as the provider said
	// Until is when it must be ended: NotAfter, or earlier where the provider issues for longer than was
	// granted.
	Until time.Time
	As    manifest.Handing // how the grant wants it handed over: AsEnv unless it says otherwise

	origin  Origin
	request Request

	mu    sync.Mutex
	ended *Ending // how; nil until then
}

// Origin is whose lease a credential is of, for the record of its end. All of it may be unknown.
type Origin struct {
	Identity ledger.Identity `json:"identity"`
	Manifest ledger.Manifest `json:"manifest,omitzero"`
	Task     ledger.Task     `json:"task"`
	CausedBy []string        `json:"caused_by,omitempty"` // ids of the lease's records
}

// Origin is the lease's, to be kept beside its stub.
func (l *Lease) Origin() Origin { return l.origin }

// Stub is what must be kept to end the lease from another process: as secret as the credential.
func (l *Lease) Stub() (redact.Secret, error) { return l.Credential.Stub() }

func (w *way) originOf() Origin {
	r := w.record(ledger.LeaseIssued, ledger.Allow)
	return Origin{Identity: r.Identity, Manifest: r.Manifest, Task: r.Task, CausedBy: w.links().CausedBy}
}
