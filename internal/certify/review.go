package certify

import (
	"cmp"
	"slices"
	"time"

	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/source"
)

// Kind is what is reviewed.
type Kind string

// The kinds.
const (
	Identity  Kind = "identity"
	Exception Kind = "exception"
)

// State is how a review stands.
type State string

// The states, the worst first.
const (
	Orphaned     State = "orphaned"      // nobody is known by its owner's id
	SponsorEnded State = "sponsor-ended" // nobody answers for the contractor any more
	Expired      State = "expired"       // its last day is over
	Suspended    State = "suspended"     // a certification is overdue past its grace, or a review of break-glass was missed
	Unknown      State = "unknown"       // what would show its standing isn't known: a lease is denied
	Grace        State = "grace"         // its certification is overdue, and its grace runs
	Due          State = "due"           // the deadline is near
	Excess       State = "excess"        // its term is longer than a ceiling allows
	Unused       State = "unused"        // nobody asked for any of its grants, or may read the secret
	Current      State = "current"
)

// Review is one entitlement, and who must certify it by when.
type Review struct {
	Kind     Kind   `json:"kind"`
	ID       string `json:"id"`
	Owner    string `json:"owner"`
	Handle   string `json:"handle,omitempty"`   // "@acme/payments"; "" where nobody is known by the owner's id
	Escalate string `json:"escalate,omitempty"` // who hears of a missed deadline
	State    State  `json:"state"`
	// By is when the owner must have decided. Zero: nobody knows when that was, so it is now.
	By      time.Time     `json:"by,omitzero"`
	Expires manifest.Date `json:"-"`
	// Used says what the ledger knows of the last 90 days.
	Used string `json:"used"`
	Use  *Use   `json:"use,omitempty"` // nil: unknown, or nothing that is leased
	// Idle are the grants that nobody asked for in all of the Window; nil where that isn't known.
	Idle []string `json:"unused,omitempty"`
	// Reasons are what keeps it from good standing, or will.
	Reasons []manifest.Reason `json:"reasons,omitempty"`
	Region  source.Region     `json:"region"`

	ends time.Time // when it loses its standing if nothing is done
	near State     // Due, Grace, or "" where there is time, whatever else is wrong
}

// Name is the review's subject for a person: "identity deploy".
func (r *Review) Name() string { return string(r.Kind) + " " + r.ID }

// Open reports whether there is something for the owner to decide.
func (r *Review) Open() bool { return r.State != Current || len(r.Idle) > 0 }

// Status lists what must be certified, the earliest deadline first, of equal ones in the manifest's order.
func Status(in Input) []Review {
	var out []Review
	for _, id := range in.Manifest.IdentityIDs() {
		out = append(out, in.identity(id))
	}
	for _, id := range in.Manifest.ExceptionIDs() {
		out = append(out, in.exception(id))
	}
	slices.SortStableFunc(out, func(a, b Review) int { return a.By.Compare(b.By) })
	return out
}

func (in Input) identity(id string) Review {
	identity, s := in.Manifest.Identities[id], in.standing()
	r := in.review(Identity, id, identity.Owner, identity.Expires, s.Identity(id))
	r.By = identity.Expires.End()
	if sp := identity.Sponsor; sp != nil {
		r.By = earlier(r.By, sp.Ends.End())
	}
	r.ends = r.By
	due, known := s.CertificationDue(id)
	if known {
		r.By = earlier(r.By, due)
		r.ends = earlier(r.ends, due.Add(in.Policy.Certification.Grace.Std()))
	}
	if r.has(manifest.CodeUncertified) {
		r.By = time.Time{}
	}
	in.uses(&r, &identity)
	idle := len(r.Idle) > 0 && len(r.Idle) == len(identity.Grants)
	r.near = in.near(r.By, known && !in.Now.Before(due))
	r.State = cmp.Or(r.worst(), r.near, r.otherwise(idle))
	r.Region = in.Manifest.KeyAt(manifest.Pointer("identities", id))
	return r
}

func (in Input) exception(id string) Review {
	e := in.Manifest.Exceptions[id]
	r := in.review(Exception, id, e.Owner, e.Expires, in.standing().Exception(id))
	r.By, r.ends = e.Expires.End(), e.Expires.End()
	r.Used = "not leased"
	idle := len(in.readers(id)) == 0 && e.Store.Kind != manifest.StoreFile
	if idle {
		r.Used = "no identity may read it"
	}
	r.near = in.near(r.By, false)
	r.State = cmp.Or(r.worst(), r.near, r.otherwise(idle))
	r.Region = in.Manifest.KeyAt(manifest.Pointer("exceptions", id))
	return r
}

func (in Input) review(kind Kind, id, owner string, expires manifest.Date, reasons []manifest.Reason) Review {
	who, _ := in.Manifest.OwnerOf(owner, in.Policy)
	return Review{
		Kind: kind, ID: id, Owner: owner, Handle: cmp.Or(who.Team, who.Person), Escalate: who.Escalate,
		Expires: expires, Reasons: reasons,
	}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func (r *Review) has(codes ...manifest.Code) bool {
	return slices.ContainsFunc(r.Reasons, func(x manifest.Reason) bool { return slices.Contains(codes, x.Code) })
}

// worst is the state in which no lease is allowed; "" where some may be.
func (r *Review) worst() State {
	switch {
	case r.has(manifest.CodeOwnerUnknown):
		return Orphaned
	case r.has(manifest.CodeSponsor):
		return SponsorEnded
	case r.has(manifest.CodeExpired):
		return Expired
	case r.has(manifest.CodeOverdue, manifest.CodeReviewMissed):
		return Suspended
	case r.has(manifest.CodeUncertified, manifest.CodeReviewUnknown):
		return Unknown
	}
	return ""
}

// near is the state by a deadline; "" where there is time.
func (in Input) near(by time.Time, overdue bool) State {
	switch {
	case overdue:
		return Grace
	case in.soon(by):
		return Due
	}
	return ""
}

// otherwise is the state of what is in good standing, with time left.
func (r *Review) otherwise(idle bool) State {
	switch {
	case r.has(manifest.CodeCeiling):
		return Excess
	case idle:
		return Unused
	}
	return Current
}

// uses fills in what is known of the identity's use.
func (in Input) uses(r *Review, identity *manifest.Identity) {
	switch {
	case len(identity.Grants) == 0:
		r.Used = "nothing to lease"
		return
	case in.Usage == nil:
		r.Used = "unknown"
		return
	}
	var all Use
	for _, name := range in.Manifest.GrantIDs(r.ID) {
		use := in.Usage.of(r.ID, name)
		all = all.plus(use)
		if in.Usage.covers(in.Now) && !use.wanted() && !in.isNew(r.ID, name) {
			r.Idle = append(r.Idle, name)
		}
	}
	r.Use, r.Used = &all, all.String()
	if !all.wanted() && !in.Usage.covers(in.Now) {
		r.Used = "unknown before " + day(in.Usage.Since)
		if in.Usage.Since.IsZero() {
			r.Used = "unknown: no record of this repository"
		}
	}
}

// isNew reports whether a grant wasn't there yet when the Window began.
func (in Input) isNew(id, grant string) bool {
	if in.Earlier == nil {
		return false
	}
	_, ok := in.Earlier.Identities[id].Grants[grant]
	return !ok
}

// readers are the identities whose jobs may read an exception, in the manifest's order.
func (in Input) readers(exception string) []string {
	var out []string
	for _, id := range in.Manifest.IdentityIDs() {
		if slices.Contains(in.Manifest.Identities[id].Secrets, exception) {
			out = append(out, id)
		}
	}
	return out
}
