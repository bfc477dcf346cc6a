package certify

import (
	"fmt"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/manifest"
)

// propose says what a review calls for; false where nothing.
func (in Input) propose(r Review) (Change, bool) {
	c := Change{Review: r}
	if r.State == Orphaned {
		return c.say(Suspend, "nobody is known by the owner id "+r.Owner+": name an owner, or remove it"), true
	}
	if after, ok := in.removeAfter(&r); ok {
		return c.say(Remove, fmt.Sprintf("nobody has decided since %s, and %s have passed", day(r.ends), after)), true
	}
	if r.Kind == Exception {
		return in.proposeException(c)
	}
	return in.proposeIdentity(c)
}

func (c Change) say(a Action, reason string) Change {
	c.Action, c.Reason = a, reason
	return c
}

// removeAfter reports whether what lost its standing was left so for longer than the organisation waits.
func (in Input) removeAfter(r *Review) (manifest.Duration, bool) {
	if in.Policy == nil || in.Policy.Certification == nil || in.Policy.Certification.RemoveAfter == 0 {
		return 0, false
	}
	after := in.Policy.Certification.RemoveAfter
	lost := r.State == Expired || r.State == SponsorEnded || r.State == Suspended && r.has(manifest.CodeOverdue)
	return after, lost && !r.ends.IsZero() && !in.Now.Before(r.ends.Add(after.Std()))
}

func (in Input) proposeIdentity(c Change) (Change, bool) {
	identity := in.Manifest.Identities[c.ID]
	if c.has(manifest.CodeReviewMissed) {
		return c.say(Suspend, c.because(manifest.CodeReviewMissed)), true
	}
	if c.State == SponsorEnded || c.State == Suspended {
		c.Until = before(c.Expires, manifest.DateOf(c.ends).AddDays(-1))
		return c.say(Suspend, c.because(manifest.CodeSponsor, manifest.CodeOverdue)), true
	}
	if len(c.Idle) > 0 && len(c.Idle) == len(identity.Grants) && len(identity.Secrets) == 0 {
		return c.say(Remove, in.idle(c.Idle)), true
	}
	if c.mustRenew() || c.has(manifest.CodeCeiling) {
		c.Until = in.renewed(&identity)
	}
	switch {
	case len(c.Idle) > 0:
		c.Gone = c.Idle
		return c.say(Narrow, in.idle(c.Idle)), true
	case c.mustRenew():
		return c.say(Renew, in.why(&c)), true
	case c.has(manifest.CodeCeiling):
		return c.say(Narrow, c.because(manifest.CodeCeiling)), true
	}
	return c, false
}

func (in Input) proposeException(c Change) (Change, bool) {
	latest := manifest.DateOf(in.Now.Add(in.Policy.ExceptionTerm().Std()))
	switch {
	case in.Manifest.Exceptions[c.ID].Store.Kind != manifest.StoreFile && len(in.readers(c.ID)) == 0:
		return c.say(Remove, "no identity may read the secret: delete it in its store as well"), true
	case c.State == Expired || c.State == Due:
		c.Until = changed(c.Expires, latest)
		return c.say(Renew, in.why(&c)+": rotate the secret, and say whether it is still needed"), true
	case c.has(manifest.CodeCeiling):
		c.Until = latest
		return c.say(Narrow, c.because(manifest.CodeCeiling)), true
	}
	return c, false
}

// mustRenew reports whether the owner has to confirm the identity now.
func (r *Review) mustRenew() bool {
	return r.State == Expired || r.near != "" || r.has(manifest.CodeUncertified)
}

// renewed is the last day that a renewal sets: a term from now, the sponsor's end at most, and no earlier than it
// is unless a ceiling asks for that. The zero Date where nothing changes.
func (in Input) renewed(identity *manifest.Identity) manifest.Date {
	term, ceiling := Term, false
	if in.Policy != nil && in.Policy.Ceilings != nil && in.Policy.Ceilings.IdentityTerm > 0 {
		term, ceiling = in.Policy.Ceilings.IdentityTerm.Std(), true
	}
	until := manifest.DateOf(in.Now.Add(term))
	if !ceiling && until.Compare(identity.Expires) < 0 {
		until = identity.Expires
	}
	if sp := identity.Sponsor; sp != nil && until.Compare(sp.Ends) > 0 {
		until = sp.Ends
	}
	return changed(identity.Expires, until)
}

// changed is a day; the zero Date where it is the one that is there.
func changed(old, day manifest.Date) manifest.Date {
	if day.Equal(old) {
		return manifest.Date{}
	}
	return day
}

// before is a day that comes before the one that is there; otherwise the zero Date.
func before(old, day manifest.Date) manifest.Date {
	if day.Compare(old) >= 0 {
		return manifest.Date{}
	}
	return day
}

// because is what the first of the reasons with one of these codes says.
func (r *Review) because(codes ...manifest.Code) string {
	for _, x := range r.Reasons {
		for _, code := range codes {
			if x.Code == code {
				return x.Message
			}
		}
	}
	return ""
}

// idle says since when grants weren't used.
func (in Input) idle(grants []string) string {
	what := strings.Join(grants, ", ")
	since := "no lease of " + what + " was asked for since " + day(in.Now.Add(-Window))
	if in.Earlier == nil {
		since += ", if it is that old"
	}
	return since
}

// why says why an owner has to decide now.
func (in Input) why(c *Change) string {
	switch {
	case c.State == Expired:
		return "its last day was " + c.Expires.String()
	case c.has(manifest.CodeUncertified):
		return "no certification of it is known, and no lease is issued without one"
	case c.near == Grace:
		return "its certification was over on " + lastDay(c.By) + ", and after " + lastDay(c.ends) + " it is suspended"
	case c.Expires.End().Equal(c.By):
		return "its last day is " + c.Expires.String()
	}
	if sp := in.Manifest.Identities[c.ID].Sponsor; sp != nil && sp.Ends.End().Equal(c.By) {
		return "the engagement that " + sp.Person + " sponsors ends on " + sp.Ends.String() + ": have the sponsor set a later end, or let it end"
	}
	return "its certification is over on " + lastDay(c.By)
}

// lastDay is the last day that isn't over at t.
func lastDay(t time.Time) string { return day(t.Add(-1)) }
