package trust

import (
	"maps"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestProvenBySubject: a subject proves what nobody else's could say the same way, and no more.
func TestProvenBySubject(t *testing.T) {
	for sub, want := range map[string]map[string]string{
		"repo:acme/app:environment:prod": {"repository": "acme/app", "repository_owner": "acme", "environment": "prod"},
		"repo:acme@42/app@9:ref:refs/heads/main": {
			"repository": "acme/app", "repository_owner": "acme", "repository_id": "9", "repository_owner_id": "42", "ref": "refs/heads/main",
		},
		"repo:acme/app:pull_request":                        {"repository": "acme/app", "repository_owner": "acme"},
		"repository_id:9:job_workflow_ref:a/b/c.yml@refs/x": {"repository_id": "9", "job_workflow_ref": "a/b/c.yml@refs/x"},
		"project_path:a/b/c:ref_type:tag:ref:v1":            {"project_path": "a/b/c", "ref_type": "tag", "ref": "v1", "ref_path": "refs/tags/v1"},
		"project_path:a/b:ref_type:branch:ref:main":         {"project_path": "a/b", "ref_type": "branch", "ref": "main", "ref_path": "refs/heads/main"},

		// what somebody names comes first: another project's workflow may be named like this
		"workflow:x:repository_id:9":    nil,
		"environment:repository_id:9:x": nil,
		"actor:x":                       nil,
		"":                              nil,
		"repository_id":                 {},
		// a name that occurs twice, of which one may be a part of a value
		"repository_id:9:workflow:x:environment:prod:environment:dev": nil,
		// a colon, or its escape: nobody can tell
		"repository_id:9:environment:a%3Ab": {"repository_id": "9"},
		"repository_id:9:environment:":      {"repository_id": "9"},
		// half a pair of ids
		"repo:acme@42/app:environment:prod": {"environment": "prod"},
		"repo:acme:environment:prod":        {"environment": "prod"},
		"repo::environment:prod":            {"environment": "prod"},
	} {
		if diff := cmp.Diff(want, provenBySubject(sub)); diff != "" {
			t.Errorf("%q:\n%s", sub, diff)
		}
	}
}

// FuzzProvenBySubject: what is proven stands in the subject.
func FuzzProvenBySubject(f *testing.F) {
	f.Add("repo:acme@42/app@9:ref:refs/heads/main")
	f.Add("project_path:a/b:ref_type:branch:ref:main")
	f.Fuzz(func(t *testing.T, sub string) {
		for name, value := range maps.All(provenBySubject(sub)) {
			said := strings.TrimPrefix(strings.TrimPrefix(value, "refs/heads/"), "refs/tags/")
			if owner, project, ok := strings.Cut(value, "/"); name == "repository" && ok {
				if !strings.Contains(sub, owner) || !strings.Contains(sub, project) {
					t.Errorf("%q says nothing of %s", sub, value)
				}
				continue
			}
			if value == "" || !strings.Contains(sub, said) {
				t.Errorf("%q says nothing of %s %q", sub, name, value)
			}
		}
	})
}

// TestSubjectThatCarriesAll: with the subject that the docs recommend for Entra, no claim of their sample is left open.
func TestSubjectThatCarriesAll(t *testing.T) {
	src, err := os.ReadFile("../../docs/providers.md")
	if err != nil {
		t.Fatal(err)
	}
	sub := regexp.MustCompile(`(?m)^sub: \S+$`).Find(src)
	sample := regexp.MustCompile("(?s)```yaml trust\n(.*?)```").FindSubmatch(src)
	if sub == nil || sample == nil {
		t.Fatal("the page has no subject, or no manifest")
	}
	m := strings.Replace(string(sample[1]), "    claims:\n", "    claims:\n      "+string(sub)+"\n", 1)
	docs, gaps := Render(parse(t, m), nil, Options{Grant: "deploy/entra"})
	if len(docs) != 1 || len(docs[0].body.(*azure).credentials) != 1 {
		t.Fatalf("%+v", docs)
	}
	for _, g := range gaps {
		if g.Kind.Open() || strings.Contains(g.Message, "event_name") {
			t.Errorf("%s: %s", g.Kind, g.Message)
		}
	}
	// Without the workflow in it, that is open again.
	_, gaps = Render(parse(t, strings.Replace(m, ":job_workflow_ref:acme", ":workflow_ref:acme", 1)), nil, Options{Grant: "deploy/entra"})
	if !strings.Contains(describe(gaps), "wider deploy/entra: Entra can't bind the claim job_workflow_ref") {
		t.Error(describe(gaps))
	}
}
