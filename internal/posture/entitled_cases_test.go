package posture

import (
	"strings"
	"testing"
)

// granting is a manifest with one identity, for job a of w.yml, and one exception for secret S.
func granting(identity string) string {
	return `-- .github/curfew.yml --
version: 1
defaults: { narrow: none, limits: none, ttl: 15m }
owners: { web: { team: "@acme/web" } }
identities:
  i: { owner: web, purpose: x, expires: "2027-01-31", runs-as: { workflow: .github/workflows/w.yml, job: a }` + identity + ` }
exceptions:
  e: { secret: S, store: actions, owner: web, reason: x, accepted-by: "@anna", rotate-every: 30d, expires: "2027-01-31" }
`
}

// kept is granting for an exception whose secret is kept in store.
func kept(store string) string {
	return strings.Replace(granting(", secrets: [e]"), "store: actions", "store: "+store, 1)
}

// job is w.yml with one job a that has the given keys, in flow form.
func job(keys string) string {
	return "-- .github/workflows/w.yml --\non: push\npermissions: {}\njobs:\n  a: { runs-on: x, " + keys + " }\n"
}

const reads = `steps: [{ run: "${{ secrets.S }}" }]`

func TestSecretUnentitled(t *testing.T) {
	const init = "run `curfew init`, which writes .github/curfew.yml from what the workflows use today"
	cases{
		{"listed", granting(", secrets: [e]") + job(reads), nil},
		{"no manifest", job(reads), []string{
			`w.yml:4:40 high S is read by job "a", and there is no manifest that entitles anything to it | ` + init,
		}},
		{"an identifier", job(`steps: [{ uses: azure/login@v2, with: { client-id: "${{ secrets.S }}" } }]`), []string{
			`w.yml:4:76 low S is read by job "a", and there is no manifest that entitles anything to it | if S is no secret, store it as a variable and read ` + "`vars.S`; otherwise " + init,
		}},
		{"with a way to do without", job(`steps: [{ uses: docker/login-action@v3, with: { registry: x.azurecr.io, password: "${{ secrets.S }}" } }]`), []string{
			`w.yml:4:107 high S is read by job "a", and there is no manifest that entitles anything to it | ` +
				"log in by azure/login with `client-id:` and `id-token: write`, then run `az acr login`; or " + init,
		}},
		{"only compared", job(`steps: [{ if: "secrets.S != ''", run: make }]`), nil},
		{"computed names are for other rules", job(`steps: [{ run: "${{ secrets[matrix.x] }} ${{ toJSON(secrets) }}" }]`), nil},
		{"environment's", kept("{ actions-env: prod }") + job("environment: PROD, "+reads), nil},
		{"environment's, computed", kept("{ actions-env: prod }") + job(`environment: "${{ matrix.e }}", `+reads), nil},
		{"another store's", kept("codespaces") + job(reads), []string{
			`w.yml:4:40 high S is read by job "a", but exception "e" is for a secret of codespaces, which no workflow reads | write ` + "`store: actions` where that is meant, or add an exception for the S that the workflow reads",
		}},
		{"shared by jobs of several identities", granting("") +
			"-- .github/workflows/w.yml --\non: push\npermissions: {}\nenv: { K: \"${{ secrets.S }}\" }\njobs:\n  a: { runs-on: x, steps: [] }\n  b: { runs-on: x, steps: [] }\n", []string{
			"w.yml:3:16 high S is read by jobs \"a\" and \"b\", which no identity entitles to it | read it in the step that needs it, and list an exception for S under `secrets:` of the identity that runs there",
		}},
		{"a called workflow's, by no caller", "-- .github/workflows/w.yml --\non: workflow_call\npermissions: {}\njobs:\n  a: { runs-on: x, " + reads + " }\n", nil},
		{"a called workflow's with triggers of its own", "-- .github/workflows/w.yml --\non: [workflow_call, push]\npermissions: {}\njobs:\n  a: { runs-on: x, " + reads + " }\n", []string{
			`w.yml:4:40 high S is read by job "a", and there is no manifest that entitles anything to it | ` + init,
		}},
	}.run(t, "secret-unentitled")
}

func TestTokenExceedsGrant(t *testing.T) {
	calls := "-- .github/workflows/w.yml --\non: push\njobs:\n  a: { uses: ./.github/workflows/c.yml }\n" +
		"-- .github/workflows/c.yml --\non: workflow_call\njobs:\n  inner: { runs-on: x, permissions: { contents: write }, steps: [] }\n"
	cases{
		{"no manifest", job("permissions: write-all, steps: []"), nil},
		{"granted", granting(", token: { contents: write }") + job("permissions: { contents: read }, steps: []"), nil},
		{"not sized", granting("") + "-- .github/workflows/w.yml --\non: push\njobs:\n  a: { runs-on: x, steps: [] }\n", nil},
		{"read beyond", granting("") + job("permissions: { contents: read }, steps: []"), []string{
			`w.yml:4:35 low job "a" has contents: read, but identity "i" is granted nothing of it | remove the line, or have the owner write ` + "`contents: read` under `token:` of identity \"i\"",
		}},
		{"read-all", granting(", token: { actions: read }") + job("permissions: read-all, steps: []"), []string{
			`w.yml:4:33 low job "a" has read-all, which is more than identity "i" is granted: artifact-metadata: read, attestations: read, checks: read and 11 more | list the scopes in ` + "`permissions:` that identity \"i\" has under `token:`",
		}},
		{"through a call, granted", granting(", token: { contents: write }") + calls, nil},
		{"through a call", granting(", token: { contents: read }") + calls, []string{
			`c.yml:3:39 high job "a" has contents: write, but identity "i" is granted contents: read | write ` + "`contents: read`, or have the owner write `contents: write` under `token:` of identity \"i\"",
		}},
	}.run(t, "token-exceeds-grant")
}

func TestEntitlementUnused(t *testing.T) {
	cases{
		{"used", granting(", token: { contents: read }, secrets: [e]") + job("permissions: { contents: read }, "+reads), nil},
		{"only read elsewhere", granting(", secrets: [e]") + job("steps: []") + "  b: { runs-on: x, " + reads + " }\n", []string{
			".github/curfew.yml:5:121 medium identity \"i\" may read S, which job \"a\" doesn't read | remove e from `secrets:` of identity \"i\"",
		}},
		{"read nowhere is the exception's fault", granting(", secrets: [e]") + job("steps: []"), nil},
		{"perhaps read by a computed name", granting(", secrets: [e]") + job(`steps: [{ run: "${{ secrets[matrix.x] }}" }]`) + "  b: { runs-on: x, " + reads + " }\n", nil},
		{"a workflow that isn't one", granting("") + "-- .github/workflows/w.yml --\n[]\n", nil},
		{"a job that isn't there", granting(", token: { contents: read }") + strings.Replace(job("steps: []"), "  a:", "  z:", 1), []string{
			".github/curfew.yml:5:64 medium identity \"i\" runs as job \"a\" of .github/workflows/w.yml, which isn't there | remove the identity, or write the names of today's workflow and job",
		}},
	}.run(t, "entitlement-unused")
}

// TestCalledKeys: whose key it is, and who accepted it, is the caller's matter.
func TestCalledKeys(t *testing.T) {
	called := func(handed string) string {
		return "-- .github/workflows/w.yml --\non: push\npermissions: {}\njobs:\n  a: { uses: ./.github/workflows/c.yml, secrets: { key: \"${{ secrets." + handed + " }}\" } }\n" +
			"-- .github/workflows/c.yml --\non: workflow_call\npermissions: {}\njobs:\n  inner: { runs-on: x, steps: [{ run: make, env: { VAULT_TOKEN: \"${{ secrets.key }}\" } }] }\n"
	}
	const fix = "log in by hashicorp/vault-action with `method: jwt` and `role:`, and give the job `id-token: write`; then delete secret "
	cases{
		{"the caller's", called("MINE"), []string{
			"c.yml:4:65 high job \"inner\" logs in to Vault by the stored secret MINE, though Vault takes the job's OIDC token | " + fix + "MINE",
		}},
		{"registered for the caller", granting(", secrets: [e]") + called("S"), []string{
			"c.yml:4:65 high job \"inner\" logs in to Vault by the stored secret S, though Vault takes the job's OIDC token [exception 2027-01-31] | " + fix + "S",
		}},
		{"the caller's own token", called("GITHUB_TOKEN"), nil},
	}.run(t, "static-cloud-key")
}

func TestSessionTooLong(t *testing.T) {
	const grant = `, privilege: high, claims: { repository_id: "1", job_workflow_ref: acme/x/.github/workflows/w.yml@refs/heads/main }, grants: { v: { vault: { address: "https://v", mount: jwt, role: ci }, when: always }, g: { gcp: { provider: projects/1/locations/global/workloadIdentityPools/a/providers/b, service-account: s@p.iam.gserviceaccount.com, scopes: none, boundary: none }, when: always } }`
	login := func(lifetime string) string {
		return job(`steps: [{ uses: google-github-actions/auth@v3, with: { workload_identity_provider: w` + lifetime + ` } }]`)
	}
	cases{
		{"default", granting(grant) + login(""), []string{
			"w.yml:4:36 medium job \"a\" asks for a session of 1h by the action's default, but grant \"i/g\" is for 15m | write `access_token_lifetime: 900s`, or have the owner lengthen the grant",
		}},
		{"as granted", granting(grant) + login(", access_token_lifetime: 900s"), nil},
		{"computed", granting(grant) + login(`, access_token_lifetime: "${{ inputs.x }}"`), nil},
		{"another account", granting(grant) + login(", service_account: other@p.iam.gserviceaccount.com"), nil},
		{"no grant", granting("") + login(""), nil},
	}.run(t, "session-too-long")
}
