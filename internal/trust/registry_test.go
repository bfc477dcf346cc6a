package trust

import (
	"strings"
	"testing"
)

// TestOtherRegistries: TestPyPI is told apart from PyPI, an audience that the grant names counts, and a registry that isn't
// known has no document.
func TestOtherRegistries(t *testing.T) {
	m := manifestOfAll(`{ repository: acme/app, repository_id: "987", job_workflow_ref: acme/app/.github/workflows/d.yml@refs/heads/main, environment: prod }`)
	for grant, tt := range map[string]struct{ settings, audience string }{
		`pypi: { package: x }`:                                                          {"https://pypi.org/manage/project/x/settings/publishing/", "pypi"},
		`pypi: { package: x, endpoint: "https://pypi.org" }`:                            {"https://pypi.org/manage/project/x/settings/publishing/", "pypi"},
		`pypi: { package: x, endpoint: "https://test.pypi.org" }`:                       {"https://test.pypi.org/manage/project/x/settings/publishing/", "testpypi"},
		`pypi: { package: x, audience: y }`:                                             {"https://pypi.org/manage/project/x/settings/publishing/", "y"},
		`npm: { package: "@a/x", audience: y, endpoint: "https://registry.npmjs.org" }`: {"https://www.npmjs.com/package/@a/x/access", "y"},
		`npm: { package: x, endpoint: "https://npm.acme.example" }`:                     {},
		`pypi: { package: x, endpoint: "https://pypi.org.evil.example", audience: y }`:  {},
		`crates: { package: x, endpoint: "https://test.pypi.org" }`:                     {},
	} {
		src := strings.Replace(m, `pypi: { package: x }`, grant, 1)
		docs, gaps := Render(parse(t, src), nil, Options{Grant: "deploy/pypi"})
		if tt.settings == "" {
			if len(docs) > 0 || !strings.Contains(describe(gaps), "what that one trusts isn't known") {
				t.Errorf("%s: %v %s", grant, docs, describe(gaps))
			}
			continue
		}
		if len(docs) != 1 {
			t.Fatalf("%s: %s", grant, describe(gaps))
		}
		b, _ := docs[0].body.(*registry)
		if text := b.text(); !strings.Contains(text, "\n"+tt.settings+"\n") || b.kind.audience != tt.audience {
			t.Errorf("%s: audience %s in\n%s", grant, b.kind.audience, text)
		}
	}
}

// TestPublisherCommand: npm's own tool is told what the settings say, where it takes them at all.
func TestPublisherCommand(t *testing.T) {
	const github, gitlab = `repository: acme/app, repository_id: "987", job_workflow_ref: acme/app/.github/workflows/d.yml@refs/heads/main`,
		`project_path: acme/tools/app, project_id: "987", ref_path: refs/heads/main, ci_config_ref_uri: gitlab.com/acme/tools/app//`
	for claims, want := range map[string]string{
		github:                                    "\nnpm trust github @a/x \\\n  --repository=acme/app \\\n  --file=d.yml \\\n  --allow-publish\n",
		github + `, environment: "it's $HOME"`:    "\n  '--environment=it'\\''s $HOME' \\\n",
		github + `, environment: "a\u202eb"`:      "",
		gitlab + ".gitlab-ci.yml@refs/heads/main": "\nnpm trust gitlab @a/x \\\n  --project=acme/tools/app \\\n  --file=.gitlab-ci.yml \\\n  --allow-publish\n",
		gitlab + "ci/main.yml@refs/heads/main":    "",
	} {
		docs, gaps := Render(parse(t, strings.Replace(manifestOfAll("{ "+claims+" }"), `pypi: { package: x }`, `npm: { package: "@a/x" }`, 1)), nil, Options{Grant: "deploy/pypi"})
		if len(docs) != 1 {
			t.Fatalf("%s: %s", claims, describe(gaps))
		}
		b, _ := docs[0].body.(*registry)
		if text := b.text(); !strings.Contains(text, want) || want == "" && strings.Contains(text, "npm trust") {
			t.Errorf("%s: want %q in\n%s", claims, want, text)
		}
	}
}
