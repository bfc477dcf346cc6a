package ledger

// Plane is which of the four questions a record answers.
type Plane string

// The planes.
const (
	Entitlement Plane = "entitlement" // who is entitled
	Issuance    Plane = "issuance"    // what was issued
	Persistence Plane = "persistence" // what is still there
	Response    Plane = "response"    // what was done about it
)

// Type is what happened.
type Type string

// The types of the plane Issuance, in the order of a lease's life.
const (
	LeaseIntent     Type = "lease.intent"      // allowed; the provider is asked next
	LeaseIssued     Type = "lease.issued"      // the provider answered
	LeaseDenied     Type = "lease.denied"      // not allowed
	LeaseRenewed    Type = "lease.renewed"     // a new term for the same lease
	LeaseRevoked    Type = "lease.revoked"     // the provider proved that the credential is dead
	LeaseEnded      Type = "lease.ended"       // nobody had to revoke it: the provider doesn't know it any more, or its time was over
	LeaseExpireOnly Type = "lease.expire-only" // can't be revoked by who tried: it lives until not_after
	LeaseFailed     Type = "lease.failed"      // what was begun could not be finished
)

// Outcome is how it ended.
type Outcome string

// The outcomes.
const (
	Allow  Outcome = "allow"
	Deny   Outcome = "deny"
	Done   Outcome = "done"
	Open   Outcome = "open"   // the credential lives on
	Failed Outcome = "failed" // nobody knows whether the credential lives
)

// Revocable is how much of a credential's kind can be revoked.
type Revocable string

// How a credential can be revoked.
const (
	ByToken      Revocable = "token" // this one alone
	ByRole       Revocable = "role"  // only with all others of its role
	NotRevocable Revocable = "none"
)

// issuance is what a record of a type of the plane Issuance must look like.
type issuance struct {
	outcome    Outcome
	credential bool // is there
	notAfter   bool // and says how long it lives
	decision   bool // is there
}

// issuanceOf is the form of a type; false where the plane has no such type.
func issuanceOf(t Type) (issuance, bool) {
	switch t {
	case LeaseIntent:
		return issuance{outcome: Allow, credential: true, decision: true}, true
	case LeaseIssued, LeaseRenewed:
		return issuance{outcome: Allow, credential: true, notAfter: true, decision: true}, true
	case LeaseDenied:
		return issuance{outcome: Deny, decision: true}, true
	case LeaseRevoked, LeaseEnded:
		return issuance{outcome: Done, credential: true}, true
	case LeaseExpireOnly:
		return issuance{outcome: Open, credential: true, notAfter: true}, true
	case LeaseFailed:
		return issuance{outcome: Failed}, true
	}
	return issuance{}, false
}
