//go:build e2e

package action_test

import (
	"encoding/xml"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/ledger"
)

// leasing leases of both providers, and uses what it has got. END is what the job does then.
const leasing = deploySteps + `      - id: vault
        uses: ACTION
        with: { command: lease, grant: deploy/vault, args: --issuer=ISSUER }
      - id: cloud
        uses: ACTION
        with: { command: lease, grant: deploy/releases, ttl: 15m, args: --issuer=ISSUER }
      - name: use
        run: |
          printf %s "$VAULT_TOKEN" >"$KEEP/vault"
          printf %s "$AWS_SECRET_ACCESS_KEY" >"$KEEP/secret"
          printf %s "$AWS_SESSION_TOKEN" >"$KEEP/session"
          curl -sSf -H "X-Vault-Token: $VAULT_TOKEN" "$VAULT_ADDR/v1/secret/data/deploy"
          for bucket in releases backups; do
            printf "$bucket answers "
            curl -sS -o "$KEEP/answer" -X PUT -H 'content-length: 0' -w '%{http_code}\n' --aws-sigv4 aws:amz:us-east-1:s3 --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \
              -H "x-amz-security-token: $AWS_SESSION_TOKEN" "$MINIO/$bucket/$GITHUB_SHA"
          done
          echo "it has $VAULT_TOKEN, $DB_PASSWORD, $AWS_SECRET_ACCESS_KEY and $AWS_SESSION_TOKEN"
          echo "as outputs: $IDS until $ENDS"
        env:
          IDS: ${{ steps.vault.outputs.lease-id }} ${{ steps.cloud.outputs.lease-id }}
          ENDS: ${{ steps.vault.outputs.expires }} ${{ steps.cloud.outputs.expires }}
      - name: end
        run: |
          END
      - name: never
        if: ${{ ENDS_WELL }}
        run: echo "it goes on"
`

func leasingThat(end string, well string) string {
	return strings.NewReplacer("ENDS_WELL", well, "END\n", end+"\n").Replace(leasing)
}

// leases: when a job is over its leases are, whichever way it ends: Vault says so of the token, and of the session that can't be
// revoked it is said until when it lives.
func leases(t *testing.T, w *world) {
	for name, tt := range map[string]struct {
		end      string
		succeeds bool
	}{
		"after success":          {"true", true},
		"after a failing step":   {"exit 1", false},
		"after a killed step":    {"kill -9 $$", false},
		"after a lost workspace": {`rm -rf "$GITHUB_WORKSPACE"/.git "$GITHUB_WORKSPACE"/.github`, true},
	} {
		t.Run(name, func(t *testing.T) {
			j := w.job(t, leasingThat(tt.end, "false"), nil).withIdentity()
			j.run(tt.succeeds)
			j.says("it has ***, ***, *** and ***", "releases answers 200\n", "backups answers 403\n", "Post", "Summary - ")
			j.lacks("it goes on", "may live on")
			j.over()
		})
	}
}

// over expects that a leasing job's credentials have ended, are hidden in its log, and are recorded.
func (j *job) over() {
	j.Helper()
	token := j.kept("vault")
	j.dead(token)
	for _, secret := range []string{token, j.kept("secret"), j.kept("session")} {
		j.hides(secret)
	}
	j.says(": revoked (", "expire-only until ", "::notice title=curfew::records: in the organisation's store")
	_, rest, _ := strings.Cut(j.log, "as outputs: ")
	line, _, _ := strings.Cut(rest, "\n")
	ids, ends, _ := strings.Cut(line, " until ")
	for _, end := range strings.Fields(ends) {
		at, err := time.Parse(time.RFC3339, end)
		if left := time.Until(at); err != nil || left < 10*time.Minute || left > 30*time.Minute {
			j.Errorf("expires %q", end)
		}
	}
	got := types(j.recorded(strings.Fields(ids)...))
	for what, n := range map[string]int{"issued": 2, "revoked": 1, "expire-only": 1, "denied": 0} {
		if strings.Count(got, what) != n || len(strings.Fields(ids)) != 2 {
			j.Errorf("leases %q, records %s", ids, got)
		}
	}
}

// recorded are the records in the organisation's store that are of leases, from files that are sealed.
func (j *job) recorded(ids ...string) []ledger.Record {
	j.Helper()
	inbox := j.w.inbox(j.T)
	var all []ledger.Record
	for _, name := range slices.Sorted(maps.Keys(inbox)) {
		content := inbox[name]
		if strings.HasSuffix(name, ".seal") || !slices.ContainsFunc(ids, func(id string) bool { return strings.Contains(content, id) }) {
			continue
		}
		if _, err := ledger.OpenSealed(name, []byte(content), []byte(inbox[name+".seal"])); err != nil {
			j.Error(err)
		}
		f, err := ledger.ReadJobFile(name, []byte(content))
		if err != nil {
			j.Error(err)
			continue
		}
		all = append(all, f.Records...)
	}
	return all
}

// inbox is what jobs have brought to the organisation's store.
func (w *world) inbox(t *testing.T) map[string]string {
	t.Helper()
	status, list := w.asRoot(t, http.MethodGet, "/acme-curfew?list-type=2&prefix=ledger%2Finbox%2F", "")
	var said struct {
		Contents []struct{ Key string }
	}
	if err := xml.Unmarshal([]byte(list), &said); err != nil || status != http.StatusOK {
		t.Fatalf("%d %v %s", status, err, list)
	}
	inbox := map[string]string{}
	for _, object := range said.Contents {
		_, inbox[path.Base(object.Key)] = w.asRoot(t, http.MethodGet, "/acme-curfew/"+object.Key, "")
	}
	return inbox
}

func types(all []ledger.Record) string {
	var out []string
	for i := range all {
		out = append(out, strings.TrimPrefix(string(all[i].Type), "lease."))
	}
	return strings.Join(out, " ")
}

const matrixWorkflow = deployJob + `    strategy:
      fail-fast: false
      max-parallel: 1
      matrix:
        grant: [vault, releases, absent]
    steps:
      - uses: actions/checkout@v5
      - id: lease
        uses: ACTION
        with:
          command: lease
          grant: deploy/${{ matrix.grant }}
          to: file
          args: --issuer=ISSUER
      - run: |
          test -z "$VAULT_TOKEN$AWS_SECRET_ACCESS_KEY" # in no later step's environment
          set -a; . "$FILE"; set +a
          printf %s "$VAULT_TOKEN" >"$KEEP/$GRANT"
          echo "$GRANT has ${VAULT_TOKEN:+a token}${AWS_SESSION_TOKEN:+a session}"
        env: { FILE: "${{ steps.lease.outputs.variables-file }}", GRANT: "${{ matrix.grant }}" }
`

// matrix: each job of a matrix leases its own grant, and one that isn't entitled keeps no other from it.
func matrix(t *testing.T, w *world) {
	j := w.job(t, matrixWorkflow, nil).withIdentity()
	j.run(false)
	j.says("vault has a token\n", "releases has a session\n", "has no grant", "expire-only until ")
	j.lacks("absent has", "may live on")
	j.dead(j.kept("vault"))
	j.hides(j.kept("vault"))
	if n := strings.Count(j.log, "Job succeeded"); n != 2 {
		t.Errorf("%d jobs of the matrix succeeded", n)
	}
}
