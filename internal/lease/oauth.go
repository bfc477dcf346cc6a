package lease

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// oauthToken is the name under which the access token is handed over: there is no name that tools share.
const oauthToken = "OAUTH_ACCESS_TOKEN" //nolint:gosec // its name

// The words of RFC 8693.
const (
	oauthGrant     = "urn:ietf:params:oauth:grant-type:token-exchange"
	oauthTokenType = "urn:ietf:params:oauth:token-type:" //nolint:gosec // a name
	oauthAccess    = oauthTokenType + "access_token"
)

func oauthKind() kind {
	return kind{
		name: "oauth", make: func(d desk) Provider { return &oauth{d} },
		audience: func(g *manifest.Grant) string { return g.OAuth.Audience },
		endpoint: func(g *manifest.Grant) (string, error) { return g.OAuth.TokenURL, nil },
		as:       manifest.AsEnv, ends: true,
	}
}

// oauth exchanges by RFC 8693, and ends by RFC 7009. It is a public client or none: a client's secret would be a stored one.
// A manifest's endpoint stands in the place of the servers of both URLs, whose paths are kept.
type oauth struct{ desk }

// Exchange exchanges the ID token for an access token.
func (p *oauth) Exchange(ctx context.Context, r Request) (*Credential, error) {
	c, err := p.exchange(ctx, r)
	if err != nil {
		return nil, within("oauth", err)
	}
	return c, nil
}

func (p *oauth) exchange(ctx context.Context, r Request) (*Credential, error) {
	g := r.Grant.OAuth
	if g == nil {
		return nil, errOtherGrant
	}
	names, err := namesOf(g.HandOver, []string{oauthToken}, nil)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(r.check(), r.noNarrow("a token exchange has no session policies, scope and resource are all that narrows")); err != nil {
		return nil, err
	}
	at, err := oauthAt(g.TokenURL, g.Endpoint)
	if err != nil {
		return nil, fmt.Errorf("token-url: %w", err)
	}
	c := &Credential{Provider: "oauth", Revocable: Never}
	if g.RevokeURL != "" { // before there is a token to be revoked there
		c.Revocable, c.ending.client = ByToken, g.Client
		if c.ending.server, err = oauthAt(g.RevokeURL, g.Endpoint); err != nil {
			return nil, fmt.Errorf("revoke-url: %w", err)
		}
	}
	l, line, cancel, err := p.open(ctx, at, dialect{said: oauthSaid}, r.IDToken)
	if err != nil {
		return nil, err
	}
	defer cancel()
	a, err := l.ask(line, oauthQuestion(oauthForm(r), c.Revocable == ByToken))
	if err != nil {
		return nil, err
	}
	if a.status != http.StatusOK {
		return nil, l.denied(r, a, oauthTry(a, g))
	}
	token, err := l.access(a)
	if token.value.Len()+token.refresh.Len() == 0 {
		return nil, err
	}
	c.issuedAs(token, p.now(), r.Session)
	if err == nil { // what is unfit can't be held either
		err = errors.Join(l.fits(token, c, r), r.hold(c))
	}
	if err != nil {
		return nil, p.giveBackAll(ctx, c, token, r, err)
	}
	c.Values = []Value{names.secret(oauthToken, token.value)}
	return c, nil
}

// oauthAt is an address of the grant's, at the endpoint where the grant redirects there.
func oauthAt(address, endpoint string) (string, error) {
	u, err := courier.ParseEndpoint(address)
	if err != nil || endpoint == "" {
		return address, err
	}
	if _, err := courier.ParseEndpoint(endpoint); err != nil {
		return "", fmt.Errorf("the endpoint %w", err)
	}
	return strings.TrimRight(endpoint, "/") + u.EscapedPath(), nil
}

// oauthForm is the request of RFC 8693, section 2.1. Its audience, which names who the new token is for, isn't sent: the
// grant's is the ID token's.
func oauthForm(r Request) url.Values {
	g := r.Grant.OAuth
	kind := manifest.SubjectJWT
	if g.SubjectTokenType != "" {
		kind = g.SubjectTokenType
	}
	form := url.Values{
		"grant_type": {oauthGrant}, "requested_token_type": {oauthAccess},
		"subject_token": {string(r.IDToken.Reveal())}, "subject_token_type": {oauthTokenType + string(kind)},
	}
	if scope := items(g.Scope); len(scope) > 0 {
		form.Set("scope", strings.Join(scope, " "))
	}
	for _, resource := range items(g.Resource) {
		form.Add("resource", resource)
	}
	if g.Client != "" {
		form.Set("client_id", g.Client)
	}
	return form
}

// items are what a list has; nothing where the manifest says none.
func items(l *manifest.List) []string {
	if l == nil {
		return nil
	}
	return l.Items
}

// oauthQuestion posts a form to the address itself.
func oauthQuestion(form url.Values, grants bool) question {
	return question{method: http.MethodPost, bare: true, body: []byte(form.Encode()), grants: grants, header: http.Header{
		"Content-Type": {"application/x-www-form-urlencoded"}, "Accept": {"application/json"},
	}}
}

// oauthSaid is the error of a refusal (RFC 6749, section 5.2).
func oauthSaid(a answer) string {
	root, err := readJSON(a)
	if err != nil {
		return ""
	}
	said := text(root, "error")
	if more := text(root, "error_description"); more != "" {
		said += ": " + more
	}
	return said
}

// oauthTry says what to change, by the codes of RFC 6749, section 5.2, and RFC 8693, section 2.2.2.
func oauthTry(a answer, g *manifest.OAuth) string {
	code := ""
	if root, err := readJSON(a); err == nil {
		code = text(root, "error")
	}
	switch code {
	case "invalid_client", "unauthorized_client":
		if g.Client == "" {
			return "give the grant a client, the id of one that needs no secret and may exchange tokens"
		}
		return "let the client " + courier.Printable(g.Client, maxSaid) + " exchange tokens without a secret"
	case "invalid_scope":
		return "ask for no more scope than the server grants this workload"
	case "invalid_target":
		return "ask for a resource that the server knows, and grants this workload"
	case "unsupported_grant_type":
		return "see that token-url is of a server with token exchange (RFC 8693), and that it is turned on"
	case "invalid_request", "invalid_grant":
		return "compare the claims with what the server trusts; where it takes another subject_token_type, name it as subject-token-type"
	}
	return "see that token-url is the server's token endpoint, and what it says of the request"
}
