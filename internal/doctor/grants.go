package doctor

import (
	"maps"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// choose finds the grants that are looked at: the one that was named, or those of the identities whose claims the
// token proves.
func (e *exam) choose() ([]wanted, Finding) {
	switch {
	case e.m == nil && e.o.Grant != "":
		return nil, unchecked(e.o.Grant + ": needs the manifest")
	case e.m == nil:
		return nil, unchecked("needs the manifest, and an ID token whose claims fit one of its identities")
	case e.o.Grant != "":
		id, name, _ := manifest.CutGrant(e.o.Grant)
		g, there := e.m.Identities[id].Grants[name]
		if !there {
			fix := "name one of its grants: " + strings.Join(grantNames(e.m), ", ")
			if near := manifest.Nearest(e.o.Grant, grantNames(e.m)); near != "" {
				fix = "write --grant " + near
			}
			return nil, wrong("the manifest has no grant "+e.o.Grant, fix)
		}
		return []wanted{{e.o.Grant, g}}, ok(e.o.Grant + ", which --grant names")
	}
	return fitting(e.m, e.who.Claims)
}

// fitting finds the grants of the identities whose claims a token proves; where there are none, it says what differs
// from the nearest identity.
func fitting(m *manifest.Manifest, c identity.Claims) ([]wanted, Finding) {
	var grants []wanted
	var nearest []Point
	near := ""
	for _, id := range m.IdentityIDs() {
		if len(m.Identities[id].Grants) == 0 {
			continue
		}
		differs := unproven(m, id, c)
		for _, name := range m.GrantIDs(id) {
			if len(differs) == 0 {
				grants = append(grants, wanted{id + "/" + name, m.Identities[id].Grants[name]})
			}
		}
		if near == "" || len(differs) < len(nearest) {
			near, nearest = id, differs
		}
	}
	if len(grants) > 0 {
		names := make([]string, len(grants))
		for i, g := range grants {
			names[i] = g.name
		}
		return grants, ok("the job's claims fit " + strings.Join(names, ", "))
	}
	if near == "" {
		return nil, wrong("the manifest has no grants", "add one: docs/leases.md shows how")
	}
	return nil, wrong("the job's claims fit no identity that has grants; nearest is "+near,
		"run the job that the manifest means, or have the owner of "+near+" change its claims").with(nearest...)
}

// unproven lists the claims of an identity that a token doesn't prove.
func unproven(m *manifest.Manifest, id string, c identity.Claims) []Point {
	var out []Point
	all := m.Identities[id].Claims
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if got, there := c.Text(name); !there || !all[name].Matches(got) {
			out = append(out, Point{
				What: name, Received: c.Describe(name), Expected: all[name].String(),
				Place: m.At(manifest.Pointer("identities", id, "claims", name)).String(),
			})
		}
	}
	return out
}

func grantNames(m *manifest.Manifest) []string {
	var out []string
	for _, id := range m.IdentityIDs() {
		for _, name := range m.GrantIDs(id) {
			out = append(out, id+"/"+name)
		}
	}
	if out == nil {
		return []string{"it has none"}
	}
	return out
}
