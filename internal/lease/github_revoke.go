package lease

import (
	"context"
	"net/http"
	"time"
)

// githubSpread is how long GitHub may not know a token yet that it has issued, as its own client for Apps has it
// (https://github.com/octokit/auth-app.js/pull/168): a word of then doesn't say that the token has ended.
const githubSpread = 5 * time.Second

// Revoke lets the token end itself: https://docs.github.com/en/rest/apps/installations#revoke-an-installation-access-token.
func (p *github) Revoke(ctx context.Context, c *Credential) (Revocation, error) {
	if c.Provider != "github" {
		return Revocation{}, within("github", errOtherCredential)
	}
	l, ctx, cancel, err := p.open(ctx, c.ending.server, dialect{githubSaid, func(a answer) bool {
		return githubUnknown(a) && p.now().Before(c.Issued.Add(githubSpread))
	}}, c.ending.token)
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
	case githubUnknown(a):
		return c.revocation(AlreadyEnded, l.words(a)), nil
	}
	return c.revocation(ExpireOnly, l.words(a)), nil
}

// githubUnknown reports whether GitHub doesn't know a token.
func githubUnknown(a answer) bool {
	return a.status == http.StatusUnauthorized && githubSaid(a) == "Bad credentials"
}
