package manifest

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
)

// owners lists the organisation's owners that the manifest would have be somebody else.
func (s Standing) owners() []Reason {
	if s.Policy == nil {
		return nil
	}
	var out []Reason
	for _, id := range s.Manifest.OwnerIDs() {
		theirs, taken := s.Policy.Owners[id]
		if !taken || reflect.DeepEqual(theirs, s.Manifest.Owners[id]) {
			continue
		}
		out = append(out, Reason{
			Code: CodeOwnerTaken, Message: "the organisation has an owner " + quote(id) + ", and says otherwise who it is",
			Received: id, Expected: "an id that the policy doesn't use", Fix: "remove the owner here, or give it another id",
			Region: s.Manifest.KeyAt(Pointer("owners", id)), Policy: s.Policy.KeyAt(Pointer("owners", id)),
		})
	}
	return out
}

func (s Standing) identityTerm(id string, identity *Identity) []Reason {
	if s.Policy == nil || s.Policy.Ceilings == nil || s.Policy.Ceilings.IdentityTerm == 0 {
		return nil
	}
	return s.tooFar(identity.Expires, s.Policy.Ceilings.IdentityTerm, Pointer("identities", id, "expires"), "identity-term")
}

func (s Standing) exceptionTerm(id string, e *Exception) []Reason {
	return s.tooFar(e.Expires, s.Policy.ExceptionTerm(), Pointer("exceptions", id, "expires"), "exception-term")
}

// tooFar checks a last day against the longest term from now.
func (s Standing) tooFar(last Date, term Duration, pointer, ceiling string) []Reason {
	latest := DateOf(s.Now.Add(term.Std()))
	if last.Compare(latest) <= 0 {
		return nil
	}
	r := Reason{
		Code: CodeCeiling, Message: "the term is longer than " + ceiling + " allows", Received: last.String(),
		Expected: fmt.Sprintf("at most %s ahead: %s", term, latest), Fix: "set an earlier day",
		Region: s.Manifest.At(pointer),
	}
	if s.Policy != nil {
		r.Policy = s.Policy.At(Pointer("ceilings", ceiling))
	}
	return []Reason{r}
}

// leaseCeiling checks a grant's lifetime against its privilege's.
func (s Standing) leaseCeiling(id, name string, identity *Identity, g *Grant) []Reason {
	privilege := s.Policy.PrivilegeOf(identity, g)
	ceiling := s.ttlCeiling(privilege)
	if g.TTL == nil || ceiling == 0 || *g.TTL <= ceiling {
		return nil
	}
	what := "a grant of " + string(privilege) + " privilege"
	if privilege != identity.Privilege {
		what += ", by privilege-floor,"
	}
	return []Reason{{
		Code: CodeCeiling, Message: what + " lives longer than the organisation allows", Received: g.TTL.String(),
		Expected: "at most " + ceiling.String(), Fix: "shorten ttl", Region: s.at("identities", id, "grants", name, "ttl"),
		Policy: s.Policy.At(Pointer("ceilings", "ttl", string(privilege))),
	}}
}

// ttlCeiling is the longest lifetime for a privilege; 0 where there is no ceiling.
func (s Standing) ttlCeiling(p Privilege) Duration {
	if s.Policy == nil || s.Policy.Ceilings == nil || s.Policy.Ceilings.TTL == nil {
		return 0
	}
	return s.Policy.Ceilings.TTL.For(p)
}

// ticketSystems checks that tickets come from where the organisation keeps them. A system that a policy
// doesn't know can't be asked; issues need no address, so there only a list of projects binds.
func (s Standing) ticketSystems(pointer string, w *When) []Reason {
	if s.Policy == nil || w == nil {
		return nil
	}
	var out []Reason
	for i := range w.Any {
		out = append(out, s.ticketSystems(pointer+Pointer("any", strconv.Itoa(i)), &w.Any[i])...)
	}
	for i := range w.All {
		out = append(out, s.ticketSystems(pointer+Pointer("all", strconv.Itoa(i)), &w.All[i])...)
	}
	t := w.Ticket
	if t == nil {
		return out
	}
	system := s.Policy.Systems.Get(t.System)
	switch {
	case system != nil && slices.Contains(system.Projects, t.Project):
	case system == nil && t.System == SystemGitHub:
	case system == nil:
		out = append(out, Reason{
			Code: CodeSystem, Message: "the organisation has no ticket system " + string(t.System), Received: string(t.System),
			Expected: "a system under systems: of the policy", Fix: "use a system of the organisation's, or have it added there",
			Region: s.Manifest.At(pointer + "/ticket/system"), Policy: s.Policy.At("/systems"),
		})
	default:
		out = append(out, Reason{
			Code: CodeSystem, Message: "tickets of this project don't count in the organisation", Received: t.Project,
			Expected: list(system.Projects, "or"), Fix: "use one of these projects, or have this one added to the policy",
			Region: s.Manifest.At(pointer + "/ticket/project"), Policy: s.Policy.At(Pointer("systems", string(t.System), "projects")),
		})
	}
	return out
}

// conflicts lists the grants that whoever holds this one may not hold beside it.
func (s Standing) conflicts(id, name string) []Reason {
	return s.conflictsWith(id, name, id)
}

// conflictsWith lists the grants of another identity that may not be in one hand with this one. A job
// whose token proves both identities holds what both hold.
func (s Standing) conflictsWith(id, name, other string) []Reason {
	if s.Policy == nil {
		return nil
	}
	var out []Reason
	for i, rule := range s.Policy.Separation {
		if !slices.Contains(rule.Conflict, name) {
			continue
		}
		for _, held := range s.Manifest.GrantIDs(other) {
			if held == name || !slices.Contains(rule.Conflict, held) {
				continue
			}
			out = append(out, Reason{
				Code: CodeSeparation, Message: "no one may hold both grants", Received: id + "/" + name + " and " + other + "/" + held,
				Expected: "one of " + list(rule.Conflict, "or"), Fix: "give one of them to another identity, with claims that no job proves beside these",
				Region: s.Manifest.KeyAt(Pointer("identities", id, "grants", name)),
				Policy: s.Policy.At(Pointer("separation", strconv.Itoa(i))),
			})
		}
	}
	return out
}

// emergencyCeiling checks a break-glass entry.
func (s Standing) emergencyCeiling(id string, e *BreakGlass) []Reason {
	if s.Policy == nil || s.Policy.Ceilings == nil || s.Policy.Ceilings.BreakGlass == nil {
		return nil
	}
	c := s.Policy.Ceilings.BreakGlass
	var out []Reason
	if e.TTL > c.TTL {
		out = append(out, Reason{
			Code: CodeCeiling, Message: "emergency access lives longer than the organisation allows", Received: e.TTL.String(),
			Expected: "at most " + c.TTL.String(), Fix: "shorten ttl",
			Region: s.at("break-glass", id, "ttl"), Policy: s.Policy.At("/ceilings/break-glass/ttl"),
		})
	}
	if e.MaxUses.Count > c.MaxUses.Count || e.MaxUses.Per < c.MaxUses.Per {
		out = append(out, Reason{
			Code: CodeCeiling, Message: "emergency access may be used more often than the organisation allows",
			Received: e.MaxUses.String(), Expected: "at most " + c.MaxUses.String(), Fix: "lower count, lengthen per",
			Region: s.at("break-glass", id, "max-uses"), Policy: s.Policy.At("/ceilings/break-glass/max-uses"),
		})
	}
	if within := s.reviewWithin(e); within < e.Review.Within {
		out = append(out, Reason{
			Code: CodeCeiling, Message: "the review of emergency access may take longer than the organisation allows", Received: e.Review.Within.String(),
			Expected: "at most " + within.String(), Fix: "shorten within",
			Region: s.at("break-glass", id, "review", "within"), Policy: s.Policy.At("/ceilings/break-glass/review-within"),
		})
	}
	return out
}

// reviewWithin is how long the review of a use may take, by the manifest and no longer than the organisation allows: who
// puts off a deadline that has passed doesn't end what it brought about.
func (s Standing) reviewWithin(e *BreakGlass) Duration {
	if s.Policy == nil || s.Policy.Ceilings == nil || s.Policy.Ceilings.BreakGlass == nil || s.Policy.Ceilings.BreakGlass.ReviewWithin == 0 {
		return e.Review.Within
	}
	return min(e.Review.Within, s.Policy.Ceilings.BreakGlass.ReviewWithin)
}
