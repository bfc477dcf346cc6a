package cli_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/cli"
	"github.com/curfew-ci/curfew/internal/report"
	"github.com/curfew-ci/curfew/internal/scan"
	"github.com/curfew-ci/curfew/internal/secret/planted"
)

// fakeGitHub is no GitHub: it answers GET /user as docs.github.com/rest/users/users says, and takes one token
// for good.
func fakeGitHub(t *testing.T, good string, asked *[]string) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked = append(*asked, r.URL.Path)
		if !strings.HasSuffix(r.Header.Get("Authorization"), " "+good) {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"message":"Bad credentials","status":"401"}`))
			return
		}
		w.Header().Set("X-OAuth-Scopes", "repo, workflow")
		_, _ = w.Write([]byte(`{"login":"octocat","id":1}`))
	}))
	t.Cleanup(s.Close)
	return s
}

func scanJSON(t *testing.T, args ...string) *scan.Result {
	t.Helper()
	var out, errs bytes.Buffer
	code := cli.Run(context.Background(), cli.Env{
		Args: append([]string{"scan", "-f", "json"}, args...), Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs,
		Getenv: func(string) string { return "" }, Now: time.Now,
	})
	if code != cli.ExitFindings {
		t.Fatalf("exit %d: %s", code, errs.String())
	}
	r, err := report.Read(&out)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// What is live is critical, what is dead a note, and nobody is asked about what wasn't named; of a token in
// the history its version is read again for what belongs to it.
func TestVerify(t *testing.T) {
	tokens := map[string]string{}
	for seed := range uint64(2) {
		for _, p := range planted.All(seed) {
			if p.Detector == "github-pat" {
				tokens[[]string{"live", "dead"}[seed]] = p.Value
			}
		}
	}
	dir := t.TempDir()
	write := func(name, content string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("live.env", "TOKEN="+tokens["live"]+"\n")
	write("dead.env", "TOKEN="+tokens["dead"]+"\n")
	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=a", "-c", "user.email=a@example.com"}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %s", args, out)
		}
	}
	git("init", "-q")
	git("add", ".")
	git("commit", "-qm", "one")
	git("rm", "-q", "live.env")
	git("commit", "-qm", "two")

	var asked []string
	s := fakeGitHub(t, tokens["live"], &asked)
	for _, f := range scanJSON(t, dir, "--history").Findings {
		if f.Liveness != nil {
			t.Errorf("%s was asked about without --verify", f.Region.Path)
		}
	}
	scanJSON(t, dir, "--history", "--verify", "npm", "--verify-at", "github="+s.URL)
	if len(asked) > 0 {
		t.Errorf("asked %v though only npm was named", asked)
	}
	got := map[string]string{}
	for _, f := range scanJSON(t, dir, "--history", "--verify", "github", "--verify-at", "github="+s.URL).Findings {
		if f.Rule == "long-lived-token" {
			got[f.Region.Path] = f.Severity.String() + " " + f.Liveness.String()
		}
	}
	host := strings.TrimPrefix(s.URL, "http://")
	if want := "critical live: user octocat, may repo, workflow (asked " + host + ")"; got["live.env"] != want {
		t.Errorf("live.env: got %q, want %q", got["live.env"], want)
	}
	if !strings.HasPrefix(got["dead.env"], "note dead") {
		t.Errorf("dead.env: got %q, want a note", got["dead.env"])
	}
}
