package lease

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/curfew-ci/curfew/internal/jsontree"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/redact"
)

// Why a role of Vault's can't be shown. Errors wrap them.
var (
	ErrNotAllowed = errors.New("the token may not read the role")
	ErrNoRole     = errors.New("there is no such role")
)

// Reach asks once whether the grant's provider answers, and returns what it said. No credential is sent. Any answer
// of HTTP will do, a refusal too: nothing was proven to it. But a Vault that is sealed leases nothing, nor does an Entra that
// doesn't know the tenant, and an API server must be the one that the grant's authority proves. file is as Request.File.
func Reach(ctx context.Context, g *manifest.Grant, file []byte, o Options) (string, error) {
	base, err := Endpoint(g)
	if err != nil {
		return "", err
	}
	d, err := newDesk(o)
	if err != nil {
		return "", err
	}
	l, ctx, cancel, err := d.openFor(ctx, base, g, file)
	if err != nil {
		return "", within(g.Provider(), err)
	}
	defer cancel()
	q := question{method: http.MethodGet}
	switch {
	case g.Vault != nil:
		q = vaultHealth()
	case g.Azure != nil: // https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc
		q.path = []string{g.Azure.Tenant, "v2.0", ".well-known", "openid-configuration"}
	}
	a, err := l.once(ctx, q)
	switch {
	case a.status == 0:
		return "", within(g.Provider(), err)
	case g.Vault != nil && err == nil:
		return l.healthy(a)
	case g.Vault != nil:
		return "", within(g.Provider(), err)
	case g.Azure != nil && a.status != http.StatusOK:
		return "", within(g.Provider(), fmt.Errorf("%s to the question for the tenant: %s", l.words(a), azureTry(a, g.Azure)))
	}
	return l.words(a), nil
}

// openFor makes a line to a grant's provider, on which the words of an answer are Entra's alone.
func (d *desk) openFor(ctx context.Context, base string, g *manifest.Grant, file []byte) (*line, context.Context, context.CancelFunc, error) {
	said := func(answer) string { return "" }
	if g.Azure != nil {
		said = azureSaid
	}
	if g.Kubernetes == nil {
		return d.open(ctx, base, dialect{said: said})
	}
	a, err := readAuthority(g.Kubernetes.CA, file)
	if err != nil {
		return nil, nil, nil, err
	}
	return d.openTo(ctx, g, a, said)
}

// vaultHealth asks for 200 whatever the state: the answer says which
// (https://developer.hashicorp.com/vault/api-docs/system/health#read-health-information).
func vaultHealth() question {
	q := url.Values{}
	for _, code := range []string{"standbycode", "drsecondarycode", "performancestandbycode", "sealedcode", "uninitcode"} {
		q.Set(code, "200")
	}
	return question{method: http.MethodGet, path: []string{"v1", "sys", "health"}, query: q, header: vaultHeader("", redact.Secret{})}
}

// healthy is what a Vault that can log somebody in says.
func (l *line) healthy(a answer) (string, error) {
	root, err := readJSON(a)
	if err != nil || a.status != http.StatusOK {
		return "", within("vault", fmt.Errorf("%s to the question for its health: see that this is the address of Vault", l.words(a)))
	}
	for _, state := range []struct{ name, bad, says string }{
		{"initialized", "false", "isn't initialised"}, {"sealed", "true", "is sealed"},
	} {
		if v := member(root, state.name); v == nil || v.Kind != jsontree.Bool || v.Text == state.bad {
			return "", within("vault", fmt.Errorf("%s, and %s: ask who runs it", l.words(a), state.says))
		}
	}
	out := l.words(a)
	if version := text(root, "version"); version != "" {
		out += ", version " + l.say(version)
	}
	return out, nil
}

// VaultRole reads the role of a grant as it is deployed, with a token of somebody who may: the JSON under data. The token
// goes to the grant's server, so the caller must know that it is of that one.
func VaultRole(ctx context.Context, g *manifest.Vault, token redact.Secret, o Options) ([]byte, error) {
	base := g.Address
	if g.Endpoint != "" {
		base = g.Endpoint
	}
	d, err := newDesk(o)
	if err != nil {
		return nil, err
	}
	l, ctx, cancel, err := d.open(ctx, base, dialect{said: vaultSaid}, token)
	if err != nil {
		return nil, within("vault", err)
	}
	defer cancel()
	a, err := l.ask(ctx, question{
		method: http.MethodGet, path: []string{"v1", "auth", g.Mount, "role", g.Role}, header: vaultHeader(g.Namespace, token),
	})
	if err != nil {
		return nil, within("vault", err)
	}
	switch a.status {
	case http.StatusOK:
	case http.StatusForbidden:
		return nil, within("vault", fmt.Errorf("%s: %w", l.words(a), ErrNotAllowed))
	case http.StatusNotFound:
		return nil, within("vault", fmt.Errorf("%s: %w", l.words(a), ErrNoRole))
	default:
		return nil, within("vault", errors.New(l.words(a)))
	}
	root, err := readJSON(a)
	if err != nil {
		return nil, within("vault", err)
	}
	data := member(root, "data")
	if data == nil || data.Kind != jsontree.Object {
		return nil, within("vault", errors.New("the answer holds no role"))
	}
	return a.body[data.Start:data.End], nil
}
