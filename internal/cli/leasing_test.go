package cli_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/cli"
)

// TestLeaseFlags: what is wrong before anything is asked for is status 2, and 125 of exec, whose other codes are its command's.
func TestLeaseFlags(t *testing.T) {
	job := map[string]string{"GITHUB_RUN_ID": "12055500123", "GITHUB_RUN_ATTEMPT": "1", "GITHUB_JOB": "deploy", "RUNNER_TEMP": t.TempDir()}
	const grant = "--grant deploy/prod --trust-workspace "
	for _, tt := range []struct{ args, without, says string }{
		{"", "", "expected IDENTITY/GRANT"},
		{"--grant deploy", "", "expected IDENTITY/GRANT"},
		{"--nope", "", "unknown flag: --nope"},
		{grant + "--ttl 90s", "", `--ttl: "90s": not a duration: expected a number and m, h or d, such as 10m`},
		{grant + "--job-timeout 0m", "", `--job-timeout: "0m": not a duration: expected a number and m, h or d, such as 30m`},
		{grant + "--org acme", "", "expected OWNER/REPO"},
		{grant + "--rules-from .@main", "", "choose one"},
		{"--grant deploy/prod --rules-from .@main", "", "with the commit's full id"},
		{"--grant deploy/prod", "", "give the step GITHUB_TOKEN"},
		{"--grant deploy/prod --org-rules-from .", "", "unless --rules-from or --trust-workspace"},
		{grant, "RUNNER_TEMP", "expected RUNNER_TEMP"},
		{grant, "GITHUB_JOB", "expected GITHUB_RUN_ID, GITHUB_RUN_ATTEMPT and GITHUB_JOB"},
	} {
		for verb, want := range map[string]int{"exec": 125, "lease": cli.ExitUsage} {
			args := append([]string{verb}, strings.Fields(tt.args)...)
			if verb == "exec" {
				args = append(args, "--", "true")
			} else {
				args = append(args, "--to", "file")
			}
			var out, errs bytes.Buffer
			code := cli.Run(t.Context(), cli.Env{
				Args: args, Stdout: &out, Stderr: &errs, Now: func() time.Time { return today },
				Getenv: func(name string) string {
					if name == tt.without {
						return ""
					}
					return job[name]
				},
			})
			if code != want || out.Len() > 0 || !strings.Contains(errs.String(), tt.says) {
				t.Errorf("%q: exit status %d\n%s%s", args, code, &out, &errs)
			}
		}
	}
}
