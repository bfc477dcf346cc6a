package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/cli"
	"github.com/curfew-ci/curfew/internal/secret"
	"github.com/curfew-ci/curfew/internal/secret/planted"
	"github.com/curfew-ci/curfew/rules"
)

// shell runs command lines in one folder and keeps everything that comes out.
type shell struct {
	t   *testing.T
	dir string
	out bytes.Buffer
}

func (s *shell) run(args ...string) int {
	s.t.Helper()
	return s.runWith("", args...)
}

// runWith is run with something on standard input.
func (s *shell) runWith(stdin string, args ...string) int {
	s.t.Helper()
	return cli.Run(context.Background(), cli.Env{
		Args: args, Stdin: strings.NewReader(stdin), Stdout: &s.out, Stderr: &s.out,
		Getenv: func(string) string { return "" },
		Now:    func() time.Time { return today },
	})
}

func (s *shell) write(name, src string) string {
	s.t.Helper()
	path := filepath.Join(s.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(src), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// scanEveryWay scans in each format, to stdout and to files, and reads the files back.
func (s *shell) scanEveryWay(args ...string) {
	s.t.Helper()
	for _, format := range []string{"text", "json", "sarif", "github", "markdown"} {
		file := filepath.Join(s.t.TempDir(), "out")
		s.run(append([]string{"scan", s.dir, "--color", "always", "-f", format, "-o", format + "=" + file}, args...)...)
		src, err := os.ReadFile(file)
		if err != nil && !strings.Contains(s.out.String(), "curfew: ") {
			s.t.Fatalf("no %s report and no error: %v", format, err)
		}
		s.out.Write(src)
	}
}

// leaks fails where a planted value came out, and where nothing did: silence proves nothing.
func (s *shell) leaks(secrets ...planted.Secret) {
	s.t.Helper()
	if s.out.Len() < 200 {
		s.t.Errorf("hardly any output to look through: %q", s.out.String())
	}
	for _, leak := range planted.Find(s.out.Bytes(), secrets...) {
		s.t.Errorf("leaked: %s", leak)
	}
}

// quoted is value as it may stand between double quotes in YAML.
func quoted(value string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(value)
}

// TestNoSecretLeavesAScan plants every kind in a file of its own and, once more, on the lines of a
// workflow that other rules report.
func TestNoSecretLeavesAScan(t *testing.T) {
	t.Parallel()
	secrets := planted.All(7)
	if len(secrets) < 20 {
		t.Fatalf("only %d kinds planted, want 20", len(secrets))
	}
	s := &shell{t: t, dir: t.TempDir()}
	var workflow strings.Builder
	workflow.WriteString("on: [push, pull_request_target]\nenv:\n")
	for i, p := range secrets {
		s.write(fmt.Sprintf("%d/%s", i, p.Path), p.Content)
		fmt.Fprintf(&workflow, "  TOKEN_%d: \"${{ secrets.A }} %s\"\n", i, quoted(p.Value))
	}
	workflow.WriteString("jobs:\n")
	for i, p := range secrets {
		fmt.Fprintf(&workflow, `  job-%d:
    name: "%[2]s"
    runs-on: "%[2]s"
    environment: "%[2]s"
    container: { image: "x", credentials: { username: "me", password: "%[2]s" } }
    steps:
      - uses: "acme/%[2]s@v1"
        name: "%[2]s ${{ toJSON(secrets) }}"
        with: { token: "%[2]s", other: "${{ secrets.B }} %[2]s" }
        env: { PASSWORD: "%[2]s ${{ fromJSON(secrets.C).x }}" }
      - run: "curl -H 'Authorization: %[2]s' ${{ secrets.D }} # curfew: ignore[token-default] until=2026-12-31 %[2]s"
        if: "'%[2]s' == secrets.E"
`, i, quoted(p.Value))
	}
	s.write(".github/workflows/ci.yml", workflow.String())
	s.scanEveryWay()
	if !strings.Contains(s.out.String(), "long-lived-token") || !strings.Contains(s.out.String(), "token-default") {
		t.Error("the scan didn't report what was planted")
	}
	s.run("explain", "00000000", s.dir)
	s.leaks(secrets...)
}

// TestNoSecretLeavesByAName plants values in the names of files.
func TestNoSecretLeavesByAName(t *testing.T) {
	t.Parallel()
	s := &shell{t: t, dir: t.TempDir()}
	secrets := alone(t)
	for _, p := range secrets {
		if strings.ContainsAny(p.Value, "/\n") || len(p.Value) > 200 {
			continue
		}
		s.write(".github/workflows/"+p.Value+".yml", "on: push\njobs: { a: { runs-on: x, steps: [ { run: x } ] } }\n")
		s.write("bin/"+p.Value, "\x00")
	}
	s.scanEveryWay()
	s.leaks(secrets...)
}

// TestNoSecretLeavesAManifest pastes values wherever a manifest, a policy and the files beside them may
// be quoted from.
func TestNoSecretLeavesAManifest(t *testing.T) {
	t.Parallel()
	const right = `  id-%[1]d:
    owner: web
    purpose: "%[2]s"
    privilege: high
    expires: "2020-01-01"
    runs-as: { workflow: .github/workflows/ci.yml, job: [a, "%[2]s"] }
    claims: { repository_id: "1", job_workflow_ref: a/b/.github/workflows/ci.yml@refs/heads/main, workflow: "%[2]s" }
    token: { contents: read }
    grants:
      x: { aws: { role: "arn:aws:iam::123456789012:role/x", audience: "%[2]s", region: eu-west-1 }, ttl: 15m, narrow: none, limits: none, when: always }
`
	const wrong = `  "%[2]s": { owner: "%[2]s", kind: "%[2]s", expires: "%[2]s", runs-as: "%[2]s", token: { "%[2]s": "%[2]s" }, secrets: ["%[2]s"], "%[2]s": 1, "%[2]s": 2 }
  id-%[1]d: { claims: { "%[2]s": "%[2]s" }, grants: { "%[2]s": { "%[2]s": 1, ttl: "%[2]s", when: "%[2]s" } } }
`
	s := &shell{t: t, dir: t.TempDir()}
	secrets := alone(t)
	s.write(".github/workflows/ci.yml", "on: push\npermissions: { contents: write }\njobs: { a: { runs-on: x, steps: [ { run: \"${{ secrets.A }}\" } ] } }\n")
	claims := s.write("claims.json", `{"iss":"https://token.actions.githubusercontent.com","repository_id":"2","repository":"a/b","job_workflow_ref":"z","environment":"y"}`)
	for _, form := range []string{right, wrong} {
		var src strings.Builder
		src.WriteString("version: 1\nowners: { web: { team: \"@acme/web\" } }\nidentities:\n")
		for i, p := range secrets {
			fmt.Fprintf(&src, form, i, quoted(p.Value))
		}
		file := s.write(".github/curfew.yml", src.String())
		want := cli.ExitUsage
		if form == right {
			want = cli.ExitFindings
			for i := 0; i < len(secrets); i += 20 { // all of the manifest is at stake each time
				s.run("manifest", "decide", "--manifest", file, "--claims", claims, "--grant", fmt.Sprintf("id-%d/x", i))
			}
		}
		if got := s.run("manifest", "check", file); got != want {
			t.Errorf("manifest check exits %d, want %d:\n%s", got, want, s.out.Bytes()[max(0, s.out.Len()-600):])
		}
		if form == right {
			s.scanEveryWay()
		}
		s.run("scan", s.dir)
		s.run("scan", s.dir, "--org-policy", file)
	}
	if err := os.Rename(filepath.Join(s.dir, ".github/curfew.yml"), filepath.Join(s.dir, "bad.yml")); err != nil {
		t.Fatal(err)
	}
	bad := filepath.Join(s.dir, "bad.yml")
	s.run("scan", s.dir, "--baseline", bad)
	s.run("scan", s.dir, "--gitleaks-config", bad)
	facts := s.write("facts.json", fmt.Sprintf(`{"version": "%[1]s", "%[1]s": 1}`, quoted(secrets[0].Value)))
	s.run("manifest", "decide", "--manifest", s.write("ok.yml", "version: 1\n"), "--claims", claims, "--grant", "id-0/x", "--facts", facts)
	s.run("manifest", "decide", "--manifest", "ok.yml", "--claims", facts, "--grant", "id-0/x")
	s.run("manifest", "decide", "--manifest", bad, "--claims", bad, "--grant", "id-0/x", "--facts", bad)
	s.leaks(secrets...)
}

// alone lists the planted kinds that are known by themselves, without what stands around them: only
// those can be told in a place where nobody expects a secret.
func alone(t *testing.T) []planted.Secret {
	t.Helper()
	detector, err := secret.New(rules.SecretRules())
	if err != nil {
		t.Fatal(err)
	}
	var out []planted.Secret
	for _, p := range planted.All(11) {
		found, err := detector.Detect(t.Context(), ".github/curfew.yml", []byte("purpose: \""+p.Value+"\"\n"))
		if err != nil {
			t.Fatal(err)
		}
		if len(found) > 0 {
			out = append(out, p)
		}
	}
	if len(out) < 20 {
		t.Fatalf("only %d kinds are known by themselves, want 20", len(out))
	}
	return out
}

// TestNoSecretLeavesACommandLine: somebody may paste a token where a name belongs. What is told of a host of the
// caller's holds no password either, which no detector could know.
func TestNoSecretLeavesACommandLine(t *testing.T) {
	t.Parallel()
	token := planted.All(7)[0]
	password := planted.Secret{Detector: "password", Value: "hunter2-" + strings.Repeat("q7x", 3)}
	s := &shell{t: t, dir: t.TempDir()}
	for _, args := range [][]string{
		{"--verify", token.Value},
		{"--verify", "all", "--verify-at", token.Value},
		{"--verify", "all", "--verify-at", "https://bob:" + password.Value + "@host.example"},
		{"--verify", "all", "--verify-at", "github=https://bob:" + password.Value + "@host.example"},
		{"--verify", "all", "--verify-at", "github=https://host.example/?p=" + password.Value},
		{"--verify", "all", "--verify-at", "github=http://host.example/" + password.Value},
		{"--diff", "a..b.." + token.Value},
		{"--base", token.Value},
		{"--manifest", token.Value},
		{"--baseline", token.Value},
		{"--fail-on", token.Value},
		{"--" + token.Value},
		{"-o", token.Value},
	} {
		if code := s.run(append([]string{"scan", s.dir}, args...)...); code == cli.ExitClean && args[0] != "--manifest" {
			t.Errorf("%s: exit status 0", args[0])
		}
	}
	s.run("explain", token.Value)
	s.run("scan", "/tmp/"+token.Value)
	s.leaks(token, password)
}
