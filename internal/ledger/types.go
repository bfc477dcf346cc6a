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

// The types of the plane Issuance, in the order of a lease's life. A job writes them of itself.
const (
	LeaseIntent     Type = "lease.intent"      // allowed; the provider is asked next
	LeaseIssued     Type = "lease.issued"      // the provider answered
	LeaseDenied     Type = "lease.denied"      // not allowed
	LeaseRenewed    Type = "lease.renewed"     // a new term for the same lease
	LeaseRevoked    Type = "lease.revoked"     // the provider proved that the credential is dead
	LeaseEnded      Type = "lease.ended"       // nobody had to revoke it: the provider doesn't know it any more, or its time was over
	LeaseExpireOnly Type = "lease.expire-only" // can't be revoked by who tried: it lives until not_after
	LeaseFailed     Type = "lease.failed"      // what was begun could not be finished

	SessionBegun    Type = "session.begun"    // what the lease's command prints is to be recorded
	SessionRecorded Type = "session.recorded" // it was: the recording's digest
	SessionFailed   Type = "session.failed"   // it wasn't, or not as it was printed
	BreakGlassUsed  Type = "break-glass.used" // emergency access is taken next: its reviewers have been told
)

// The types of the other planes.
const (
	CertificationMerged Type = "certification.merged" // an owner's pull request on the manifest

	InventoryTaken  Type = "inventory.taken"  // what the platform held
	FindingDetected Type = "finding.detected" // for the first time, or again
	FindingGone     Type = "finding.gone"     // looked for, and not found any more

	TicketOpened         Type = "ticket.opened"          // for a cause of findings, or again for the same one
	TicketEscalated      Type = "ticket.escalated"       // its deadline has passed
	TicketAccepted       Type = "ticket.accepted"        // an exception lets the cause be until a day
	TicketClosed         Type = "ticket.closed"          // the cause is proven to be gone, or another owner has it now
	TicketClosedUnproven Type = "ticket.closed-unproven" // by hand, and nothing proves that the cause is gone

	RevocationDone   Type = "revocation.done"   // the provider proved that the credential is dead
	RevocationFailed Type = "revocation.failed" // it lives on
	RevocationUnsure Type = "revocation.unsure" // it was tried, and nobody knows

	BreakGlassReviewed Type = "break-glass.reviewed" // somebody's word on a use
	BreakGlassStated   Type = "break-glass.stated"   // what the log has of a use, said anew for those who lease
)

// Types lists all types, by plane.
func Types() []Type {
	return []Type{
		LeaseIntent, LeaseIssued, LeaseDenied, LeaseRenewed, LeaseRevoked, LeaseEnded, LeaseExpireOnly, LeaseFailed,
		SessionBegun, SessionRecorded, SessionFailed,
		BreakGlassUsed, CertificationMerged, InventoryTaken, FindingDetected, FindingGone,
		TicketOpened, TicketEscalated, TicketAccepted, TicketClosed, TicketClosedUnproven, RevocationDone, RevocationFailed, RevocationUnsure,
		BreakGlassReviewed, BreakGlassStated,
	}
}

// Outcome is how it ended.
type Outcome string

// The outcomes.
const (
	Allow  Outcome = "allow"
	Deny   Outcome = "deny"
	Done   Outcome = "done"
	Open   Outcome = "open"   // the credential lives on, what was found is still to be dealt with, or a recording to be ended
	Failed Outcome = "failed" // not done, or nobody knows: a credential may live
)

// Revocable is how much of a credential's kind can be revoked.
type Revocable string

// How a credential can be revoked.
const (
	ByToken      Revocable = "token" // this one alone
	ByRole       Revocable = "role"  // only with all others of its role
	NotRevocable Revocable = "none"
)

// form is what a record of a type must look like.
type form struct {
	plane      Plane
	outcome    Outcome
	credential bool // is there
	notAfter   bool // and says how long it lives
	handle     bool // and says which one it is
	decision   bool // is there
	ticket     bool // is there; what it is about may be
	// These are there, or not at all.
	finding, inventory, certification, session, glass bool
}

// formOf is the form of a type; false where there is no such type.
func formOf(t Type) (form, bool) {
	switch t {
	case LeaseIntent:
		return form{plane: Issuance, outcome: Allow, credential: true, decision: true}, true
	case LeaseIssued, LeaseRenewed:
		return form{plane: Issuance, outcome: Allow, credential: true, notAfter: true, decision: true}, true
	case LeaseDenied:
		return form{plane: Issuance, outcome: Deny, decision: true}, true
	case LeaseRevoked, LeaseEnded:
		return form{plane: Issuance, outcome: Done, credential: true}, true
	case LeaseExpireOnly:
		return form{plane: Issuance, outcome: Open, credential: true, notAfter: true}, true
	case LeaseFailed:
		return form{plane: Issuance, outcome: Failed}, true
	case BreakGlassUsed:
		return form{plane: Issuance, outcome: Open, ticket: true, glass: true}, true
	case CertificationMerged:
		return form{plane: Entitlement, outcome: Done, certification: true}, true
	case InventoryTaken:
		return form{plane: Persistence, outcome: Done, inventory: true}, true
	case FindingDetected:
		return form{plane: Persistence, outcome: Open, finding: true}, true
	case FindingGone:
		return form{plane: Persistence, outcome: Done, finding: true}, true
	}
	if form, ok := sessionOf(t); ok {
		return form, true
	}
	return responseOf(t)
}

// sessionOf is formOf for recordings.
func sessionOf(t Type) (form, bool) {
	switch t {
	case SessionBegun:
		return form{plane: Issuance, outcome: Open, session: true}, true
	case SessionRecorded:
		return form{plane: Issuance, outcome: Done, session: true}, true
	case SessionFailed:
		return form{plane: Issuance, outcome: Failed, session: true}, true
	}
	return form{}, false
}

// responseOf is formOf for the plane Response.
func responseOf(t Type) (form, bool) {
	switch t {
	case TicketOpened, TicketEscalated, TicketAccepted:
		return form{plane: Response, outcome: Open, ticket: true}, true
	case TicketClosed:
		return form{plane: Response, outcome: Done, ticket: true}, true
	case TicketClosedUnproven:
		return form{plane: Response, outcome: Failed, ticket: true}, true
	case BreakGlassReviewed, BreakGlassStated:
		return form{plane: Response, outcome: Done, glass: true}, true
	case RevocationDone:
		return form{plane: Response, outcome: Done, credential: true, handle: true}, true
	case RevocationFailed, RevocationUnsure:
		return form{plane: Response, outcome: Failed, credential: true, handle: true}, true
	}
	return form{}, false
}
