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
