package cli_test

import (
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/cli"
	"github.com/curfew-ci/curfew/internal/secret/planted"
)

// TestDecoyInUTF16: what the bytes of a file hold hides nothing of what they decode to, nor the other way round.
func TestDecoyInUTF16(t *testing.T) {
	t.Parallel()
	s := &shell{t: t, dir: t.TempDir()}
	secrets := planted.All(31)
	plain := "TOKEN=" + secrets[0].Value + "\n"
	if len(plain)%2 != 0 {
		plain += "\n"
	}
	both := "\xff\xfe" + plain + wide("\nTOKEN=" + secrets[1].Value + "\n")[2:]
	s.write("both.txt", both)
	s.write("marked.txt", "\xff\xfe"+plain)
	for _, args := range [][]string{{}, {"--history"}, {"--staged"}} {
		if len(args) > 0 && args[0] == "--history" {
			s.git("", "init", "-q", "-b", "main")
			s.stage()
			s.git("", "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "x")
			s.git("", "rm", "-q", "-f", "--cached", ".", "-r")
			s.git("", "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "x")
			s.stage()
		}
		s.out.Reset()
		if code := s.run(append([]string{"scan", s.dir}, args...)...); code != cli.ExitFindings {
			t.Errorf("%v: exit status %d", args, code)
		}
		out := s.out.String()
		if !strings.Contains(out, "3 findings: 3 high") || strings.Count(out, "--> both.txt") != 2 || strings.Count(out, "--> marked.txt") != 1 {
			t.Errorf("%v:\n%s", args, out)
		}
		s.leaks(secrets...)
	}
}

// TestAddedToUTF16: git tells lines by the bytes, of which a letter may hold a line's end.
func TestAddedToUTF16(t *testing.T) {
	t.Parallel()
	s := &shell{t: t, dir: t.TempDir()}
	secrets := planted.All(32)
	const letters = "\x0a\x01\x0a\x01\x0a\x01" // ĊĊĊ
	before := "\xff\xfe" + letters + wide("\nOLD=" + secrets[0].Value + "\n")[2:]
	s.write("a.txt", before)
	s.git("", "init", "-q", "-b", "main")
	s.stage()
	s.git("", "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "x")
	s.write("a.txt", before+letters+wide("\nTOKEN=" + secrets[1].Value + "\n")[2:])
	s.stage()
	if code := s.run("scan", s.dir, "--staged"); code != cli.ExitFindings {
		t.Errorf("exit status %d", code)
	}
	if out := s.out.String(); !strings.Contains(out, "1 finding:") || !strings.Contains(out, "--> a.txt:4:7") {
		t.Errorf("want the new one:\n%s", out)
	}
	s.leaks(secrets...)
}
