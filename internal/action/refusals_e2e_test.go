//go:build e2e

package action_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/secret/planted"
)

const refusedWorkflow = `on: push
permissions: { contents: read, id-token: write }
jobs:
  deploy:
    runs-on: ubuntu-latest
    environment: production
    steps:
      - uses: actions/checkout@v5
      - id: lease
        uses: ACTION
        with: { command: lease, grant: deploy/GRANT, args: --issuer=ISSUER }
      - if: always()
        run: echo "lease $LEASE, token '$VAULT_TOKEN', id '$ID'"
        env: { LEASE: "${{ steps.lease.outcome }}", ID: "${{ steps.lease.outputs.lease-id }}" }
`

// missingPermissions: a job that lacks one is told which, gets nothing, and leaves nothing to end.
func missingPermissions(t *testing.T, w *world) {
	for name, tt := range map[string]struct {
		identity       bool
		grant, refuses string // what of the API
	}{
		"id-token: write": {false, "vault", ""},
		"contents: read":  {true, "vault", "/git/"},
		"actions: read":   {true, "approved", "/actions/runs/"},
	} {
		t.Run(name, func(t *testing.T) {
			j := w.job(t, strings.Replace(refusedWorkflow, "GRANT", tt.grant, 1), nil)
			if tt.identity {
				j.withIdentity()
			}
			hub := w.newHub(t)
			hub.Answer = func(rw http.ResponseWriter, r *http.Request) bool {
				refuses := tt.refuses != "" && strings.Contains(r.URL.Path, tt.refuses)
				if refuses {
					notAccessible(rw)
				}
				return refuses
			}
			j.flags = append(j.flags, "--secret", "GITHUB_TOKEN="+hub.Token, "--env", "GITHUB_API_URL="+hub.API())
			j.run(false)
			j.says("lease failure, token '', id ''", "::error title=curfew::", name)
			j.lacks("may live on", "revoked (")
		})
	}
}

const hostileRepositoryWorkflow = `on: push
permissions: { contents: read }
jobs:
  scan:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - id: text
        uses: ACTION
        with: { fail-on: never }
      - id: github
        uses: ACTION
        with: { fail-on: never, format: github }
      - id: markdown
        uses: ACTION
        with:
          fail-on: never
          format: markdown
          sarif-file: "odd\ninjected=1\nEOF.sarif"
          category: "x"
      - run: |
          echo "outputs: '$FINDINGS' '$INJECTED' '$(printf %s "$SARIF" | tr '\n' '~')' canary"
        env:
          FINDINGS: ${{ steps.text.outputs.findings }} ${{ steps.github.outputs.findings }} ${{ steps.markdown.outputs.findings }}
          SARIF: ${{ steps.markdown.outputs.sarif-file }}
          INJECTED: ${{ steps.text.outputs.injected }}${{ steps.github.outputs.injected }}${{ steps.markdown.outputs.injected }}${{ env.INJECTED }}
`

// commands are what the runner would do if it took them from what is scanned.
const commands = "\n::set-output name=injected::1\n::add-mask::canary\n##[set-output name=injected]1\n::stop-commands::mine\n::set-env name=INJECTED::1\n" +
	"findings<<EOF\n0\nEOF\ninjected=1\n%0A::add-mask::canary\r::add-mask::canary\n"

// credential is one that is made up.
func credential() string { return planted.All(3)[0].Value }

// hostileRepository: names and texts of what is scanned are never commands, outputs or variables.
func hostileRepository(t *testing.T, w *world) {
	quoted := strings.NewReplacer("\n", `\n`, "\r", `\r`).Replace(commands)
	files := shop()
	for _, name := range []string{"a\n::set-output name=injected::1\n::add-mask::canary\n.yml", "##[add-mask]canary.yml", "EOF\ninjected=1\n.yml", "::stop-commands::mine.yml"} {
		files[".github/workflows/"+name] = `name: "` + quoted + `"
on: push
permissions: { contents: write }
jobs:
  "publish":
    name: "` + quoted + `"
    runs-on: ubuntu-latest
    steps:
      - name: "` + quoted + `"
        run: "` + quoted + `"
        env: { "A` + quoted + `": "${{ secrets['` + quoted + `'] }}", B: "${{ secrets.B }}" }
`
	}
	files["x\n::add-mask::canary\n.env"] = "DEPLOY_TOKEN=" + credential() + commands
	j := w.job(t, hostileRepositoryWorkflow, files)
	j.run(true)
	j.hides(credential())
	j.says(" canary\n", "outputs: '")
	_, rest, _ := strings.Cut(j.log, "| outputs: '")
	counts, rest, _ := strings.Cut(rest, "' ")
	if n := strings.Fields(counts); len(n) != 3 || n[0] != n[1] || n[1] != n[2] || len(n[0]) != 1 && len(n[0]) != 2 || n[0] == "0" {
		t.Errorf("findings %q", counts)
	}
	if !strings.HasPrefix(rest, "'' 'odd~injected=1~EOF.sarif' canary") {
		t.Errorf("outputs are %.60q", rest)
	}
	j.lacks("::set-output:: injected", "::set-env:: INJECTED", "***\n        ", "  ::stop-commands::mine")
}

const hostileInputsWorkflow = deploySteps + `      - id: ticket
        uses: ACTION
        continue-on-error: true
        with:
          command: lease
          grant: deploy/ticketed
          ticket: "#1\n::set-output name=injected::1\n##[add-mask]canary\nCHG-1\r::add-mask::canary\nEOF"
          args: --issuer=ISSUER
      - id: grant
        uses: ACTION
        continue-on-error: true
        with: { command: lease, grant: HOSTILE, args: --issuer=ISSUER }
      - id: absent
        uses: ACTION
        continue-on-error: true
        with: { command: lease, grant: "deploy/##[set-output name=injected]1", args: --issuer=ISSUER }
      - id: org
        uses: ACTION
        continue-on-error: true
        with: { command: lease, grant: deploy/vault, org: "acme/::add-mask::canary", args: --issuer=ISSUER }
      - id: value
        uses: ACTION
        continue-on-error: true
        with: { command: lease, grant: deploy/hostile, args: --issuer=ISSUER }
      - id: flag
        uses: ACTION
        continue-on-error: true
        with: { command: lease, grant: deploy/vault, args: HOSTILE }
      - id: command
        uses: ACTION
        continue-on-error: true
        with: { command: HOSTILE }
      - id: path
        uses: ACTION
        continue-on-error: true
        with: { path: HOSTILE }
      - run: |
          echo "outcomes: $OUTCOMES, injected '$INJECTED', hostile '$HOSTILE', canary"
        env:
          OUTCOMES: ${{ steps.ticket.outcome }} ${{ steps.grant.outcome }} ${{ steps.absent.outcome }} ${{ steps.org.outcome }} ${{ steps.value.outcome }} ${{ steps.flag.outcome }} ${{ steps.command.outcome }} ${{ steps.path.outcome }}
          INJECTED: ${{ steps.ticket.outputs.injected }}${{ steps.grant.outputs.injected }}${{ steps.absent.outputs.injected }}${{ steps.org.outputs.injected }}${{ steps.value.outputs.injected }}${{ steps.flag.outputs.injected }}${{ steps.command.outputs.injected }}${{ env.INJECTED }}
`

// hostileInputs: what comes into an input, as a ticket's name may from who starts a run, or out of a server, is never a command or a
// variable; and none of it leases.
func hostileInputs(t *testing.T, w *world) {
	quoted := `"x` + strings.NewReplacer("\n", `\n`, "\r", `\r`).Replace(commands) + `"`
	j := w.job(t, strings.ReplaceAll(hostileInputsWorkflow, ": HOSTILE", ": "+quoted), nil).withIdentity()
	j.run(true)
	j.says("outcomes: failure failure failure failure failure failure failure failure, injected '', hostile '', canary", "it is revoked (")
	j.lacks("::set-output:: injected", "::set-env:: INJECTED", "may live on")
}
