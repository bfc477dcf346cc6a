package lease

import (
	"context"
	"net/http"
	"strings"
)

// Revoke lets the token revoke itself, and with it what it read of engines that make credentials:
// https://developer.hashicorp.com/vault/api-docs/auth/token#revoke-a-token-self.
func (p *vault) Revoke(ctx context.Context, c *Credential) (Revocation, error) {
	if c.Provider != "vault" {
		return Revocation{}, within("vault", errOtherCredential)
	}
	if c.Revocable != ByToken {
		return c.unasked(p.now(), "a batch token can't be revoked"), nil
	}
	l, ctx, cancel, err := p.open(ctx, c.ending.server, dialect{said: vaultSaid}, c.ending.token)
	if err != nil {
		return c.revocation(ExpireOnly, "not asked"), within("vault", err)
	}
	defer cancel()
	a, err := l.ask(ctx, c.vaultQuestion(http.MethodPost, "revoke-self"))
	if err != nil {
		return c.revocation(ExpireOnly, err.Error()), within("vault", err)
	}
	switch {
	case a.status == http.StatusNoContent:
		return c.revocation(Revoked, l.words(a)), nil
	case a.status == http.StatusForbidden && !unknownToken(a):
		return l.mayNot(ctx, c, a)
	case a.status == http.StatusForbidden:
		return c.revocation(AlreadyEnded, l.words(a)), nil
	}
	return c.revocation(ExpireOnly, l.words(a)), nil
}

// mayNot finds out why a token may not revoke itself: it has ended, which OpenBao and older Vaults don't
// tell from a missing right, or its policies don't allow it.
func (l *line) mayNot(ctx context.Context, c *Credential, refused answer) (Revocation, error) {
	a, err := l.ask(ctx, c.vaultQuestion(http.MethodGet, "lookup-self"))
	const needs = "where token_no_default_policy is set, the role needs a policy that grants update on auth/token/revoke-self"
	switch {
	case err != nil:
		return c.revocation(ExpireOnly, l.words(refused)), within("vault", err)
	case a.status == http.StatusOK:
		return c.revocation(ExpireOnly, l.words(refused)+"; the token lives, and may not revoke itself: "+needs), nil
	case a.status == http.StatusForbidden && unknownToken(a):
		return c.revocation(AlreadyEnded, l.words(a)), nil
	case a.status == http.StatusForbidden && c.over(l.now()):
		return c.revocation(AlreadyEnded, l.words(a)+"; its time is over"), nil
	}
	return c.revocation(ExpireOnly, l.words(refused)+"; it may have ended; "+needs), nil
}

func (c *Credential) vaultQuestion(method, what string) question {
	return question{method: method, path: []string{"v1", "auth", "token", what}, header: vaultHeader(c.ending.namespace, c.ending.token)}
}

// unknownToken reports whether the server says that there is no such token.
func unknownToken(a answer) bool { return strings.Contains(vaultSaid(a), "invalid token") }
