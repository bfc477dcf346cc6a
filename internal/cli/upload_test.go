package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/cli"
	"github.com/curfew-ci/curfew/internal/testservers"
)

const mainRef = "refs/heads/main"

// uploader is a folder with a workflow, and a job beside a fake GitHub.
type uploader struct {
	*testing.T
	hub *testservers.GitHub
	env map[string]string
	now time.Time

	slept time.Duration
}

func newUploader(t *testing.T) *uploader {
	t.Helper()
	u := &uploader{T: t, hub: testservers.StartGitHub(t), now: today}
	u.hub.Host(1, "acme/shop", 1)
	t.Chdir(t.TempDir())
	u.write(".github/workflows/ci.yml", "on: push\npermissions: { contents: write }\njobs:\n  a:\n    runs-on: x\n    steps: [{ run: make, env: { A: \"${{ secrets.A }}\" } }]\n  b:\n    runs-on: x\n    steps: [{ run: make, env: { B: \"${{ secrets.B }}\" } }]\n")
	for _, args := range [][]string{{"init", "-q", "-b", "main"}, {"add", "."}, {"commit", "-q", "-m", "x"}} {
		u.git(args...)
	}
	u.env = map[string]string{
		"GITHUB_TOKEN": u.hub.Token, "GITHUB_API_URL": u.hub.API(), "GITHUB_REPOSITORY": "acme/shop", "GITHUB_REF": mainRef,
		"GITHUB_SHA": u.git("rev-parse", "HEAD"), "GITHUB_SERVER_URL": "https://github.com", "GITHUB_EVENT_NAME": "push",
	}
	return u
}

func (u *uploader) git(args ...string) string {
	u.Helper()
	cmd := exec.CommandContext(u.Context(), "git", append([]string{"-c", "user.name=a", "-c", "user.email=a@example.com"}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		u.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func (u *uploader) write(name, text string) {
	u.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		u.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		u.Fatal(err)
	}
}

func (u *uploader) environ() []string {
	var all []string
	for name, value := range u.env {
		all = append(all, name+"="+value)
	}
	return all
}

func (u *uploader) run(args ...string) (int, string, string) {
	u.Helper()
	var out, errs bytes.Buffer
	code := cli.Run(u.Context(), cli.Env{
		Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs,
		Getenv: func(name string) string { return u.env[name] }, Now: func() time.Time { return u.now }, Environ: u.environ,
		Sleep: func(_ context.Context, d time.Duration) error {
			u.slept += d
			time.Sleep(d / 100)
			return nil
		},
	})
	return code, out.String(), errs.String()
}

func (u *uploader) scan(args ...string) {
	u.Helper()
	code, out, errs := u.run(append([]string{"scan", "-o", "sarif=../out.sarif", "--fail-on", "never"}, args...)...)
	if code != cli.ExitClean {
		u.Fatalf("%d\n%s%s", code, out, errs)
	}
}

// alerts are those of main, "NUMBER STATE CATEGORY RULE".
func (u *uploader) alerts() []string {
	var all []string
	for _, a := range u.hub.Alerts(1, mainRef) {
		all = append(all, fmt.Sprintf("%d %s %s %s", a.Number, a.State, a.Category, a.Rule))
	}
	return all
}

// TestUpload: each source is an upload of its own, one that wasn't read keeps its alerts, and one that code scanning
// refuses keeps none of the others from coming through.
func TestUpload(t *testing.T) {
	u := newUploader(t)
	u.hub.Now, u.hub.ScanLag = time.Now, 50*time.Millisecond
	u.scan()
	u.hub.Refuse = "curfew/secrets"
	code, out, errs := u.run("upload", "../out.sarif")
	if code != cli.ExitUnfinished || !strings.Contains(errs, "curfew/secrets: code scanning of acme/shop could not process upload upload-2 (failed): locationFromSarifResult") {
		t.Errorf("%d %s", code, errs)
	}
	for _, want := range []string{
		"curfew/workflows: 2 results uploaded as upload-1\n",
		"curfew/entitlements: not in the file: its alerts stay as they are\n", "curfew/platform: not in the file: its alerts stay as they are\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	first := u.alerts()
	if len(first) != 2 {
		t.Errorf("%q", first)
	}
	u.hub.Refuse = ""
	if code, out, errs = u.run("upload", "../out.sarif"); code != cli.ExitClean || strings.Count(out, " uploaded as ") != 2 || errs != "" {
		t.Errorf("%d %s%s", code, out, errs)
	}
	if diff := cmp.Diff(first, u.alerts()); diff != "" {
		t.Errorf("once more (-first +then):\n%s", diff)
	}
	// Mended: what is left out of a category's upload is fixed.
	u.write(".github/workflows/ci.yml", "on: push\npermissions: {}\njobs: { a: { runs-on: x, steps: [{ run: make }] } }\n")
	u.scan()
	if code, out, errs = u.run("upload", "../out.sarif"); code != cli.ExitClean {
		t.Errorf("%d %s%s", code, out, errs)
	}
	for _, a := range u.alerts() {
		if !strings.Contains(a, " fixed curfew/workflows ") {
			t.Error(a)
		}
	}
}

// TestUploadOfAPart: a source that was read in part isn't sent, since what it lacks would be fixed.
func TestUploadOfAPart(t *testing.T) {
	u := newUploader(t)
	u.scan()
	src, err := os.ReadFile("../out.sarif")
	if err != nil {
		t.Fatal(err)
	}
	part := strings.Replace(string(src), `"executionSuccessful": true`, `"executionSuccessful": false`, 1)
	u.write("../part.sarif", part)
	const kept = "curfew/workflows: not sent: what it is of was read in part only, and what it lacks would count as fixed\n"
	if code, out, errs := u.run("upload", "../part.sarif"); code != cli.ExitClean || !strings.Contains(out, kept) || strings.Count(out, " uploaded as ") != 1 {
		t.Errorf("%d %s%s", code, out, errs)
	}
	if got := u.alerts(); len(got) != 0 {
		t.Errorf("%q", got)
	}
	u.write("../none.sarif", strings.ReplaceAll(part, `"executionSuccessful": true`, `"executionSuccessful": false`))
	asked := len(u.hub.Asked())
	if code, out, errs := u.run("upload", "../none.sarif"); code != cli.ExitUnfinished || !strings.Contains(errs, "nothing was sent: no source was read to the end") {
		t.Errorf("%d %s%s", code, out, errs)
	}
	code, out, errs := u.run("upload", "--dry-run", "../out.sarif")
	if code != cli.ExitClean || !strings.Contains(out, "curfew/workflows: 2 results of curfew\n") || !strings.Contains(out, "bytes in 2 uploads\n") {
		t.Errorf("%d %s%s", code, out, errs)
	}
	if got := u.hub.Asked()[asked:]; len(got) != 0 {
		t.Errorf("asked: %q", got)
	}
}

// TestUploadPlace: ref and commit are those of what was scanned, or nothing is sent.
func TestUploadPlace(t *testing.T) {
	u := newUploader(t)
	u.scan()
	head := u.env["GITHUB_SHA"]
	other := strings.Repeat("1", 40)
	for name, tt := range map[string]struct {
		args []string
		env  map[string]string
		want string // "" where it is sent
	}{
		"the job's":                 {nil, nil, ""},
		"a pull request":            {nil, map[string]string{"GITHUB_EVENT_NAME": "pull_request", "GITHUB_REF": "refs/pull/7/merge"}, ""},
		"another checkout":          {nil, map[string]string{"GITHUB_SHA": other}, "the SARIF file is of commit " + head},
		"a pull request's head":     {nil, map[string]string{"GITHUB_EVENT_NAME": "pull_request", "GITHUB_REF": "refs/pull/7/merge", "GITHUB_SHA": other}, "of a pull request's head these are refs/pull/N/head and the head's commit"},
		"head, said":                {[]string{"--ref", "refs/pull/7/head", "--commit", head}, map[string]string{"GITHUB_SHA": other}, ""},
		"pull_request_target":       {nil, map[string]string{"GITHUB_EVENT_NAME": "pull_request_target"}, "in a run of pull_request_target, GITHUB_SHA and GITHUB_REF are the default branch's or the base's, whatever was scanned: give --commit and --ref"},
		"workflow_run":              {nil, map[string]string{"GITHUB_EVENT_NAME": "workflow_run"}, "in a run of workflow_run"},
		"pull_request_target, said": {[]string{"--ref", mainRef, "--commit", head}, map[string]string{"GITHUB_EVENT_NAME": "pull_request_target"}, ""},
		"a ref alone":               {[]string{"--ref", mainRef}, nil, "--commit and --ref belong together"},
		"a commit alone":            {[]string{"--commit", head}, nil, "--commit and --ref belong together"},
		"another repository":        {[]string{"--repository", "acme/web"}, nil, "the job's commit and ref are of acme/shop, not of acme/web"},
		"no job":                    {[]string{"--repository", "acme/shop"}, map[string]string{"GITHUB_SHA": "", "GITHUB_REPOSITORY": ""}, "of which commit? expected --commit and --ref"},
		"no repository":             {nil, map[string]string{"GITHUB_REPOSITORY": ""}, "which repository? expected --repository OWNER/NAME"},
		"a branch's short name":     {[]string{"--ref", "main", "--commit", head}, nil, "for the branch it is refs/heads/main"},
		"a short commit":            {[]string{"--ref", mainRef, "--commit", head[:7]}, nil, "which `git rev-parse " + head[:7] + "` says"},
		"a pull request's number":   {[]string{"--ref", "refs/pull/7", "--commit", head}, nil, "expected refs/pull/7/merge with the merge commit"},
	} {
		was := map[string]string{}
		for k, v := range tt.env {
			was[k], u.env[k] = u.env[k], v
		}
		code, out, errs := u.run(append([]string{"upload", "--dry-run", "../out.sarif"}, tt.args...)...)
		if want := map[bool]int{true: cli.ExitClean, false: cli.ExitUsage}[tt.want == ""]; code != want || !strings.Contains(errs, tt.want) {
			t.Errorf("%s: %d %s%s", name, code, out, errs)
		}
		for k, v := range was {
			u.env[k] = v
		}
	}
	if asked := u.hub.Asked(); len(asked) != 0 {
		t.Errorf("asked: %q", asked)
	}
}

// TestUploadOfNoCheckout: a job that scanned a folder which is no checkout fixes no alert by what it didn't find there.
func TestUploadOfNoCheckout(t *testing.T) {
	u := newUploader(t)
	u.scan()
	if code, out, errs := u.run("upload", "../out.sarif"); code != cli.ExitClean || len(u.alerts()) != 2 {
		t.Fatalf("%d %s%s", code, out, errs)
	}
	code, out, errs := u.run("scan", "-o", "sarif=../none.sarif", t.TempDir())
	if code != cli.ExitClean {
		t.Fatalf("%d %s%s", code, out, errs)
	}
	asked := len(u.hub.Asked())
	code, out, errs = u.run("upload", "../none.sarif")
	if code != cli.ExitUsage || !strings.Contains(errs, "../none.sarif: curfew/workflows doesn't say of which commit it is") || len(u.hub.Asked()) != asked {
		t.Errorf("%d %s%s", code, out, errs)
	}
	for _, a := range u.alerts() {
		if strings.Contains(a, "fixed") {
			t.Error(a)
		}
	}
	code, out, errs = u.run("upload", "--dry-run", "../none.sarif", "--ref", mainRef, "--commit", u.env["GITHUB_SHA"])
	if code != cli.ExitClean {
		t.Errorf("said to be of it: %d %s%s", code, out, errs)
	}
}

// TestUploadFails: what is wrong with the file, the token or the address is said, and nothing that GitHub quotes shows it.
func TestUploadFails(t *testing.T) {
	u := newUploader(t)
	u.scan()
	u.write("../hostile.sarif", `{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x\n::error::y"}},"automationDetails":{"id":"\u001b[2J##[group]/"},"results":[]}]}`)
	code, out, errs := u.run("upload", "--dry-run", "../hostile.sarif")
	if code != cli.ExitClean || strings.ContainsAny(out, "\x1b") || strings.Contains(out, "##[") || strings.Contains(out, "\n::") {
		t.Errorf("%d %q%s", code, out, errs)
	}
	for file, want := range map[string]string{"../gone.sarif": "read the SARIF file", ".github/workflows/ci.yml": "read the SARIF file: invalid character"} {
		if code, _, errs = u.run("upload", file); code != cli.ExitUsage || !strings.Contains(errs, want) {
			t.Errorf("%s: %d %s", file, code, errs)
		}
	}
	u.scan("--sarif-silenced")
	u.hub.Answer = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPost {
			return false
		}
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"message":"no"}`))
		return true
	}
	code, out, errs = u.run("upload", "--dismiss", "../out.sarif")
	if code != cli.ExitUnfinished || strings.Contains(out, "no alert") || !strings.Contains(errs, "400") {
		t.Errorf("of what wasn't taken: %d %s%s", code, out, errs)
	}
	u.hub.Answer = nil
	u.env["GITHUB_TOKEN"] = ""
	if code, _, errs = u.run("upload", "../out.sarif"); code != cli.ExitUsage || !strings.Contains(errs, "set GITHUB_TOKEN") {
		t.Errorf("%d %s", code, errs)
	}
}
