package manifest

import (
	"strconv"

	"github.com/curfew-ci/curfew/internal/manifest/form"
	"github.com/curfew-ci/curfew/internal/yamltree"
)

// checkManifest checks what no single field can say, and puts the defaults into the grants. It runs over
// what could be decoded also where there were errors, and never repeats one of those.
func (d *decoder) checkManifest(m *Manifest) {
	exceptions, grants := keys(m.Exceptions), grantNames(m)
	for id, identity := range m.Identities {
		d.checkIdentity(m, Pointer("identities", id), &identity, exceptions)
		m.Identities[id] = identity
	}
	for id, e := range m.Exceptions {
		d.checkException(Pointer("exceptions", id), &e)
	}
	for id, b := range m.BreakGlass {
		d.checkBreakGlass(m, Pointer("break-glass", id), &b, grants)
	}
	if m.Mode == "" {
		m.Mode = Enforce
	}
}

// has reports whether the file has a value at a pointer, be it right or wrong.
func (d *decoder) has(ptr string) bool {
	_, ok := d.where.values[ptr]
	return ok
}

// failAt is fail at the value of a pointer.
func (d *decoder) failAt(ptr, message, try string) {
	d.fail(d.where.at(ptr, false).Span, message, try)
}

// failKey is fail at the key of a pointer.
func (d *decoder) failKey(ptr, message, try string) {
	d.fail(d.where.at(ptr, true).Span, message, try)
}

// formAt checks the text at a pointer against a form that depends on what stands elsewhere.
func (d *decoder) formAt(ptr, value, name string) {
	if value != "" && d.has(ptr) {
		d.checkForm(d.subject(ptr)+" is", &yamltree.Node{Value: value, Span: d.where.values[ptr]}, form.Named(name))
	}
}

func (d *decoder) checkIdentity(m *Manifest, ptr string, id *Identity, exceptions []string) {
	d.checkSponsor(ptr, id)
	d.checkClaims(ptr, id)
	for i, name := range id.Secrets {
		if _, ok := m.Exceptions[name]; !ok {
			d.unknownName(ptr+Pointer("secrets", strconv.Itoa(i)), "exception", name, exceptions)
		}
	}
	for name, g := range id.Grants {
		d.checkGrant(m, ptr+Pointer("grants", name), &g)
		id.Grants[name] = g
	}
	if !d.has(ptr + "/kind") {
		id.Kind = Workload
	}
}

func (d *decoder) checkSponsor(ptr string, id *Identity) {
	kind, sponsor := ptr+"/kind", ptr+"/sponsor"
	switch {
	case id.Kind == Contractor && !d.has(sponsor):
		d.failAt(kind, d.subject(ptr)+` lacks "sponsor": expected the employee who answers for a contractor`,
			`add sponsor: { person: "@name", company: NAME, ends: "YYYY-MM-DD" }`)
	case d.has(sponsor) && id.Kind != Contractor && (id.Kind != "" || !d.has(kind)):
		d.failKey(sponsor, d.subject(ptr)+` has a "sponsor": expected one only for kind: contractor`,
			"write kind: contractor, or remove the sponsor")
	}
}

// unknownName notes a reference to something that the manifest doesn't have.
func (d *decoder) unknownName(ptr, what, name string, known []string) {
	try := "add the " + what + ", or remove its name here"
	if near := Nearest(name, known); near != "" {
		try = "write " + near
	}
	expected := ": expected one that the manifest has"
	if 0 < len(known) && len(known) <= 12 {
		expected = ": expected " + list(known, "or")
	}
	d.failAt(ptr, "unknown "+what+" "+quote(name)+" in "+d.subject(parent(ptr))+expected, try)
}

func (d *decoder) checkException(ptr string, e *Exception) {
	switch e.Store.Kind {
	case StoreActions, StoreActionsEnv, StoreActionsOrg, StoreDependabot, StoreCodespaces:
		d.formAt(ptr+"/secret", e.Secret, "secret")
	}
}

func (d *decoder) checkBreakGlass(m *Manifest, ptr string, b *BreakGlass, grants []string) {
	for i, name := range b.Grants {
		at := ptr + Pointer("grants", strconv.Itoa(i))
		identity, grant, _ := CutGrant(name)
		g, ok := m.Identities[identity].Grants[grant]
		switch {
		case !ok && form.Named("grant").Check(name) == nil:
			d.unknownName(at, "grant", name, grants)
		case ok:
			d.checkAWSTerm(&g, b.TTL, ptr+"/ttl")
			d.checkCloudTerm(&g, b.TTL, ptr+"/ttl")
		}
	}
}
