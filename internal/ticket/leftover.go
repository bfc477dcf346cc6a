package ticket

import (
	"cmp"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/manifest"
)

// Leftover is what a removed entitlement, or a repository that is archived, leaves where it lives. It stands in memos, so
// that it is known for as long as its ticket is open.
type Leftover struct {
	Kind LeftoverKind `json:"k"`
	In   string       `json:"in,omitempty"` // a secret's environment; a grant's identity/grant
	Name string       `json:"n"`
}

// LeftoverKind is what sort of thing is left.
type LeftoverKind string

// The kinds: of stored secrets those of the manifest's stores, of grants "grant-" and the provider, and these.
const (
	leftEnvironment LeftoverKind = "environment"
	leftDeployKey   LeftoverKind = "deploy-key"
	leftSource      LeftoverKind = "source" // of an inventory, which wasn't read: nobody knows what is in it
	grantPrefix                  = "grant-"
)

// removal is an entry that is gone, or has lost something.
type removal struct {
	kind, id, owner string
	privilege       manifest.Privilege
	left            []Leftover
}

// removals compares two manifests: which entries of the first leave something behind in the second, in the first one's
// order.
func removals(before, after *manifest.Manifest) []removal {
	var out []removal
	for _, id := range before.IdentityIDs() {
		identity := before.Identities[id]
		r := removal{kind: "identity", id: id, owner: identity.Owner, privilege: identity.Privilege}
		for _, name := range before.GrantIDs(id) {
			g := identity.Grants[name]
			r.left = append(r.left, Leftover{Kind: LeftoverKind(grantPrefix + g.Provider()), In: id + "/" + name, Name: placeOf(&g)})
		}
		for _, name := range identity.Claims["environment"].Any {
			r.left = append(r.left, Leftover{Kind: leftEnvironment, Name: name})
		}
		out = append(out, r)
	}
	for _, id := range before.ExceptionIDs() {
		e := before.Exceptions[id]
		in := ""
		if e.Store.Kind == manifest.StoreActionsEnv || e.Store.Kind == manifest.StoreFile {
			in = e.Store.Name
		}
		out = append(out, removal{"exception", id, e.Owner, manifest.PrivilegeHigh, []Leftover{{LeftoverKind(e.Store.Kind), in, e.Secret}}})
	}
	for i := range out {
		out[i].left = slices.DeleteFunc(out[i].left, func(l Leftover) bool { return entitled(l, after) })
	}
	return slices.DeleteFunc(out, func(r removal) bool { return len(r.left) == 0 })
}

// entitled reports whether a manifest has what is said to be left.
func entitled(l Leftover, m *manifest.Manifest) bool {
	if id, name, ok := strings.Cut(l.In, "/"); ok && strings.HasPrefix(string(l.Kind), grantPrefix) {
		g, there := m.Identities[id].Grants[name]
		return there && grantPrefix+g.Provider() == string(l.Kind) && placeOf(&g) == l.Name
	}
	if l.Kind == leftEnvironment {
		for _, identity := range m.Identities {
			if identity.Claims["environment"].Matches(l.Name) {
				return true
			}
		}
		return false
	}
	for _, e := range m.Exceptions {
		if LeftoverKind(e.Store.Kind) == l.Kind && e.Store.Name == l.In && strings.EqualFold(e.Secret, l.Name) {
			return true
		}
	}
	return false
}

// placeOf is what at a provider lets a grant be used.
func placeOf(g *manifest.Grant) string {
	switch {
	case g.AWS != nil:
		return g.AWS.Role
	case g.GCP != nil:
		return g.GCP.ServiceAccount + " by " + g.GCP.Provider
	case g.Azure != nil:
		return g.Azure.Client + " of tenant " + g.Azure.Tenant
	case g.Vault != nil:
		return g.Vault.Role + " of mount " + strings.TrimPrefix(g.Vault.Namespace+"/"+g.Vault.Mount, "/") + " at " + g.Vault.Address
	case g.GitHub != nil:
		return g.GitHub.Identity + " at " + g.GitHub.Exchange
	case g.OAuth != nil:
		return g.OAuth.Audience + " at " + g.OAuth.TokenURL
	case g.Kubernetes != nil:
		return cmp.Or(g.Kubernetes.Namespace, "all namespaces") + " at " + g.Kubernetes.Server
	}
	for _, of := range []*manifest.Registry{g.NPM, g.PyPI, g.Crates} {
		if of != nil {
			return of.Package
		}
	}
	return ""
}

// todo says what is to be done about it.
func (l Leftover) todo() string {
	switch provider, isGrant := strings.CutPrefix(string(l.Kind), grantPrefix); {
	case isGrant:
		return map[string]string{
			"aws": "delete the role, or take the identity out of its trust policy", "gcp": "delete the service account, or its binding to the provider",
			"azure": "delete the federated credential, or the application", "vault": "delete the role",
			"github": "delete the trust policy at the exchange, and the App's installation if nothing else needs it",
			"oauth":  "take the workload out of what the server trusts", "kubernetes": "delete the role binding",
		}[provider] + map[bool]string{true: "remove the trusted publisher of the package"}[provider == "npm" || provider == "pypi" || provider == "crates"]
	}
	switch l.Kind {
	case LeftoverKind(manifest.StoreFile):
		return "revoke it, and take it out of the file"
	case LeftoverKind(manifest.StoreActionsOrg):
		return "revoke it; delete it, or take this repository off those that it is shared with"
	case leftEnvironment:
		return "delete the environment, with its secrets"
	case leftDeployKey:
		return "delete the key"
	case leftSource:
		return "take an inventory that has read it, or look yourself"
	}
	return "revoke it, and delete the stored secret"
}

// place says where it is.
func (l Leftover) place() string {
	switch provider, isGrant := strings.CutPrefix(string(l.Kind), grantPrefix); {
	case isGrant:
		return provider + ", for grant " + l.In
	case l.In != "":
		return string(l.Kind) + " " + l.In
	}
	return string(l.Kind)
}
