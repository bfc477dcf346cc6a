package lease

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/redact"
)

// The names by which Google's tools, and Terraform, know what is handed over.
const (
	gcpToken   = "CLOUDSDK_AUTH_ACCESS_TOKEN" //nolint:gosec // its name
	gcpOAuth   = "GOOGLE_OAUTH_ACCESS_TOKEN"  //nolint:gosec // its name
	gcpProject = "CLOUDSDK_CORE_PROJECT"
	gcpCloud   = "GOOGLE_CLOUD_PROJECT"
)

// Where Google exchanges tokens, and where it issues those of service accounts. A grant's endpoint stands for both.
const (
	gcpSTS = "https://sts.googleapis.com"
	gcpIAM = "https://iamcredentials.googleapis.com"
)

// gcpLongest is the most that an organisation policy allows; without one it is an hour:
// https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken.
const gcpLongest = 12 * time.Hour

// The scopes that are asked for: of the federated token the least that lets it ask for the account's, and of the
// account's, where the grant says none, the one that leaves it to IAM what the token may.
const (
	gcpFederatedScope = "https://www.googleapis.com/auth/iam"
	gcpAnyScope       = "https://www.googleapis.com/auth/cloud-platform"
)

func gcpKind() kind {
	return kind{
		name: "gcp", make: func(d desk) Provider { return &gcp{d} },
		// What a provider takes that names no audiences of its own:
		// https://cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools.providers#oidc.
		audience: func(g *manifest.Grant) string {
			if g.GCP.Audience != "" {
				return g.GCP.Audience
			}
			return "https://iam.googleapis.com/" + g.GCP.Provider
		},
		endpoint: func(*manifest.Grant) (string, error) { return gcpSTS, nil },
		as:       manifest.AsEnv, longest: gcpLongest,
	}
}

// gcp exchanges in two steps, or three: the ID token for a federated token of the pool, that for an access token of the
// service account, and where the grant names a boundary that for one which is within it
// (https://cloud.google.com/iam/docs/workload-identity-federation and
// https://cloud.google.com/iam/docs/downscoping-short-lived-credentials). The last alone is handed over: each before it may
// more. Nothing ends any of them but its time.
type gcp struct{ desk }

// Exchange asks for an access token of the service account.
func (p *gcp) Exchange(ctx context.Context, r Request) (*Credential, error) {
	c, err := p.exchange(ctx, r)
	if err != nil {
		return nil, within("gcp", err)
	}
	return c, nil
}

func (p *gcp) exchange(ctx context.Context, r Request) (*Credential, error) {
	g := r.Grant.GCP
	if g == nil {
		return nil, errOtherGrant
	}
	own := []string{gcpToken, gcpOAuth}
	project := gcpProjectOf(g.ServiceAccount)
	if project != "" {
		own = append(own, gcpProject, gcpCloud)
	}
	names, err := namesOf(g.HandOver, own, nil)
	if err != nil {
		return nil, err
	}
	boundary, err := r.gcpBoundary()
	if err := errors.Join(r.check(), r.gcpAsks(), r.noNarrow("Google Cloud has no session policies, a boundary is what narrows"), err); err != nil {
		return nil, err
	}
	w, ctx, cancel, err := p.walk(ctx, r)
	if err != nil {
		return nil, err
	}
	defer cancel()
	federated, err := w.federate(ctx)
	if err != nil {
		return nil, err
	}
	c, token, err := w.impersonate(ctx, federated)
	if err == nil && boundary != "" {
		token, err = w.bound(ctx, c, token, boundary)
	}
	if err == nil { // what there was before can't be ended, and nobody has it
		err = r.hold(c)
	}
	if err != nil && c != nil {
		return nil, giveBack(ctx, p, c, err)
	}
	if err != nil {
		return nil, err
	}
	c.Values = []Value{names.secret(gcpToken, token), names.secret(gcpOAuth, token)}
	if project != "" {
		c.Values = append(c.Values, names.public(gcpProject, project), names.public(gcpCloud, project))
	}
	return c, nil
}

// gcpEmail is a service account's email, of which a path is made.
var gcpEmail = regexp.MustCompile(`^[A-Za-z0-9._-]+@[A-Za-z0-9.-]+$`)

// gcpAsks refuses what Google could not give.
func (r Request) gcpAsks() error {
	if !gcpEmail.MatchString(r.Grant.GCP.ServiceAccount) {
		return errors.New("the service account isn't an email of one: expected NAME@PROJECT.iam.gserviceaccount.com")
	}
	if r.TTL > gcpLongest {
		return fmt.Errorf("a token of %s can't be had: Google issues none of more than %s; give the grant a shorter ttl", r.TTL, gcpLongest)
	}
	return nil
}

// gcpProjectOf is the project that a service account's email names: NAME@PROJECT.iam.gserviceaccount.com. Those that Google
// makes by itself name none, and nor do those of a project within a domain.
func gcpProjectOf(email string) string {
	_, host, _ := strings.Cut(email, "@")
	project, ok := strings.CutSuffix(host, ".iam.gserviceaccount.com")
	if !ok || strings.Contains(project, ".") {
		return ""
	}
	return project
}

// gcpWalk is the way to one credential, by the two servers that are asked for it.
type gcpWalk struct {
	r        Request
	sts, iam *line
}

// walk opens both lines, on one budget.
func (p *gcp) walk(ctx context.Context, r Request) (*gcpWalk, context.Context, context.CancelFunc, error) {
	base, err := Endpoint(r.Grant)
	if err != nil {
		return nil, nil, nil, err
	}
	iam := gcpIAM
	if r.Grant.GCP.Endpoint != "" {
		iam = r.Grant.GCP.Endpoint
	}
	w := &gcpWalk{r: r}
	var done, both context.CancelFunc
	if w.sts, ctx, done, err = p.open(ctx, base, dialect{said: gcpSaid}, r.IDToken); err != nil {
		return nil, nil, nil, err
	}
	if w.iam, ctx, both, err = p.open(ctx, iam, dialect{said: gcpSaid}, r.IDToken); err != nil {
		done()
		return nil, nil, nil, err
	}
	return w, ctx, func() { both(); done() }, nil
}

// hide keeps a token out of all that is said from here on.
func (w *gcpWalk) hide(token redact.Secret) {
	w.sts.hide(token)
	w.iam.hide(token)
}

// federate exchanges the ID token for one of the pool's, by RFC 8693:
// https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token.
func (w *gcpWalk) federate(ctx context.Context) (redact.Secret, error) {
	a, err := w.exchangeToken(ctx, w.r.IDToken, "urn:ietf:params:oauth:token-type:jwt", url.Values{
		"audience": {"//iam.googleapis.com/" + w.r.Grant.GCP.Provider}, "scope": {gcpFederatedScope},
	})
	if err != nil {
		return redact.Secret{}, err
	}
	if a.status != http.StatusOK {
		return redact.Secret{}, w.sts.denied(w.r, a, gcpFederateTry(a, w.r.Grant.GCP))
	}
	root, err := readJSON(a)
	if err != nil {
		return redact.Secret{}, err
	}
	token, err := accessToken("federated token", root)
	w.hide(token)
	return token, err
}

// exchangeToken asks STS for another token.
func (w *gcpWalk) exchangeToken(ctx context.Context, token redact.Secret, kind string, more url.Values) (answer, error) {
	form := url.Values{
		"grant_type":           {"urn:ietf:params:oauth:grant-type:token-exchange"},
		"requested_token_type": {"urn:ietf:params:oauth:token-type:access_token"},
		"subject_token":        {string(token.Reveal())}, "subject_token_type": {kind},
	}
	for name, value := range more {
		form[name] = value
	}
	return w.sts.ask(ctx, question{method: http.MethodPost, path: []string{"v1", "token"}, body: []byte(form.Encode()), header: http.Header{
		"Content-Type": {"application/x-www-form-urlencoded"}, "Accept": {"application/json"},
	}})
}

// impersonate has the service account's token issued. Where it errs and yet returns a credential, that is one that must not be
// used.
func (w *gcpWalk) impersonate(ctx context.Context, federated redact.Secret) (*Credential, redact.Secret, error) {
	g := w.r.Grant.GCP
	scopes := []string{gcpAnyScope}
	if g.Scopes != nil && !g.Scopes.None {
		scopes = g.Scopes.Items
	}
	body, err := json.Marshal(map[string]any{"scope": scopes, "lifetime": fmt.Sprintf("%ds", int64(w.r.TTL/time.Second))})
	if err != nil {
		return nil, redact.Secret{}, errors.New("the scopes can't be written as JSON")
	}
	a, err := w.iam.ask(ctx, question{
		method: http.MethodPost, path: []string{"v1", "projects", "-", "serviceAccounts", g.ServiceAccount + ":generateAccessToken"},
		body: body, header: http.Header{
			"Authorization": {"Bearer " + string(federated.Reveal())}, "Content-Type": {"application/json"}, "Accept": {"application/json"},
		},
	})
	if err != nil {
		return nil, redact.Secret{}, err
	}
	if a.status != http.StatusOK {
		return nil, redact.Secret{}, w.iam.denied(w.r, a, gcpImpersonateTry(a, g, w.r.TTL))
	}
	root, err := readJSON(a)
	if err != nil {
		return nil, redact.Secret{}, err
	}
	token, err := bearer("access token", text(root, "accessToken"))
	if err != nil {
		return nil, redact.Secret{}, err
	}
	w.hide(token)
	c := &Credential{Provider: "gcp", Issued: w.iam.now(), Revocable: Never}
	if c.Handle, err = named("gcp", token); err != nil {
		return nil, redact.Secret{}, err
	}
	if c.NotAfter, err = time.Parse(time.RFC3339Nano, text(root, "expireTime")); err != nil {
		c.NotAfter = c.Issued.Add(w.r.TTL) // as was asked
		return c, token, errors.New("the answer doesn't say in RFC 3339 when the token ends")
	}
	return c, token, w.r.term(c.Issued, c.NotAfter)
}

// Revoke ends nothing: no API ends an access token of a service account. An administrator can take the account's roles, or
// disable it, which takes its other tokens along.
func (p *gcp) Revoke(_ context.Context, c *Credential) (Revocation, error) {
	if c.Provider != "gcp" {
		return Revocation{}, within("gcp", errOtherCredential)
	}
	if !p.now().Before(c.NotAfter) {
		return c.revocation(AlreadyEnded, "not asked: its time is over"), nil
	}
	return c.revocation(ExpireOnly, "not asked: Google Cloud can't revoke a service account's access token"), nil
}
