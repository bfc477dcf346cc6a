package trust

import (
	"time"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// Options choose what is rendered.
type Options struct {
	// Grant is IDENTITY/GRANT; "" for all grants.
	Grant string
}

// Document is what one grant's role must say in the cloud.
type Document struct {
	Grant    string // IDENTITY/GRANT
	Provider string // aws or vault
	Target   string // the role's ARN; for Vault auth/MOUNT/role/ROLE
	body     body
}

// body is a document in each of its two forms.
type body interface {
	// data is what marshals to the JSON that the provider takes.
	data() any
	// terraform writes HCL under a resource's label, which is an identifier.
	terraform(w *hclWriter, label string)
	// refusals is why a token with these claims isn't let in at now.
	refusals(claims identity.Claims, now time.Time) []Difference
}

// JSON is the document as the provider's own API takes it: the trust policy for
// `aws iam update-assume-role-policy --policy-document`, the parameters for `vault write TARGET -`.
func (d Document) JSON() []byte { return marshal(d.body.data()) }

// Terraform is the same in HCL: an aws_iam_policy_document and its aws_iam_role, or a
// vault_jwt_auth_backend_role.
func (d Document) Terraform() []byte {
	w := new(hclWriter)
	w.comment("grant " + d.Grant + ": " + d.Target)
	d.body.terraform(w, label(d.Grant))
	return w.b.Bytes()
}

// Render makes the documents of the manifest m under the organisation's policy p (nil where there is none),
// in the manifest's order, and says in what they aren't what the manifest says. A grant that o names and m
// lacks is a gap.
func Render(m *manifest.Manifest, p *manifest.Policy, o Options) ([]Document, []Gap) {
	r := &renderer{manifest: m, policy: p}
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
	roles     map[string]int // how many grants lead to one role
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

// countNames finds the roles that several grants share: one role can't tell them apart.
func (r *renderer) countNames() {
	r.roles, r.policies = map[string]int{}, map[string]int{}
	for id, identity := range r.manifest.Identities {
		for name, g := range identity.Grants {
			if role := roleOf(&g); role != "" {
				r.roles[role]++
			}
			if g.Vault != nil {
				r.policies[vaultPolicy(id, name)]++
			}
		}
	}
}

// roleOf names the role that a grant leads to, wherever it is; "" where curfew renders none for it.
func roleOf(g *manifest.Grant) string {
	switch {
	case g.AWS != nil:
		return g.AWS.Role
	case g.Vault != nil:
		return g.Vault.Address + " " + g.Vault.Namespace + " " + vaultTarget(g.Vault)
	}
	return ""
}

func (r *renderer) render(q *request) {
	var b body
	var target string
	switch {
	case q.grant.AWS != nil && q.demanded():
		b, target = q.aws(), q.grant.AWS.Role
	case q.grant.Vault != nil && q.demanded():
		b, target = q.vault(), vaultTarget(q.grant.Vault)
	case roleOf(q.grant) == "":
		q.gap(Missing, "", "curfew renders no trust for "+q.grant.Provider()+" yet", "bind the same claims there by hand")
	}
	if b != nil {
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
