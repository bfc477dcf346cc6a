package issuance

import (
	"sync"
	"time"

	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
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
	As    manifest.Handing // how it is to be handed over: as the grant says, and otherwise as the provider's tools find it

	origin  Origin
	request Request

	mu    sync.Mutex
	ended *Ending // how; nil until then
}

// Held is a credential that has been issued, and may not be handed over yet.
type Held struct {
	ID         string            // of the lease
	Until      time.Time         // when it must be ended
	As         manifest.Handing  // how it is to be handed over
	Credential *lease.Credential // perhaps without its values
	Origin     Origin
}

// Held is the lease for who ends it in our place.
func (l *Lease) Held() Held { return Held{l.ID, l.Until, l.As, l.Credential, l.origin} }

// Origin is whose lease a credential is of, for the record of its end. All of it may be unknown.
type Origin struct {
	Identity ledger.Identity `json:"identity"`
	Manifest ledger.Manifest `json:"manifest,omitzero"`
	Task     ledger.Task     `json:"task"`
	CausedBy []string        `json:"caused_by,omitempty"` // ids of the lease's records
}

func (w *way) originOf() Origin {
	r := w.record(ledger.LeaseIssued, ledger.Allow)
	return Origin{Identity: r.Identity, Manifest: r.Manifest, Task: r.Task, CausedBy: w.links().CausedBy}
}
