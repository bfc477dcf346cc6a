package cli_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/cli"
	"github.com/curfew-ci/curfew/internal/secret/planted"
)

// git runs git in the shell's folder, of which nothing of the machine's configuration is known.
func (s *shell) git(stdin string, args ...string) {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), "git", args...)
	cmd.Dir, cmd.Stdin = s.dir, strings.NewReader(stdin)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		s.t.Fatalf("git %v: %v\n%s", args[0], err, out)
	}
}

// stage puts files that were written into the index.
func (s *shell) stage() { s.git("", "add", "-A", "-f", ".") }

// importer writes what git fast-import reads.
type importer struct{ bytes.Buffer }

func (b *importer) commit(branch, author, subject string) {
	fmt.Fprintf(b, "commit refs/heads/%s\nauthor %s 1700000000 +0000\ncommitter c <c@example.com> 1700000000 +0000\ndata %d\n%s\n", branch, author, len(subject), subject)
}

func (b *importer) put(name, content string) {
	fmt.Fprintf(b, "M 100644 inline %q\ndata %d\n%s\n", name, len(content), content)
}

// TestNoSecretLeavesAHistory plants every kind in commits that are gone, and values in all that commits say
// of themselves: names, e-mails, subjects, branches, files.
func TestNoSecretLeavesAHistory(t *testing.T) {
	t.Parallel()
	s := &shell{t: t, dir: t.TempDir()}
	secrets, speaking := planted.All(21), alone(t)
	var b importer
	for i, p := range secrets {
		b.commit("main", "a <a@example.com>", "x")
		b.put(fmt.Sprintf("%d/%s", i, p.Path), p.Content)
		b.put("all.txt", p.Content+"other\n"+p.Content)
	}
	for i, p := range speaking {
		if strings.ContainsAny(p.Value, "\n<>") {
			continue
		}
		branch := "main"
		if !strings.ContainsAny(p.Value, "/~^: .") && len(p.Value) < 200 {
			branch = p.Value
		}
		b.commit(branch, p.Value+" <"+p.Value+">", p.Value)
		b.put("said.txt", fmt.Sprint(i, "\n", secrets[i%len(secrets)].Content))
		if !strings.Contains(p.Value, "/") {
			b.put("bin/"+p.Value, "\x00")
			b.put("text/"+p.Value, secrets[0].Content)
			b.put(p.Value+".env", secrets[0].Content)
		}
	}
	b.commit("main", "a <a@example.com>", "empty")
	b.WriteString("deleteall\n")
	s.git("", "init", "-q", "-b", "main")
	s.git(b.String(), "fast-import", "--quiet", "--force")
	s.git("", "reset", "-q", "--hard")
	s.scanEveryWay("--history")
	if n := strings.Count(s.out.String(), "stands in the history"); n < len(secrets) {
		t.Errorf("only %d findings in the history", n)
	}
	for _, p := range speaking {
		if !strings.ContainsAny(p.Value, "~^: .") && len(p.Value) < 200 {
			s.run("scan", s.dir, "--history", "--since", p.Value)
			s.run("scan", s.dir, "--diff", p.Value+"..main")
			break
		}
	}
	s.leaks(append(secrets, speaking...)...)
}

// TestNoSecretLeavesAChange plants every kind in what is staged, in what a commit adds to, on standard input
// and in archives.
func TestNoSecretLeavesAChange(t *testing.T) {
	t.Parallel()
	s := &shell{t: t, dir: t.TempDir()}
	secrets, speaking := planted.All(22), alone(t)
	s.git("", "init", "-q", "-b", "main")
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	for i, p := range secrets {
		s.write(fmt.Sprintf("%d/%s", i, p.Path), p.Content)
		s.write(fmt.Sprintf("le/%d/%s", i, p.Path), wide(p.Content))
		member(t, z, fmt.Sprintf("%d/%s", i, p.Path), p.Content)
	}
	for _, p := range speaking {
		if !strings.Contains(p.Value, "\n") {
			member(t, z, "named/"+p.Value, "\x00")
			member(t, z, "named/"+p.Value+".txt", secrets[0].Content)
			member(t, z, "broken/"+p.Value+".zip", "PK\x03\x04 no zip")
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	s.write("all.zip", archive.String())
	s.stage()
	s.scanEveryWay("--staged")
	s.scanEveryWay("--archives")
	s.scanEveryWay("--staged", "--archives")
	s.git("", "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "x")
	for i, p := range secrets { // a line more, so that those before are old ones
		s.write(fmt.Sprintf("%d/%s", i, p.Path), p.Content+"# password = \"hunter2hunter2\" "+secrets[0].Value+"\n")
	}
	s.stage()
	s.scanEveryWay("--staged")
	s.git("", "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "x")
	s.scanEveryWay("--diff", "HEAD~1..HEAD")
	for _, input := range []string{archive.String(), secrets[0].Content, wide(secrets[0].Content)} {
		for _, format := range []string{"text", "json", "sarif", "github", "markdown"} {
			s.runWith(input, "scan", "-", "--archives", "-f", format)
		}
	}
	if !strings.Contains(s.out.String(), "all.zip!") || !strings.Contains(s.out.String(), "le/0/") {
		t.Error("archives or UTF-16 weren't searched")
	}
	s.leaks(append(secrets, speaking...)...)
}

// wide is s in UTF-16, with a mark.
func wide(s string) string {
	b := []byte{0xff, 0xfe}
	for _, c := range []byte(s) {
		b = append(b, c, 0)
	}
	return string(b)
}

func member(t *testing.T, z *zip.Writer, name, content string) {
	t.Helper()
	w, err := z.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
}

// TestSameBytesOfAHistory scans one history at several widths.
func TestSameBytesOfAHistory(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	s := &shell{t: t, dir: t.TempDir()}
	secrets := planted.All(23)
	var b importer
	for i := range 200 {
		b.commit("main", fmt.Sprintf("a%d <a@example.com>", i%5), "x")
		b.put(fmt.Sprintf("f%d.env", i%17), secrets[i%len(secrets)].Content+fmt.Sprintln(i))
		b.put(fmt.Sprintf("f%d.bin", i%13), "\x00"+fmt.Sprintln(i))
	}
	s.git("", "init", "-q", "-b", "main")
	s.git(b.String(), "fast-import", "--quiet")
	s.git("", "reset", "-q", "--hard")
	for _, format := range []string{"text", "json", "sarif", "github", "markdown"} {
		var first string
		for _, procs := range []int{1, 2, 8} {
			runtime.GOMAXPROCS(procs)
			s.out.Reset()
			if code := s.run("scan", s.dir, "--history", "-f", format); code != cli.ExitFindings {
				t.Fatalf("exit status %d: %s", code, s.out.String())
			}
			switch got := s.out.String(); {
			case first == "":
				first = got
			case got != first:
				t.Errorf("%s differs at GOMAXPROCS=%d (-1 +%[2]d):\n%s", format, procs, cmp.Diff(first, got))
			}
		}
	}
}
