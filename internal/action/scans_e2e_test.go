//go:build e2e

package action_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// shop is a repository with findings: a job that nobody entitled to what it uses.
func shop() map[string]string {
	return map[string]string{
		".github/curfew.yml": "version: 1\nowners:\n  web: { team: \"@acme/web\" }\nidentities: {}\n",
		".github/workflows/publish.yml": `on: push
permissions: { contents: write }
jobs:
  publish:
    runs-on: ubuntu-latest
    steps: [{ run: make publish, env: { TOKEN: "${{ secrets.REGISTRY_TOKEN }}" } }]
`,
	}
}

const scanWorkflow = `on: push
permissions: { contents: read }
jobs:
  scan:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - id: lenient
        uses: ACTION
        with: { fail-on: never }
      - id: strict
        uses: ACTION
        continue-on-error: true
        with:
          sarif-file: shop.sarif
          args: |
            --require=workflows
      - id: critical
        uses: ACTION
        with: { fail-on: critical, format: github }
      - id: mistyped
        uses: ACTION
        continue-on-error: true
        with: { fail_on: never }
      - id: refused
        uses: ACTION
        continue-on-error: true
        with:
          args: |
            publish.yml
      - id: again
        uses: ACTION
        continue-on-error: true
        with: { command: report, from: "${{ steps.lenient.outputs.result-file }}", fail-on: high, sarif-file: again.sarif }
      - run: cmp shop.sarif again.sarif && cmp "$FIRST" "$SECOND"
        env: { FIRST: "${{ steps.lenient.outputs.result-file }}", SECOND: "${{ steps.again.outputs.result-file }}" }
      - name: a later step reads SARIF
        run: |
          node -e 'const s = JSON.parse(require("fs").readFileSync(process.env.SARIF));
            console.log("results: " + s.runs.reduce((n, r) => n + (r.results || []).length, 0) + " of version " + s.version)'
        env: { SARIF: "${{ steps.strict.outputs.sarif-file }}" }
      - uses: ACTION
        with:
          command: ticket
          from: ${{ steps.lenient.outputs.result-file }}
          to: files:tickets
      - run: |
          echo "outcomes: $OUTCOMES"
          echo "findings: $FINDINGS"
          test "$(ls tickets | wc -l)" -gt 0
        env:
          OUTCOMES: ${{ steps.lenient.outcome }} ${{ steps.strict.outcome }} ${{ steps.critical.outcome }} ${{ steps.mistyped.outcome }} ${{ steps.refused.outcome }} ${{ steps.again.outcome }}
          FINDINGS: ${{ steps.lenient.outputs.findings }} ${{ steps.strict.outputs.findings }} ${{ steps.again.outputs.findings }} "${{ steps.mistyped.outputs.findings }}"
`

// scans: findings fail a step or don't as it says; outputs and SARIF are for the steps that follow.
func scans(t *testing.T, w *world) {
	j := w.job(t, scanWorkflow, shop())
	j.run(true)
	j.says("outcomes: success failure success failure failure failure\n", `"fail_on": there is no such input`, `"publish.yml" is no flag`,
		"of version 2.1.0", "::error file=.github/workflows/publish.yml,line=6", "Summary - ")
	_, rest, _ := strings.Cut(j.log, "results: ")
	n, _, _ := strings.Cut(rest, " ")
	if n == "" || n == "0" {
		t.Errorf("no results in SARIF")
	}
	j.says("findings: " + n + " " + n + " " + n + ` ""`)
}

const uploadWorkflow = `on: push
permissions: { contents: read, security-events: write }
jobs:
  scan:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - id: scan
        uses: ACTION
        with: { fail-on: never, upload: true, category: nightly }
      - run: echo "findings $FINDINGS"
        env: { FINDINGS: "${{ steps.scan.outputs.findings }}" }
`

// uploads: what is found becomes alerts of the branch, and what is mended is fixed by the next run.
func uploads(t *testing.T, w *world) {
	j := w.job(t, uploadWorkflow, shop())
	hub := w.newHub(t)
	j.flags = append(j.flags, "--secret", "GITHUB_TOKEN="+hub.Token, "--env", "GITHUB_API_URL="+hub.API())
	j.run(true)
	j.hides(hub.Token)
	first := hub.Alerts(webRepo, "refs/heads/main")
	if len(first) == 0 {
		t.Error("code scanning has no alerts")
	}
	for _, a := range first {
		if a.State != "open" || !strings.HasPrefix(a.Category, "nightly/") || a.Commit != j.git("rev-parse", "HEAD") {
			t.Errorf("%+v", a)
		}
	}
	j.write(j.dir, ".github/workflows/publish.yml", "on: push\npermissions: {}\njobs: { publish: { runs-on: ubuntu-latest, steps: [{ run: make }] } }\n")
	j.commit("Publish nothing")
	j.run(true)
	for _, a := range hub.Alerts(webRepo, "refs/heads/main") {
		if strings.HasSuffix(a.Path, "publish.yml") && a.State != "fixed" {
			t.Errorf("%+v", a)
		}
	}
}

const forkWorkflow = `on: pull_request
permissions: { contents: read }
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - id: scan
        uses: ACTION
        with: { fail-on: never, upload: auto }
      - id: lease
        uses: ACTION
        continue-on-error: true
        with: { command: lease, grant: deploy/vault, args: --issuer=ISSUER }
      - run: |
          echo "scan $SCAN, lease $LEASE, findings $FINDINGS, sarif ${SARIF##*/}"
          test -z "$VAULT_TOKEN"
        env:
          SCAN: ${{ steps.scan.outcome }}
          LEASE: ${{ steps.lease.outcome }}
          FINDINGS: ${{ steps.scan.outputs.findings }}
          SARIF: ${{ steps.scan.outputs.sarif-file }}
`

// fork: a pull request of a fork has a token that may only read and no ID tokens. It is scanned by its base, told in words what it
// can't have, and nothing is asked of GitHub.
func fork(t *testing.T, w *world) {
	j := w.job(t, forkWorkflow, shop())
	hub := w.newHub(t)
	before := len(hub.Asked())
	base := j.git("rev-parse", "HEAD")
	// What the change says of itself doesn't judge it.
	j.write(j.dir, ".github/curfew.yml", "version: 1\nowners: {}\nidentities: {}\nexceptions: {}\n")
	j.commit("Entitle me")
	side := func(id int, name, sha string) map[string]any {
		return map[string]any{"sha": sha, "ref": "main", "repo": map[string]any{"id": id, "full_name": name, "fork": id != webRepo}}
	}
	event, err := json.Marshal(map[string]any{"action": "opened", "number": 7, "pull_request": map[string]any{
		"number": 7, "head": side(666, "mallory/web\n::set-output name=injected::1", j.git("rev-parse", "HEAD")), "base": side(webRepo, "acme/web", base),
	}})
	if err != nil {
		t.Fatal(err)
	}
	j.write(j.keep, "event.json", string(event))
	j.event = "pull_request"
	j.flags = append(j.flags, "--eventpath", j.keep+"/event.json", "--secret", "GITHUB_TOKEN="+hub.Metadata, "--env", "GITHUB_API_URL="+hub.API())
	j.run(true)
	j.says("scan success, lease failure, findings ", "sarif curfew.sarif", "SARIF isn't uploaded: this pull request comes from the fork",
		"nothing is leased: this pull request comes from the fork", base[:7])
	j.lacks("findings ,", "::set-output:: injected", "\n::set-output")
	if asked := hub.Asked()[before:]; len(asked) > 0 {
		t.Errorf("GitHub was asked for %q", asked)
	}
}

const readOnlyWorkflow = `on: push
permissions: { contents: read }
jobs:
  scan:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - id: auto
        uses: ACTION
        with: { fail-on: never, upload: auto }
      - id: always
        uses: ACTION
        continue-on-error: true
        with: { fail-on: never, upload: true }
      - run: echo "auto $AUTO, always $ALWAYS, findings $FINDINGS"
        env:
          AUTO: ${{ steps.auto.outcome }}
          ALWAYS: ${{ steps.always.outcome }}
          FINDINGS: ${{ steps.always.outputs.findings }}
`

// readOnly: a token that may not write to code scanning is a notice where that is said to do, and an error that names the
// permission where it isn't.
func readOnly(t *testing.T, w *world) {
	j := w.job(t, readOnlyWorkflow, shop())
	hub := w.newHub(t)
	hub.Answer = func(rw http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost {
			notAccessible(rw)
		}
		return r.Method == http.MethodPost
	}
	j.flags = append(j.flags, "--secret", "GITHUB_TOKEN="+hub.Token, "--env", "GITHUB_API_URL="+hub.API())
	j.run(true)
	j.says("auto success, always failure, findings ", "::notice title=curfew::SARIF isn't uploaded: github-token may not write to code scanning", "security-events: write")
	j.lacks("findings \n")
}

// notAccessible is what GitHub answers to a job's token that lacks a permission.
func notAccessible(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(http.StatusForbidden)
	_, _ = w.Write([]byte(`{"message":"Resource not accessible by integration","documentation_url":"https://docs.github.com/rest"}`)) // who hung up doesn't wait for it
}
