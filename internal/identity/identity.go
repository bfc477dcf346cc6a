package identity

import (
	"fmt"
	"slices"
	"strings"
)

// Identity is a job as its claims describe it.
type Identity struct {
	Claims   Claims
	platform platform
}

// From finds out which platform's words the claims are in: by the claim that holds the project's id, of
// which there must be exactly one. It fails where that can't be told, and where the subject carries ids
// that are not the claims'.
func From(c Claims) (Identity, error) {
	i, err := Named(func(claim string) bool {
		_, ok := c.Text(claim)
		return ok
	})
	if err != nil {
		return Identity{}, err
	}
	i.Claims = c
	return i, i.checkSubject()
}

// Named is From for the names of claims alone, without a token: listed says which there are. It knows its
// platform's words and no values.
func Named(listed func(claim string) bool) (Identity, error) {
	var found []platform
	var wanted []string
	for _, p := range platforms() {
		wanted = append(wanted, p.claims[Project])
		if listed(p.claims[Project]) {
			found = append(found, p)
		}
	}
	if len(found) != 1 {
		return Identity{}, fmt.Errorf("expected exactly one of the claims %s, found %d: whose token this is can't be told",
			strings.Join(wanted, " and "), len(found))
	}
	return Identity{platform: found[0]}, nil
}

// checkSubject compares the ids of an immutable subject with the claims that say the same.
func (i Identity) checkSubject() error {
	sub, ok := i.Subject()
	if !ok || !sub.Immutable() {
		return nil
	}
	for _, pair := range []struct {
		attribute Attribute
		id        string
	}{{Owner, sub.OwnerID}, {Project, sub.ProjectID}} {
		if id, ok := i.Get(pair.attribute); !ok || id != pair.id {
			return fmt.Errorf("the subject has the id %q where the claim %s is %s: one of them is wrong",
				pair.id, i.ClaimFor(pair.attribute), i.Claims.Describe(i.ClaimFor(pair.attribute)))
		}
	}
	return nil
}

// Platform is the platform's name, for a person.
func (i Identity) Platform() string { return i.platform.name }

// PublicIssuer is the issuer of the platform's public instance; others run instances of their own.
func (i Identity) PublicIssuer() string { return i.platform.issuer }

// ClaimFor is the name of the claim that holds a.
func (i Identity) ClaimFor(a Attribute) string { return i.platform.claims[a] }

// Get is the value of a; false where the token doesn't say.
func (i Identity) Get(a Attribute) (string, bool) { return i.Claims.Text(i.platform.claims[a]) }

// Subject is the claim sub, where it has one of the known formats.
func (i Identity) Subject() (Subject, bool) {
	sub, _ := i.Claims.Text("sub")
	return ParseSubject(sub)
}

// DefaultEvents lists the events that pass where a manifest names none; nil where all do.
func (i Identity) DefaultEvents() []string { return slices.Clone(i.platform.events) }

// EventsUnlessNamed is DefaultEvents by the name of the claim that holds the event; nil for any other
// claim.
func EventsUnlessNamed(claim string) []string {
	for _, p := range platforms() {
		if p.claims[Event] == claim {
			return p.events
		}
	}
	return nil
}
