package manifest

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/source"
)

// Fault is something legal that is wrong all the same: an overlap, a wildcard, a term beyond a ceiling.
// Its texts may quote values of the file as they stand there.
type Fault struct {
	Region  source.Region
	Pointer string // JSON Pointer of what is at fault; stable, the finding's key
	Kind    FaultKind
	Message string // one sentence, lower case, no full stop
	Fix     string // what to do next, lower case
	// Policy is the line of the organisation's policy that decided; the zero Region where none did.
	Policy source.Region
}

// FaultKind groups faults.
type FaultKind string

// The kinds.
const (
	FaultOverlap       FaultKind = "overlap"       // two identities that one job, or one token, may have
	FaultGlob          FaultKind = "glob"          // a pattern, or a literal that looks like one
	FaultTerm          FaultKind = "term"          // longer than a ceiling
	FaultContradiction FaultKind = "contradiction" // two statements that can't both count
	FaultOwner         FaultKind = "owner"         // an owner that nobody knows, or that the organisation has
	FaultSponsor       FaultKind = "sponsor"       // a contractor past the sponsor's date
	FaultSelfApproval  FaultKind = "self-approval" // someone who may approve what is his own
	FaultPrivilege     FaultKind = "privilege"     // less privileged than the organisation says
	FaultSeparation    FaultKind = "separation"    // grants that no identity may hold together
	FaultSystem        FaultKind = "system"        // a ticket system that can't be asked
	FaultLedger        FaultKind = "ledger"        // something that needs a shared ledger store
	FaultExtends       FaultKind = "extends"       // a manifest that isn't under the policy it is judged by
	FaultName          FaultKind = "name"          // a claim or permission that the platform doesn't have
	FaultStanding      FaultKind = "standing"      // a grant that needs no task
)

// Severity weighs faults: what lets somebody have more than was meant, what merely doesn't work, and
// what is only worth knowing.
func (k FaultKind) Severity() finding.Severity {
	switch k {
	case FaultOverlap, FaultSelfApproval, FaultPrivilege, FaultSeparation:
		return finding.High
	case FaultSystem, FaultLedger, FaultName:
		return finding.Low
	case FaultGlob, FaultStanding:
		return finding.Note
	}
	return finding.Medium
}

// Faults lists what is legal in m but wrong all the same, in the file's order. p is the organisation's
// policy, nil where none is known; m is one that Parse returned. Exceptions without a use are not among
// them: only the workflows can tell.
func Faults(m *Manifest, p *Policy, now time.Time) []Fault {
	f := &faulter{m: m, p: p, standing: Standing{Manifest: m, Policy: p, Now: now}}
	f.known = m.OwnerIDs()
	if p != nil {
		f.known = append(f.known, p.OwnerIDs()...)
	}
	f.extends()
	f.owners()
	f.overlaps()
	for _, id := range m.IdentityIDs() {
		identity := m.Identities[id]
		f.identity(id, &identity)
	}
	for _, id := range m.ExceptionIDs() {
		e := m.Exceptions[id]
		f.exception(id, &e)
	}
	for _, id := range m.BreakGlassIDs() {
		b := m.BreakGlass[id]
		f.breakGlass(id, &b)
	}
	slices.SortStableFunc(f.out, func(a, b Fault) int {
		return cmp.Or(
			cmp.Compare(a.Region.Start.Offset, b.Region.Start.Offset),
			cmp.Compare(a.Pointer, b.Pointer),
			cmp.Compare(a.Kind, b.Kind),
			cmp.Compare(a.Message, b.Message),
		)
	})
	// What the defaults say for many grants is one fault.
	return slices.CompactFunc(f.out, func(a, b Fault) bool {
		return a.Region == b.Region && a.Kind == b.Kind && a.Message == b.Message
	})
}

type faulter struct {
	m        *Manifest
	p        *Policy
	standing Standing
	known    []string // owners
	out      []Fault
}

func (f *faulter) report(kind FaultKind, ptr, message, fix string) {
	f.out = append(f.out, Fault{Region: f.m.At(ptr), Pointer: ptr, Kind: kind, Message: message, Fix: fix})
}

// adopt reports what also keeps a lease from being issued, as a decision would say it.
func (f *faulter) adopt(kind FaultKind, ptr string, reasons []Reason) {
	for _, r := range reasons {
		message := r.Message + ": "
		if !strings.Contains(message, quote(r.Received)) {
			message += quote(r.Received) + ", "
		}
		message += "expected " + r.Expected
		f.out = append(f.out, Fault{r.Region, ptr, kind, message, r.Fix, r.Policy})
	}
}

func (f *faulter) extends() {
	if f.p == nil {
		return
	}
	name := f.p.Organization.Name
	owner, _, _ := strings.Cut(f.m.Extends, "/")
	switch {
	case f.m.Extends == "":
		f.report(FaultExtends, "/version", "the manifest doesn't extend the policy of "+quote(name)+
			", by which it is judged: every lease is denied", "add extends: "+name+"/.github")
	case !strings.EqualFold(owner, name):
		f.report(FaultExtends, "/extends", "the manifest extends "+quote(f.m.Extends)+", but is judged by the policy of "+
			quote(name)+": every lease is denied", "write extends: "+name+"/.github")
	}
}

// owners looks for owners that the organisation has under the same id.
func (f *faulter) owners() {
	for _, r := range f.standing.owners() {
		f.adopt(FaultOwner, Pointer("owners", r.Received), []Reason{r})
	}
}

// ownedBy looks for an owner that nobody has.
func (f *faulter) ownedBy(ptr, owner string) {
	if _, ok := f.m.OwnerOf(owner, f.p); ok {
		return
	}
	fix := "add the owner under owners:, or name one that is there"
	if near := Nearest(owner, f.known); near != "" {
		fix = "write " + near
	} else if f.p == nil && f.m.Extends != "" {
		fix = "name an owner of the manifest's, or give the organisation's policy, which may have this one"
	}
	f.report(FaultOwner, ptr+"/owner", "nobody is known by the owner id "+quote(owner), fix)
}

func (f *faulter) identity(id string, x *Identity) {
	ptr := Pointer("identities", id)
	f.ownedBy(ptr, x.Owner)
	f.sponsor(ptr, x)
	f.adopt(FaultTerm, ptr+"/expires", f.standing.identityTerm(id, x))
	f.patterns(ptr, x)
	f.names(ptr, x)
	f.oneTarget(id, x)
	f.tokenForGrants(ptr, x)
	for _, name := range f.m.GrantIDs(id) {
		g := x.Grants[name]
		f.grant(id, name, x, &g)
	}
}

// sponsor looks for contractors who outstay the engagement that the sponsor answers for.
func (f *faulter) sponsor(ptr string, x *Identity) {
	s := x.Sponsor
	if s == nil || x.Expires.Compare(s.Ends) <= 0 {
		return
	}
	message := "the contractor's identity expires on " + x.Expires.String() + ", after the engagement ends on " + s.Ends.String()
	if s.Ends.Over(f.standing.Now) {
		message = "the contractor's engagement ended on " + s.Ends.String() + ": the identity is suspended"
	}
	f.report(FaultSponsor, ptr+"/expires", message, "write "+quote(s.Ends.String())+" or earlier, or let the sponsor renew the engagement")
}

func (f *faulter) exception(id string, e *Exception) {
	ptr := Pointer("exceptions", id)
	f.ownedBy(ptr, e.Owner)
	f.adopt(FaultTerm, ptr+"/expires", f.standing.exceptionTerm(id, e))
	if owner, ok := f.m.OwnerOf(e.Owner, f.p); ok && owner.Person != "" && strings.EqualFold(owner.Person, e.AcceptedBy) {
		f.report(FaultSelfApproval, ptr+"/accepted-by", quote(e.AcceptedBy)+" accepts the risk and owns the secret",
			"let someone else accept it")
	}
}

func (f *faulter) breakGlass(id string, b *BreakGlass) {
	ptr := Pointer("break-glass", id)
	if f.needsLedger() {
		f.report(FaultLedger, ptr, "break-glass is always denied: its uses are counted in a shared ledger store, and there is none",
			"let the organisation's policy name a ledger, or remove the entry")
	}
	for i, who := range b.Activators {
		if strings.EqualFold(who, b.Review.By) {
			f.report(FaultSelfApproval, ptr+Pointer("activators", strconv.Itoa(i)), quote(who)+" may break the glass and reviews it",
				"name another reviewer")
		}
	}
	for _, r := range f.standing.emergencyCeiling(id, b) {
		at := ptr + "/max-uses"
		if r.Region == f.m.At(ptr+"/ttl") {
			at = ptr + "/ttl"
		}
		f.adopt(FaultTerm, at, []Reason{r})
	}
}

// needsLedger reports whether what counts across runs can't be counted. What a policy that isn't at
// hand says is not known, and no fault of the manifest's.
func (f *faulter) needsLedger() bool {
	if f.p == nil {
		return f.m.Extends == ""
	}
	return f.p.Ledger == nil
}
