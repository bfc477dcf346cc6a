package trust_test

import (
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/trust"
)

// TestProject: what is rendered from a manifest that lies in one project and names another is said to be for the other.
func TestProject(t *testing.T) {
	const (
		github = "repository_id: \"1\", job_workflow_ref: acme/ci/.github/workflows/deploy.yml@refs/heads/main, environment: production"
		gitlab = "project_id: \"1\", ci_config_ref_uri: gitlab.com/acme/shop//.gitlab-ci.yml@refs/heads/main, ref_path: refs/heads/main"
		bySub  = github + ", sub: "
	)
	for name, c := range map[string]struct {
		claims  string
		project trust.Project
		want    string // the kind; "" for no such gap
	}{
		"the same":                     {github + ", repository: acme/shop", trust.Project{Host: "github.com", Path: "acme/shop"}, ""},
		"in other letters":             {github + ", repository: acme/shop", trust.Project{Host: "GitHub.com", Path: "Acme/Shop"}, ""},
		"by the port for https":        {github + ", repository: acme/shop", trust.Project{Host: "ssh.github.com", Path: "acme/shop"}, ""},
		"by the web's name":            {github + ", repository: acme/shop", trust.Project{Host: "www.github.com", Path: "acme/shop"}, ""},
		"by the flag":                  {github + ", repository: acme/shop", trust.Project{Path: "acme/shop"}, ""},
		"not known":                    {github + ", repository: evil/shop", trust.Project{}, ""},
		"another":                      {github + ", repository: evil/shop", trust.Project{Host: "github.com", Path: "acme/shop"}, "foreign"},
		"another, by the flag":         {github + ", repository: evil/shop", trust.Project{Path: "acme/shop"}, "foreign"},
		"another beside it":            {github + ", repository: [acme/shop, evil/shop]", trust.Project{Host: "github.com", Path: "acme/shop"}, "foreign"},
		"by its number alone":          {github + ", sub: anything", trust.Project{Host: "github.com", Path: "acme/shop"}, "elsewhere"},
		"on another platform":          {github + ", repository: acme/shop", trust.Project{Host: "gitlab.com", Path: "acme/shop"}, "elsewhere"},
		"a subject's":                  {bySub + "\"repo:acme/shop:environment:production\"", trust.Project{Path: "acme/shop"}, ""},
		"a subject of another":         {bySub + "\"repo:evil@9/shop@1:environment:production\"", trust.Project{Path: "acme/shop"}, "foreign"},
		"a subject of none beside its": {bySub + "[\"repo:acme/shop:environment:production\", \"repository_owner:evil:environment:production\"]", trust.Project{Path: "acme/shop"}, "elsewhere"},
		"two subjects of another":      {bySub + "[\"repo:evil/shop:environment:production\", \"repo:evil@9/shop@1:environment:production\"]", trust.Project{Path: "acme/shop"}, "foreign"},
		// Entra compares the subject and no other claim.
		"a subject beside the name": {bySub + "\"repo:evil/shop:environment:production\", repository: acme/shop", trust.Project{Path: "acme/shop"}, "foreign"},
		"GitLab's":                  {gitlab + ", project_path: acme/tools/shop", trust.Project{Host: "gitlab.com", Path: "acme/tools/shop"}, ""},
		"GitLab's other port":       {gitlab + ", project_path: acme/shop", trust.Project{Host: "altssh.gitlab.com", Path: "acme/shop"}, ""},
		"one of a group's group":    {gitlab + ", project_path: acme/shop", trust.Project{Host: "gitlab.com", Path: "evil/acme/shop"}, "foreign"},
		"a mirror":                  {gitlab + ", project_path: acme/shop", trust.Project{Host: "github.com", Path: "acme/shop"}, "elsewhere"},
	} {
		t.Run(name, func(t *testing.T) {
			m := projectManifest(t, c.claims)
			documents, gaps := trust.Render(m, nil, trust.Options{Project: c.project})
			if len(documents) != 1 {
				t.Fatalf("%d documents: %v", len(documents), gaps)
			}
			got := ""
			for _, g := range gaps {
				if strings.Contains(g.Message, c.project.Path) && c.project.Path != "" {
					got += string(g.Kind)
					if open := g.Kind == "foreign"; g.Kind.Open() != open {
						t.Errorf("%s is open: %v", g.Kind, g.Kind.Open())
					}
				}
			}
			if got != c.want {
				t.Errorf("%q, want %q: %v", got, c.want, gaps)
			}
		})
	}
}

// TestProjectOfInstance: an instance of one's own lies at a host of any name, and GitLab maybe below a path, which is in no project's
// name.
func TestProjectOfInstance(t *testing.T) {
	const (
		github = `repository: acme/shop, repository_id: "1", job_workflow_ref: acme/ci/.github/workflows/deploy.yml@refs/heads/main, environment: production`
		gitlab = `project_path: acme/shop, project_id: "1", ci_config_ref_uri: git.example/acme/shop//.gitlab-ci.yml@refs/heads/main, ref_path: refs/heads/main`
	)
	for _, c := range []struct{ claims, issuer, host, path, want string }{
		{github, "https://ghe.acme.example/_services/token", "ghe.acme.example", "acme/shop", ""},
		{github, "https://token.actions.acme.ghe.com", "acme.ghe.com", "acme/shop", ""},
		{github, "https://altgit.acme.example/_services/token", "altgit.acme.example", "acme/shop", ""},
		{github, "https://ghe.acme.example/_services/token", "ghe.acme.example", "_services/token/acme/shop", "foreign"},
		{gitlab, "https://acme.example/gitlab", "acme.example", "gitlab/acme/shop", ""},
		{gitlab, "https://acme.example/gitlab", "acme.example", "acme/shop", ""},
		{gitlab, "https://acme.example/gitlab", "acme.example", "gitlab/evil/shop", "foreign"},
		{gitlab, "https://acme.example/gitlab", "", "gitlab/acme/shop", "foreign"},
		{gitlab, "https://acme.example", "acme.example", "gitlab/acme/shop", "foreign"},
	} {
		policy := &manifest.Policy{Organization: manifest.Organization{Name: "acme", ID: "4242"}, Issuers: []string{c.issuer}}
		_, gaps := trust.Render(projectManifest(t, c.claims), policy, trust.Options{Project: trust.Project{Host: c.host, Path: c.path}})
		got := ""
		for _, g := range gaps {
			if g.Kind == trust.Foreign || strings.Contains(g.Message, c.path) {
				got += string(g.Kind)
			}
		}
		if got != c.want {
			t.Errorf("%s of %s, for %s: %q, want %q: %v", c.path, c.host, c.issuer, got, c.want, gaps)
		}
	}
}

// projectManifest has one grant of a Vault's, which binds every claim.
func projectManifest(t *testing.T, claims string) *manifest.Manifest {
	t.Helper()
	src := `version: 1
owners: { web: { team: "@acme/web" } }
identities:
  deploy:
    owner: web
    purpose: Deploy
    privilege: high
    expires: "2027-06-01"
    runs-as: { workflow: .github/workflows/deploy.yml, job: deploy }
    claims: { ` + claims + ` }
    grants:
      kv: { vault: { address: "https://vault.acme.example", mount: jwt, role: deploy }, ttl: 1h, narrow: none, limits: none, when: always }
`
	m, err := manifest.Parse("curfew.yml", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return m
}
