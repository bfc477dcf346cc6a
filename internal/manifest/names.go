package manifest

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// IdentityIDs are the ids of the identities in the file's order.
func (m *Manifest) IdentityIDs() []string { return inOrder(m.where, m.Identities, "/identities") }

// GrantIDs are the ids of an identity's grants in the file's order.
func (m *Manifest) GrantIDs(identity string) []string {
	return inOrder(m.where, m.Identities[identity].Grants, Pointer("identities", identity, "grants"))
}

// ExceptionIDs are the ids of the exceptions in the file's order.
func (m *Manifest) ExceptionIDs() []string { return inOrder(m.where, m.Exceptions, "/exceptions") }

// OwnerIDs are the ids of the owners in the file's order.
func (m *Manifest) OwnerIDs() []string { return inOrder(m.where, m.Owners, "/owners") }

// BreakGlassIDs are the ids of the ways to break the glass in the file's order.
func (m *Manifest) BreakGlassIDs() []string { return inOrder(m.where, m.BreakGlass, "/break-glass") }

// OwnerIDs are the ids of the policy's owners in the file's order.
func (p *Policy) OwnerIDs() []string { return inOrder(p.where, p.Owners, "/owners") }

// OwnerOf is the owner of that id: the organisation's where its policy has one, which a repository
// can't redefine, otherwise the manifest's own. p may be nil.
func (m *Manifest) OwnerOf(id string, p *Policy) (Owner, bool) {
	if p != nil {
		if o, ok := p.Owners[id]; ok {
			return o, true
		}
	}
	o, ok := m.Owners[id]
	return o, ok
}

// inOrder lists the keys of a map by where they stand in the file, below ptr; those of a value that
// didn't come from a file by name.
func inOrder[V any](where positions, of map[string]V, ptr string) []string {
	at := func(k string) int { return where.keys[ptr+Pointer(k)].Start.Offset }
	return slices.SortedFunc(maps.Keys(of), func(a, b string) int {
		return cmp.Or(cmp.Compare(at(a), at(b)), cmp.Compare(a, b))
	})
}

// CutGrant splits identity/grant, the name that --grant and break-glass use.
func CutGrant(name string) (identity, grant string, ok bool) { return strings.Cut(name, "/") }
