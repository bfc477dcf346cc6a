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

// TestTwoGrantsOfAServer: of two grants whose tokens may be the same neither is rendered, as who has one would have the other;
// of two whose tokens never are, both.
func TestTwoGrantsOfAServer(t *testing.T) {
	_, ours := sameNumber()
	claims := `{ repository: acme/app, repository_id: "987", environment: prod, job_workflow_ref: acme/app/.github/workflows/d.yml@refs/heads/main }`
	for name, tt := range map[string]struct{ claims, audience string }{
		"another audience":      {claims, "other"},
		"another environment":   {`{ repository_id: "987", environment: [staging, dev], job_workflow_ref: acme/app/.github/workflows/d.yml@refs/heads/main }`, "sts.amazonaws.com"},
		"the same tokens":       {claims, "sts.amazonaws.com"},
		"some of the same":      {`{ repository_id: ["987", "988"], environment: [prod, dev], job_workflow_ref: acme/app/.github/workflows/d.yml@refs/heads/main }`, "sts.amazonaws.com"},
		"one claim less":        {`{ repository_id: "987", job_workflow_ref: acme/app/.github/workflows/d.yml@refs/heads/main }`, "sts.amazonaws.com"},
		"another event, unsaid": {`{ repository_id: "987", job_workflow_ref: acme/app/.github/workflows/d.yml@refs/heads/main, event_name: workflow_call }`, "sts.amazonaws.com"},
	} {
		i := strings.Index(ours, "  other:\n")
		other := strings.Replace(ours[i:], "audience: other", "audience: "+tt.audience, 1)
		from, _, _ := strings.Cut(other[strings.Index(other, "claims: "):], "\n")
		docs, gaps := Render(parse(t, ours[:i]+strings.Replace(other, from, "claims: "+tt.claims, 1)), nil, Options{})
		rendered := 0
		for _, d := range docs {
			if d.Provider == "kubernetes" {
				rendered++
			}
		}
		refused := slices.ContainsFunc(gaps, func(g Gap) bool {
			return g.Grant == "other/kubernetes" && strings.Contains(g.Message, "may prove deploy/kubernetes too")
		})
		apart := strings.HasPrefix(name, "another")
		if apart != (rendered == 2) || apart == refused || !apart && rendered != 0 {
			t.Errorf("%s: %d documents, refused: %t", name, rendered, refused)
		}
	}
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
