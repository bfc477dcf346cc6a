package trust

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// sameNumber are two manifests, of a repository at GitHub and of a project of the same number at GitLab, whose people took
// the same names for identity and grant.
func sameNumber() (theirs, ours string) {
	ours = manifestOfAll(`{ repository: acme/app, repository_id: "987", environment: prod, job_workflow_ref: acme/app/.github/workflows/d.yml@refs/heads/main }`)
	theirs = strings.Replace(manifestOfAll(`{ project_path: evil/app, project_id: "987", ref_path: refs/heads/main, ci_config_ref_uri: gitlab.com/evil/app//.gitlab-ci.yml@refs/heads/main }`),
		"providers/x", "providers/y", 1)
	return theirs, ours
}

func documentOf(t *testing.T, src, grant string) Document {
	t.Helper()
	docs, _ := Render(parse(t, src), nil, Options{Grant: grant})
	if len(docs) != 1 {
		t.Fatalf("%d documents of %s", len(docs), grant)
	}
	return docs[0]
}

// TestSameNumber: where one pool has the providers of two issuers, or one API server two authenticators, a token of the one
// gets nothing that is bound for the other, though both have a project of the same number, and grants of the same name.
func TestSameNumber(t *testing.T) {
	theirs, ours := sameNumber()
	tok := token{
		"iss": "https://gitlab.com", "aud": "sts.amazonaws.com", "project_path": "evil/app", "project_id": "987", "ref_path": "refs/heads/main",
		"ci_config_ref_uri": "gitlab.com/evil/app//.gitlab-ci.yml@refs/heads/main", "iat": "1795406400",
	}
	now := time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)

	bound, _ := documentOf(t, ours, "deploy/gcp").body.(*gcp)
	from, _ := documentOf(t, theirs, "deploy/gcp").body.(*gcp)
	value, _ := evaluate(t, from.value, tok.vars("assertion", now)).(string)
	if value == "" || slices.ContainsFunc(bound.members, func(m string) bool { return strings.HasSuffix(m, "/attribute.curfew/"+value) }) {
		t.Errorf("Google takes %q for %q", value, bound.members)
	}

	server, _ := documentOf(t, ours, "deploy/kubernetes").body.(*kubernetes)
	other, _ := documentOf(t, theirs, "deploy/kubernetes").body.(*kubernetes)
	i := slices.IndexFunc(other.issuers, func(i *kubeIssuer) bool { return i.url == tok["iss"] })
	groups, _ := evaluate(t, string(other.issuers[i].expression()), tok.vars("claims", now)).([]any)
	if len(groups) != 1 || slices.ContainsFunc(server.groups, func(g string) bool { return g == groups[0] }) {
		t.Errorf("Kubernetes takes %q for %q", groups, server.groups)
	}
	if server.role == other.role {
		t.Errorf("both bind to %q", server.role)
	}
}
