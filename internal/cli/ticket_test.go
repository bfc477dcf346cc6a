package cli_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/cli"
)

// TestTicketTracker: the token goes to the address that the policy names, what a repository is named after reaches
// neither terminal nor tracker as anything but text, and what a server quotes shows no token.
func TestTicketTracker(t *testing.T) {
	const token = "made-up-token-of-a-test"
	var sent []string
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent = append(sent, r.Method+" "+r.URL.Path+" "+r.Header.Get("Authorization"))
		w.WriteHeader(status)
		if status != http.StatusOK {
			_, _ = w.Write([]byte(`{"error":{"message":"bad ` + r.Header.Get("Authorization") + `"}}`))
			return
		}
		_, _ = w.Write([]byte(`{"result":[]}`))
	}))
	defer server.Close()
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	hostile := `@everyone \u001b[31m ::error:: ##[error] \u202e https://evil.example`
	result := write("result.json", `{"schema":1,"tool":{"name":"curfew","version":"dev"},"of":{"repository":"acme/shop","time":"2026-11-23T12:00:00Z"},"manifest":{"path":"","from":"none"},"findings":[
{"rule":"x","severity":"high","message":"`+hostile+`","region":{"path":"`+hostile+`","start":{"line":1,"column":1,"offset":0},"end":{"line":1,"column":2,"offset":1}},
"owner":"web","key":"k","fingerprint":"00"}],"checked":{"sources":["workflows"],"scope":"tree","workflows":0,"actions":0,"jobs":0,"files":0,"secrets":0,"entitlements":0},
"leftOut":{"allowlisted":0,"ending":0,"unlikely":[]},"notChecked":[]}`)
	manifest := write("curfew.yml", "version: 1\nowners:\n  web: { team: \"@acme/web\", tickets: { servicenow: Web } }\n")
	policy := write("org.yml", "version: 1\norganization: { name: acme, id: \"1\" }\nsystems:\n  servicenow: { url: \""+server.URL+"\", projects: [Web] }\n")
	run := func() (int, string) {
		var out bytes.Buffer
		code := cli.Run(t.Context(), cli.Env{
			Args: []string{
				"ticket", "plan", "--from", result, "--to", "servicenow", "--repository", "acme/shop", "--manifest", manifest, "--org-policy", policy,
			},
			Stdout: &out, Stderr: &out, Now: func() time.Time { return today },
			Getenv: func(name string) string { return map[string]string{"SERVICENOW_TOKEN": token}[name] },
		})
		return code, out.String()
	}
	code, out := run()
	if code != cli.ExitFindings || len(sent) != 1 || sent[0] != "GET /api/now/table/incident Bearer "+token {
		t.Errorf("%d, %q\n%s", code, sent, out)
	}
	if !strings.Contains(out, "create") || strings.ContainsAny(out, "\x1b\u202e") || strings.Contains(out, "##[") || strings.Contains(out, "@everyone") || strings.Contains(out, "://evil") {
		t.Errorf("%q", out)
	}
	status = http.StatusForbidden
	if code, out = run(); code != cli.ExitUnfinished || strings.Contains(out, token) || !strings.Contains(out, "answered 403") {
		t.Errorf("%d %s", code, out)
	}
}

// TestTicketPaths: a path that looks like a credential is masked in a ticket's memo as well, which is encoded.
func TestTicketPaths(t *testing.T) {
	t.Chdir(t.TempDir())
	token := "ghp_" + strings.Repeat("aB3dE5fG7h", 4)[:36]
	result := `{"schema":1,"tool":{"name":"curfew","version":"dev"},"of":{"time":"2026-11-23T12:00:00Z"},"manifest":{"path":"","from":"none"},"findings":[
{"rule":"x","severity":"high","message":"m","region":{"path":"a.yml","start":{"line":1,"column":1,"offset":0},"end":{"line":1,"column":2,"offset":1}},
"flow":[{"message":"m","region":{"path":"` + token + `/b.yml","start":{"line":1,"column":1,"offset":0},"end":{"line":1,"column":2,"offset":1}}}],
"key":"k","fingerprint":"00"}],"checked":{"sources":["workflows"],"scope":"tree","workflows":0,"actions":0,"jobs":0,"files":0,"secrets":0,"entitlements":0},
"leftOut":{"allowlisted":0,"ending":0,"unlikely":[]},"notChecked":[]}`
	if err := os.WriteFile("result.json", []byte(result), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	code := cli.Run(t.Context(), cli.Env{
		Args: []string{"ticket", "sync", "--from", "result.json"}, Stdout: &out, Stderr: &out,
		Now: func() time.Time { return today }, Getenv: func(string) string { return "" },
	})
	pages, err := filepath.Glob("curfew-tickets/*.json")
	if code != 0 || err != nil || len(pages) != 1 {
		t.Fatalf("%d, %v, %v\n%s", code, pages, err, out.String())
	}
	src, err := os.ReadFile(pages[0])
	if err != nil || bytes.Contains(src, []byte(token)) || !bytes.Contains(src, []byte("b.yml")) {
		t.Errorf("%v\n%s", err, src)
	}
}

// TestTicketEvidenceAfterFailure: where a sync fails halfway, and what it did can't be recorded, nothing says that the
// tickets are in line.
func TestTicketEvidenceAfterFailure(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked++; asked > 1 {
			w.WriteHeader(http.StatusBadRequest)
		}
	}))
	defer server.Close()
	t.Chdir(t.TempDir())
	finding := `{"rule":"x","severity":"high","message":"m","region":{"path":"%s","start":{"line":1,"column":1,"offset":0},"end":{"line":1,"column":2,"offset":1}},"key":"k","fingerprint":"00"}`
	for name, text := range map[string]string{
		"result.json": `{"schema":1,"tool":{"name":"curfew","version":"dev"},"of":{"repository":"acme/shop","time":"2026-11-23T12:00:00Z"},"manifest":{"path":"","from":"none"},"findings":[` +
			fmt.Sprintf(finding, "a") + "," + fmt.Sprintf(finding, "b") + `],"checked":{"sources":["workflows"],"scope":"tree","workflows":0,"actions":0,"jobs":0,"files":0,"secrets":0,"entitlements":0},
"leftOut":{"allowlisted":0,"ending":0,"unlikely":[]},"notChecked":[]}`,
		"org.yml": "version: 1\norganization: { name: acme, id: \"1\" }\nsystems:\n  webhook: { url: \"" + server.URL + "\" }\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	env := map[string]string{
		"WEBHOOK_SECRET": strings.Repeat("made up ", 4), "GITHUB_REPOSITORY": "acme/shop", "GITHUB_RUN_ID": "1", "GITHUB_RUN_ATTEMPT": "1",
		"GITHUB_JOB": "tickets", "RUNNER_TEMP": t.TempDir(),
	}
	var out, errs bytes.Buffer
	code := cli.Run(t.Context(), cli.Env{
		Args: []string{"ticket", "sync", "--from", "result.json", "--to", "webhook", "--org-policy", "org.yml"}, Stdout: &out, Stderr: &errs,
		Now: func() time.Time { return today }, Getenv: func(name string) string { return env[name] },
	})
	said := errs.String()
	if code != cli.ExitUnfinished || asked != 2 || !strings.Contains(out.String(), "Changed 1 ticket.") || !strings.Contains(said, "answered 400") {
		t.Errorf("%d, asked %d\n%s%s", code, asked, out.String(), said)
	}
	if strings.Contains(said, "in line") || !strings.Contains(said, "what was changed isn't all recorded: the result doesn't say the repository's id") {
		t.Errorf("%s", said)
	}
}
