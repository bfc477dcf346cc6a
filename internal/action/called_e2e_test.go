//go:build e2e

package action

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The workflow of a repository that calls the scan, and a job of its own that has curfew in its PATH.
const callingWorkflow = `on: push
jobs:
  scan:
    uses: ./.github/workflows/scan.yml
    permissions:
      contents: read
      security-events: write
    with:
      fail-on: never
      upload: false
  look:
    runs-on: ubuntu-latest
    permissions: {}
    needs: scan
    steps:
      - uses: actions/checkout@v5
      - uses: ./dist/setup
      - run: |
          test "$FINDINGS" = 1 # nobody entitled the calling job here to upload
          curfew version
          curfew manifest check
        env:
          FINDINGS: ${{ needs.scan.outputs.findings }}
`

// TestE2ECalledScan calls the scan's workflow by act (CURFEW_ACT), as the runner of the repository that has it: act knows
// neither workflows of repositories elsewhere without a network, nor $/, which is ./ here.
func TestE2ECalledScan(t *testing.T) {
	act := os.Getenv("CURFEW_ACT")
	if act == "" {
		t.Fatal("CURFEW_ACT doesn't name the runner: run make e2e")
	}
	dir := checkout(t)
	workflows := filepath.Join(dir, ".github", "workflows")
	called, err := os.ReadFile(filepath.Join(workflows, "scan.yml"))
	if err != nil {
		t.Fatal(err)
	}
	local := bytes.ReplaceAll(called, []byte("uses: $/"), []byte("uses: ./"))
	if bytes.Equal(local, called) {
		t.Error("the workflow doesn't name the action by its own repository")
	}
	for name, text := range map[string][]byte{"scan.yml": local, "e2e.yml": []byte(callingWorkflow)} {
		if err := os.WriteFile(filepath.Join(workflows, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	git(t, dir, "init", "--quiet")
	git(t, dir, "add", ".")
	git(t, dir, "-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "--quiet", "--message=Begin")
	cmd := exec.CommandContext(t.Context(), act, "push", "--workflows", filepath.Join(workflows, "e2e.yml"),
		"--platform", "ubuntu-latest=-self-hosted", "--platform", "ubuntu-24.04=-self-hosted", "--no-cache-server",
		"--container-daemon-socket", "-")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+t.TempDir(), "XDG_CONFIG_HOME="+t.TempDir())
	for _, name := range []string{"GOCACHE", "GOMODCACHE"} {
		value, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		cmd.Env = append(cmd.Env, name+"="+strings.TrimSpace(string(value)))
	}
	out, err := cmd.CombinedOutput()
	if err != nil || bytes.Count(out, []byte("Job succeeded")) < 2 {
		t.Errorf("act: %v\n%s", err, out)
	}
}
