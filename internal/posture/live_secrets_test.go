package posture

import (
	"strings"
	"testing"
)

// stored is a secret S as an inventory lists it.
func stored(more string) string {
	return `{ "store": "actions", "name": "S", "created": "2026-11-05T12:00:00Z", "updated": "2026-11-05T12:00:00Z", ` + more + ` }`
}

// TestReach: an organisation's secret of which nobody said whether it reaches the repository hides behind none of it unless
// its visibility says so.
func TestReach(t *testing.T) {
	hides := []string{".github/curfew.yml:7:26 low secret S of the repository hides one of the same name that the organisation has: once it is deleted, jobs read the organisation's, which no exception registers | give it a name of its own"}
	of := func(repository, more string) string {
		return strings.Replace(kept("actions")+acme(`"secrets": [ `+stored(`"scope": "repository"`)+`, `+stored(`"scope": "organization"`+more)+` ]`), `"visibility": "private"`, `"visibility": "`+repository+`"`, 1)
	}
	cases{
		{"unknown", of("private", `, "visibility": "selected"`), nil},
		{"all", of("public", `, "visibility": "all"`), hides},
		{"private ones, as it is", of("internal", `, "visibility": "private"`), hides},
		{"private ones, as it isn't", of("public", `, "visibility": "private"`), nil},
		{"it doesn't", of("private", `, "visibility": "all", "here": false`), nil},
		{"it does", of("private", `, "visibility": "selected", "here": true`), hides},
		{"it does, and nobody said to whom", of("private", `, "here": true`), hides},
	}.run(t, "secret-reuse")
}

// TestKeptElsewhere: a secret that only an environment has isn't in place of one of the repository, and deleting it helps
// nobody. It is what a first manifest says of each secret.
func TestKeptElsewhere(t *testing.T) {
	src := kept("actions") + job(`environment: production, `+reads)
	environment := `"secrets": [ ` + stored(`"scope": "environment", "environment": "Production"`)
	const at = ".github/curfew.yml:7:26 medium "
	only := []string{at + `secret S is kept in environment "production" and not in the repository, where exception "e" says that it is | write ` + "`store: { actions-env: production }` there"}
	both := []string{at + `environment "production" has a secret S of its own, which its jobs read in place of the repository's: exception "e" is of that alone | ` +
		"add an exception for it with `store: { actions-env: production }`, or delete the one that isn't meant"}
	unread := `, "sources": [ { "name": "environment-secrets", "of": "production", "state": "read" }, { "name": "secrets", "state": "not-checked", "why": "403" } ]`
	cases{
		{"only there", src + acme(environment+` ]`), only},
		{"there as well", src + acme(environment+`, `+stored(`"scope": "repository"`)+` ]`), both},
		{"nobody knows", src + acme(environment+` ]`+unread), both},
		{"nowhere", src + acme(`"secrets": []`), nil},
	}.run(t, "secret-reuse")
}

// TestOutside: an identifier opens nothing by itself, wherever it is read.
func TestOutside(t *testing.T) {
	src := kept("{ actions-env: production }")
	const outside = ` S is read by job "a" outside of environment "production", for which exception "e" is | `
	const fix = "write `environment: production` in the job, or add an exception for the S that it reads"
	cases{
		{"a secret", src + job(reads), []string{"w.yml:4:40 high" + outside + fix}},
		{"an identifier", src + job(`steps: [{ uses: azure/login@v2, with: { client-id: "${{ secrets.S }}" } }]`), []string{
			"w.yml:4:76 low" + outside + "if S is no secret, store it as a variable and read `vars.S`; otherwise " + fix,
		}},
		{"in it", src + job("environment: Production, "+reads), nil},
	}.run(t, "secret-outside-environment")
}

const alsoRepository = `  repository: { secret: S, store: actions, owner: web, reason: x, accepted-by: "@anna", rotate-every: 30d, expires: "2027-01-31" }
`

// TestStoredBeside: what an exception of its own registers isn't another way to the environment's secret.
func TestStoredBeside(t *testing.T) {
	both := acme(`"environments": [ { "name": "production", "reviewers": ["@anna"], "no_self_review": true, "wait_minutes": 0, "other_rules": [], "branches": "any" } ],
  "secrets": [ ` + stored(`"scope": "environment", "environment": "production"`) + `, ` + stored(`"scope": "repository"`) + ` ]`)
	one := kept("{ actions-env: production }")
	cases{
		{"unregistered", one + both, []string{
			`.github/curfew.yml:7:26 high secret S of environment "production" is stored for the repository as well, which no exception registers: any job that leaves the environment out reads that | ` +
				"delete the repository's, and revoke it where it was issued if it is another; where it is meant, add an exception for it with `store: actions`",
		}},
		{"registered", one + alsoRepository + both, nil},
	}.run(t, "secret-outside-environment")
	cases{{"registered", one + alsoRepository + both, nil}}.run(t, "secret-reuse")
}
