package sshsig_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/sshsig"
)

// keygen runs ssh-keygen in a folder, and reports whether it said yes.
func keygen(t testing.TB, dir, stdin string, args ...string) bool {
	t.Helper()
	program, err := exec.LookPath("ssh-keygen")
	if err != nil {
		t.Skip("NOT TESTED against OpenSSH: there is no ssh-keygen on this machine")
	}
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(stdin)
	cmd.Env = []string{"TZ=UTC", "HOME=" + dir}
	out, err := cmd.CombinedOutput()
	if err != nil && !bytes.Contains(out, []byte("Could not verify")) && !bytes.Contains(out, []byte("incorrect")) {
		t.Logf("ssh-keygen %s: %s", strings.Join(args, " "), out)
	}
	return err == nil
}

func put(t testing.TB, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestOpenSSHVerifies lets OpenSSH judge what the tests sign, so that they sign what it takes, above all with
// security keys.
func TestOpenSSHVerifies(t *testing.T) {
	for _, kind := range allKinds() {
		dir, m := t.TempDir(), newMaker(t, kind)
		put(t, dir, "allowed", "me@acme.example "+m.line()+"\n")
		put(t, dir, "sig", armor(m.sign(t)))
		if !keygen(t, dir, message, "-Y", "verify", "-f", "allowed", "-I", "me@acme.example", "-n", "git", "-s", "sig") {
			t.Errorf("%s: OpenSSH refuses it", kind)
		}
	}
}

// TestOpenSSHSigns verifies what ssh-keygen signs with keys of its own.
func TestOpenSSHSigns(t *testing.T) {
	for _, kind := range [][]string{{"ed25519"}, {"ecdsa", "-b", "256"}, {"ecdsa", "-b", "384"}, {"ecdsa", "-b", "521"}, {"rsa", "-b", "2048"}} {
		for _, hash := range []string{"sha256", "sha512"} {
			dir := t.TempDir()
			put(t, dir, "text", message)
			if !keygen(t, dir, "", append([]string{"-q", "-N", "", "-f", "key", "-t"}, kind...)...) ||
				!keygen(t, dir, "", "-Y", "sign", "-q", "-O", "hashalg="+hash, "-n", "git", "-f", "key", "text") {
				t.Fatal(kind)
			}
			signature, err := os.ReadFile(filepath.Join(dir, "text.sig"))
			if err != nil {
				t.Fatal(err)
			}
			key, err := os.ReadFile(filepath.Join(dir, "key.pub"))
			if err != nil {
				t.Fatal(err)
			}
			if err := check(string(signature), message, "git", string(key), now); err != nil {
				t.Errorf("%v %s: %v", kind, hash, err)
			}
			s, err := sshsig.Parse(signature)
			if err != nil {
				t.Fatal(err)
			}
			put(t, dir, "fingerprint", s.Signer())
			if said, err := exec.CommandContext(t.Context(), "ssh-keygen", "-l", "-f", filepath.Join(dir, "key.pub")).Output(); err != nil ||
				!strings.Contains(string(said), strings.Fields(s.Signer())[1]) {
				t.Errorf("%s by our account, %s by theirs", s.Signer(), said)
			}
		}
	}
}

// TestOpenSSHTakesAllThatWeTake holds files of keys to OpenSSH: it may take more than we do, and never less.
func TestOpenSSHTakesAllThatWeTake(t *testing.T) {
	m := newMaker(t, "ssh-ed25519")
	signature := armor(m.sign(t))
	dir := t.TempDir()
	put(t, dir, "sig", signature)
	taken := 0
	for file := range keyFiles() {
		text := strings.ReplaceAll(file, "KEY", m.line())
		if check(signature, message, "git", text, now) != nil {
			continue
		}
		if !strings.Contains(text, "@") { // a .pub file names nobody
			lines := strings.Split(text, "\n")
			for i, line := range lines {
				if strings.Contains(line, "ssh-") {
					lines[i] = "anna@acme.example " + strings.TrimLeft(line, " \t")
				}
			}
			text = strings.Join(lines, "\n")
		}
		put(t, dir, "allowed", text+"\n")
		if !keygen(t, dir, message, "-Y", "verify", "-f", "allowed", "-I", "anna@acme.example", "-n", "git", "-s", "sig", "-O", "verify-time=20261128120000Z") {
			t.Errorf("%q: OpenSSH refuses what we take", file)
		}
		taken++
	}
	if taken < 8 {
		t.Errorf("%d files only", taken)
	}
}
