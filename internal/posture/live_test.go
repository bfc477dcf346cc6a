package posture

import (
	"fmt"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/inventory"
)

// acme is the inventory of a repository of an organisation, with these members beside.
func acme(members string) string {
	return `-- inventory.json --
{ "repository": { "id": 987654, "name": "acme/web", "owner_id": 4242, "owner_kind": "Organization", "visibility": "private", "default_branch": "main" },
` + members + ` }
`
}

// plain is a manifest that entitles nobody to anything.
const plain = "-- .github/curfew.yml --\nversion: 1\nextends: acme/.github\nowners: { web: { team: \"@acme/web\" } }\n"

// asked is a policy with a guard.
const asked = `-- curfew/org.yml --
version: 1
organization: { name: acme, id: "4242" }
guard: { ref: default-branch, approvals: 2, code-owners: true, last-push-approval: true, bypass: none, max-age: 24h, required: true }
`

// reviewed is a branch with one rule.
func reviewed(name, reviews, bypass string) string {
	return fmt.Sprintf(`"branch": { "name": %q, "rules": [ { "kind": "pull_request", "ruleset": 5, "source": "acme", "source_kind": "Organization", "reviews": %s%s } ] }`, name, reviews, bypass)
}

const (
	strict = `{ "count": 2, "code_owners": true, "last_push_by_another": true, "dismiss_stale": true }`
	loose  = `{ "count": 1, "code_owners": false, "last_push_by_another": false, "dismiss_stale": false }`
	none   = `{ "count": 0, "code_owners": false, "last_push_by_another": false, "dismiss_stale": false }`
	owned  = `{ "count": 0, "code_owners": true, "last_push_by_another": false, "dismiss_stale": false }`
	coded  = "-- .github/CODEOWNERS --\n* @acme/appsec\n"
)

func TestUnguarded(t *testing.T) {
	const at = ".github/curfew.yml:1:10 "
	const isnt = "the manifest's branch main isn't guarded: "
	nobody := at + "medium " + isnt + "nobody has to approve a change of it: whoever may push can entitle a job of theirs to anything | require a review of pull requests to it, by a ruleset or by the branch's protection"
	cases{
		{"no inventory", plain, nil},
		{"no review", plain + acme(reviewed("main", none, "")), []string{nobody}},
		{"no branch at all", plain + acme(`"apps": []`), []string{nobody}},
		{"a review", plain + acme(reviewed("main", loose, "")), nil},
		{"a person's own", plain + strings.Replace(acme(reviewed("main", none, "")), `"Organization", "vis`, `"User", "vis`, 1), nil},
		{"code owners", plain + coded + acme(reviewed("main", owned, "")), nil},
		{"code owners that nobody is", plain + acme(reviewed("main", owned, "")), []string{nobody}},
		{"rules unread", plain + acme(`"sources": [ { "name": "branch-protection", "state": "read" }, { "name": "branch-rules", "state": "not-checked", "why": "403" } ]`), nil},
		{"protection unread", plain + acme(`"sources": [ { "name": "branch-rules", "state": "read" } ]`), nil},
		{"as the organisation wants", plain + asked + coded + acme(reviewed("main", strict, `, "bypass": []`)), nil},
		{"bypass unknown", plain + asked + coded + acme(reviewed("main", strict, "")), nil},
		{"of another branch", plain + asked + coded + acme(reviewed("dev", loose, "")), nil},
		{"less than it wants", plain + asked + coded + acme(reviewed("main", loose, `, "bypass": ["role:admin"]`)), []string{
			at + "high " + isnt + "a change of it needs 1 approval, and the organisation wants 2 | require as many by a ruleset or by the branch's protection",
			at + "high " + isnt + "role:admin may bypass what guards it, and the organisation doesn't let them | take them from the bypass list of the ruleset, let the branch's protection hold for administrators, or have the organisation list them under guard.bypass",
			at + "high " + isnt + "code owners needn't approve a change of it, and the organisation wants them to | require a review from code owners, by a ruleset or by the branch's protection",
			at + "high " + isnt + "who pushes last may be who approves it, and the organisation wants another to | require approval of the most recent push, by a ruleset or by the branch's protection",
		}},
		{"owners that nobody is", plain + asked + acme(reviewed("main", strict, `, "bypass": []`)), []string{
			at + "high " + isnt + "code owners must approve a change of it, and there is no CODEOWNERS file that says who they are | add .github/CODEOWNERS with a line `/.github/curfew.yml @ORG/TEAM`",
		}},
	}.run(t, "manifest-fault")
}

// TestOwnerOrphanedUnread: of a team that nobody asked for, nothing is said.
func TestOwnerOrphanedUnread(t *testing.T) {
	for name, sources := range map[string]string{
		"unread": `{ "name": "team-members", "of": "@acme/web", "state": "not-checked", "why": "404" }`, "untold": `{ "name": "teams", "state": "read" }`,
	} {
		cases{{name, granting("") + acme(`"sources": [ `+sources+` ]`), nil}}.run(t, "owner-orphaned")
	}
}

// TestOwnersLine: a line is at fault once for each kind of fault, however many of its owners have it.
func TestOwnersLine(t *testing.T) {
	fault := func(column int, kind string) string {
		return fmt.Sprintf(`{ "path": ".github/CODEOWNERS", "line": 1, "column": %d, "kind": %q }`, column, kind)
	}
	says := func(kind string) string {
		return ".github/curfew.yml:1:10 medium line 1 of .github/CODEOWNERS, which names @acme/appsec for the manifest, is at fault by GitHub's word: " + kind +
			" | name people or teams that are there and may push, on a line that GitHub takes"
	}
	cases{
		{"twice", plain + coded + acme(`"codeowners_errors": [ `+fault(3, "Unknown owner")+`, `+fault(16, "Unknown owner")+` ]`), []string{says("unknown owner")}},
		{"of two kinds", plain + coded + acme(`"codeowners_errors": [ `+fault(3, "Unknown owner")+`, `+fault(16, "Invalid owner")+` ]`), []string{says("invalid owner"), says("unknown owner")}},
	}.run(t, "owner-orphaned")
}

func TestReusedTokens(t *testing.T) {
	const two = `-- .github/workflows/w.yml --
on: push
permissions: {}
jobs:
  a: { runs-on: x, steps: [ { run: a, env: { T: "{fake:glpat-:20}" } }, { run: b } ] }
  b: { runs-on: x, steps: [ { run: a } ] }
`
	facts := newKnowledge(t).facts(t, archive(fill(two)))
	if len(facts.Tokens) == 0 {
		t.Fatal("the token wasn't found")
	}
	again := facts.Tokens[0]
	for name, tt := range map[string]struct {
		offset int
		want   int
	}{"in the same job": {1, 0}, "in another": {strings.Index(string(facts.Files[0].Text.Src), "  b:") + 4 - again.Region.Start.Offset, 1}} {
		other := again
		other.Region.Start.Offset += tt.offset
		other.Region.End.Offset += tt.offset
		f := *facts
		f.Tokens = append(f.Tokens[:1:1], other)
		p := &Pass{Facts: &f, Rule: page(t, "secret-reuse")}
		secretReuse(p)
		if len(p.findings) != tt.want {
			t.Errorf("%s: %+v", name, p.findings)
		}
	}
}

func TestAppTokens(t *testing.T) {
	step := func(with string) string {
		return job(`steps: [ { uses: actions/create-github-app-token@v2, with: { app-id: "${{ vars.A }}", private-key: "${{ secrets.S }}"` + with + ` } } ]`)
	}
	granted := granting(`, privilege: high, claims: { repository_id: "1", job_workflow_ref: a/b/.github/workflows/w.yml@refs/heads/main }, grants: { g: { github: { exchange: "https://x.example", identity: d, repositories: [acme/web, acme/infra], permissions: { contents: write, pull_requests: read } }, when: always } }`)
	says := func(excess string) []string {
		return []string{`w.yml:4:37 high job "a" makes an App's token for ` + excess + `, beyond grant "i/g" | ask for no more than is granted, ` +
			"`permission-contents: write` and `permission-pull-requests: read`, or have the owner grant it"}
	}
	cases{
		{"as granted", granted + step(`, permission-contents: write, repositories: "web, infra"`), nil},
		{"by lines", granted + step(`, permission-contents: write, repositories: "web\n \n acme/infra,\n"`), nil},
		{"less", granted + step(`, permission-contents: read`), nil},
		{"no grant", granting("") + step(""), nil},
		{"no manifest", step(""), nil},
		{"what each has", granted + step(`, permission-metadata: read`), nil},
		{"all that it may", granted + step(""), says("all that the App may")},
		{"more", granted + step(`, permission-pull-requests: write`), says("pull_requests: write")},
		{"another", granted + step(`, permission-members: read`), says("members: read")},
		{"a level that isn't", granted + step(`, permission-contents: none`), nil},
		{"another's", granted + step(`, permission-contents: read, owner: evil, repositories: web`), says("repository web")},
		{"every repository", granted + step(`, permission-contents: read, owner: acme`), says("every repository that the App is installed on")},
		{"computed repositories", granted + step(`, permission-contents: read, owner: acme, repositories: "${{ inputs.r }}"`), nil},
		{"a computed owner", granted + step(`, permission-contents: read, owner: "${{ inputs.o }}", repositories: shop`), nil},
		{"no repository in a list", granted + step(`, permission-contents: read, owner: acme, repositories: " ,\n"`), says("every repository that the App is installed on")},
		{"no owner either", granted + step(`, permission-contents: read, owner: " ", repositories: " "`), nil},
	}.run(t, "app-token-exceeds-grant")
}

// TestUnlisted: what is told as not checked is what a rule would look at.
func TestUnlisted(t *testing.T) {
	unread := func(src string) []string {
		facts := newKnowledge(t).facts(t, archive(src))
		facts.Inventory = &inventory.Inventory{Repository: inventory.Repository{OwnerKind: "Organization", DefaultBranch: "main"}, Branch: &inventory.Branch{Name: "dev"}}
		var titles []string
		for _, s := range facts.Unlisted() {
			titles = append(titles, s.Title())
		}
		return titles
	}
	for _, tt := range []struct{ name, src, want string }{
		{"no manifest", job(reads), "workflow-permissions deploy-keys org-workflow-permissions"},
		{"a manifest", granting(""), "secrets organization-secrets environment-secrets workflow-permissions deploy-keys branch-rules branch-protection org-workflow-permissions team-members of @acme/web"},
		{"with a guard", plain + asked, "workflow-permissions deploy-keys branch-rules branch-protection ruleset-bypass org-workflow-permissions branch-protection of main"},
		{"with code owners", plain + coded, "workflow-permissions deploy-keys branch-rules branch-protection codeowners org-workflow-permissions"},
		{"of the organisation", kept("actions-org"), "organization-secrets workflow-permissions deploy-keys branch-rules branch-protection org-secrets org-workflow-permissions team-members of @acme/web"},
		{"an App by number", plain + job(`steps: [ { uses: actions/create-github-app-token@v2, with: { app-id: 22, private-key: "${{ secrets.S }}" } } ]`), "workflow-permissions deploy-keys branch-rules branch-protection org-workflow-permissions org-apps"},
	} {
		if got := strings.Join(unread(tt.src), " "); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

// TestAppLevels: what is asked for at a level that there isn't is asked for by nobody, and costs no scan.
func TestAppLevels(t *testing.T) {
	installed := acme(`"apps": [ { "id": 21, "app_id": 22, "name": "deployer", "repositories": "selected", "permissions": { "contents": "write" }, "created": "2025-01-02T03:04:05Z", "updated": "2026-01-02T03:04:05Z", "suspended": false } ]`)
	step := func(with string) string {
		return job(`steps: [ { uses: actions/create-github-app-token@v2, with: { app-id: 22, private-key: "${{ secrets.S }}", ` + with + ` } } ]`)
	}
	says := func(asked string) []string {
		return []string{"w.yml:4:37 medium App deployer may contents: write on selected repositories, and the workflows ask for " + asked +
			": whoever has its key has all of it | take from the App what its jobs don't need, or give them an App of their own"}
	}
	cases{
		{"none", plain + installed + step("permission-contents: none"), says("nothing")},
		{"and one that is", plain + installed + step("permission-contents: Write, permission-issues: read"), says("issues: read")},
		{"computed", plain + installed + step(`permission-contents: "${{ inputs.level }}"`), nil},
	}.run(t, "app-token-exceeds-grant")
}
