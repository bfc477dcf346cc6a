package gitrepo

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// gitIn runs git in dir and returns what it says.
func gitIn(t *testing.T, dir, stdin string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(stdin)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git %v: %v", args, err)
	}
	return strings.TrimSpace(string(out))
}

// folderOf makes a folder that has one thing, as git ls-tree writes it, under n names.
func folderOf(t *testing.T, dir, thing string, n int) string {
	t.Helper()
	var list strings.Builder
	for i := range n {
		fmt.Fprintf(&list, "%s\t%d\n", thing, i)
	}
	return gitIn(t, dir, list.String(), "mktree")
}

// A few trees that name each other often make git list paths without end: it is ended, and that is said.
func TestEndlessAnswer(t *testing.T) {
	dir := t.TempDir()
	gitIn(t, dir, "", "init", "-q")
	bomb := folderOf(t, dir, "100644 blob "+gitIn(t, dir, "x", "hash-object", "-w", "--stdin"), 10)
	for range 13 {
		bomb = folderOf(t, dir, "040000 tree "+bomb, 10)
	}
	tree, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close() //nolint:errcheck // only read
	_, _, err = tree.ask(t.Context(), 1<<20, nil, "ls-tree", "-r", bomb)
	if err == nil || err.Error() != "git ls-tree: it says more than 1 MiB: scan the repository's folders one by one" {
		t.Errorf("got %v", err)
	}
	if out, _, err := tree.ask(t.Context(), 1<<20, nil, "ls-tree", bomb); err != nil || strings.Count(string(out), "\n") != 10 {
		t.Errorf("a short answer: %q, %v", out, err)
	}
}
