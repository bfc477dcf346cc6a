package lease

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/redact"
)

// The names by which Vault's tools know what is handed over.
const (
	vaultAddr      = "VAULT_ADDR"
	vaultNamespace = "VAULT_NAMESPACE"
	vaultToken     = "VAULT_TOKEN"
)

func vaultKind() kind {
	return kind{
		name: "vault", make: func(d desk) Provider { return &vault{d} },
		audience: func(g *manifest.Grant) string {
			if g.Vault.Audience != "" {
				return g.Vault.Audience
			}
			return g.Vault.Address
		},
		endpoint: func(g *manifest.Grant) (string, error) { return g.Vault.Address, nil },
		as:       manifest.AsEnv, ends: true,
	}
}

// vault logs in at a JWT auth mount of Vault or OpenBao, whose API is the same:
// https://developer.hashicorp.com/vault/api-docs/auth/jwt#jwt-login. Where the grant says so it reads secrets
// with the token. A manifest's endpoint is asked in place of its address; the address is handed over.
type vault struct{ desk }

// Exchange logs in and reads.
func (p *vault) Exchange(ctx context.Context, r Request) (*Credential, error) {
	c, err := p.exchange(ctx, r)
	if err != nil {
		return nil, within("vault", err)
	}
	return c, nil
}

func (p *vault) exchange(ctx context.Context, r Request) (*Credential, error) {
	g := r.Grant.Vault
	if g == nil {
		return nil, errOtherGrant
	}
	own := []string{vaultAddr, vaultToken}
	if g.Namespace != "" {
		own = []string{vaultAddr, vaultNamespace, vaultToken}
	}
	names, err := namesOf(g.HandOver, own, g.Read)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(r.check(), r.noNarrow("Vault has no session policies, a role's policies are all that narrows")); err != nil {
		return nil, err
	}
	base, err := Endpoint(r.Grant)
	if err != nil {
		return nil, err
	}
	l, line, cancel, err := p.open(ctx, base, dialect{said: vaultSaid}, r.IDToken)
	if err != nil {
		return nil, err
	}
	defer cancel()
	c, err := l.login(line, r)
	if err == nil {
		err = r.hold(c)
	}
	if err != nil && c != nil {
		return nil, giveBack(ctx, p, c, err)
	}
	if err != nil {
		return nil, err
	}
	c.Values = append(c.Values, names.public(vaultAddr, g.Address))
	if g.Namespace != "" {
		c.Values = append(c.Values, names.public(vaultNamespace, g.Namespace))
	}
	c.Values = append(c.Values, names.secret(vaultToken, c.ending.token))
	read, err := l.read(line, c, g)
	if err != nil {
		return nil, giveBack(ctx, p, c, err)
	}
	c.Values = append(c.Values, read...)
	return c, nil
}

// login obtains a token. Where it errs and yet returns a credential, that is one that must not be used.
func (l *line) login(ctx context.Context, r Request) (*Credential, error) {
	g := r.Grant.Vault
	body, err := json.Marshal(map[string]string{"role": g.Role, "jwt": string(r.IDToken.Reveal())})
	if err != nil {
		return nil, errors.New("the login can't be written as JSON")
	}
	a, err := l.ask(ctx, question{
		method: http.MethodPost, path: []string{"v1", "auth", g.Mount, "login"}, body: body, header: vaultHeader(g.Namespace, redact.Secret{}), grants: true,
	})
	if err != nil {
		return nil, err
	}
	if a.status != http.StatusOK {
		return nil, l.denied(r, a, vaultTry(a, g))
	}
	root, err := readJSON(a)
	if err != nil {
		return nil, err
	}
	token, err := fit(vaultToken, text(root, "auth", "client_token"))
	if err != nil {
		if member(root, "auth", "mfa_requirement") != nil {
			return nil, errors.New("the login asks for a second factor, which a job hasn't: take the role out of the MFA's enforcement")
		}
		return nil, err
	}
	l.hide(token)
	c := &Credential{Provider: "vault", Issued: l.now(), Revocable: ByToken, ending: ending{server: l.base(), namespace: g.Namespace, token: token}}
	if isBatch(text(root, "auth", "token_type"), token) {
		c.Revocable = Never
	}
	renewable := member(root, "auth", "renewable")
	c.Renewable = renewable != nil && renewable.Text == "true"
	lives, ok := seconds(root, "auth", "lease_duration")
	c.NotAfter = c.Issued.Add(lives)
	if !ok || lives <= 0 {
		return c, fmt.Errorf("the token doesn't say when it ends: give the role %s a token_ttl", g.Role)
	}
	if lives > r.TTL {
		return c, fmt.Errorf("the token would live for %s, longer than the %s that the grant allows: set token_ttl and token_max_ttl of the role %s to %d s",
			lives, r.TTL, g.Role, int(r.TTL.Seconds()))
	}
	return c, c.setVaultHandle(text(root, "auth", "accessor"), text(root, "request_id"))
}

// setVaultHandle takes the accessor, or what the audit log knows of a login whose token has none.
func (c *Credential) setVaultHandle(accessor, request string) error {
	c.Handle = accessor
	if accessor == "" {
		c.Handle = "request:" + request
	}
	if _, err := fit("the accessor", c.Handle); err != nil || len(c.Handle) > 128 || accessor == "" && request == "" {
		return errors.New("the token's accessor is none that logs could be searched for")
	}
	return nil
}

// isBatch tells batch tokens by the answer, or by the prefix that they have in Vault ("hvb.") and OpenBao
// ("b."): https://developer.hashicorp.com/vault/docs/concepts/tokens#token-prefixes.
func isBatch(kind string, token redact.Secret) bool {
	value := string(token.Reveal())
	return kind == "batch" || strings.HasPrefix(value, "hvb.") || strings.HasPrefix(value, "b.")
}

// vaultHeader is the header of a question; X-Vault-Request is what agents ask for as a guard against
// requests that a page was made to send.
func vaultHeader(namespace string, token redact.Secret) http.Header {
	h := http.Header{"X-Vault-Request": {"true"}, "Accept": {"application/json"}}
	if namespace != "" {
		h["X-Vault-Namespace"] = []string{namespace}
	}
	if token.Len() > 0 {
		h["X-Vault-Token"] = []string{string(token.Reveal())}
	}
	return h
}

// vaultSaid joins the errors of an answer.
func vaultSaid(a answer) string {
	root, err := readJSON(a)
	if err != nil {
		return ""
	}
	var all []string
	if list := member(root, "errors"); list != nil {
		for _, item := range list.Items {
			all = append(all, strings.Join(strings.Fields(item.Text), " "))
		}
	}
	return strings.Join(all, "; ")
}

// vaultTry says what to change where a login is refused.
func vaultTry(a answer, g *manifest.Vault) string {
	at := "auth/" + g.Mount
	switch said := vaultSaid(a); {
	case strings.Contains(said, "expired"), strings.Contains(said, "before issued"), strings.Contains(said, "not valid yet"):
		return "exchange the ID token as soon as it is fetched: it lives for minutes; see that the machine's clock is right"
	case strings.Contains(said, "audience"):
		return fmt.Sprintf("let bound_audiences of the role %s at %s hold the audience, or change audience in the grant", g.Role, at)
	case strings.Contains(said, "role") && strings.Contains(said, "not be found"):
		return fmt.Sprintf("create the role %s at %s, or change role in the grant", g.Role, at)
	case a.status == http.StatusBadRequest:
		return fmt.Sprintf("compare the claims with bound_subject, bound_claims and bound_audiences of the role %s at %s", g.Role, at)
	}
	return fmt.Sprintf("see that %s is a JWT auth mount, that the grant's namespace is right, and that token_bound_cidrs of the role %s let this machine in", at, g.Role)
}
