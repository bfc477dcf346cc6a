//go:build e2e

package action_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// cancelled: who cancels a run ends its leases.
func cancelled(t *testing.T, w *world) {
	j := w.job(t, leasingThat(`touch "$KEEP/waiting"; sleep 120`, "success()"), nil).withIdentity()
	cmd := j.command()
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for range 600 {
		if _, err := os.Stat(filepath.Join(j.keep, "waiting")); err == nil {
			break
		}
		time.Sleep(200 * time.Millisecond)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Error(err)
	}
	err := cmd.Wait()
	j.ended(log.String(), err, false)
	j.lacks("it goes on")
	j.over()
}

const killedWorkflow = deploySteps + `      - id: lease
        uses: ACTION
        with: { command: lease, grant: deploy/slow, args: --issuer=ISSUER }
      - if: always()
        run: echo "it was handed over ${VAULT_TOKEN:-nothing}, and lease-id is '$ID'"
        env: { ID: "${{ steps.lease.outputs.lease-id }}" }
`

// killedLeasing: curfew is killed when Vault has issued a token that isn't handed over yet. No other job leases at that address.
func killedLeasing(t *testing.T, w *world) {
	j := w.job(t, killedWorkflow, nil).withIdentity()
	var held string
	w.mu.Lock()
	w.reading = func(token string) {
		held = token
		j.kill("action")
	}
	w.mu.Unlock()
	j.run(false)
	w.mu.Lock()
	w.reading = nil
	w.mu.Unlock()
	j.says("curfew was ended by SIGKILL", "it was handed over nothing, and lease-id is ''", ": revoked (")
	j.dead(held)
	j.hides(held)
	_, rest, _ := strings.Cut(j.log, "curfew: lease ")
	id, _, _ := strings.Cut(rest, " ")
	if got := types(j.recorded(id)); got != "intent revoked" {
		t.Errorf("records of %s: %s", id, got)
	}
}

// kill kills the curfew that runs a verb in this job.
func (j *job) kill(verb string) {
	j.Helper()
	found := 0
	lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range lines {
		line, err := os.ReadFile(file)
		if err != nil || !bytes.HasPrefix(line, []byte(j.cache)) || !bytes.HasSuffix(line, []byte("/curfew\x00"+verb+"\x00")) {
			continue
		}
		pid := filepath.Base(filepath.Dir(file))
		found++
		if err := killID(pid); err != nil {
			j.Error(err)
		}
	}
	if found != 1 {
		j.Errorf("%d processes of curfew's in this job", found)
	}
}

func killID(pid string) error {
	id, err := strconv.Atoi(pid)
	if err != nil {
		return err
	}
	p, err := os.FindProcess(id)
	if err != nil {
		return err
	}
	return p.Kill()
}

// hindered: a step can keep a job's leases from being ended, as it can do all that curfew can; the job fails then, and nothing else
// is run in curfew's place.
func hindered(t *testing.T, w *world) {
	for name, tt := range map[string]struct{ end, says string }{
		"what ends them is removed": {`rm -rf "$RUNNER_TEMP/curfew"`, "may live on: "},
		"the records, too, say that they have ended": {
			`rm "$RUNNER_TEMP"/curfew/leases/*; sed -i 's/lease.issued/lease.revoked/' "$RUNNER_TEMP"/curfew/ledger/*.jsonl`, "may live on: ",
		},
		"another binary is in the tool cache": {`cp "$KEEP/other" "$RUNNER_TOOL_CACHE"/curfew/*/*/curfew`, "It was not run: "},
	} {
		t.Run(name, func(t *testing.T) {
			j := w.job(t, leasingThat(tt.end, "false"), nil).withIdentity().withAction()
			j.write(j.keep, "other", string(w.evil(t)))
			j.run(false)
			j.says("it has ***, ***, *** and ***", "::error title=curfew::", tt.says)
			j.lacks(": revoked (")
			j.neverRan()
			j.hides(j.kept("vault"))
		})
	}
}
