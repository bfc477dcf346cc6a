package certify

import (
	"slices"
	"strconv"

	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/manifest/splice"
)

// edits are what changes mean for the manifest: their own, and those of what names that which they remove.
func (in Input) edits(changes []Change) []splice.Edit {
	var out []splice.Edit
	gone := map[string]bool{} // identity/grant, and ids of exceptions, which have no slash
	for i := range changes {
		c := &changes[i]
		at := manifest.Pointer("identities", c.ID)
		if c.Kind == Exception {
			at = manifest.Pointer("exceptions", c.ID)
		}
		if c.Action == Remove {
			out = append(out, splice.Remove(at))
			if c.Kind == Exception {
				gone[c.ID] = true
				continue
			}
			for _, g := range in.Manifest.GrantIDs(c.ID) {
				gone[c.ID+"/"+g] = true
			}
			continue
		}
		if !c.Until.IsZero() {
			out = append(out, splice.Set(at+"/expires", c.Until.String()))
		}
		out = append(out, in.narrowed(at, c)...)
		for _, g := range c.Gone {
			gone[c.ID+"/"+g] = true
		}
	}
	out = append(out, in.withoutGrants(gone)...)
	return append(out, in.withoutSecrets(gone, changes)...)
}

// narrowed takes grants out of an identity; all of them with the key that they stand under.
func (in Input) narrowed(at string, c *Change) []splice.Edit {
	if len(c.Gone) > 0 && len(c.Gone) == len(in.Manifest.Identities[c.ID].Grants) {
		return []splice.Edit{splice.Remove(at + "/grants")}
	}
	var out []splice.Edit
	for _, g := range c.Gone {
		out = append(out, splice.Remove(at+manifest.Pointer("grants", g)))
	}
	return out
}

// withoutGrants takes grants that are gone out of break-glass, and entries that would be left without any.
func (in Input) withoutGrants(gone map[string]bool) []splice.Edit {
	var out []splice.Edit
	for _, id := range in.Manifest.BreakGlassIDs() {
		at, grants := manifest.Pointer("break-glass", id), in.Manifest.BreakGlass[id].Grants
		if !slices.ContainsFunc(grants, func(g string) bool { return !gone[g] }) {
			out = append(out, splice.Remove(at))
			continue
		}
		for i, g := range grants {
			if gone[g] {
				out = append(out, splice.Remove(at+"/grants/"+strconv.Itoa(i)))
			}
		}
	}
	return out
}

// withoutSecrets takes exceptions that are gone out of the identities that stay.
func (in Input) withoutSecrets(gone map[string]bool, changes []Change) []splice.Edit {
	var out []splice.Edit
	for _, id := range in.Manifest.IdentityIDs() {
		if slices.ContainsFunc(changes, func(c Change) bool { return c.Kind == Identity && c.ID == id && c.Action == Remove }) {
			continue
		}
		for i, secret := range in.Manifest.Identities[id].Secrets {
			if gone[secret] {
				out = append(out, splice.Remove(manifest.Pointer("identities", id, "secrets", strconv.Itoa(i))))
			}
		}
	}
	return out
}
