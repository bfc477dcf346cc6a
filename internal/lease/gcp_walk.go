package lease

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/curfew-ci/curfew/internal/redact"
)

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
