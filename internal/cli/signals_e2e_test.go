//go:build e2e && linux

package cli_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// begun is a curfew that runs, with what it has said in a file.
type begun struct {
	*exec.Cmd
	t   *testing.T
	log string
}

// begin starts curfew with a state of its own.
func (s *site) begin(t *testing.T, verb string, args ...string) *begun {
	t.Helper()
	s.temp = t.TempDir()
	s.env = append(s.env, "RUNNER_TEMP="+s.temp, "GITHUB_ENV="+filepath.Join(s.temp, "env")) // the last counts
	b := &begun{s.command(verb, args...), t, filepath.Join(s.temp, "log")}
	log, err := os.Create(b.log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	b.Stdout, b.Stderr = log, log
	if err := b.Start(); err != nil {
		t.Fatal(err)
	}
	return b
}

// said is what it has said so far.
func (b *begun) said() string {
	text, err := os.ReadFile(b.log)
	if err != nil {
		b.t.Error(err)
	}
	return string(text)
}

// hears waits until it has said something.
func (b *begun) hears(what string) {
	b.t.Helper()
	b.until(func() bool { return strings.Contains(b.said(), what) }, "it doesn't say "+what)
}

func (b *begun) until(ok func() bool, otherwise string) {
	b.t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.t.Fatalf("%s\n%s", otherwise, b.said())
		}
	}
}

// ends waits for its end, which is to come soon, and returns its exit status.
func (b *begun) ends() int {
	b.t.Helper()
	const within = 20 * time.Second
	began := time.Now()
	if err := b.Wait(); err != nil {
		if exit := (*exec.ExitError)(nil); !asExit(err, &exit) {
			b.t.Fatalf("%v\n%s", err, b.said())
		}
	}
	if took := time.Since(began); took > within {
		b.t.Errorf("it took %v to end, expected %v at most\n%s", took, within, b.said())
	}
	return b.ProcessState.ExitCode()
}

func (b *begun) signal(s syscall.Signal) {
	b.t.Helper()
	if err := b.Process.Signal(s); err != nil {
		b.t.Fatal(err)
	}
}

// runs reports whether a process is there that isn't dead and waited for.
func runs(pid string) bool {
	stat, err := os.ReadFile("/proc/" + strings.TrimSpace(pid) + "/stat")
	return err == nil && !bytes.Contains(stat, []byte(") Z "))
}

// TestE2EExecSignals: the signals by which a runner cancels a job end the command and what it has started, and with it the
// lease.
func TestE2EExecSignals(t *testing.T) {
	s := newSite(t)
	const grandchild = `sleep 600 & echo $! >"$RUNNER_TEMP/pid"; echo "ready $VAULT_TOKEN"; `
	for _, tt := range []struct {
		name, child string
		signals     []syscall.Signal
		code        int
		says        string
	}{
		{"TERM", grandchild + "wait", []syscall.Signal{syscall.SIGTERM}, 128 + 15, ""},
		{"INT", grandchild + "wait", []syscall.Signal{syscall.SIGINT}, 128 + 2, ""},
		{"HUP", grandchild + "wait", []syscall.Signal{syscall.SIGHUP}, 128 + 1, ""},
		{"TERM, which the command makes its own", `trap 'echo bye; kill $(cat "$RUNNER_TEMP/pid"); exit 9' TERM; ` + grandchild + "wait", []syscall.Signal{syscall.SIGTERM}, 9, "bye"},
		// A runner sends INT, then TERM, and kills in the end.
		{"INT and TERM, of which the command takes one", `trap '' INT; ` + grandchild + "wait", []syscall.Signal{syscall.SIGINT, syscall.SIGTERM}, 128 + 15, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := s.begin(t, "exec", "--grant", "deploy/vault", "--", "sh", "-c", tt.child)
			b.hears("ready [redacted]")
			if n := s.alive(); n != 1 {
				t.Errorf("%d tokens live while the command runs", n)
			}
			for _, signal := range tt.signals {
				b.signal(signal)
				time.Sleep(50 * time.Millisecond)
			}
			code := b.ends()
			if code != tt.code || s.alive() != 0 || types(s.records()) != "intent issued revoked" || !strings.Contains(b.said(), tt.says) {
				t.Errorf("exit status %d, expected %d; %d tokens live; records %s\n%s", code, tt.code, s.alive(), types(s.records()), b.said())
			}
			pid, err := os.ReadFile(filepath.Join(s.temp, "pid"))
			if err != nil {
				t.Fatal(err)
			}
			if tt.code != 128+2 { // a shell has what it starts in the background ignore INT
				b.until(func() bool { return !runs(string(pid)) }, "what the command has started runs on")
			}
			_ = exec.Command("kill", strings.TrimSpace(string(pid))).Run() // it may have ended
			s.sealed(1)
			s.clean()
		})
	}
}

// TestE2EExecStubborn: a command that ignores all that asks it to end is killed by the runner together with curfew, in the
// end. Then the watchdog ends the lease, as nobody else can.
func TestE2EExecStubborn(t *testing.T) {
	s := newSite(t)
	b := s.begin(t, "exec", "--grant", "deploy/vault", "--", "sh", "-c", `trap '' INT TERM HUP; echo "ready $$"; while :; do sleep 0.1; done`)
	b.hears("ready")
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGTERM} {
		b.signal(signal)
		time.Sleep(100 * time.Millisecond)
	}
	_, rest, _ := strings.Cut(b.said(), "ready ")
	child, _, _ := strings.Cut(rest, "\n")
	if !runs(child) || s.alive() != 1 {
		t.Fatalf("it has ended before the time\n%s", b.said())
	}
	b.signal(syscall.SIGKILL)
	b.ends()
	b.until(func() bool { return s.alive() == 0 && !runs(child) }, "token or command live on")
	b.until(s.ended, "the end isn't recorded")
}

// slowly puts a proxy before Vault that takes its time for logins: before it brings the question, or before it brings the
// answer. As networks do, it goes on whether or not anybody still waits. It says when a login has come.
func (s *site) slowly(before, after time.Duration) <-chan struct{} {
	s.t.Helper()
	to, err := url.Parse(s.URL)
	if err != nil {
		s.t.Fatal(err)
	}
	asked, proxy := make(chan struct{}, 10), httputil.NewSingleHostReverseProxy(to)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/login") {
			proxy.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		answer := httptest.NewRecorder()
		r = r.WithContext(context.WithoutCancel(r.Context()))
		r.Body = io.NopCloser(bytes.NewReader(body))
		asked <- struct{}{}
		time.Sleep(before)
		proxy.ServeHTTP(answer, r)
		time.Sleep(after)
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes()) // who hung up doesn't wait for it
	}))
	s.t.Cleanup(front.Close)
	s.file(".github/curfew.yml", strings.ReplaceAll(siteManifest, "VAULT", front.URL))
	return asked
}

// masks are the lines that tell a runner what to hide.
var masks = regexp.MustCompile(`(?m)^::add-mask::.*\n`)

// TestE2ECancelledInExchange: who is asked to stop while the login is on its way gets no command run, and leaves no token that
// works, whichever half of the way it is on.
func TestE2ECancelledInExchange(t *testing.T) {
	s := newSite(t)
	for _, half := range []struct{ before, after time.Duration }{{1500 * time.Millisecond, 0}, {0, 1500 * time.Millisecond}} {
		asked := s.slowly(half.before, half.after)
		for _, verb := range []string{"exec", "lease"} {
			args := []string{"--grant", "deploy/vault"}
			if verb == "exec" {
				args = append(args, "--", "sh", "-c", "echo it ran")
			}
			b := s.begin(t, verb, args...)
			<-asked
			time.Sleep(50 * time.Millisecond)
			b.signal(syscall.SIGTERM)
			code := b.ends()
			said := masks.ReplaceAllString(b.said(), "")
			if code != map[string]int{"exec": 125, "lease": 3}[verb] || strings.Contains(said, "it ran") ||
				!strings.Contains(said, "the job was cancelled [cancelled]") || !strings.Contains(said, "it is revoked (") {
				t.Errorf("%s %+v: exit status %d\n%s", verb, half, code, said)
			}
			time.Sleep(half.before) // until a login that nobody waits for has come through
			if n := s.alive(); n != 0 {
				t.Errorf("%s %+v: %d tokens live\n%s", verb, half, n, said)
				s.endAll(t)
			}
			if handed, err := os.ReadFile(filepath.Join(s.temp, "env")); err == nil {
				t.Errorf("%s: handed over %q", verb, handed)
			}
			if got := types(s.records()); got != "intent revoked failed" {
				t.Errorf("%s %+v: records %s", verb, half, got)
			}
			s.clean()
		}
	}
}

// TestE2EExecUnrunnable: what can't be run has the exit status that shells give it, and the lease that was got for it ends.
func TestE2EExecUnrunnable(t *testing.T) {
	s := newSite(t)
	s.file("plain", "no program")
	s.file("run/inside", "")
	for name, want := range map[string]int{
		"no-such-command-anywhere": 127, "./absent": 127, "./run": 126, "/": 126, "./plain": 126, "./plain/below": 126,
	} {
		s.temp = t.TempDir()
		s.env = append(s.env, "RUNNER_TEMP="+s.temp)
		code, out, errs := s.run("exec", "--grant", "deploy/vault", "--", name, "argument")
		if code != want || out != "" || !strings.Contains(errs, "run "+name+": ") || !strings.Contains(errs, ": revoked (") {
			t.Errorf("%s: exit status %d, expected %d\n%s%s", name, code, want, out, errs)
		}
		if got := types(s.records()); got != "intent issued revoked" {
			t.Errorf("%s: records %s", name, got)
		}
		s.clean()
	}
	if s.alive() != 0 {
		t.Error("a token lives")
	}
}

// TestE2EExecOutputs: a command may close what it writes to, or leave something behind that holds it open, and its lease ends
// with it all the same.
func TestE2EExecOutputs(t *testing.T) {
	s := newSite(t)
	for _, tt := range []struct {
		name, child, out, says string
		within                 time.Duration
	}{
		{"it closes both", `exec 1>&- 2>&-; sleep 0.3; exit 4`, "", "revoked (", 15 * time.Second},
		{"it closes stdout and speaks on", `echo first; exec 1>&-; sleep 0.2; echo "$VAULT_TOKEN" >&2; exit 4`, "first\n", "[redacted]\n", 15 * time.Second},
		{"a grandchild holds stdout", `sleep 600 & echo "$!" >"$RUNNER_TEMP/pid"; echo first; exit 4`, "first\n", "what the command has left behind", 30 * time.Second},
		{"a grandchild writes on", `(while echo "$VAULT_TOKEN"; do :; done) & echo "$!" >"$RUNNER_TEMP/pid"; sleep 0.2; exit 4`, "[redacted]\n", "what the command has left behind", 30 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s.temp = t.TempDir()
			s.env = append(s.env, "RUNNER_TEMP="+s.temp)
			began := time.Now()
			code, out, errs := s.run("exec", "--grant", "deploy/vault", "--", "sh", "-c", tt.child)
			if took := time.Since(began); took > tt.within {
				t.Errorf("it took %v", took)
			}
			if code != 4 || !strings.HasPrefix(out, tt.out) || tt.out == "" && out != "" || !strings.Contains(errs, tt.says) || token.MatchString(out+errs) {
				t.Errorf("exit status %d\n%.200s\n%s", code, out, errs)
			}
			if s.alive() != 0 || types(s.records()) != "intent issued revoked" {
				t.Errorf("%d tokens live, records %s", s.alive(), types(s.records()))
			}
			if pid, err := os.ReadFile(filepath.Join(s.temp, "pid")); err == nil {
				_ = exec.Command("kill", strings.TrimSpace(string(pid))).Run() // it may have ended
			}
		})
	}
}

// TestE2EExecInExec: a command has none of the rights of its job, so that it can't lease by itself what else the job could,
// and is told so.
func TestE2EExecInExec(t *testing.T) {
	s := newSite(t)
	code, out, errs := s.run("exec", "--grant", "deploy/vault", "--", s.curfew, "exec", "--trust-workspace", "--org-rules-from", "org",
		"--issuer", s.issuer.URL, "--grant", "deploy/short", "--", "sh", "-c", "echo it ran")
	if code != 125 || strings.Contains(out, "it ran") || !strings.Contains(errs, "the job gets no ID token") || !strings.Contains(errs, "curfew exec") {
		t.Errorf("exit status %d\n%s%s", code, out, errs)
	}
	if got := types(s.records()); strings.Count(got, "denied") != 1 || strings.Count(got, "issued") != 1 || strings.Count(got, "revoked") != 1 || s.alive() != 0 {
		t.Errorf("records %s, %d tokens live", got, s.alive())
	}
}
