package readme

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPages runs every block of the pages that isn't marked as not run, and scans the workflows that they show.
func TestPages(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	watch(t, root)
	env := environment(t, root)
	t.Run("migration", func(t *testing.T) { migration(t, env) })
	t.Run("workflows", func(t *testing.T) { workflows(t, env) })
	for _, page := range pages(t) {
		found, err := blocks(read(t, page))
		if err != nil {
			t.Errorf("%s: %v", page, err)
			continue
		}
		for _, b := range found {
			name := fmt.Sprintf("%s:%d", page, b.line)
			if b.notRun != "" {
				t.Logf("%s is not run: %s", name, b.notRun)
				continue
			}
			t.Run(name, func(t *testing.T) { b.test(t, root, env) })
		}
	}
}

// TestFirstPagesRun: the pages by which somebody starts have commands that were run.
func TestFirstPagesRun(t *testing.T) {
	first := append(glob(t, "docs/start/*.md"), "README.md")
	if len(first) < 5 {
		t.Errorf("only %d pages to start by", len(first))
	}
	for _, page := range first {
		found, err := blocks(read(t, page))
		if err != nil {
			t.Errorf("%s: %v", page, err)
		}
		if !slices.ContainsFunc(found, func(b block) bool { return b.notRun == "" }) {
			t.Errorf("%s has no block that runs", page)
		}
	}
}

// test runs a block and compares what it says with what its mark expects.
func (b *block) test(t *testing.T, root string, env []string) {
	t.Helper()
	dir := root
	if b.dir != "" {
		dir = repository(t, filepath.Join(root, filepath.FromSlash(b.dir)))
	}
	status, out := run(t, today(t, b.script), dir, env)
	if status != b.exit {
		t.Errorf("exit status %d, want %d", status, b.exit)
	}
	for _, part := range b.prints {
		if !strings.Contains(out, today(t, part)) {
			t.Errorf("%q isn't printed", part)
		}
	}
	if t.Failed() {
		t.Logf("%s printed:\n%s", b.script, out)
	}
}

// watch looks at every file that the blocks may depend on. What this process looks at is part of the
// test cache's key; what the processes that it starts look at isn't.
func watch(t *testing.T, root string) {
	t.Helper()
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == ".git" || entry.Name() == ".cache" || entry.Name() == "bin") {
			return fs.SkipDir
		}
		_, err = os.Stat(name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// environment is this process's, without what a CI job knows of itself, and with curfew in PATH as
// `go install` puts it there. A commit that a block makes is by nobody in particular.
func environment(t *testing.T, root string) []string {
	t.Helper()
	bin := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(bin, "curfew"), "./cmd/curfew")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build curfew: %v\n%s", err, out)
	}
	var env []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "GITHUB_") {
			env = append(env, v)
		}
	}
	env = append(env,
		"GIT_AUTHOR_NAME=test", "GIT_AUTHOR_EMAIL=test@example.com",
		"GIT_COMMITTER_NAME=test", "GIT_COMMITTER_EMAIL=test@example.com")
	return append(env, "GOBIN="+bin, "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// repository is a copy of a folder as a git repository of its own, as it would be written today.
func repository(t *testing.T, folder string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(folder)); err != nil {
		t.Fatal(err)
	}
	renewed(t, dir)
	for _, args := range [][]string{
		{"init", "--quiet"},
		{"add", "."},
		{"-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "--quiet", "--message=Begin"},
	} {
		git := exec.CommandContext(t.Context(), "git", args...)
		git.Dir = dir
		if out, err := git.CombinedOutput(); err != nil {
			t.Fatalf("git %s: %v\n%s", args[0], err, out)
		}
	}
	return dir
}

// run runs a script and returns its exit status and what it printed.
func run(t *testing.T, script, dir string, env []string) (int, string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-eu", "-c", script)
	cmd.Dir, cmd.Env = dir, env
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

func TestBlocks(t *testing.T) {
	markdown := `Text.

<!-- test: in testdata/shop; exit 1; prints "high["; prints "a; b" -->
` + "```sh" + `
curfew scan \
  -f json
` + "```" + `
<!-- test: exit 0 -->
` + "```sh" + `
` + "```" + `

` + "```text printed" + `
one
  two
` + "```" + `
<!-- not run: it would run this test -->
` + "```sh" + `
make test
` + "```" + `
` + "```yaml" + `
a: b
` + "```" + `
`
	want := []block{
		{line: 4, script: "curfew scan \\\n  -f json\n", dir: "testdata/shop", exit: 1, prints: []string{"high[", "a; b"}},
		{line: 9, prints: []string{"one", "  two"}},
		{line: 17, script: "make test\n", notRun: "it would run this test"},
	}
	got, err := blocks(markdown)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(block{})); diff != "" {
		t.Errorf("blocks (-want +got):\n%s", diff)
	}
	for _, bad := range []string{
		"```sh\nls\n```\n", "text\n```sh\nls\n```\n", "<!-- test -->\n```sh\nls\n```\n",
		"<!-- not run: -->\n```sh\nls\n```\n", "<!-- test: exit 0 -->\n```sh\nls\n",
		"<!-- test: exit 0; print \"x\" -->\n```sh\nls\n```\n",
	} {
		if got, err := blocks(bad); err == nil {
			t.Errorf("%q: blocks %v, want an error", bad, got)
		}
	}
}
