package lease

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/jsontree"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/redact"
)

// The names by which GitHub's tools know what is handed over.
const (
	githubToken = "GITHUB_TOKEN" //nolint:gosec // its name
	ghToken     = "GH_TOKEN"     //nolint:gosec // its name
)

// githubAPI is where tokens are good and revoked, unless the grant's endpoint says otherwise, which for
// GitHub Enterprise Server is https://HOST/api/v3.
const githubAPI = "https://api.github.com"

// githubTerm is how long an installation token lives; it can't be chosen:
// https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app.
const githubTerm = time.Hour

func githubKind() kind {
	return kind{
		name: "github", make: func(d desk) Provider { return &github{d} },
		// The host of the exchange is what octo-sts expects where a trust policy says nothing else.
		audience: func(g *manifest.Grant) string {
			u, err := url.Parse(g.GitHub.Exchange)
			if err != nil {
				return ""
			}
			return u.Hostname()
		},
		// The grant's endpoint is where the token is good, and redirects no exchange.
		endpoint: func(g *manifest.Grant) (string, error) { return g.GitHub.Exchange, nil },
		as:       manifest.AsEnv, longest: githubTerm, fixed: true, ends: true,
	}
}

// github exchanges by the one request that octo-sts knows, GET /sts/exchange
// (https://github.com/octo-sts/app#federating-a-token). Which repositories and permissions the token has, the
// trust policy there decides. What it reaches is held to the grant before anybody has it: the repositories as GitHub
// lists them for the token, the permissions where the exchange's answer names them, since GitHub tells nobody.
type github struct{ desk }

// Exchange asks for an installation token.
func (p *github) Exchange(ctx context.Context, r Request) (*Credential, error) {
	c, err := p.exchange(ctx, r)
	if err != nil {
		return nil, within("github", err)
	}
	return c, nil
}

func (p *github) exchange(ctx context.Context, r Request) (*Credential, error) {
	g := r.Grant.GitHub
	if g == nil {
		return nil, errOtherGrant
	}
	names, err := namesOf(g.HandOver, []string{githubToken, ghToken}, nil)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(r.check(), r.noNarrow("GitHub has no session policies, the trust policy says what the token may")); err != nil {
		return nil, err
	}
	scope, err := githubScope(g.Repositories)
	if err != nil {
		return nil, err
	}
	api := githubAPI
	if g.Endpoint != "" {
		api = g.Endpoint
	}
	if _, err := courier.ParseEndpoint(api); err != nil { // before there is a token to be revoked there
		return nil, fmt.Errorf("the endpoint %w", err)
	}
	l, line, cancel, err := p.open(ctx, g.Exchange, dialect{said: githubSaid}, r.IDToken)
	if err != nil {
		return nil, err
	}
	defer cancel()
	a, err := l.ask(line, question{
		method: http.MethodGet, path: []string{"sts", "exchange"},
		query: githubWanted(scope, g),
		header: http.Header{
			"Authorization": {"Bearer " + string(r.IDToken.Reveal())}, "Accept": {"application/json"},
		},
		grants: true,
	})
	if err != nil {
		return nil, err
	}
	if a.status != http.StatusOK {
		return nil, l.denied(r, a, githubTry(a, scope, g))
	}
	c, err := p.credential(a, names)
	if err != nil {
		return nil, err
	}
	c.ending.server = api
	l.hide(c.ending.token)
	if err := p.contain(line, l, c, a, r); err != nil {
		return nil, giveBack(ctx, p, c, err)
	}
	return c, nil
}

// contain says when the token ends, has it held, and holds what it reaches to the grant.
func (p *github) contain(ctx context.Context, l *line, c *Credential, a answer, r Request) error {
	root, err := readJSON(a)
	if err == nil {
		err = c.setGitHubEnd(root, r)
	}
	if err := errors.Join(err, r.hold(c)); err != nil {
		return err
	}
	if err := githubTold(root, r.Grant.GitHub); err != nil {
		return l.quoted(err)
	}
	return p.reaches(ctx, c, r.Grant.GitHub)
}

// githubScope is the repository whose trust policy is asked for: the one that the token is to reach, or for
// several their owner, by which octo-sts means the owner's .github repository.
func githubScope(repositories []string) (string, error) {
	if len(repositories) == 1 {
		return repositories[0], nil
	}
	owner := ""
	for _, r := range repositories {
		next, _, ok := strings.Cut(r, "/")
		if !ok || owner != "" && next != owner {
			return "", errors.New("one token can't reach repositories of several owners: make a grant for each owner")
		}
		owner = next
	}
	if owner == "" {
		return "", errors.New("the grant names no repository")
	}
	return owner, nil
}

// credential reads the answer, {"token": "ghs_…"}.
func (p *github) credential(a answer, n names) (*Credential, error) {
	root, err := readJSON(a)
	if err != nil {
		return nil, err
	}
	token, err := fit(githubToken, text(root, "token"))
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(string(token.Reveal()), "ghs_") {
		return nil, fmt.Errorf("%s answered with something else than an installation token (ghs_…), which isn't handed over", a.host)
	}
	return &Credential{
		Provider: "github", Handle: githubHandle(token), Issued: p.now(), Revocable: ByToken, ending: ending{token: token},
		Values: []Value{n.secret(githubToken, token), n.secret(ghToken, token)},
	}, nil
}

// setGitHubEnd says that it ends in an hour, or when the service says: as expires_at, as GitHub does to Apps, or as expires_in, in
// seconds.
func (c *Credential) setGitHubEnd(root *jsontree.Node, r Request) error {
	c.NotAfter = c.Issued.Add(githubTerm)
	switch lives, ok := seconds(root, "expires_in"); {
	case member(root, "expires_at") != nil:
		end, err := time.Parse(time.RFC3339, text(root, "expires_at"))
		if err != nil {
			return errors.New("the answer doesn't say in RFC 3339 when the token ends")
		}
		c.NotAfter = end
	case ok:
		c.NotAfter = c.Issued.Add(lives)
	case member(root, "expires_in") != nil:
		return errors.New("the answer doesn't say in seconds how long the token lives")
	}
	r.TTL = max(r.TTL, githubTerm)
	return r.term(c.Issued, c.NotAfter)
}

// githubHandle is how GitHub's audit log writes a token:
// https://docs.github.com/en/organizations/keeping-your-organization-secure/managing-security-settings-for-your-organization/identifying-audit-log-events-performed-by-an-access-token.
func githubHandle(token redact.Secret) string {
	sum := sha256.Sum256(token.Reveal())
	return base64.StdEncoding.EncodeToString(sum[:])
}

// githubSaid is the message of a refusal: GitHub's, and that of octo-sts, have it in the same place. github-sts, which speaks as
// octo-sts does, has a code beside a word.
func githubSaid(a answer) string {
	root, err := readJSON(a)
	if err != nil {
		return ""
	}
	if said := text(root, "message"); said != "" {
		return said
	}
	code, word := text(root, "code"), text(root, "error")
	if code == "" || word == "" {
		return word
	}
	return word + ": " + code
}

// githubTry says what to change where the exchange is refused.
func githubTry(a answer, scope string, g *manifest.GitHub) string {
	policy := fmt.Sprintf(".github/chainguard/%s.sts.yaml in %s", g.Identity, scope)
	switch a.status {
	case http.StatusUnauthorized:
		return "exchange the ID token as soon as it is fetched: it lives for minutes; see that the machine's clock is right"
	case http.StatusNotFound:
		return "add the trust policy " + policy + ", and see that the App is installed there"
	case http.StatusForbidden:
		return "compare the claims with the trust policy, " + policy
	}
	return fmt.Sprintf("see that %s is an octo-sts-compatible exchange, and what it says of the request", a.host)
}
