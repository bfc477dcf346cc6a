package lease

import (
	"context"
	"net/http"
)

// Revoke lets the token end itself: https://docs.github.com/en/rest/apps/installations#revoke-an-installation-access-token.
func (p *github) Revoke(ctx context.Context, c *Credential) (Revocation, error) {
	if c.Provider != "github" {
		return Revocation{}, within("github", errOtherCredential)
	}
	l, ctx, cancel, err := p.open(ctx, c.ending.server, dialect{said: githubSaid}, c.ending.token)
	if err != nil {
		return c.revocation(ExpireOnly, "not asked"), within("github", err)
	}
	defer cancel()
	a, err := l.ask(ctx, question{method: http.MethodDelete, path: []string{"installation", "token"}, header: githubHeader(c.ending.token)})
	if err != nil {
		return c.revocation(ExpireOnly, err.Error()), within("github", err)
	}
	switch {
	case a.status == http.StatusNoContent:
		return c.revocation(Revoked, l.words(a)), nil
	case a.status == http.StatusUnauthorized && githubSaid(a) == "Bad credentials":
		return c.revocation(AlreadyEnded, l.words(a)), nil
	}
	return c.revocation(ExpireOnly, l.words(a)), nil
}
