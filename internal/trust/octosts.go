package trust

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/curfew-ci/curfew/internal/manifest"
)

// stsPolicy is a trust policy of octo-sts (https://github.com/octo-sts/app#the-trust-policy).
type stsPolicy struct {
	issuer, audience string
	subjects         []string
	claims           map[string][]string
	permissions      map[string]string
	repositories     []string // by name, where the policy is the owner's
}

// stsHour is how long an installation token lives, in seconds: it can't be chosen.
const stsHour = 3600

// octoSTS renders the policy. It can hold to all that a manifest lists, so that only what its service refuses by itself
// and the end of the entitlement are gaps.
func (q *request) octoSTS() body {
	g := q.grant.GitHub
	exchange, err := url.Parse(g.Exchange)
	subs, ok := q.subjects()
	if !ok {
		return nil
	}
	b := &stsPolicy{issuer: q.issuer, claims: q.bound(), permissions: map[string]string{}}
	delete(b.claims, "iss")
	delete(b.claims, "sub")
	for _, sub := range append(subs.byNames, subs.immutable...) {
		if stsSubject(sub) {
			b.subjects = append(b.subjects, sub)
		}
	}
	_, single := stsScope(g)
	switch {
	case err != nil || exchange.Hostname() == "" || !q.fitAudience(exchange.Hostname()):
		return q.none("the exchange's address has no host", "write it as https://HOST")
	case len(b.subjects) == 0:
		return q.none("octo-sts takes no subject with white space, quotes or brackets, nor one of more than 255 characters", "rename what it names")
	case !regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]*$`).MatchString(g.Identity):
		return q.none("the trust policy's name can't be a file's", "name it by letters, digits, \"-\", \"_\" and \".\"")
	case strings.HasPrefix(stsTarget(g), "/"):
		return q.none("one token can't reach repositories of several owners", "make a grant for each owner")
	}
	b.audience = exchange.Hostname()
	for name, access := range g.Permissions {
		b.permissions[strings.ReplaceAll(name, "-", "_")] = string(access)
	}
	for _, r := range g.Repositories {
		if _, name, _ := strings.Cut(r, "/"); !single {
			b.repositories = append(b.repositories, name)
		}
	}
	if n := len(subs.byNames) + len(subs.immutable) - len(b.subjects); n > 0 {
		q.gap(Narrower, "", fmt.Sprintf("octo-sts takes no subject with white space, quotes or brackets: it turns away %d of the identity's", n), "rename what they name")
	}
	q.stsGaps()
	return b
}

func (q *request) stsGaps() {
	q.textAlone("octo-sts")
	q.endless("octo-sts", "trust policy")
	if ttl := q.grant.TTL; ttl != nil && seconds(q.grant) < stsHour {
		q.gap(Elsewhere, "", fmt.Sprintf("a token of GitHub's lives for an hour: a lease revokes it after the grant's %s, another step needn't", ttl),
			"give the token permissions that may be held for an hour")
	}
	q.emergencies(stsHour)
}

// stsSubject reports whether octo-sts takes a subject at all
// (https://github.com/octo-sts/app/blob/main/pkg/oidcvalidate/validate.go).
func stsSubject(sub string) bool {
	refused := func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r) || strings.ContainsRune("\"'`\\<>;&$(){}[]", r)
	}
	return utf8.RuneCountInString(sub) <= 255 && !strings.ContainsFunc(sub, refused)
}

// stsScope is the repository that has the policy: the one that the token is to reach, or their owner's .github; "" where they
// have several owners.
func stsScope(g *manifest.GitHub) (repository string, single bool) {
	if len(g.Repositories) == 1 {
		return g.Repositories[0], true
	}
	owner := ""
	for _, r := range g.Repositories {
		next, _, _ := strings.Cut(r, "/")
		if owner != "" && next != owner {
			return "", false
		}
		owner = next
	}
	return owner + "/.github", false
}

// stsTarget is the policy's file, OWNER/REPO:PATH; it begins with "/" where it has no place.
func stsTarget(g *manifest.GitHub) string {
	scope, _ := stsScope(g)
	if scope == "" {
		return "/"
	}
	return scope + ":.github/chainguard/" + g.Identity + ".sts.yaml"
}

// stsPattern is a regular expression that just these values match: octo-sts puts it between "^" and "$", its older versions
// without parentheses around.
func stsPattern(values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = regexp.QuoteMeta(v)
	}
	if len(quoted) == 1 {
		return quoted[0]
	}
	return "(?:" + strings.Join(quoted, "|") + ")"
}

func (b *stsPolicy) own() Form { return YAML }

func (b *stsPolicy) data() any { return b.object() }

func (b *stsPolicy) text() string { return b.object().yaml("") }

func (b *stsPolicy) object() tree {
	out := tree{{"issuer", b.issuer}}
	if len(b.subjects) == 1 {
		out = append(out, field{"subject", b.subjects[0]})
	} else {
		out = append(out, field{"subject_pattern", stsPattern(b.subjects)})
	}
	var claims, permissions tree
	for _, name := range sortedKeys(b.claims) {
		claims = append(claims, field{name, stsPattern(b.claims[name])})
	}
	for _, name := range sortedKeys(b.permissions) {
		permissions = append(permissions, field{name, b.permissions[name]})
	}
	out = append(out, field{"audience", b.audience}, field{"claim_pattern", claims}, field{"permissions", permissions})
	if len(b.repositories) > 0 {
		out = append(out, field{"repositories", slices.Sorted(slices.Values(b.repositories))})
	}
	return out
}
