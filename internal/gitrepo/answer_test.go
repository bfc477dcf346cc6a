package gitrepo

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// A few trees that name each other often make git list paths without end: it is ended, and that is said.
func TestEndlessAnswer(t *testing.T) {
	dir := t.TempDir()
	git := func(stdin string, args ...string) string {
		cmd := exec.CommandContext(t.Context(), "git", args...)
		cmd.Dir, cmd.Stdin = dir, strings.NewReader(stdin)
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("git %v: %v", args, err)
		}
		return strings.TrimSpace(string(out))
	}
	git("", "init", "-q")
	entry, bomb := "100644 blob "+git("x", "hash-object", "-w", "--stdin"), ""
	for range 14 {
		var list strings.Builder
		for i := range 10 {
			fmt.Fprintf(&list, "%s\t%d\n", entry, i)
		}
		bomb = git(list.String(), "mktree")
		entry = "040000 tree " + bomb
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
