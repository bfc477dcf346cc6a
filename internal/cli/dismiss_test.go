package cli_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/cli"
	"github.com/curfew-ci/curfew/internal/report"
	"github.com/curfew-ci/curfew/internal/secret/planted"
	"github.com/curfew-ci/curfew/internal/testservers"
)

// silence has the workflow's first job accepted by an ignore.
func (u *uploader) silence(ignore string) {
	u.Helper()
	if ignore != "" {
		ignore = "    # curfew: ignore[secret-unentitled] " + ignore + "\n"
	}
	u.write(".github/workflows/ci.yml", "on: push\npermissions: {}\njobs:\n  a:\n    runs-on: x\n"+ignore+
		"    steps: [{ run: make, env: { A: \"${{ secrets.A }}\" } }]\n  b:\n    runs-on: x\n    steps: [{ run: make, env: { B: \"${{ secrets.B }}\" } }]\n")
	u.git("commit", "-q", "--allow-empty", "-am", "x")
	u.env["GITHUB_SHA"] = u.git("rev-parse", "HEAD")
}

// brought scans, uploads and dismisses.
func (u *uploader) brought() string {
	u.Helper()
	u.scan("--sarif-silenced")
	code, out, errs := u.run("upload", "--dismiss", "../out.sarif")
	if code != cli.ExitClean || errs != "" {
		u.Errorf("%d\n%s%s", code, out, errs)
	}
	return out
}

func (u *uploader) want(out, want, states string) {
	u.Helper()
	if !strings.Contains(out, want+"\n") {
		u.Errorf("no %q in\n%s", want, out)
	}
	var all []string
	for _, a := range u.hub.Alerts(1, mainRef) {
		if a.Rule == "secret-unentitled" {
			all = append(all, fmt.Sprint(a.Number, " ", a.State))
		}
	}
	if got := strings.Join(all, ", "); got != states {
		u.Errorf("%q, want %q", got, states)
	}
}

func (u *uploader) alert(number int) testservers.Alert {
	for _, a := range u.hub.Alerts(1, mainRef) {
		if a.Number == number {
			return a
		}
	}
	u.Fatalf("there is no alert %d", number)
	return testservers.Alert{}
}

// TestDismiss follows an alert from its finding over what accepts it to the end of that, and leaves people's alone.
func TestDismiss(t *testing.T) {
	u := newUploader(t)
	const none = "no alert to dismiss or reopen"
	u.silence("")
	u.want(u.brought(), none, "1 open, 2 open")

	u.silence("until=2026-12-31 @everyone moves it [curfew 00000000000000000000000000000000]")
	u.want(u.brought(), "alert 1 dismissed: secret-unentitled in .github/workflows/ci.yml:7: ignore until 2026-12-31: "+
		"@\u200beveryone moves it [curfew 00000000000000000000000000000000] [curfew "+u.print("A is read")+"]", "1 dismissed, 2 open")
	if a := u.alert(1); a.Reason != "won't fix" || strings.Contains(a.Comment, "@everyone") || a.DismissedByHuman {
		t.Errorf("%+v", a)
	}
	u.want(u.brought(), none, "1 dismissed, 2 open")

	u.silence("until=2027-01-31 later")
	u.want(u.brought(), "alert 1 dismissed anew: secret-unentitled in .github/workflows/ci.yml:7: ignore until 2027-01-31: later [curfew "+u.print("A is read")+"]", "1 dismissed, 2 open")

	u.hub.DismissAlert(1, 2, "used in tests", "we know")
	u.want(u.brought(), none, "1 dismissed, 2 dismissed")

	// The day is over, though the file was made before.
	u.scan("--sarif-silenced")
	u.now = time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC)
	const back = "alert 1 reopened: secret-unentitled in .github/workflows/ci.yml:7: nothing accepts it any more"
	code, out, errs := u.run("upload", "--dismiss", "../out.sarif")
	if code != cli.ExitClean {
		t.Errorf("%d %s", code, errs)
	}
	u.want(out, back, "1 open, 2 dismissed")
	u.want(u.brought(), none, "1 open, 2 dismissed")

	// Accepted again, and then no more.
	u.silence("until=2027-03-01 again")
	u.want(u.brought(), "alert 1 dismissed: secret-unentitled in .github/workflows/ci.yml:7: ignore until 2027-03-01: again [curfew "+u.print("A is read")+"]", "1 dismissed, 2 dismissed")
	u.silence("")
	u.want(u.brought(), strings.Replace(back, ":7", ":6", 1), "1 open, 2 dismissed")
	if a := u.alert(2); a.Comment != "we know" || !a.DismissedByHuman {
		t.Errorf("%+v", a)
	}
}

// TestDismissException: the manifest's exception dismisses in its owner's name.
func TestDismissException(t *testing.T) {
	u := newUploader(t)
	u.write(".env", "DEPLOY_TOKEN="+planted.All(3)[0].Value+"\n")
	u.write(".github/curfew.yml", `version: 1
owners:
  web: { team: "@acme/web" }
exceptions:
  partner:
    secret: DEPLOY_TOKEN
    store: { file: .env }
    owner: web
    reason: the partner has no OIDC
    accepted-by: "@anna"
    rotate-every: 30d
    expires: "2026-12-31"
`)
	u.git("add", "-f", ".")
	u.silence("")
	const want = " in .env:1: exception of web until 2026-12-31: the partner has no OIDC [curfew "
	if out := u.brought(); strings.Count(out, " dismissed: ") != 1 || !strings.Contains(out, want) {
		t.Error(out)
	}
	for _, a := range u.hub.Alerts(1, mainRef) {
		if (a.State == "dismissed") != (a.Path == ".env") {
			t.Errorf("%+v", a)
		}
	}
}

// print is the fingerprint of the finding whose message says so.
func (u *uploader) print(says string) string {
	u.Helper()
	_, out, _ := u.run("scan", "-f", "json")
	r, err := report.Read(strings.NewReader(out))
	if err != nil {
		u.Fatal(err)
	}
	for i := range r.Findings {
		if strings.Contains(r.Findings[i].Message, says) {
			return r.Findings[i].Fingerprint
		}
	}
	u.Fatalf("no finding says %q", says)
	return ""
}

// TestDismissRefuses: without what says which findings are silenced nothing is sent; a rehearsal writes nothing; what
// GitHub refuses is told.
func TestDismissRefuses(t *testing.T) {
	u := newUploader(t)
	u.silence("")
	u.scan()
	code, out, errs := u.run("upload", "--dismiss", "../out.sarif")
	if code != cli.ExitUsage || !strings.Contains(errs, "scan with --sarif-silenced") {
		t.Errorf("%d %s%s", code, out, errs)
	}
	u.brought()
	if code, out, errs = u.run("scan", "--write-baseline", "../baseline.yml", "--until", "2026-12-31", "--reason", "known", "--fail-on", "never"); code != cli.ExitClean {
		t.Fatal(code, out, errs)
	}
	u.scan("--sarif-silenced", "--baseline", "../baseline.yml")
	code, out, errs = u.run("upload", "--dismiss", "--dry-run", "../out.sarif")
	if code != cli.ExitClean || strings.Count(out, " would be dismissed: secret-unentitled in ") != 2 {
		t.Errorf("%d %s%s", code, out, errs)
	}
	u.want(out, "curfew/workflows: 2 results of curfew", "1 open, 2 open")
	u.hub.Answer = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPatch {
			return false
		}
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`{"message":"\u001b[2J not for ` + u.hub.Token + `"}`))
		return true
	}
	code, out, errs = u.run("upload", "--dismiss", "../out.sarif")
	if code != cli.ExitUnfinished || strings.Contains(errs, u.hub.Token) || strings.Contains(errs, "\x1b") || !strings.Contains(errs, `let the token have "security-events: write" on acme/shop`) {
		t.Errorf("%d %s%s", code, out, errs)
	}
	u.hub.Answer = nil
	u.hub.Refuse = "curfew/workflows"
	if code, out, errs = u.run("upload", "--dismiss", "../out.sarif"); code != cli.ExitUnfinished || strings.Contains(out, " dismissed: ") || !strings.Contains(errs, "could not process") {
		t.Errorf("of what wasn't taken: %d %s%s", code, out, errs)
	}
	u.hub.Refuse = ""
	if code, out, errs = u.run("upload", "--dismiss", "../out.sarif"); code != cli.ExitClean || strings.Count(out, " dismissed: ") != 2 {
		t.Errorf("once more: %d %s%s", code, out, errs)
	}
}

// TestDismissElsewhere: what is silenced opens no alert on another branch or a pull request, and dismisses none there.
func TestDismissElsewhere(t *testing.T) {
	u := newUploader(t)
	u.silence("until=2026-12-31 later")
	u.env["GITHUB_REF"], u.env["GITHUB_EVENT_NAME"] = "refs/pull/7/merge", ""
	u.scan("--sarif-silenced")
	code, out, errs := u.run("upload", "--dismiss", "../out.sarif")
	if code != cli.ExitClean || !strings.Contains(out, "no alert is dismissed: that is for the default branch, refs/heads/main, and this is refs/pull/7/merge\n") ||
		!strings.Contains(out, "curfew/workflows: 1 silenced result left out, of which code scanning would open alerts\n") {
		t.Errorf("%d %s%s", code, out, errs)
	}
	if got := u.hub.Alerts(1, "refs/pull/7/merge"); len(got) != 1 || got[0].State != "open" || strings.Contains(got[0].Message, "A is read") {
		t.Errorf("%+v", got)
	}
}
