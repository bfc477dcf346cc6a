package manifest

import (
	"fmt"
	"time"

	"github.com/curfew-ci/curfew/internal/source"
)

// Standing judges what a manifest entitles at one time, without a job that asks: what a scan reports,
// and what a decision needs before it looks at the token. Who isn't in good standing is suspended, by
// computation: no merge is needed for it.
type Standing struct {
	Manifest *Manifest
	Policy   *Policy // the organisation's; nil where there is none
	Facts    Facts   // the zero Facts knows nothing: what needs them is Unknown
	Now      time.Time
}

// Identity lists what keeps an identity from good standing: an owner that nobody knows, the end of its
// term or of its sponsor's, a term beyond the ceiling, an overdue certification, a missed review. None
// means good standing. It says nothing about the identity's grants.
func (s Standing) Identity(id string) []Reason {
	identity, ok := s.Manifest.Identities[id]
	if !ok {
		return []Reason{s.noIdentity(id)}
	}
	var out []Reason
	out = append(out, s.owner(identity.Owner, Pointer("identities", id, "owner"))...)
	out = append(out, s.term(identity.Expires, Pointer("identities", id, "expires"), "the identity")...)
	out = append(out, s.identityTerm(id, &identity)...)
	out = append(out, s.sponsor(id, &identity)...)
	out = append(out, s.certification(id, &identity)...)
	return append(out, s.reviews(id)...)
}

// Grant lists what keeps a grant from good standing, its identity's own standing left aside: a field
// without which nothing restricts it, a lifetime beyond the ceiling, a ticket system that the
// organisation doesn't know, a duty that has to be somebody else's.
func (s Standing) Grant(id, name string) []Reason {
	identity := s.Manifest.Identities[id]
	g, ok := identity.Grants[name]
	if !ok {
		return []Reason{s.noGrant(id, name)}
	}
	var out []Reason
	out = append(out, s.complete(id, name, &g)...)
	out = append(out, s.leaseCeiling(id, name, &identity, &g)...)
	out = append(out, s.ticketSystems(Pointer("identities", id, "grants", name, "when"), g.When)...)
	return append(out, s.conflicts(id, name)...)
}

// Exception lists what keeps an exception from good standing: its owner, its end, a term beyond the
// ceiling.
func (s Standing) Exception(id string) []Reason {
	e, ok := s.Manifest.Exceptions[id]
	if !ok {
		return []Reason{{
			Code: CodeGrantUnknown, Message: "no exception has the id " + quote(id), Received: id,
			Expected: oneOf(s.Manifest.ExceptionIDs()),
			Fix:      meant(id, s.Manifest.ExceptionIDs(), "name an exception of the manifest", "add this one"),
			Region:   s.Manifest.At("/exceptions"),
		}}
	}
	var out []Reason
	out = append(out, s.owner(e.Owner, Pointer("exceptions", id, "owner"))...)
	out = append(out, s.term(e.Expires, Pointer("exceptions", id, "expires"), "the exception")...)
	return append(out, s.exceptionTerm(id, &e)...)
}

func (s Standing) noIdentity(id string) Reason {
	return Reason{
		Code: CodeGrantUnknown, Message: "no identity has the id " + quote(id), Received: id,
		Expected: oneOf(s.Manifest.IdentityIDs()),
		Fix:      meant(id, s.Manifest.IdentityIDs(), "name an identity of the manifest", "add this one"),
		Region:   s.Manifest.At("/identities"),
	}
}

func (s Standing) noGrant(id, name string) Reason {
	pointer := Pointer("identities", id, "grants")
	return Reason{
		Code: CodeGrantUnknown, Message: "identity " + quote(id) + " has no grant " + quote(name), Received: name,
		Expected: oneOf(s.Manifest.GrantIDs(id)),
		Fix:      meant(name, s.Manifest.GrantIDs(id), "name one of its grants", "have the owner add this one"),
		Region:   s.Manifest.KeyAt(pointer),
	}
}

// meant says to write the name that name was probably meant to be or, where none is near, what to do instead; or else to add it.
func meant(name string, there []string, instead, or string) string {
	if near := Nearest(name, there); near != "" {
		instead = "write " + near
	}
	return instead + ", or " + or
}

// owner checks that somebody answers.
func (s Standing) owner(id, pointer string) []Reason {
	if _, ok := s.Manifest.OwnerOf(id, s.Policy); ok {
		return nil
	}
	return []Reason{{
		Code: CodeOwnerUnknown, Message: "nobody is known by the owner id " + quote(id), Received: id,
		Expected: oneOf(s.Manifest.OwnerIDs()),
		Fix:      "add the owner under owners:, or name one that is there",
		Region:   s.Manifest.At(pointer),
	}}
}

// term checks that a last day isn't over.
func (s Standing) term(last Date, pointer, what string) []Reason {
	if !last.Over(s.Now) {
		return nil
	}
	return []Reason{{
		Code: CodeExpired, Message: what + " has expired", Received: last.String(),
		Expected: DateOf(s.Now).String() + " or later",
		Fix:      "have the owner confirm that it is still needed and set a later day, or remove it",
		Region:   s.Manifest.At(pointer),
	}}
}

// sponsor checks that somebody inside still answers for a contractor.
func (s Standing) sponsor(id string, identity *Identity) []Reason {
	sp := identity.Sponsor
	switch {
	case sp == nil && identity.Kind != Contractor:
		return nil
	case sp != nil && !sp.Ends.Over(s.Now):
		return nil
	case sp == nil:
		return []Reason{{
			Code: CodeSponsor, Message: "a contractor's identity has no sponsor", Received: "absent", Expected: "a sponsor",
			Fix: "add sponsor: with person, company and ends", Region: s.at("identities", id, "kind"),
		}}
	}
	return []Reason{{
		Code: CodeSponsor, Message: "the engagement that " + sp.Person + " sponsors has ended",
		Received: sp.Ends.String(), Expected: DateOf(s.Now).String() + " or later",
		Fix:    "have the sponsor confirm a later end, or remove the identity",
		Region: s.at("identities", id, "sponsor", "ends"),
	}}
}

// complete checks that what restricts a grant is there at all.
func (s Standing) complete(id, name string, g *Grant) []Reason {
	var missing []string
	for _, f := range []struct {
		name string
		is   bool
	}{
		{"a provider", g.Provider() != ""},
		{"ttl", g.TTL != nil && *g.TTL > 0},
		{"narrow", g.Narrow != nil && (g.Narrow.None || g.Narrow.File != "")},
		{"limits", g.Limits != nil},
		{"when", g.When != nil},
	} {
		if !f.is {
			missing = append(missing, f.name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return []Reason{{
		Code: CodeGrantIncomplete, Message: "the grant doesn't say all that restricts it", Received: "absent",
		Expected: list(missing, "and"), Fix: "say it, with an explicit none or always where that is meant",
		Region: s.Manifest.KeyAt(Pointer("identities", id, "grants", name)),
	}}
}

func (s Standing) at(names ...string) source.Region { return s.Manifest.At(Pointer(names...)) }

// oneOf lists what there is to choose from.
func oneOf(names []string) string {
	if len(names) == 0 {
		return "none is there"
	}
	const most = 12
	if len(names) > most {
		return fmt.Sprintf("one of %s and %d more", list(names[:most], "or"), len(names)-most)
	}
	return list(names, "or")
}
