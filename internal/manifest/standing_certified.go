package manifest

import (
	"fmt"
	"time"
)

// maxSkew is how far ahead of us a clock may be whose time a fact carries.
const maxSkew = 5 * time.Minute

// certification checks that the owner has confirmed the identity in time. Where there is no record of
// it, nothing says that anybody ever has.
func (s Standing) certification(id string, identity *Identity) []Reason {
	if s.Policy == nil || s.Policy.Certification == nil {
		return nil
	}
	privilege := s.privilege(identity)
	every := s.Policy.Certification.Every.For(privilege)
	expected := fmt.Sprintf("one in the last %s and %s of grace", every, s.Policy.Certification.Grace)
	region := s.Manifest.KeyAt(Pointer("identities", id))
	policy := s.Policy.At(Pointer("certification", "every", string(privilege)))
	fix := "have the owner certify the identity: curfew certify, or a merge that the owner approves and that touches it"
	at, ok := s.certifiedAt(id)
	switch {
	case !ok:
		return []Reason{{
			Code: CodeUncertified, Message: "no certification of the identity is known", Received: "unknown",
			Expected: expected, Fix: fix, Unknown: true, Region: region, Policy: policy,
		}}
	case s.Now.Before(s.certifiedUntil(identity, at)):
		return nil
	}
	return []Reason{{
		Code: CodeOverdue, Message: "the identity's certification is overdue: it is suspended",
		Received: at.UTC().Format(time.RFC3339), Expected: expected, Fix: fix, Region: region, Policy: policy,
	}}
}

// certifiedAt is when the identity was last certified; false where no record says so. One from the
// future says nothing.
func (s Standing) certifiedAt(id string) (time.Time, bool) {
	c, ok := s.Facts.Certified[id]
	if !ok || c.Time.IsZero() || c.Time.After(s.Now.Add(maxSkew)) {
		return time.Time{}, false
	}
	return c.Time.Time, true
}

// certifiedUntil is when a certification and its grace are over.
func (s Standing) certifiedUntil(identity *Identity, at time.Time) time.Time {
	c := s.Policy.Certification
	return at.Add(c.Every.For(s.privilege(identity)).Std()).Add(c.Grace.Std())
}

// privilege is the highest that the identity has by itself or by one of its grants. One that says
// nothing counts as critical, so that saying nothing gains nothing.
func (s Standing) privilege(identity *Identity) Privilege {
	highest := identity.Privilege
	for _, g := range identity.Grants {
		if p := s.Policy.PrivilegeOf(identity, &g); p.rank() > highest.rank() {
			highest = p
		}
	}
	if highest.rank() == 0 {
		return PrivilegeCritical
	}
	return highest
}

// Ends is when the identity loses its standing if nothing is done: the end of its term, its sponsor's,
// or its certification's, whichever comes first.
func (s Standing) Ends(id string) time.Time {
	identity := s.Manifest.Identities[id]
	ends := identity.Expires.End()
	if sp := identity.Sponsor; sp != nil && sp.Ends.End().Before(ends) {
		ends = sp.Ends.End()
	}
	if s.Policy != nil && s.Policy.Certification != nil {
		at, _ := s.certifiedAt(id)
		if until := s.certifiedUntil(&identity, at); until.Before(ends) {
			ends = until
		}
	}
	return ends
}

// CertificationDue is when the identity's certification is over, its grace left aside; false where no
// policy asks for one, or none is known.
func (s Standing) CertificationDue(id string) (time.Time, bool) {
	identity, ok := s.Manifest.Identities[id]
	if !ok || s.Policy == nil || s.Policy.Certification == nil {
		return time.Time{}, false
	}
	at, ok := s.certifiedAt(id)
	if !ok {
		return time.Time{}, false
	}
	return at.Add(s.Policy.Certification.Every.For(s.privilege(&identity)).Std()), true
}
