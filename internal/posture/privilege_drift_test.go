package posture

import (
	"strings"
	"testing"
)

// empty is a manifest that entitles nobody; one that follows it in an example replaces it.
const empty = "-- .github/curfew.yml --\nversion: 1\n"

func TestPrivilegeDrift(t *testing.T) {
	change := func(before, after string, more ...string) string {
		const head = "on: push\npermissions: {}\njobs:\n  a:\n    runs-on: x\n"
		return empty + "-- base/.github/workflows/w.yml --\n" + head + before + "-- .github/workflows/w.yml --\n" + head + after + strings.Join(more, "")
	}
	const run = "    steps: [{run: make}]\n"
	const read = "    steps: [{run: \"${{ secrets.S }}\"}]\n"
	const not = ", and the manifest doesn't entitle the job to it | "
	const orNot = " in the same change, for its owner to approve; or take it out"
	const register = not + "register the secret under `exceptions:` and name it in the identity's `secrets`" + orNot
	const raise = not + "raise the identity's `token` ceiling" + orNot
	called := strings.NewReplacer("w.yml --\non: push", "called.yml --\non: workflow_call")
	undeclared := func(src string) string { // in the last file
		i := strings.LastIndex(src, "permissions: {}\n")
		return src[:i] + src[i+len("permissions: {}\n"):]
	}
	const identity = `-- .github/curfew.yml --
version: 1
owners:
  web: { team: "@acme/web" }
identities:
  i:
    owner: web
    purpose: Publish
    expires: "2027-06-01"
    runs-as: { workflow: .github/workflows/w.yml, job: a }
    token: { contents: read, packages: write }
`
	cases{
		{"no base", "on: push\njobs:\n  a:\n    runs-on: x\n" + read, nil},
		{"nothing new", change(read, read), nil},
		{"secret", change(run, read), []string{`w.yml:6:24 medium this change lets job "a" read secret S` + register}},
		{"secret, without a manifest", strings.TrimPrefix(change(run, read), empty), []string{
			`w.yml:6:24 medium this change lets job "a" read secret S, and there is no manifest to entitle the job to it | write one with ` +
				"`curfew init`, for somebody to approve; or take it out",
		}},
		{"another name for it", change(read, "    steps: [{run: \"${{ secrets['s'] }}\"}]\n"), nil},
		{"less than before", change(read, run), nil},
		{"secrets that can't be listed", change(read, "    steps: [{run: \"${{ toJSON(secrets) }}\"}]\n"), []string{
			`w.yml:6:31 medium this change lets job "a" read secrets that can't be listed` + register,
		}},
		{"a new job", change(run, run+"  b:\n    runs-on: x\n"+read), []string{`w.yml:9:24 medium this change lets job "b" read secret S` + register}},
		{"scope", change(run, "    permissions: {contents: read}\n"+run), []string{
			`w.yml:6:19 medium this change gives the GITHUB_TOKEN of job "a" contents: read` + raise,
		}},
		{"level", change("    permissions: {contents: read}\n"+run, "    permissions: {contents: write}\n"+run), []string{
			`w.yml:6:19 medium this change gives the GITHUB_TOKEN of job "a" contents: write` + raise,
		}},
		{"narrowed", change("    permissions: write-all\n"+run, "    permissions: {contents: write}\n"+run), nil},
		{"read-all has each read", change("    permissions: read-all\n"+run, "    permissions: {contents: read, pages: write}\n"+run), []string{
			`w.yml:6:35 medium this change gives the GITHUB_TOKEN of job "a" pages: write` + raise,
		}},
		{"all", change("    permissions: read-all\n"+run, "    permissions: write-all\n"+run), []string{
			`w.yml:6:18 medium this change gives job "a" write-all` + not + "raise the identity's `token` ceiling and list the scopes" + orNot,
		}},
		{"left to the default", undeclared(change(run, run)), []string{
			`w.yml:3:3 medium this change leaves the GITHUB_TOKEN of job "a" to the platform's default` + not +
				"raise the identity's `token` ceiling and write `permissions:`" + orNot,
		}},
		{"login", change(run, "    steps: [{uses: aws-actions/configure-aws-credentials@v5, with: {role-to-assume: r, aws-region: e}}]\n"), []string{
			`w.yml:6:20 medium this change lets job "a" log in to aws` + not + "add a grant for it to the identity" + orNot,
		}},
		{"entitled to by the manifest", change(run, "    permissions: {contents: read, packages: write}\n"+run, identity), nil},
		{"entitled to as the job that calls it", called.Replace(change(run, "    permissions: {packages: write}\n"+run)) +
			"-- .github/workflows/w.yml --\non: push\npermissions: {}\njobs:\n  a:\n    permissions: {packages: write}\n" +
			"    uses: ./.github/workflows/called.yml\n" + identity, nil},
		{"more than the manifest says", change(run, "    permissions: {contents: write}\n"+run, identity), []string{
			`w.yml:6:19 medium this change gives the GITHUB_TOKEN of job "a" contents: write` + raise,
		}},
	}.run(t, "privilege-drift")
}

func TestNewTriggers(t *testing.T) {
	change := func(after, steps, claims string) string {
		const job = "\npermissions: {}\njobs:\n  a:\n    runs-on: x\n    steps: [{run: \"STEPS\"}]\n"
		body := strings.Replace(job, "STEPS", steps, 1)
		out := empty + "-- base/.github/workflows/w.yml --\non: push" + body + "-- .github/workflows/w.yml --\non: " + after + body
		if claims == "" {
			return out
		}
		return out + "-- .github/curfew.yml --\nversion: 1\nowners:\n  web: { team: \"@acme/web\" }\nidentities:\n  i:\n    owner: web\n" +
			"    purpose: x\n    expires: \"2027-06-01\"\n    runs-as: { workflow: .github/workflows/w.yml, job: a }\n" + claims
	}
	const secret = "${{ secrets.S }}"
	starts := func(event, severity string) []string {
		return []string{"w.yml:1:12 " + severity + " this change lets " + event + ` start job "a", which holds credentials` +
			", and the manifest doesn't entitle the job to it | name the event in the identity's `claims.event_name` in the same change," +
			" for its owner to approve; or take it out"}
	}
	cases{
		{"nothing to reach", change("[push, pull_request_target]", "make", ""), nil},
		{"a stranger's trigger", change("[push, pull_request_target]", secret, ""), starts("pull_request_target", "high")},
		{"one of the repository's own", change("[push, workflow_dispatch]", secret, ""), starts("workflow_dispatch", "medium")},
		{"covered by any identity", change("[push, workflow_dispatch]", secret, "    token: {}\n"), nil},
		{"not covered by just any", change("[push, workflow_run]", secret, "    token: {}\n"), starts("workflow_run", "high")},
		{"named by the claims", change("[push, workflow_run]", secret, "    claims: { event_name: [push, workflow_run] }\n"), nil},
		{"not named by the claims", change("[push, release]", secret, "    claims: { event_name: push }\n"), starts("release", "medium")},
	}.run(t, "privilege-drift")
}
