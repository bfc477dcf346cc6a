package lease

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/curfew-ci/curfew/internal/jsontree"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/redact"
)

// githubPage is how many repositories are asked for at once. A page of GitHub's hundred would be larger than an answer may be.
const githubPage = 30

// githubWanted is the exchange's query: scope and identity, which octo-sts knows, and what the grant says of the token, which it
// ignores as any parameter that it doesn't know, and which a broker of one's own can narrow the token by.
func githubWanted(scope string, g *manifest.GitHub) url.Values {
	q := url.Values{"scope": {scope}, "identity": {g.Identity}}
	for _, name := range slices.Sorted(maps.Keys(g.Permissions)) {
		q.Add("permissions", githubPermission(name)+":"+string(g.Permissions[name]))
	}
	q["repositories"] = slices.Sorted(slices.Values(g.Repositories))
	return q
}

// githubPermission is a permission's name as GitHub's API has it; in a manifest it may have hyphens, as in a workflow.
func githubPermission(name string) string { return strings.ReplaceAll(name, "-", "_") }

// githubTold holds what the answer itself says of the token to the grant: permissions and repositories, as GitHub's own answer
// has them (https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app). Either may be left out, and then
// nothing is known of it by this.
func githubTold(root *jsontree.Node, g *manifest.GitHub) error {
	if n := member(root, "permissions"); n != nil {
		if err := githubMay(n, g); err != nil {
			return err
		}
	}
	if n := member(root, "repositories"); n != nil {
		names, err := githubNames(n, g)
		if err != nil {
			return err
		}
		return githubWithin(names, len(names), g)
	}
	return nil
}

// githubMay refuses permissions that the grant doesn't name. metadata: read is of every token of an App's.
func githubMay(n *jsontree.Node, g *manifest.GitHub) error {
	if n.Kind != jsontree.Object {
		return fmt.Errorf("the answer's permissions are %s, expected an object", n.Kind)
	}
	granted := map[string]manifest.Access{"metadata": manifest.Read}
	for name, access := range g.Permissions {
		granted[githubPermission(name)] = access
	}
	var more []string
	for _, m := range n.Members {
		may, ok := granted[githubPermission(m.Name)]
		if m.Value.Kind != jsontree.String || !ok || !may.Covers(manifest.Access(m.Value.Text)) {
			more = append(more, strconv.Quote(m.Name+": "+m.Value.Text))
		}
	}
	if len(more) == 0 {
		return nil
	}
	return fmt.Errorf("the token may do %s, which the grant doesn't say: have permissions in its trust policy be those of the grant", some(more, len(more)))
}

// githubNames are the repositories of a list, of GitHub's objects or of names, the owner before each.
func githubNames(n *jsontree.Node, g *manifest.GitHub) ([]string, error) {
	if n.Kind != jsontree.Array {
		return nil, fmt.Errorf("the list of the token's repositories is %s, expected an array", n.Kind)
	}
	owner, _, _ := strings.Cut(g.Repositories[0], "/") // githubScope has seen that they have one
	var out []string
	for _, item := range n.Items {
		name := text(item, "full_name")
		if item.Kind == jsontree.String {
			if name = item.Text; !strings.Contains(name, "/") {
				name = owner + "/" + name
			}
		}
		if name == "" {
			return nil, fmt.Errorf("one of the token's repositories is %s without a full_name", item.Kind)
		}
		out = append(out, name)
	}
	return out, nil
}

// githubWithin refuses repositories that the grant doesn't name; there are total, of which names is a part, and more than the
// grant names can't all be of it.
func githubWithin(names []string, total int, g *manifest.GitHub) error {
	var more []string
	for _, name := range names {
		if !slices.ContainsFunc(g.Repositories, func(granted string) bool { return strings.EqualFold(granted, name) }) {
			more = append(more, strconv.Quote(name))
		}
	}
	switch {
	case len(more) == 0 && total > len(names) && total > len(g.Repositories): // the others weren't read
		return fmt.Errorf("the token reaches %d repositories, and the grant names %d: have repositories in its trust policy be those of the grant", total, len(g.Repositories))
	case len(more) == 0:
		return nil
	}
	return fmt.Errorf("the token reaches %s, which the grant doesn't name: have repositories in its trust policy be those of the grant",
		some(more, len(more)+total-len(names)))
}

// some names the first of total things, and how many there are beside them.
func some(named []string, total int) string {
	const most = 3
	shown := named[:min(len(named), most)]
	out := strings.Join(shown, ", ")
	if rest := total - len(shown); rest > 0 {
		out += fmt.Sprintf(" and %d more", rest)
	}
	return out
}

// reaches asks GitHub which repositories the token is good for, whatever the exchange said, and holds them to the grant. No more
// is read than shows that there are others: as many as the grant has, and one. A repository that is listed twice counts once, as
// otherwise it would stand for one that isn't seen
// (https://docs.github.com/en/rest/apps/installations#list-repositories-accessible-to-the-app-installation).
func (p *github) reaches(ctx context.Context, c *Credential, g *manifest.GitHub) error {
	l, ctx, cancel, err := p.open(ctx, c.ending.server, dialect{githubSaid, githubFresh}, c.ending.token)
	if err != nil {
		return err
	}
	defer cancel()
	seen := map[string]string{}
	size := min(len(g.Repositories)+1, githubPage)
	for page := 1; ; page++ {
		root, err := l.installation(ctx, c.ending.token, page, size)
		if err != nil {
			return fmt.Errorf("which repositories the token reaches isn't known: %w", err)
		}
		names, total, err := githubListed(root, g)
		if err != nil {
			return err
		}
		before := len(seen)
		for _, name := range names {
			seen[strings.ToLower(name)] = name
		}
		if total > len(g.Repositories) || total <= len(seen) {
			return l.quoted(githubWithin(slices.Sorted(maps.Values(seen)), total, g))
		}
		if len(seen) == before {
			return fmt.Errorf("the list of the token's repositories ends after %d of %d", len(seen), total)
		}
	}
}

// githubListed reads a page: the names on it, and how many there are on all.
func githubListed(root *jsontree.Node, g *manifest.GitHub) (names []string, total int, err error) {
	list, count := member(root, "repositories"), member(root, "total_count")
	if list == nil || count == nil {
		return nil, 0, fmt.Errorf("the answer doesn't list the token's repositories: see that endpoint is GitHub's API, which for GitHub Enterprise Server is https://HOST/api/v3")
	}
	if total, err = strconv.Atoi(count.Text); err != nil || count.Kind != jsontree.Number || total < 0 {
		return nil, 0, fmt.Errorf("the answer doesn't say how many repositories the token reaches")
	}
	names, err = githubNames(list, g)
	if err == nil && len(names) > total {
		err = fmt.Errorf("the answer lists %d repositories and says that there are %d", len(names), total)
	}
	return names, total, err
}

// installation asks for a page of the repositories that a token reaches.
func (l *line) installation(ctx context.Context, token redact.Secret, page, size int) (*jsontree.Node, error) {
	a, err := l.ask(ctx, question{
		method: http.MethodGet, path: []string{"installation", "repositories"}, header: githubHeader(token),
		query: url.Values{"per_page": {strconv.Itoa(size)}, "page": {strconv.Itoa(page)}},
	})
	if err != nil {
		return nil, err
	}
	if a.status != http.StatusOK {
		return nil, fmt.Errorf("%s: see that endpoint is GitHub's API, which for GitHub Enterprise Server is https://HOST/api/v3", l.words(a))
	}
	return readJSON(a)
}

// githubFresh is a refusal of a token that was issued just now: it takes moments until all of GitHub's servers know one, and
// what it may (https://github.com/octokit/auth-app.js/issues/65 and 589).
func githubFresh(a answer) bool {
	return a.status == http.StatusUnauthorized || a.status == http.StatusForbidden && githubSaid(a) == "Resource not accessible by integration"
}

// githubHeader is what a request to GitHub's API has.
func githubHeader(token redact.Secret) http.Header {
	return http.Header{
		"Authorization":        {"Bearer " + string(token.Reveal())},
		"Accept":               {"application/vnd.github+json"},
		"X-Github-Api-Version": {"2022-11-28"},
	}
}
