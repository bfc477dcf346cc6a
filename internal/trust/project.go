package trust

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Project is the project that a manifest lies in, as git's remote or a person says. Nothing in a manifest proves it.
type Project struct {
	Host string // of the platform; "" where it isn't known
	Path string // OWNER/NAME, or GROUP/…/NAME; "" where it isn't known
}

// projectBound says where a grant's claims let in another project than the one that the manifest lies in. No provider knows
// whose manifest a document is rendered from: who may change one could list another project's claims, and whoever applies
// what is rendered lets that one in.
func (q *request) projectBound() {
	name, id := "repository", q.projectClaim()
	if id == "project_id" {
		name = "project_path"
	}
	at, of := q.project.Host, platformHost(q.issuer)
	switch {
	case q.project.Path == "":
		return
	case at != "" && !samePlace(at, of):
		q.gap(Elsewhere, "", fmt.Sprintf("the manifest is of %s on %s, and tokens are of %s: nothing shows that its project there is the one that the claims name", q.project.Path, at, of),
			"see that they name the right one, or say it by --repository")
		return
	}
	names := q.demand.claims[name]
	q.foreign(name, names)
	bySubject := q.demand.claims["sub"] != nil
	var subjects []string
	for _, sub := range q.demand.claims["sub"] {
		project := provenBySubject(sub)[name]
		if project == "" {
			bySubject = false
			continue
		}
		subjects = append(subjects, project)
	}
	q.foreign("sub", subjects)
	if len(names) == 0 && !bySubject {
		q.gap(Elsewhere, id, fmt.Sprintf("no claim names the project of every token, so that nothing shows that the %s %s is that of %s", id, strings.Join(q.projects(), ", "), q.project.Path),
			"add "+name+": "+q.project.Path+" under claims")
	}
}

// foreign says which projects of a claim aren't the manifest's. Beside its own one it is as foreign: another manifest decides
// over that one's leases.
func (q *request) foreign(claim string, projects []string) {
	others := slices.DeleteFunc(slices.Clone(projects), func(p string) bool {
		return strings.EqualFold(p, q.project.Path) || strings.EqualFold(q.below()+p, q.project.Path)
	})
	if len(others) == 0 {
		return
	}
	as, fix := "", "don't apply it before you know why; where git's remote isn't the manifest's project, say which is by --repository"
	if len(others) < len(projects) {
		as, fix = " as well", "don't apply it before you know why; give each project a manifest and a grant of its own"
	}
	others = slices.Compact(slices.Sorted(slices.Values(others)))
	q.gap(Foreign, claim, fmt.Sprintf("the manifest is of %s, and its claims let in %s%s: another project gets the credential", q.project.Path, strings.Join(others, ", "), as), fix)
}

// below is the path under which an instance of GitLab lies, such as "gitlab/", where it isn't its host's only site: it stands in the
// URLs by which projects are cloned, and not in their names.
func (q *request) below() string {
	u, err := url.Parse(q.issuer)
	if err != nil || q.projectClaim() != "project_id" || q.project.Host == "" || strings.Trim(u.Path, "/") == "" {
		return ""
	}
	return strings.Trim(u.Path, "/") + "/"
}

// samePlace reports whether a host of a remote is a platform's own. ssh.github.com and altssh.gitlab.com are, for networks that let
// nothing but port 443 out, and www.github.com leads there.
func samePlace(at, of string) bool {
	return slices.ContainsFunc([]string{"", "www.", "ssh.", "altssh."}, func(prefix string) bool { return strings.EqualFold(at, prefix+of) })
}

// platformHost is where the projects lie whose jobs have an issuer's tokens: GitHub's has a name of its own
// (https://docs.github.com/actions/reference/security/oidc).
func platformHost(issuer string) string {
	u, err := url.Parse(issuer)
	if err != nil {
		return ""
	}
	host := strings.TrimPrefix(u.Hostname(), "token.actions.")
	if host == "githubusercontent.com" {
		return "github.com"
	}
	return host
}
