package lease

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/jsontree"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// The names by which tools of Kubernetes know what is handed over: kubectl, Helm and client libraries the first, Terraform's
// provider the others (https://registry.terraform.io/providers/hashicorp/kubernetes/latest/docs#argument-reference), and its
// backend the last (https://developer.hashicorp.com/terraform/language/backend/kubernetes).
const (
	kubeConfig     = "KUBECONFIG"
	kubeConfigPath = "KUBE_CONFIG_PATH"
	kubeHost       = "KUBE_HOST"
	kubeToken      = "KUBE_TOKEN"
	kubeNamespace  = "KUBE_NAMESPACE"
)

// kubeCredential is what an API server's audit log has of a token beside the user: "JTI=" and the token's jti, from Kubernetes 1.32
// on (https://github.com/kubernetes/kubernetes/pull/127010).
const kubeCredential = "authentication.kubernetes.io/credential-id"

func kubernetesKind() kind {
	return kind{
		name: "kubernetes", make: func(d desk) Provider { return &kubernetes{d} },
		audience: func(g *manifest.Grant) string { return g.Kubernetes.Audience },
		endpoint: func(g *manifest.Grant) (string, error) { return g.Kubernetes.Server, nil },
		as:       manifest.AsFile, // a file can be renewed, and the token lives for minutes
		file: func(g *manifest.Grant, src []byte) error {
			_, err := readAuthority(g.Kubernetes.CA, src)
			return err
		},
	}
}

// kubernetes hands over the ID token itself, to an API server that trusts its issuer
// (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#using-authentication-configuration). There is nothing to
// exchange; what is asked instead is whom the server takes the job for. A manifest's endpoint is asked in place of its server; the
// server is handed over.
type kubernetes struct{ desk }

// Exchange proves that the server accepts the token, by the grant's authority.
func (p *kubernetes) Exchange(ctx context.Context, r Request) (*Credential, error) {
	c, err := p.exchange(ctx, r)
	if err != nil {
		return nil, within("kubernetes", err)
	}
	return c, nil
}

func (p *kubernetes) exchange(ctx context.Context, r Request) (*Credential, error) {
	g := r.Grant.Kubernetes
	if g == nil {
		return nil, errOtherGrant
	}
	own := []string{kubeConfig, kubeConfigPath, kubeHost, kubeToken}
	if g.Namespace != "" {
		own = append(own, kubeNamespace)
	}
	names, err := namesOf(g.HandOver, own, nil)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(r.check(), r.noNarrow("Kubernetes has no session policies, roles bound to the user are all that narrows")); err != nil {
		return nil, err
	}
	c := &Credential{Provider: "kubernetes", Issued: p.now(), Revocable: Never}
	if c.NotAfter, err = r.tokenEnd(c.Issued); err != nil {
		return nil, err
	}
	authority, err := readAuthority(g.CA, r.File)
	if err != nil {
		return nil, err
	}
	if c.Handle, err = p.review(ctx, r, authority); err != nil {
		return nil, err
	}
	c.Values = []Value{names.public(kubeHost, g.Server), names.secret(kubeToken, r.IDToken)}
	if g.Namespace != "" {
		c.Values = append(c.Values, names.public(kubeNamespace, g.Namespace))
	}
	c.files = kubeFiles(names, g, authority)
	if err := r.hold(c); err != nil {
		return nil, giveBack(ctx, p, c, err)
	}
	return c, nil
}

// tokenEnd is when the ID token ends, which nobody can bring about sooner: a lease that is to be shorter can't be had.
func (r Request) tokenEnd(now time.Time) (time.Time, error) {
	end, err := r.Claims.Time("exp")
	if err != nil {
		return time.Time{}, fmt.Errorf("when the ID token ends isn't known: %w", err)
	}
	began, err := r.Claims.Time("iat")
	if err != nil || began.After(now) {
		began = now
	}
	if lives := end.Sub(began); lives > r.TTL {
		return time.Time{}, fmt.Errorf("the ID token lives for %s, which is longer than the %s that is left to the lease, and nobody can end it sooner: give the grant a ttl of at least %s",
			lives, r.TTL, lives)
	}
	return end, r.term(now, end)
}

// review asks the server whom it takes the job for, and returns what its audit log knows the token by
// (https://kubernetes.io/docs/reference/kubernetes-api/definitions/self-subject-review-v1-authentication/).
func (p *kubernetes) review(ctx context.Context, r Request, authority authority) (string, error) {
	l, ctx, cancel, err := p.openTo(ctx, r.Grant, authority, kubeSaid)
	if err != nil {
		return "", err
	}
	defer cancel()
	l.hide(r.IDToken)
	a, err := l.ask(ctx, question{
		method: http.MethodPost, path: []string{"apis", "authentication.k8s.io", "v1", "selfsubjectreviews"},
		header: http.Header{
			"Authorization": {"Bearer " + string(r.IDToken.Reveal())}, "Accept": {"application/json"}, "Content-Type": {"application/json"},
		},
		body: []byte(`{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}`),
	})
	switch {
	case err != nil:
		return "", err
	case a.status >= 400:
		return "", l.denied(r, a, kubeTry(a))
	case a.status != http.StatusCreated && a.status != http.StatusOK:
		return "", fmt.Errorf("%s, expected 201: is it the server that the manifest means?", l.words(a))
	}
	root, err := readJSON(a)
	if err != nil {
		return "", err
	}
	handle, err := r.acceptedBy(a.host, root)
	return handle, l.quoted(err)
}

// acceptedBy reads a review, which must be of this token.
func (r Request) acceptedBy(host string, root *jsontree.Node) (string, error) {
	user := member(root, "status", "userInfo")
	name := text(user, "username")
	if text(root, "kind") != "SelfSubjectReview" || name == "" {
		return "", fmt.Errorf("%s answered with something else than a SelfSubjectReview that names a user: is it an API server?", host)
	}
	if name == "system:anonymous" {
		return "", fmt.Errorf("%s takes the job for nobody (system:anonymous): does something before it take the token away?", host)
	}
	jti, _ := r.Claims.Text("jti")
	handle := "JTI=" + jti
	if list := member(user, "extra", kubeCredential); list != nil {
		if list.Kind != jsontree.Array || len(list.Items) != 1 || list.Items[0].Kind != jsontree.String {
			return "", fmt.Errorf("%s answered with an odd %s", host, kubeCredential)
		}
		if said := list.Items[0].Text; jti == "" {
			handle = said
		} else if said != handle {
			return "", fmt.Errorf("%s took the job by another credential than its ID token (%s is %q, expected %q): does something before it log in by itself?",
				host, kubeCredential, said, handle)
		}
	}
	if handle == "JTI=" {
		return r.IDToken.Fingerprint("kubernetes"), nil
	}
	if _, err := fit("what the audit log knows the token by", handle); err != nil || len(handle) > 128 {
		return "", errors.New("the token's jti is none that logs could be searched for")
	}
	return handle, nil
}

// openTo makes a line to the grant's server that trusts its authority alone. A server that speaks without TLS could be anybody.
func (d *desk) openTo(ctx context.Context, g *manifest.Grant, a authority, said func(answer) string) (*line, context.Context, context.CancelFunc, error) {
	base, err := Endpoint(g)
	if err != nil {
		return nil, nil, nil, err
	}
	for _, at := range [][2]string{{"server", g.Kubernetes.Server}, {"endpoint", base}} {
		u, err := courier.ParseEndpoint(at[1])
		if err == nil && u.Scheme != "https" {
			err = fmt.Errorf("%q: expected https, as the authority in %s is to prove it", courier.Origin(u), g.Kubernetes.CA)
		}
		if err != nil {
			return nil, nil, nil, fmt.Errorf("the %s %w", at[0], err)
		}
	}
	own, err := d.trusting(a)
	if err != nil {
		return nil, nil, nil, err
	}
	return own.open(ctx, base, dialect{said: said})
}

// kubeSaid is the message of a refusal: https://kubernetes.io/docs/reference/kubernetes-api/definitions/status-v1-meta/.
func kubeSaid(a answer) string {
	root, err := readJSON(a)
	if err != nil {
		return ""
	}
	return text(root, "message")
}

// kubeTry says what to change where the server refuses. Of a 401 it tells the reason to its own log alone.
func kubeTry(a answer) string {
	switch a.status {
	case http.StatusUnauthorized:
		return "compare the claims with the jwt authenticators of the API server's AuthenticationConfiguration: issuer.url, issuer.audiences, claimValidationRules and userValidationRules; " +
			"why it refuses stands in its log (\"Unable to authenticate the request\")"
	case http.StatusForbidden:
		return "the token is accepted, and may not ask who it is: bind the cluster role system:basic-user to the group system:authenticated, as it is by default"
	case http.StatusNotFound:
		return "see that it is the API server of Kubernetes 1.28 or later, which has selfsubjectreviews in authentication.k8s.io/v1"
	}
	return fmt.Sprintf("see that %s is an API server, and what it says of the request", a.host)
}

// Revoke ends nothing: an ID token lives until its time is over, and an API server has no list of those that don't count.
func (p *kubernetes) Revoke(_ context.Context, c *Credential) (Revocation, error) {
	if c.Provider != "kubernetes" {
		return Revocation{}, within("kubernetes", errOtherCredential)
	}
	return c.unasked(p.now(), "an ID token can't be revoked"), nil
}
