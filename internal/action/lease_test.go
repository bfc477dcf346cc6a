package action

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// event has the run be of a pull request whose payload is text.
func (r *runner) event(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "event.json")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r.env["GITHUB_EVENT_NAME"], r.env["GITHUB_EVENT_PATH"] = name, file
}

const (
	fromFork  = `{"pull_request":{"head":{"repo":{"id":2,"full_name":"eve/shop"}},"base":{"repo":{"id":1,"full_name":"acme/shop"}}}}`
	fromOwn   = `{"pull_request":{"head":{"repo":{"id":1,"full_name":"acme/shop"}},"base":{"repo":{"id":1,"full_name":"acme/shop"}}}}`
	fromEvil  = `{"pull_request":{"head":{"repo":{"id":2,"full_name":"eve\n::set-env name=A::b"}},"base":{"repo":{"id":1}}}}`
	fromNoone = `{"pull_request":{"head":{"repo":null},"base":{"repo":{"id":1}}}}`
)

func leased(args []string) Outcome {
	l := &Lease{Grant: "deploy/prod", ID: "01A", Until: time.Date(2026, 12, 31, 23, 59, 59, 0, time.UTC)}
	if strings.Contains(strings.Join(args, " "), "--to=file") {
		l.File = "/tmp/curfew/leases/01A.d/variables"
	}
	return Outcome{Lease: l}
}

// TestLease: a lease is an output and in the summary, and nothing stands between its masks and the runner.
func TestLease(t *testing.T) {
	r := newRunner(t, map[string]string{"command": "lease", "grant": "deploy/prod", "to": "file"})
	code, err := Run(r.step(), func(args []string) Outcome {
		r.log.WriteString("::add-mask::made-up\n")
		return leased(args)
	})
	if err != nil || code != 0 || r.log.String() != "::add-mask::made-up\n" {
		t.Fatalf("%d %v %q", code, err, &r.log)
	}
	want := map[string]string{"lease-id": "01A", "expires": "2026-12-31T23:59:59Z", "variables-file": "/tmp/curfew/leases/01A.d/variables"}
	if diff := cmp.Diff(want, r.outputs(t)); diff != "" {
		t.Errorf("outputs (-want +got):\n%s", diff)
	}
	if got := r.file(t, "GITHUB_STEP_SUMMARY"); !strings.Contains(got, "| deploy/prod | 01A | with the job, at 2026-12-31T23:59:59Z at the latest |") {
		t.Errorf("summary %q", got)
	}
}

// TestLeaseDenied: who gets none is told why on the run's page, and there is no output that reads as one.
func TestLeaseDenied(t *testing.T) {
	r := newRunner(t, map[string]string{"command": "lease", "grant": "deploy/prod"})
	code, err := Run(r.step(), func([]string) Outcome { return Outcome{Code: 1, Said: "no lease:\n::notice::100% denied"} })
	if err != nil || code != 1 || r.log.String() != "::error title=curfew::no lease:%0A::notice::100%25 denied\n" {
		t.Errorf("%d %v %q", code, err, &r.log)
	}
	if len(r.outputs(t)) > 0 || r.file(t, "GITHUB_STEP_SUMMARY") != "" {
		t.Errorf("%v", r.outputs(t))
	}
}

// TestLeaseFork: a fork's pull request is told why there is no lease; it fails, as the steps that follow have no credential.
func TestLeaseFork(t *testing.T) {
	tests := []struct {
		name, event, payload, tokens, want string
		code                               int
	}{
		{"fork", "pull_request", fromFork, "", "nothing is leased: this pull request comes from the fork eve/shop, and such runs get no ID token", 1},
		{"a name that injects", "pull_request", fromEvil, "", "the fork eve", 1},
		{"deleted fork", "pull_request", fromNoone, "", "the fork that was deleted", 1},
		{"fork that may", "pull_request", fromFork, "https://tokens.example", "", 0},
		{"no fork", "pull_request", fromOwn, "", "", 0},
		{"push", "push", `{"pull_request":"x"}`, "", "", 0},
		{"of no pull request", "pull_request_review", `{}`, "", "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRunner(t, map[string]string{"command": "lease", "grant": "deploy/prod"})
			r.event(t, tt.event, tt.payload)
			r.env["ACTIONS_ID_TOKEN_REQUEST_URL"] = tt.tokens
			asked := false
			code, err := Run(r.step(), func(args []string) Outcome { asked = true; return leased(args) })
			if err != nil || code != tt.code || asked != (tt.code == 0) || !strings.Contains(r.log.String(), tt.want) || strings.Count(r.log.String(), "\n") > 1 {
				t.Errorf("%d %v, asked %v, log %q", code, err, asked, &r.log)
			}
		})
	}
	r := newRunner(t, map[string]string{"command": "lease", "grant": "deploy/prod"})
	for _, payload := range []string{"", "[]", `{"pull_request":{"head":{"repo":"x"}}}`} {
		r.event(t, "pull_request", payload)
		if _, err := Run(r.step(), leased); err == nil || !strings.Contains(err.Error(), "GITHUB_EVENT_PATH") {
			t.Errorf("%q: %v", payload, err)
		}
	}
	r.env["GITHUB_EVENT_PATH"] += ".none"
	if _, err := Run(r.step(), leased); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

// TestUpload: what is sent, what isn't and why, and what that does to the step.
func TestUpload(t *testing.T) {
	tests := []struct {
		name, upload, event, payload, token string
		scan                                int
		sent                                Outcome
		asked                               bool
		code                                int
		want                                string
	}{
		{"not asked for", "", "push", "", "x", 1, Outcome{}, false, 1, ""},
		{"auto", "auto", "push", "", "x", 0, Outcome{}, true, 0, ""},
		{"findings stay the verdict", "auto", "push", "", "x", 1, Outcome{}, true, 1, ""},
		{"findings outweigh a failure", "true", "push", "", "x", 1, Outcome{Code: 3, Said: "busy"}, true, 1, "::error title=curfew::busy"},
		{"auto, not allowed", "auto", "push", "", "x", 0, Outcome{Code: 3, Said: "403", NotAllowed: true}, true, 0, "::notice title=curfew::SARIF isn't uploaded: github-token may not write to code scanning: give the job security-events%3A write"},
		{"true, not allowed", "true", "push", "", "x", 0, Outcome{Code: 3, Said: "403", NotAllowed: true}, true, 3, "::error title=curfew::403"},
		{"auto, GitHub fails", "auto", "push", "", "x", 0, Outcome{Code: 3, Said: "502"}, true, 3, "::error title=curfew::502"},
		{"auto, fork", "auto", "pull_request", fromFork, "x", 1, Outcome{}, false, 1, "this pull request comes from the fork eve/shop"},
		{"true, fork", "true", "pull_request", fromFork, "x", 0, Outcome{Code: 3, Said: "403", NotAllowed: true}, true, 3, "::error"},
		{"auto, own pull request", "auto", "pull_request", fromOwn, "x", 0, Outcome{}, true, 0, ""},
		{"auto, no token", "auto", "push", "", "", 0, Outcome{}, false, 0, "there is no github-token"},
		{"auto, target", "auto", "pull_request_target", fromFork, "x", 0, Outcome{}, false, 0, "in a run of pull_request_target nobody knows of which commit it is"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRunner(t, map[string]string{"upload": tt.upload, "github-token": tt.token})
			r.event(t, tt.event, tt.payload)
			scans, asked := wrote(t, tt.scan, map[string]string{"json": result, "sarif": "{}"}), false
			code, err := Run(r.step(), func(args []string) Outcome {
				if args[0] == "scan" {
					return scans(args)
				}
				asked = true
				if diff := cmp.Diff([]string{"upload", "--", r.outputs(t)["sarif-file"]}, args); diff != "" {
					t.Errorf("arguments (-want +got):\n%s", diff)
				}
				return tt.sent
			})
			log := strings.ReplaceAll(r.log.String(), "security-events:", "security-events%3A")
			if err != nil || code != tt.code || asked != tt.asked || !strings.Contains(log, tt.want) {
				t.Errorf("%d %v, asked %v, log:\n%s", code, err, asked, &r.log)
			}
		})
	}
	r := newRunner(t, map[string]string{"upload": "true"})
	code, err := Run(r.step(), func(args []string) Outcome {
		if args[0] != "scan" {
			t.Error("an upload of nothing")
		}
		return Outcome{Code: 2, Said: "the manifest is wrong"}
	})
	if err != nil || code != 2 || !strings.Contains(r.log.String(), "::error title=curfew::the manifest is wrong\n") {
		t.Errorf("%d %v %q", code, err, &r.log)
	}
}

// TestPost: what became of leases and records is in the summary, what went wrong is an annotation, and nothing stays silent about nothing.
func TestPost(t *testing.T) {
	r := newRunner(t, nil)
	if err := r.step().Post(nil, Kept{}); err != nil || r.log.Len() > 0 || r.file(t, "GITHUB_STEP_SUMMARY") != "" {
		t.Errorf("%v %q", err, &r.log)
	}
	endings := []Ending{{Text: "lease 01A of deploy/prod: revoked"}, {Text: "lease 01B: may live on: <img src=x>", Failed: true}}
	if err := r.step().Post(endings, Kept{Text: "in the store"}); err != nil {
		t.Fatal(err)
	}
	if want := "::error title=curfew::lease 01B: may live on: <img src=x>\n::notice title=curfew::records: in the store\n"; r.log.String() != want {
		t.Errorf("log %q", &r.log)
	}
	got := r.file(t, "GITHUB_STEP_SUMMARY")
	if !strings.Contains(got, "- lease 01A of deploy/prod: revoked\n- lease 01B: may live on: ") || !strings.Contains(got, "\nRecords: in the store\n") || !strings.Contains(got, `\<img src=x\>`) {
		t.Errorf("summary %q", got)
	}
	r.log.Reset()
	if err := r.step().Post(nil, Kept{Text: "nowhere", Failed: true}); err != nil || r.log.String() != "::warning title=curfew::records: nowhere\n" {
		t.Errorf("%v %q", err, &r.log)
	}
	delete(r.env, "GITHUB_STEP_SUMMARY")
	if err := r.step().Post(endings, Kept{}); err == nil || !strings.Contains(err.Error(), "GITHUB_STEP_SUMMARY isn't set") {
		t.Errorf("%v", err)
	}
}

// TestPlain: a command of which nothing is known but what it prints is framed, and its failure is an annotation.
func TestPlain(t *testing.T) {
	r := newRunner(t, map[string]string{"command": "ticket", "from": "r.json"})
	code, err := Run(r.step(), func([]string) Outcome {
		r.log.WriteString("::error::from a ticket")
		return Outcome{Code: 3, Said: "the tracker didn't answer"}
	})
	log := r.log.String()
	if err != nil || code != 3 || !strings.HasPrefix(log, "::group::curfew ticket\n::stop-commands::curfew-") ||
		!strings.HasSuffix(log, "::endgroup::\n::error title=curfew::the tracker didn't answer\n") {
		t.Errorf("%d %v %q", code, err, log)
	}
	step := r.step()
	step.Random = iotest.ErrReader(errors.New("dry"))
	if _, err := Run(step, func([]string) Outcome { t.Error("ran unframed"); return Outcome{} }); err == nil {
		t.Error("no error")
	}
}

// TestUses: of several uses in a job the first one's end, which is the last, ends all; every other ends what it leased itself.
func TestUses(t *testing.T) {
	first := newRunner(t, map[string]string{"command": "lease", "grant": "deploy/prod"})
	for n, want := range []string{"use=first", "use=other", "use=other"} {
		r := newRunner(t, map[string]string{"command": "lease", "grant": "deploy/prod"})
		r.env["RUNNER_TEMP"] = first.env["RUNNER_TEMP"]
		if n < 2 { // as another step has it in the environment, by GITHUB_ENV; the runner's own state goes before that
			r.env["STATE_use"] = "other"
		}
		if n == 2 { // a runner that keeps no state
			delete(r.env, "GITHUB_STATE")
			want = ""
		}
		if _, err := Run(r.step(), leased); err != nil {
			t.Fatal(err)
		}
		var got []string
		if n < 2 {
			r.env["GITHUB_OUTPUT"] = r.env["GITHUB_STATE"] // to be read as outputs are
			for name, value := range r.outputs(t) {
				r.env["STATE_"+name] = value
				if name != "lease" {
					got = append(got, name+"="+value)
				}
			}
		}
		id, all := r.step().Due()
		if strings.Join(got, " ") != want || all != (want != "use=other") || (id == "01A") != (n < 2) {
			t.Errorf("use %d: state %v, due %q, all %v", n, got, id, all)
		}
	}
}
