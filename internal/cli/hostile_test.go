//go:build unix

package cli_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/curfew-ci/curfew/internal/secret/planted"
)

// TestHostileTree scans a tree that was made to hurt: it may execute nothing, leave nothing, believe
// nothing that would switch it off, and must say what it didn't look into.
func TestHostileTree(t *testing.T) {
	t.Parallel()
	s := &shell{t: t, dir: t.TempDir()}
	outside := t.TempDir()
	canary := filepath.Join(outside, "ran")
	if err := os.WriteFile(filepath.Join(outside, "secrets.yml"), []byte("on: push\njobs: {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	token := planted.All(3)[0].Value

	s.write(".gitleaks.toml", "[allowlist]\npaths = ['''.*''']\n")
	s.write(".gitleaksignore", "app.sh:github-pat:1\n")
	s.write("app.sh", "export TOKEN="+token+" # gitleaks:allow\n")
	s.write(".github/workflows/deep.yml", "on: push\njobs: "+strings.Repeat("{a: ", 10_000)+strings.Repeat("}", 10_000))
	s.write(".github/workflows/indented.yml", indented(1_300))
	s.write(".github/workflows/bomb.yml", bomb())
	s.write(".github/workflows/a\nb\x1b[31m::error::x.yml", "on: push\njobs: { a: { runs-on: x, steps: [ { run: x } ] } }\n")
	s.write(".git/HEAD", "ref: refs/heads/main\n")
	s.write(".git/config", fmt.Sprintf("[core]\n\trepositoryformatversion = 0\n\tfsmonitor = touch %[1]s\n\thooksPath = %[2]s\n\tsshCommand = touch %[1]s\n\tpager = touch %[1]s\n"+
		"[alias]\n\tls-files = !touch %[1]s\n[filter \"x\"]\n\tclean = touch %[1]s\n\tsmudge = touch %[1]s\n[diff \"x\"]\n\ttextconv = touch %[1]s\n", canary, outside))
	s.write(".gitattributes", "* filter=x diff=x\n")
	for _, dir := range []string{".git/objects", ".git/refs"} {
		if err := os.MkdirAll(filepath.Join(s.dir, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	huge := s.write("huge.txt", token)
	if err := os.Truncate(huge, 200<<20); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(outside, "secrets.yml"), filepath.Join(s.dir, ".github/workflows/link.yml")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("..", filepath.Join(s.dir, "loop")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(s.dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}

	for _, format := range []string{"text", "json", "sarif", "github", "markdown"} {
		s.out.Reset()
		s.run("scan", s.dir, "-f", format)
		out := s.out.String()
		if strings.Contains(out, token) {
			t.Errorf("%s: the token came out", format)
		}
		for _, line := range strings.Split(out, "\n") {
			if strings.ContainsAny(line, "\x1b\r") || strings.HasPrefix(line, "b\x1b") || strings.HasPrefix(line, "::error::x") {
				t.Errorf("%s: a name got out as it is: %q", format, line)
			}
		}
		for _, want := range []string{"huge.txt", "link.yml", "deep.yml", "indented.yml", "bomb.yml"} {
			if !strings.Contains(out, want) {
				t.Errorf("%s: nothing is said of %s:\n%s", format, want, out)
			}
		}
		if format == "text" && !strings.Contains(out, "[long-lived-token]") {
			t.Errorf("the tree switched the search for secrets off:\n%s", out)
		}
	}
	if _, err := os.Stat(canary); err == nil {
		t.Error("a program that the tree names was run")
	}

	s.write(".github/curfew.yml", bomb())
	s.out.Reset()
	if code := s.run("scan", s.dir); code != 2 {
		t.Errorf("a bomb for a manifest exits %d, want 2:\n%s", code, s.out.String())
	}
}

// indented nests n mappings in block style.
func indented(n int) string {
	var b strings.Builder
	b.WriteString("on: push\njobs:\n")
	for i := range n {
		b.WriteString(strings.Repeat(" ", i+1) + "a:\n")
	}
	return b.String()
}

// bomb doubles itself with every anchor.
func bomb() string {
	var b strings.Builder
	b.WriteString("on: push\na0: &a0 [x, x]\n")
	for i := 1; i < 40; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [*a%d, *a%d]\n", i, i, i-1, i-1)
	}
	b.WriteString("jobs: *a39\n")
	return b.String()
}
