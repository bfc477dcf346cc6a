package trust

import (
	"strings"

	"github.com/curfew-ci/curfew/internal/manifest"
)

// Options choose what is rendered.
type Options struct {
	// Grant is IDENTITY/GRANT; "" for all grants.
	Grant string
	// Project is the one that the manifest lies in. Where it isn't known, claims aren't compared with it.
	Project Project
}

// Document is what one grant's provider must be told.
type Document struct {
	Grant    string // IDENTITY/GRANT
	Provider string // the provider's key in the manifest
	// Target is what the document is for: the role's ARN, for Vault auth/MOUNT/role/ROLE, a service account's
	// email, an application's client id, an API server's URL, OWNER/REPO:PATH of a trust policy's file, a package, or
	// a token endpoint's URL.
	Target string
	body   body
}

// Render makes the documents of the manifest m under the organisation's policy p (nil where there is none),
// in the manifest's order, and says in what they aren't what the manifest says. A grant that o names and m
// lacks is a gap.
func Render(m *manifest.Manifest, p *manifest.Policy, o Options) ([]Document, []Gap) {
	r := &renderer{manifest: m, policy: p, project: o.Project}
	r.countNames()
	found := false
	for _, id := range m.IdentityIDs() {
		for _, name := range m.GrantIDs(id) {
			grant := id + "/" + name
			if o.Grant != "" && o.Grant != grant {
				continue
			}
			found = true
			identity := m.Identities[id]
			g := identity.Grants[name]
			r.render(&request{renderer: r, id: id, name: name, identity: &identity, grant: &g})
		}
	}
	if !found && o.Grant != "" {
		r.gaps = append(r.gaps, Gap{
			Grant: o.Grant, Kind: Missing, Message: "the manifest has no such grant", Fix: "name one of the manifest's grants",
			Region: m.At("/identities"),
		})
	}
	return r.documents, r.gaps
}

// renderer gathers what is rendered.
type renderer struct {
	manifest  *manifest.Manifest
	policy    *manifest.Policy
	project   Project
	places    map[place]int  // how many grants lead to one place
	policies  map[string]int // how many grants would have one Vault policy's name
	documents []Document
	gaps      []Gap
}

// request is one grant to render.
type request struct {
	*renderer
	id, name string
	identity *manifest.Identity
	grant    *manifest.Grant
	demand
}

// place is where a grant leads to that can't tell two of them apart.
type place struct{ what, name string }

// countNames finds the places that several grants share.
func (r *renderer) countNames() {
	r.places, r.policies = map[place]int{}, map[string]int{}
	for id, identity := range r.manifest.Identities {
		for name, g := range identity.Grants {
			for _, p := range placesOf(&g) {
				r.places[p]++
			}
			if g.Vault != nil {
				r.policies[vaultPolicy(id, name)]++
			}
		}
	}
}

// placesOf names where a grant leads to. A PyPI project and a crate have as many publishers as they like, an API server
// keeps grants apart by their audiences and claims, and of an authorization server nothing is known: they aren't among them.
func placesOf(g *manifest.Grant) []place {
	switch {
	case g.AWS != nil:
		return []place{{"role", g.AWS.Role}}
	case g.Vault != nil:
		return []place{{"role", g.Vault.Address + " " + g.Vault.Namespace + " " + vaultTarget(g.Vault)}}
	case g.GCP != nil:
		return []place{{"service account", g.GCP.ServiceAccount}, {"workload identity pool provider", g.GCP.Provider}}
	case g.Azure != nil:
		return []place{{"application", strings.ToLower(g.Azure.Client)}}
	case g.GitHub != nil:
		return []place{{"trust policy", g.GitHub.Exchange + " " + strings.ToLower(stsTarget(g.GitHub))}}
	case g.NPM != nil:
		return []place{{"package, which has one trusted publisher", g.NPM.Package}}
	}
	return nil
}

func (r *renderer) render(q *request) {
	if !q.demanded() {
		return
	}
	var b body
	var target string
	switch g := q.grant; {
	case g.AWS != nil:
		b, target = q.aws(), g.AWS.Role
	case g.Vault != nil:
		b, target = q.vault(), vaultTarget(g.Vault)
	case g.GCP != nil:
		b, target = q.gcp(), g.GCP.ServiceAccount
	case g.Azure != nil:
		b, target = q.azure(), g.Azure.Client
	case g.Kubernetes != nil:
		b, target = q.kubernetes(), g.Kubernetes.Server
	case g.GitHub != nil:
		b, target = q.octoSTS(), stsTarget(g.GitHub)
	case g.OAuth != nil:
		b, target = q.oauth(), g.OAuth.TokenURL
	default:
		b, target = q.registry()
	}
	if b != nil {
		q.projectBound()
		r.documents = append(r.documents, Document{Grant: q.id + "/" + q.name, Provider: q.grant.Provider(), Target: target, body: b})
	}
}

// gap notes what can't be rendered; claim is the claim that asks for it, "" for the grant as a whole. It is
// false, for those who give up.
func (q *request) gap(kind GapKind, claim, message, fix string) bool {
	pointer := manifest.Pointer("identities", q.id, "grants", q.name)
	region := q.manifest.KeyAt(pointer)
	if claim != "" {
		region = q.manifest.KeyAt(manifest.Pointer("identities", q.id, "claims", claim))
	}
	q.gaps = append(q.gaps, Gap{Grant: q.id + "/" + q.name, Kind: kind, Message: message, Fix: fix, Region: region})
	return false
}
