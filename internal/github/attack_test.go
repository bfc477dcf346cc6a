package github

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/manifest"
)

// attack is a way to have a lease judged by what somebody else wrote, or by nothing.
type attack struct {
	name  string
	alter func(p *place)
	want  string // of the error
}

func TestGovernanceAttacks(t *testing.T) {
	for _, a := range slices.Concat(repositoryAttacks(), objectAttacks(), serverAttacks(t)) {
		t.Run(a.name, func(t *testing.T) {
			p := newPlace(t)
			a.alter(p)
			got, err := p.governance().Rules(t.Context(), p.who(), "")
			if err == nil || !strings.Contains(err.Error(), a.want) || strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Errorf("got %v and %+v, want %q", err, got, a.want)
			}
			if strings.Contains(fmt.Sprint(err), p.g.Token) {
				t.Error("the error shows the token")
			}
		})
	}
}

func repositoryAttacks() []attack {
	files := func(id int64, alter func(map[string]string)) func(p *place) {
		return func(p *place) {
			all := map[bool]map[string]string{true: webFiles(), false: orgFiles()}[id == webID]
			alter(all)
			p.g.Commit(id, "main", "bob", all)
		}
	}
	return []attack{
		{"recycled name", func(p *place) {
			p.g.Rename(webID, "acme/old")
			p.g.Host(666, "acme/web", 6666)
			p.g.Commit(666, "main", "mallory", webFiles())
			p.claims["repository_id"] = "777"
		}, "repositories/777: GitHub answers 404"},
		{"answer for another id", func(p *place) {
			p.answers("/repositories/987654", says(200, `{"id":666,"full_name":"mallory/web","default_branch":"main","owner":{"id":4242,"login":"acme"}}`))
		}, "about the repository 666"},
		{"transferred", func(p *place) { p.claims["repository_owner_id"] = "4343" }, "belongs to the account 4242"},
		{"no owner", func(p *place) { delete(p.claims, "repository_owner_id") }, "repository_owner_id is absent"},
		{"an id that climbs", func(p *place) { p.claims["repository_id"] = "../user" }, "expected a number"},
		{"a run that climbs", func(p *place) { p.claims["run_id"] = "1/../2" }, "expected a number"},
		{"no commit", func(p *place) { p.claims["sha"] = "main" }, "expected a commit"},
		{"GitLab", func(p *place) {
			p.claims = map[string]any{"project_id": "987654", "sub": "project_path:acme/web:ref_type:branch:ref:main"}
		}, "isn't one of GitHub's"},
		{"policy of another owner", func(p *place) {
			p.g.Host(orgID, "acme/.github", 666)
			p.g.Commit(orgID, "main", "mallory", orgFiles())
		}, "acme/.github belongs to the account 666"},
		{"policy by another organisation", func(p *place) {
			p.g.Host(666, "mallory/.github", 6666)
			p.g.Commit(666, "main", "mallory", orgFiles())
			files(webID, func(f map[string]string) {
				f[manifest.Path] = strings.Replace(rulesText, "acme/.github", "mallory/.github", 1)
			})(p)
		}, "mallory/.github belongs to the account 6666"},
		{"policy renamed", func(p *place) {
			p.answers("/repos/acme/.github", says(301, "", "Location", p.g.API()+"/repositories/55"))
			p.g.Rename(orgID, "acme/rules")
		}, "is called acme/rules now"},
		{"no policy's repository", func(p *place) { p.g.Rename(orgID, "acme/rules") }, `let the token have "contents: read" on acme/.github`},
		{"no policy", files(orgID, func(f map[string]string) { delete(f, manifest.PolicyPath) }), "there is no organisation's policy"},
		{"no manifest", files(webID, func(f map[string]string) { delete(f, manifest.Path) }), "there is no manifest"},
		{"no branch", func(p *place) { p.g.Default(webID, "gone") }, "git/ref/heads/gone: GitHub answers 404"},
		{"a branch that climbs", func(p *place) { p.g.Default(webID, "../../../user") }, "is no branch"},
		{"large manifest", files(webID, func(f map[string]string) { f[manifest.Path] = strings.Repeat("#", 1<<20+1) }), "1048577 bytes"},
		{"many policies", files(webID, func(f map[string]string) {
			for i := range 40 {
				f[fmt.Sprintf(".github/curfew/%d.rego", i)] = "package x"
			}
		}), "more than 32 policies"},
		{"a link", files(webID, func(f map[string]string) {
			delete(f, manifest.Path)
			f["120000 "+manifest.Path], f["evil.yml"] = "../evil.yml", rulesText
		}), "not a regular file"},
		{"a submodule", files(webID, func(f map[string]string) {
			delete(f, manifest.Path)
			f["160000 "+manifest.Path] = strings.Repeat("ab", 20)
		}), "not a regular file"},
		{"a linked folder", files(webID, func(f map[string]string) {
			delete(f, ".github/curfew/a.rego")
			delete(f, ".github/curfew/a_test.rego")
			f["120000 .github/curfew"] = "../evil"
		}), "is not a folder"},
		{"a linked policy", files(orgID, func(f map[string]string) { f["120000 curfew/policy/x.rego"] = "lease.rego" }), "not a regular file"},
		{"a manifest that is a folder", files(webID, func(f map[string]string) {
			delete(f, manifest.Path)
			f[manifest.Path+"/x"] = rulesText
		}), "not a regular file"},
	}
}
