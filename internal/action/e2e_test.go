//go:build e2e

package action

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/testservers"
)

// The workflow that a user would write, with the action from the repository itself.
const e2eWorkflow = `on: push
jobs:
  scan:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - id: lenient
        uses: ./
        with:
          path: testdata/shop
          fail-on: never
      - id: strict
        uses: ./
        continue-on-error: true
        with:
          path: testdata/shop
          sarif-file: shop.sarif
          args: |
            --require=workflows
      - id: absent
        uses: ./
        continue-on-error: true
        with:
          path: testdata/shop
          fail_on: never
      - run: |
          test "$ABSENT" = failure
          grep -q '"findings"' "$RESULT"
          test "$LENIENT" = success
          test "$STRICT" = failure
          test "$FINDINGS" -gt 0
          test "$SARIF" = shop.sarif
          grep -q '"2.1.0"' shop.sarif
        env:
          LENIENT: ${{ steps.lenient.outcome }}
          STRICT: ${{ steps.strict.outcome }}
          FINDINGS: ${{ steps.strict.outputs.findings }}
          SARIF: ${{ steps.strict.outputs.sarif-file }}
          RESULT: ${{ steps.strict.outputs.result-file }}
          ABSENT: ${{ steps.absent.outcome }}
`

// TestE2EAction runs action.yml in a workflow, by act (CURFEW_ACT) as the runner and this machine as
// the job's.
func TestE2EAction(t *testing.T) {
	act := os.Getenv("CURFEW_ACT")
	if act == "" {
		t.Fatal("CURFEW_ACT doesn't name the runner: run make e2e")
	}
	dir := checkout(t)
	workflow := filepath.Join(dir, ".github", "workflows", "e2e.yml")
	if err := os.WriteFile(workflow, []byte(e2eWorkflow), 0o600); err != nil {
		t.Fatal(err)
	}
	git(t, dir, "init", "--quiet")
	git(t, dir, "add", ".")
	git(t, dir, "-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "--quiet", "--message=Begin")

	binary := filepath.Join(t.TempDir(), "curfew")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "../../cmd/curfew").CombinedOutput(); err != nil {
		t.Fatalf("build curfew: %v\n%s", err, out)
	}
	cache := t.TempDir()
	testservers.InstallAction(t, "../..", dir, filepath.Join(cache, "act", "tool_cache"), binary)
	cmd := exec.CommandContext(t.Context(), act, "push", "--workflows", workflow,
		"--platform", "ubuntu-latest=-self-hosted", "--no-cache-server", "--container-daemon-socket", "-")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+cache, "XDG_CONFIG_HOME="+t.TempDir())
	out, err := cmd.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("Job succeeded")) {
		t.Errorf("act: %v\n%s", err, out)
	}
}

// checkout copies the files that git knows or would add.
func checkout(t *testing.T) string {
	t.Helper()
	dir, root := t.TempDir(), "../.."
	list := git(t, root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	for name := range strings.SplitSeq(strings.TrimSuffix(list, "\x00"), "\x00") {
		src, err := os.ReadFile(filepath.Join(root, name))
		if os.IsNotExist(err) {
			continue // deleted, but not yet committed
		}
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, src, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git %s: %v", args[0], err)
	}
	return string(out)
}
