package trust

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// demand is what a token must prove for a grant, as manifest.Decide asks for it.
type demand struct {
	who    identity.Identity // the platform's words, no values
	issuer string
	// claims has every claim that must be one of some literals: what the identity lists, and the owner that
	// the organisation's policy asks for. The audience isn't among them: the grant says it.
	claims map[string][]string
	// events are those that pass where the identity names none; nil where all do.
	events []string
}

// demanded finds out what is demanded, and is false where no document can say it.
func (q *request) demanded() bool {
	for _, p := range placesOf(q.grant) {
		if q.places[p] > 1 {
			what, _, _ := strings.Cut(p.what, ",")
			return q.gap(Missing, "", "another grant leads to the same "+p.what+", which can't tell the two apart", "give each grant a "+what+" of its own")
		}
	}
	who, err := identity.Named(func(claim string) bool { _, ok := q.identity.Claims[claim]; return ok })
	if err != nil {
		return q.gap(Missing, "", err.Error(), "list the claims of one platform")
	}
	q.who = who
	return q.literalClaims() && q.wellKnown() && q.ownerID() && q.oneIssuer()
}

// literalClaims takes over what the identity lists. A pattern has no exact form in any cloud: there "*"
// crosses what it doesn't cross here.
func (q *request) literalClaims() bool {
	q.demand.claims = map[string][]string{}
	ok := true
	for _, name := range slices.Sorted(maps.Keys(q.identity.Claims)) {
		want := q.identity.Claims[name]
		switch {
		case name == "aud":
			continue
		case want.IsGlob():
			ok = q.gap(Missing, name, "the claim "+name+" is a pattern, which no trust policy holds to the letter", "list the values themselves")
			continue
		case want.IsZero() || slices.ContainsFunc(want.Any, unfit):
			ok = q.gap(Missing, name, "the claim "+name+" has a value that no token can prove", "write the value that the token has")
			continue
		case slices.ContainsFunc(want.Any, unstable):
			ok = q.gap(Missing, name, "the claim "+name+" has a value that Unicode writes in several ways, of which Terraform would pick one",
				"name it without accents that are characters of their own")
			continue
		}
		q.demand.claims[name] = slices.Compact(slices.Sorted(slices.Values(want.Any)))
	}
	return q.startedBy() && ok
}

// neverLeased is the event that the built-in policy of leases refuses whatever a manifest lists: its run has the repository's
// rights, on what an outsider may have written.
const neverLeased = "pull_request_target"

// startedBy takes over the events. One by which no lease is given is none to let in, either: at the provider a step of its run could
// get the credential by itself.
func (q *request) startedBy() bool {
	name := q.who.ClaimFor(identity.Event)
	listed := q.demand.claims[name]
	if listed == nil {
		q.events = q.who.DefaultEvents()
		return true
	}
	left := slices.DeleteFunc(slices.Clone(listed), func(event string) bool { return event == neverLeased })
	const fix = "take it out of the events that the identity lists"
	switch {
	case len(left) == 0:
		return q.gap(Missing, name, "no lease is given to a run of "+neverLeased, fix)
	case len(left) < len(listed):
		q.gap(Narrower, name, "no lease is given to a run of "+neverLeased+": the document doesn't let it in", fix)
	}
	q.demand.claims[name] = left
	return true
}

// bound are the claims with the values of each that a token must have one of: those that are demanded, and the events that
// pass where the identity names none.
func (q *request) bound() map[string][]string {
	out := maps.Clone(q.demand.claims)
	if q.events != nil {
		out[q.who.ClaimFor(identity.Event)] = q.events
	}
	return out
}

// unfit reports whether a value can't be written, or is one that proves nothing.
func unfit(v string) bool { return v == "" || !utf8.ValidString(v) }

// wellKnown checks that the project and the file that defines the job are named, without which every
// decision is a denial.
func (q *request) wellKnown() bool {
	for _, a := range []identity.Attribute{identity.Project, identity.Definition} {
		if name := q.who.ClaimFor(a); q.demand.claims[name] == nil {
			return q.gap(Missing, "", "the identity doesn't list the claim "+name, "add "+name+" under claims")
		}
	}
	if name := q.who.ClaimFor(identity.Project); slices.Contains(q.demand.claims[name], identity.UnknownProject) {
		return q.gap(Missing, name, "the manifest doesn't know its project's id yet", "write the project's id under claims."+name)
	}
	return true
}

// ownerID adds what the organisation's policy asks for.
func (q *request) ownerID() bool {
	name := q.who.ClaimFor(identity.Owner)
	if q.policy == nil || name == "" {
		return true
	}
	id := q.policy.Organization.ID
	listed, isListed := q.demand.claims[name]
	if unfit(id) || id == identity.UnknownProject || isListed && !slices.Contains(listed, id) {
		return q.gap(Missing, name, "the organisation's policy and the claim "+name+" ask for different owners, so that nobody gets the grant",
			"list the organisation's id, or mend organization.id")
	}
	q.demand.claims[name] = []string{id}
	return true
}

// oneIssuer finds the one issuer whose tokens are meant, as Decide does.
func (q *request) oneIssuer() bool {
	allowed := identity.BuiltInIssuers()
	if q.policy != nil && q.policy.Issuers != nil {
		allowed = q.policy.Issuers
	}
	listed := q.demand.claims["iss"]
	meant := slices.DeleteFunc(slices.Clone(allowed), func(iss string) bool {
		if listed != nil {
			return !slices.Contains(listed, iss)
		}
		return len(allowed) > 1 && iss != q.who.PublicIssuer()
	})
	if meant = slices.Compact(slices.Sorted(slices.Values(meant))); len(meant) != 1 || unfit(meant[0]) {
		return q.gap(Missing, "iss", fmt.Sprintf("the issuer isn't one: of %s the identity means %d", strings.Join(allowed, ", "), len(meant)),
			"list one of them as iss under claims")
	}
	q.issuer = meant[0]
	q.demand.claims["iss"] = meant
	return true
}

// seconds is how long the grant's credential may live; 0 where the grant doesn't say.
func seconds(g *manifest.Grant) int64 {
	if g.TTL == nil {
		return 0
	}
	return int64(g.TTL.Std().Seconds())
}

// emergencies says where break-glass may last longer than the role's credentials do.
func (q *request) emergencies(most int64) {
	for _, id := range q.manifest.BreakGlassIDs() {
		e := q.manifest.BreakGlass[id]
		if slices.Contains(e.Grants, q.id+"/"+q.name) && int64(e.TTL.Std().Seconds()) > most {
			q.gap(Narrower, "", fmt.Sprintf("break-glass %s may last %s, longer than the role's credentials do", id, e.TTL),
				"break the glass again when they end")
		}
	}
}
