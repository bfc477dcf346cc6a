package trust

import (
	"slices"
	"strings"
)

// kubernetes is what an API server must be told, by its AuthenticationConfiguration
// (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#using-authentication-configuration), and who then
// has the grant's Role. The configuration is the whole server's, with all grants of the manifest that lead there; an issuer
// occurs in it once.
type kubernetes struct {
	issuers []*kubeIssuer
	grant   kubeGrant // the one that the document is for
	// namespace, role and groups are the binding's.
	namespace, role string
	groups          []string
}

// kubeIssuer is one authenticator: whom it lets in it gives the groups of the grants that the token is for.
type kubeIssuer struct {
	url       string
	audiences []string
	username  string // in CEL
	grants    []kubeGrant
}

// kubeGrant is one grant: who proves it gets a group of its name.
type kubeGrant struct {
	issuer, audience string
	demanded         map[string][]string
	until            string // RFC 3339
	group            string // in CEL
}

// kubernetes renders configuration and binding.
//
// A token gets a group for each grant whose every claim it proves, and no group of another. That lets several grants, and
// several repositories' manifests, share one expression by adding to it, which a user's name couldn't: it is one. Whoever has
// no group isn't let in at all, as an issuer's tokens are anybody's.
func (q *request) kubernetes() body {
	own, ok := q.kubeGrant()
	if !ok {
		return nil
	}
	g := q.grant.Kubernetes
	b := &kubernetes{grant: own, namespace: g.Namespace, role: q.kubeRole()}
	if b.namespace == "" {
		b.namespace = "default"
	}
	for _, id := range q.projects() {
		b.groups = append(b.groups, "curfew:"+q.kubeIssuer()+":"+id+":"+q.id+"/"+q.name)
	}
	q.textAlone("Kubernetes")
	q.gap(Elsewhere, "", "an API server has one configuration for all: this has the grants of this manifest that lead to "+g.Server+", and nothing of others",
		"add the groups of other manifests to the same expression, and render it anew with every change of either")
	for _, other := range q.siblings() {
		if grant, ok := other.kubeGrant(); ok {
			b.add(grant, other.celRun("claims"))
		}
	}
	return b
}

// kubeTwin is another grant of the server that one token can be for as well, as it has the same audience and asks for no claim
// that this one forbids; "" where there is none. The token is itself what a job logs in with.
func (q *request) kubeTwin() string {
	for _, other := range q.siblings() {
		same := other.id == q.id && other.name == q.name
		if !same && other.issuer == q.issuer && other.grant.Kubernetes.Audience == q.grant.Kubernetes.Audience && !disjoint(q.bound(), other.bound()) {
			return other.id + "/" + other.name
		}
	}
	return ""
}

// disjoint reports whether no token proves both: some claim has no value in common.
func disjoint(a, b map[string][]string) bool {
	for name, values := range a {
		if others, ok := b[name]; ok && !slices.ContainsFunc(values, func(v string) bool { return slices.Contains(others, v) }) {
			return true
		}
	}
	return false
}

// kubeIssuer is the issuer as groups have it: another may have a project of the same number.
func (q *request) kubeIssuer() string { return strings.TrimPrefix(q.issuer, "https://") }

// kubeRole names the grant's Role, and its binding. No name of Kubernetes' has a slash.
func (q *request) kubeRole() string {
	return strings.Join([]string{"curfew", strings.ReplaceAll(q.kubeIssuer(), "/", "+"), strings.Join(q.projects(), "+"), q.id, q.name}, ":")
}

// siblings are the requests of all grants of the same API server, this one's among them, in the manifest's order. What
// isn't rendered of them is said where they are rendered themselves.
func (q *request) siblings() []*request {
	scratch := &renderer{manifest: q.manifest, policy: q.policy, places: q.places, policies: q.policies}
	var out []*request
	for _, id := range q.manifest.IdentityIDs() {
		for _, name := range q.manifest.GrantIDs(id) {
			who := q.manifest.Identities[id]
			g := who.Grants[name]
			r := &request{renderer: scratch, id: id, name: name, identity: &who, grant: &g}
			if g.Kubernetes != nil && g.Kubernetes.Server == q.grant.Kubernetes.Server && r.demanded() {
				out = append(out, r)
			}
		}
	}
	return out
}

// kubeGrant is what a token must prove for the grant; false where it can't be written.
func (q *request) kubeGrant() (kubeGrant, bool) {
	g := q.grant.Kubernetes
	switch {
	case !strings.HasPrefix(q.issuer, "https://"):
		return kubeGrant{}, q.gap(Missing, "", "Kubernetes takes no issuer that isn't https", "let the issuer have a name of its own")
	case !q.fitAudience(g.Audience):
		return kubeGrant{}, q.gap(Missing, "", "the audience can't be written to the letter", "give the grant an audience without white space around it")
	case g.Namespace != "" && strings.Trim(g.Namespace, "abcdefghijklmnopqrstuvwxyz0123456789-") != "":
		return kubeGrant{}, q.gap(Missing, "", "the namespace has characters that no namespace has", "write it as `kubectl get namespaces` shows it")
	case !q.fitNames():
		return kubeGrant{}, false
	}
	if other := q.kubeTwin(); other != "" {
		return kubeGrant{}, q.gap(Missing, "", "a token for the grant's audience may prove "+other+" too, and gets the groups of both: whoever has one of the grants has the other",
			"give each grant of the server an audience of its own")
	}
	return kubeGrant{
		issuer: q.issuer, audience: g.Audience, demanded: q.bound(), until: lastDay(q.identity).End().Format("2006-01-02T15:04:05Z"),
		group: celText("curfew:"+q.kubeIssuer()+":") + " + " + celClaim("claims", q.projectClaim()) + " + " + celText(":"+q.id+"/"+q.name),
	}, true
}

func (b *kubernetes) add(g kubeGrant, username string) {
	i := slices.IndexFunc(b.issuers, func(i *kubeIssuer) bool { return i.url == g.issuer })
	if i < 0 {
		i = len(b.issuers)
		b.issuers = append(b.issuers, &kubeIssuer{url: g.issuer, username: username})
	}
	to := b.issuers[i]
	to.grants = append(to.grants, g)
	if !slices.Contains(to.audiences, g.audience) {
		to.audiences = append(to.audiences, g.audience)
		slices.Sort(to.audiences)
	}
}

// terms are what must hold for the grant, each by itself false for a token that lacks the claim: an error would take
// the groups of other grants along. The audience is asked for since the server takes those of all grants, and the time of
// issue since the group ends with the entitlement.
func (g kubeGrant) terms() []string {
	aud := celClaim("claims", "aud")
	out := []string{
		"(" + aud + " == " + celText(g.audience) + " || " + aud + " == " + celTexts([]string{g.audience}) + ")",
		"has(claims.iat) && timestamp(int(claims.iat)) < timestamp(" + celText(g.until) + ")",
	}
	for _, name := range sortedKeys(g.demanded) {
		if name != "iss" {
			out = append(out, celHas("claims", name)+" && "+celIs("claims", name, g.demanded[name]))
		}
	}
	return out
}

// expression gives the groups of all grants that a token proves.
func (i *kubeIssuer) expression() block {
	var all []string
	for _, g := range i.grants {
		all = append(all, "(\n  "+strings.Join(g.terms(), " &&\n  ")+"\n  ? ["+g.group+"] : []\n)")
	}
	return block(strings.Join(all, " + "))
}

func (i *kubeIssuer) object() tree {
	issuer := tree{{"url", i.url}, {"audiences", i.audiences}}
	if len(i.audiences) > 1 {
		issuer = append(issuer, field{"audienceMatchPolicy", "MatchAny"})
	}
	return tree{
		{"issuer", issuer},
		{"claimMappings", tree{
			{"username", tree{{"expression", i.username}}},
			{"groups", tree{{"expression", i.expression()}}},
		}},
		{"userValidationRules", []tree{{
			{"expression", "user.groups.exists(group, group.startsWith('curfew:'))"},
			{"message", "the token is for no grant of a manifest"},
		}}},
	}
}

func (b *kubernetes) configuration() tree {
	all := make([]tree, len(b.issuers))
	for i, issuer := range b.issuers {
		all[i] = issuer.object()
	}
	return tree{{"apiVersion", "apiserver.config.k8s.io/v1"}, {"kind", "AuthenticationConfiguration"}, {"jwt", all}}
}

func (b *kubernetes) binding() tree {
	const rbac = "rbac.authorization.k8s.io"
	subjects := make([]tree, len(b.groups))
	for i, group := range b.groups {
		subjects[i] = tree{{"apiGroup", rbac}, {"kind", "Group"}, {"name", group}}
	}
	return tree{
		{"apiVersion", rbac + "/v1"},
		{"kind", "RoleBinding"},
		{"metadata", tree{{"name", b.role}, {"namespace", b.namespace}}},
		{"roleRef", tree{{"apiGroup", rbac}, {"kind", "Role"}, {"name", b.role}}},
		{"subjects", subjects},
	}
}

func (b *kubernetes) own() Form { return YAML }

func (b *kubernetes) data() any {
	return tree{{"authenticationConfiguration", b.configuration()}, {"roleBinding", b.binding()}}
}

func (b *kubernetes) text() string {
	return "# For the API server's --authentication-config. From Kubernetes 1.34 on; before, from 1.30 on, it is v1beta1 and the same\n" +
		b.configuration().yaml("") +
		"---\n# For kubectl apply, beside a Role of the same name that says what the grant is for\n" + b.binding().yaml("")
}
