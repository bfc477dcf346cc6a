package cli_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/cli"
	"github.com/curfew-ci/curfew/internal/testservers"
)

// step runs the action as a step of a new job does, with these inputs.
func (u *uploader) step(inputs map[string]string) (int, string) {
	u.Helper()
	dir := u.TempDir()
	for name := range u.env {
		if strings.HasPrefix(name, "INPUT_") {
			delete(u.env, name)
		}
	}
	for name, value := range map[string]string{"RUNNER_TEMP": "", "GITHUB_OUTPUT": "output", "GITHUB_STEP_SUMMARY": "summary", "GITHUB_STATE": "state", "GITHUB_ENV": "env"} {
		u.env[name] = filepath.Join(dir, value)
	}
	for name, value := range inputs {
		u.env["INPUT_"+strings.ToUpper(name)] = value
	}
	code, out, errs := u.run("action")
	return code, out + errs
}

// outputs is the file of the step's outputs.
func (u *uploader) outputs() string {
	u.Helper()
	text, err := os.ReadFile(u.env["GITHUB_OUTPUT"])
	if err != nil && !os.IsNotExist(err) {
		u.Fatal(err)
	}
	return string(text)
}

// TestActionUpload: the step uploads by github-token where the job may, and where it may not auto says so and goes on.
func TestActionUpload(t *testing.T) {
	u := newUploader(t)
	u.env["INPUT_GITHUB-TOKEN"] = u.hub.Token
	delete(u.env, "GITHUB_TOKEN")
	refused := testservers.Fault{Path: "/code-scanning/sarifs", Status: http.StatusForbidden}
	broken := testservers.Fault{Path: "/code-scanning/sarifs", Status: http.StatusUnprocessableEntity}
	tests := []struct {
		name, upload, category string
		fault                  *testservers.Fault
		code                   int
		want                   string
	}{
		{"sent", "auto", "shop", nil, 0, "shop/workflows: 2 results uploaded"},
		{"not asked for", "", "", nil, 0, ""},
		{"auto, refused", "auto", "", &refused, 0, "::notice title=curfew::SARIF isn't uploaded: github-token may not write to code scanning"},
		{"refused", "true", "", &refused, 3, "::error title=curfew::"},
		{"auto, what isn't the token's", "auto", "", &broken, 3, "::error title=curfew::"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u.T = t
			u.hub.Mend()
			if tt.fault != nil {
				u.hub.Break(*tt.fault)
			}
			before := len(u.hub.Asked())
			code, log := u.step(map[string]string{"upload": tt.upload, "category": tt.category, "fail-on": "never", "github-token": u.hub.Token})
			if code != tt.code || !strings.Contains(log, tt.want) || (len(u.hub.Asked()) == before) != (tt.upload == "") {
				t.Errorf("%d:\n%s", code, log)
			}
			if out := u.outputs(); !strings.Contains(out, "findings<<") || !strings.Contains(out, "sarif-file<<") || !strings.Contains(out, "result-file<<") {
				t.Errorf("outputs %s", out)
			}
			if strings.Contains(log, u.hub.Token) {
				t.Error("the token is in the log")
			}
		})
	}
}

// TestActionInputs: what is wrong with the inputs is on the run's page, and nothing was run.
func TestActionInputs(t *testing.T) {
	u := newUploader(t)
	for input, want := range map[string]string{
		"fail_on": "::error title=curfew::input \"fail_on\": there is no such input: expected args, break-glass, category, command,",
		"grant":   "::error title=curfew::input \"grant\": the command scan doesn't take it",
		"format":  "::error title=curfew::--format: unknown format",
		"fail-on": "::error title=curfew::--fail-on: unknown severity",
	} {
		code, log := u.step(map[string]string{input: "a\u2028b::c"})
		if code != cli.ExitUsage || !strings.Contains(log, want) || strings.Contains(log, "\u2028") || u.outputs() != "" {
			t.Errorf("%s: %d:\n%s", input, code, log)
		}
	}
	if code, log := u.step(map[string]string{"command": "lease", "grant": "deploy/prod", "to": "env"}); code == 0 || strings.Contains(u.outputs(), "lease-id") {
		t.Errorf("%d:\n%s", code, log)
	}
}

// TestActionTicket: a scan's output is what the command ticket takes.
func TestActionTicket(t *testing.T) {
	u := newUploader(t)
	if code, log := u.step(map[string]string{"fail-on": "never"}); code != 0 {
		t.Fatalf("%d:\n%s", code, log)
	}
	_, rest, _ := strings.Cut(u.outputs(), "result-file<<")
	from := strings.Split(rest, "\n")[1]
	code, log := u.step(map[string]string{"command": "ticket plan", "from": from, "to": "files:tickets"})
	if code != cli.ExitFindings || !strings.Contains(log, "::group::curfew ticket\n") || !strings.Contains(log, "Would change 2 tickets") {
		t.Errorf("%d:\n%s", code, log)
	}
	if code, log := u.step(map[string]string{"command": "ticket", "from": from, "to": "files:tickets"}); code != 0 {
		t.Errorf("%d:\n%s", code, log)
	}
	if made, err := filepath.Glob("tickets/*"); err != nil || len(made) == 0 {
		t.Errorf("%v %v", made, err)
	}
	if code, log := u.step(map[string]string{"command": "certify status"}); code != cli.ExitUsage || !strings.Contains(log, "::error title=curfew::") {
		t.Errorf("%d:\n%s", code, log)
	}
}

// TestActionReport: a scan's output is what the command report takes, which says of it what the scan said, and uploads it.
func TestActionReport(t *testing.T) {
	u := newUploader(t)
	if code, log := u.step(map[string]string{"fail-on": "never"}); code != 0 {
		t.Fatalf("%d:\n%s", code, log)
	}
	_, rest, _ := strings.Cut(u.outputs(), "result-file<<")
	from := strings.Split(rest, "\n")[1]
	summary, err := os.ReadFile(u.env["GITHUB_STEP_SUMMARY"])
	if err != nil {
		t.Fatal(err)
	}
	code, log := u.step(map[string]string{"command": "report", "from": from, "fail-on": "high", "upload": "true", "github-token": u.hub.Token})
	if code != cli.ExitFindings || !strings.Contains(log, "::group::curfew report\n") || !strings.Contains(log, "curfew/workflows: 2 results uploaded") {
		t.Errorf("%d:\n%s", code, log)
	}
	again, err := os.ReadFile(u.env["GITHUB_STEP_SUMMARY"])
	if err != nil || string(again) != string(summary) {
		t.Errorf("another summary: %v\n%s", err, again)
	}
	if out := u.outputs(); !strings.Contains(out, "findings<<") || !strings.Contains(out, "sarif-file<<") || !strings.Contains(out, "result-file<<") {
		t.Errorf("outputs %s", out)
	}
	u.env["GITHUB_SHA"] = strings.Repeat("0", 40)
	u.env["GITHUB_REPOSITORY"] = "acme/other"
	code, log = u.step(map[string]string{"command": "report", "from": from, "fail-on": "never"})
	if code != cli.ExitUsage || !strings.Contains(log, "::error title=curfew::") || u.outputs() != "" {
		t.Errorf("%d:\n%s", code, log)
	}
}
