package cli_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/cli"
	"github.com/curfew-ci/curfew/internal/secret/planted"
)

// fakeTokens is no GitLab and no Slack: of both it answers what their documentation says, for one token, which it ends.
type fakeTokens struct {
	*httptest.Server
	good  string
	works bool
	asked []string
}

func newFakeTokens(t *testing.T, good string) *fakeTokens {
	f := &fakeTokens{good: good, works: true}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.asked = append(f.asked, r.Method+" "+r.URL.Path)
		knows := f.works && (r.Header.Get("Private-Token") == f.good || r.Header.Get("Authorization") == "Bearer "+f.good)
		slack := strings.HasPrefix(r.URL.Path, "/api/auth.")
		switch {
		case !knows && slack:
			_, _ = w.Write([]byte(`{"ok":false,"error":"token_revoked"}`))
		case !knows:
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"message":"401 Unauthorized"}`))
		case r.Method == http.MethodDelete:
			f.works = false
			w.WriteHeader(http.StatusNoContent)
		case r.URL.Path == "/api/auth.revoke":
			f.works = false
			_, _ = w.Write([]byte(`{"ok":true,"revoked":true}`))
		default:
			_, _ = w.Write([]byte(`{"active":true,"user_id":7,"name":"ci"}`))
		}
	}))
	t.Cleanup(f.Close)
	return f
}

// revoker runs curfew revoke --finding in a folder of its own.
type revoker struct {
	t          *testing.T
	dir, state string
	env        map[string]string
	said       bytes.Buffer // all that ever came out
}

func newRevoker(t *testing.T) *revoker {
	return &revoker{t: t, dir: t.TempDir(), state: filepath.Join(t.TempDir(), "state"), env: map[string]string{}}
}

func (r *revoker) run(args ...string) (code int, out, errs string) {
	r.t.Helper()
	var stdout, stderr bytes.Buffer
	code = cli.Run(r.t.Context(), cli.Env{
		Args: args, Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr,
		Getenv: func(name string) string { return r.env[name] }, Now: time.Now,
	})
	r.said.WriteString(stdout.String() + stderr.String())
	return code, stdout.String(), stderr.String()
}

func (r *revoker) write(name, content string) {
	r.t.Helper()
	path := filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// ids are those of the findings in a file, as scan tells them.
func (r *revoker) ids(file string, flags ...string) []string {
	r.t.Helper()
	var ids []string
	for _, f := range scanJSON(r.t, append([]string{r.dir}, flags...)...).Findings {
		if f.Region.Path == file {
			ids = append(ids, f.Fingerprint)
		}
	}
	return ids
}

var confirmForm = regexp.MustCompile(`--confirm (\S+)\n`)

// confirmation is what a dry run asks for.
func confirmation(t *testing.T, out string) string {
	t.Helper()
	m := confirmForm.FindStringSubmatch(out)
	if m == nil {
		t.Fatalf("no --confirm in %s", out)
	}
	return m[1]
}

// records are all that the state holds.
func (r *revoker) records() string {
	r.t.Helper()
	names, err := filepath.Glob(filepath.Join(r.state, "ledger", "*"))
	if err != nil {
		r.t.Fatal(err)
	}
	var all strings.Builder
	for _, name := range names {
		src, err := os.ReadFile(name)
		if err != nil {
			r.t.Fatal(err)
		}
		all.Write(src)
	}
	return all.String()
}

// hides fails where anything that came out, or was recorded, shows a value.
func (r *revoker) hides(s planted.Secret) {
	r.t.Helper()
	if shown := planted.Find([]byte(r.said.String()+r.records()), s); len(shown) > 0 {
		r.t.Errorf("shows %v", shown)
	}
}

func plantedOf(t *testing.T, detector string, seed uint64) planted.Secret {
	t.Helper()
	for _, s := range planted.All(seed) {
		if s.Detector == detector {
			return s
		}
	}
	t.Fatalf("no %s is planted", detector)
	return planted.Secret{}
}

// TestRevokeFinding: a token's finding ends the token, on the id's being said twice and not before; what was done is
// recorded, and nothing shows the value.
func TestRevokeFinding(t *testing.T) {
	token := plantedOf(t, "gitlab-pat", 5)
	f := newFakeTokens(t, token.Value)
	r := newRevoker(t)
	r.write("mirror.env", "TOKEN="+token.Value+"\n")
	r.write("copy.env", "TOKEN="+token.Value+"\n")
	id := r.ids("mirror.env")[0]
	args := []string{"revoke", "--finding", id[:8], r.dir, "--at", "gitlab=" + f.URL}

	code, out, errs := r.run(args...)
	for _, want := range []string{id, "mirror.env:1", "copy.env:1, finding " + r.ids("copy.env")[0], "DELETE " + f.URL + "/api/v4/personal_access_tokens/self", "Nothing was sent", "with --state DIR, where it is recorded, and --confirm "} {
		if !strings.Contains(out, want) {
			t.Errorf("the dry run doesn't say %q", want)
		}
	}
	if code != cli.ExitClean || len(f.asked) > 0 || !f.works {
		t.Fatalf("dry run: %d, asked %v\n%s%s", code, f.asked, out, errs)
	}
	confirmed := append(args, "--confirm", confirmation(t, out))
	for name, bad := range map[string][]string{
		"an empty variable": append(args, "--confirm", "", "--state", r.state),
		"half of the id":    append(args, "--confirm", id[:8], "--state", r.state),
		"nowhere recorded":  confirmed,
		"another's id":      append(args, "--confirm", r.ids("copy.env")[0], "--state", r.state),
	} {
		if code, _, _ := r.run(bad...); code != cli.ExitUsage || len(f.asked) > 0 {
			t.Fatalf("%s: %d, asked %v", name, code, f.asked)
		}
	}
	confirmed = append(confirmed, "--state", r.state)
	code, out, errs = r.run(confirmed...)
	if code != cli.ExitClean || f.works || !strings.Contains(out, "finding "+id+": done: ") || !strings.Contains(errs, "unsealed") {
		t.Errorf("%d\n%s%s", code, out, errs)
	}
	if records := r.records(); !strings.Contains(records, `"plane":"response","type":"revocation.done","outcome":"done"`) || !strings.Contains(records, id) {
		t.Errorf("recorded: %s", records)
	}
	// A server that somebody names, and that doesn't know the token, proves nothing.
	code, out, errs = r.run(confirmed...)
	if code != cli.ExitUnfinished || !strings.Contains(errs, ": unsure: ") || !strings.Contains(r.records(), "revocation.unsure") {
		t.Errorf("again: %d\n%s%s", code, out, errs)
	}
	if code, out, _ := r.run("ledger", "show", "--store", filepath.Join(r.state, "ledger")); code != cli.ExitClean || !strings.Contains(out, "revocation.done") {
		t.Errorf("ledger show: %d, %s", code, out)
	}
	r.hides(token)
}

// TestRevokeFindingAWS: an access key is ended by the user's own keys; its id is no secret, and is what the record has.
func TestRevokeFindingAWS(t *testing.T) {
	key := plantedOf(t, "aws-access-token", 5)
	own := map[string]string{"AWS_ACCESS_KEY_ID": "AKIA" + "OWNKEYOWNKEYOWNK", "AWS_SECRET_ACCESS_KEY": strings.Repeat("own-secret-", 4)}
	var actions []string
	iam := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { // no AWS
		_ = r.ParseForm()
		actions = append(actions, r.Form.Get("Action")+" "+r.Form.Get("UserName"))
		if r.Form.Get("Action") == "GetAccessKeyLastUsed" {
			_, _ = w.Write([]byte(`<GetAccessKeyLastUsedResponse><GetAccessKeyLastUsedResult><UserName>ci</UserName></GetAccessKeyLastUsedResult></GetAccessKeyLastUsedResponse>`))
			return
		}
		_, _ = w.Write([]byte(`<UpdateAccessKeyResponse><ResponseMetadata/></UpdateAccessKeyResponse>`))
	}))
	defer iam.Close()
	r := newRevoker(t)
	r.write("deploy.env", "AWS_ACCESS_KEY_ID="+key.Value+"\n")
	args := []string{"revoke", "--finding", r.ids("deploy.env")[0], r.dir, "--state", r.state, "--at", "aws=" + iam.URL}
	_, out, _ := r.run(args...)
	if !strings.Contains(out, "an AWS access key stands in a file") {
		t.Errorf("the dry run doesn't say what was found:\n%s", out)
	}
	args = append(args, "--confirm", confirmation(t, out))
	if code, _, errs := r.run(args...); code != cli.ExitUnfinished || !strings.Contains(errs, "AWS_SECRET_ACCESS_KEY") || len(actions) > 0 {
		t.Errorf("without keys: %d, %s, %v", code, errs, actions)
	}
	r.env = own
	// Another key in its place has the same id, and another digest.
	r.write("deploy.env", "AWS_ACCESS_KEY_ID="+plantedOf(t, "aws-access-token", 6).Value+"\n")
	_, out, _ = r.run(args[:len(args)-2]...)
	code, _, errs := r.run(args...)
	if code != cli.ExitUsage || len(actions) > 0 || strings.Contains(errs, confirmation(t, out)) {
		t.Errorf("another key: %d, %v, and what would end it: %s", code, actions, errs)
	}
	r.write("deploy.env", "AWS_ACCESS_KEY_ID="+key.Value+"\n")
	code, out, errs = r.run(args...)
	if code != cli.ExitClean || strings.Join(actions, ", ") != "GetAccessKeyLastUsed , UpdateAccessKey ci" {
		t.Errorf("%d, %v\n%s%s", code, actions, out, errs)
	}
	if records := r.records(); !strings.Contains(records, `"provider":"aws","handle":"`+key.Value+`"`) || strings.Contains(records, "own-secret") {
		t.Errorf("recorded: %s", records)
	}
	if strings.Contains(r.said.String(), key.Value) || strings.Contains(r.said.String(), "own-secret") {
		t.Error("shows a key")
	}
}

// TestRevokeFindingInJob: in a job the record is the job's.
func TestRevokeFindingInJob(t *testing.T) {
	token := plantedOf(t, "gitlab-pat", 6)
	f := newFakeTokens(t, token.Value)
	r := newRevoker(t)
	r.write("mirror.env", "TOKEN="+token.Value+"\n")
	r.env = map[string]string{
		"GITHUB_RUN_ID": "12055500123", "GITHUB_RUN_ATTEMPT": "2", "GITHUB_JOB": "respond", "GITHUB_REPOSITORY_ID": "987654",
		"RUNNER_TEMP": filepath.Dir(r.state),
	}
	r.state = filepath.Join(filepath.Dir(r.state), "curfew")
	id := r.ids("mirror.env")[0]
	code, out, errs := r.run("revoke", "--finding", id, r.dir, "--at", "gitlab="+f.URL, "--confirm", id)
	if code != cli.ExitClean || f.works {
		t.Errorf("%d\n%s%s", code, out, errs)
	}
	records := r.records()
	for _, want := range []string{`"repository_id":"987654"`, `"run_id":"12055500123","attempt":2,"job":"respond"`} {
		if !strings.Contains(records, want) {
			t.Errorf("recorded: %s", records)
		}
	}
	r.hides(token)
}

// TestRevokeFindingUnrecorded: what couldn't be recorded isn't done.
func TestRevokeFindingUnrecorded(t *testing.T) {
	token := plantedOf(t, "gitlab-pat", 6)
	f := newFakeTokens(t, token.Value)
	r := newRevoker(t)
	r.write("mirror.env", "TOKEN="+token.Value+"\n")
	if os.Geteuid() == 0 {
		t.Skip("who may write everywhere can always record")
	}
	if err := os.MkdirAll(filepath.Join(r.state, "ledger"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(r.state, "ledger"), 0o500); err != nil {
		t.Fatal(err)
	}
	id := r.ids("mirror.env")[0]
	code, out, errs := r.run("revoke", "--finding", id, r.dir, "--state", r.state, "--at", "gitlab="+f.URL, "--confirm", id)
	if code != cli.ExitUnfinished || !f.works || len(f.asked) > 0 || !strings.Contains(errs, "couldn't be recorded: nothing was sent") {
		t.Errorf("%d, asked %v\n%s%s", code, f.asked, out, errs)
	}
}

// TestRevokeFindingChanged: what was shown is ended, or nothing is: another value has another id, or another confirmation.
func TestRevokeFindingChanged(t *testing.T) {
	for _, detector := range []string{"gitlab-pat", "slack-bot-token"} {
		t.Run(detector, func(t *testing.T) {
			shown, other := plantedOf(t, detector, 5), plantedOf(t, detector, 6)
			f := newFakeTokens(t, other.Value)
			r := newRevoker(t)
			r.write("notify.env", "TOKEN="+shown.Value+"\n")
			args := []string{
				"revoke", "--finding", r.ids("notify.env")[0], r.dir, "--state", r.state, "--at", "gitlab=" + f.URL, "--at", "slack=" + f.URL,
			}
			_, out, _ := r.run(args...)
			args = append(args, "--confirm", confirmation(t, out))
			r.write("notify.env", "TOKEN="+other.Value+"\n")
			code, out, errs := r.run(args...)
			if code != cli.ExitUsage || len(f.asked) > 0 || !f.works {
				t.Errorf("%d, asked %v\n%s%s", code, f.asked, out, errs)
			}
			r.write("notify.env", "TOKEN="+shown.Value+"\n")
			f.good = shown.Value
			if code, out, errs := r.run(args...); code != cli.ExitClean || f.works {
				t.Errorf("as it was: %d\n%s%s", code, out, errs)
			}
			r.hides(shown)
			r.hides(other)
		})
	}
}

// TestRevokeFindingInHistory: what only a commit holds is ended, too, and what a comment silences is.
func TestRevokeFindingInHistory(t *testing.T) {
	token := plantedOf(t, "gitlab-pat", 8)
	f := newFakeTokens(t, token.Value)
	r := newRevoker(t)
	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-C", r.dir, "-c", "user.name=a", "-c", "user.email=a@example.com"}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %s", args, out)
		}
	}
	git("init", "-q")
	r.write("mirror.env", "TOKEN="+token.Value+"\n")
	git("add", ".")
	git("commit", "-qm", "one")
	r.write("mirror.env", "TOKEN=\n")
	git("commit", "-qam", "two")
	id := r.ids("mirror.env", "--history")[0]
	args := []string{"revoke", "--finding", id, r.dir, "--state", r.state, "--at", "gitlab=" + f.URL, "--confirm", id}
	if code, _, errs := r.run(args...); code != cli.ExitUsage || !strings.Contains(errs, "--history") {
		t.Errorf("in the tree alone: %d, %s", code, errs)
	}
	if code, out, errs := r.run(append(args, "--history")...); code != cli.ExitClean || f.works {
		t.Errorf("%d\n%s%s", code, out, errs)
	}
	r.hides(token)
}

// TestRevokeFindingRefused: what names no one credential, or one that nothing here ends, is an error with what to do
// instead.
func TestRevokeFindingRefused(t *testing.T) {
	r := newRevoker(t)
	pypi, npm := plantedOf(t, "pypi-upload-token", 5), plantedOf(t, "npm-access-token", 5)
	r.write("publish.env", "TWINE_PASSWORD="+pypi.Value+"\n")
	var many strings.Builder
	for seed := range uint64(600) {
		fmt.Fprintf(&many, "TOKEN_%d=%s\n", seed, plantedOf(t, "npm-access-token", seed).Value)
	}
	r.write("many.env", many.String())
	r.write("sample.env", "AWS_ACCESS_KEY_ID=AKIA"+"IOSFODNN7EXAMPLE\n")
	r.write(".github/workflows/ci.yml", "on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    env:\n      NPM_TOKEN: ${{ secrets.NPM_TOKEN }}\n    steps:\n      - run: make test\n")
	byPrefix, two := map[string]int{}, ""
	for _, id := range r.ids("many.env") {
		if byPrefix[id[:4]]++; byPrefix[id[:4]] == 2 {
			two = id[:4]
		}
	}
	if two == "" {
		t.Fatal("no two ids begin alike")
	}
	var stored, noCredential string
	for _, f := range scanJSON(t, r.dir).Findings {
		switch {
		case f.Credential == nil:
			noCredential = f.Fingerprint
		case f.Credential.Secret != "":
			stored = f.Fingerprint
		}
	}
	if len(r.ids("sample.env")) > 0 {
		t.Fatal("what the rules let pass is found")
	}
	for name, tt := range map[string]struct {
		id   string
		code int
		out  string
		errs string
	}{
		"two":            {two, cli.ExitUsage, "", "give more digits"},
		"none":           {"00000000", cli.ExitUsage, "", "no finding of this scan"},
		"no id":          {"zzzz", cli.ExitUsage, "", "expected a finding's id"},
		"no API":         {r.ids("publish.env")[0], cli.ExitUnfinished, "PyPI token, by hand:\n  1. ", "PyPI has no API"},
		"a stored one":   {stored, cli.ExitUnfinished, "npm token, by hand:\n  1. ", "its value isn't in a file"},
		"no credential":  {noCredential, cli.ExitUsage, "", "is about no credential"},
		"no such server": {r.ids("many.env")[0], cli.ExitUsage, "", "no such service"},
	} {
		t.Run(name, func(t *testing.T) {
			args := []string{"revoke", "--finding", tt.id, r.dir, "--confirm", tt.id, "--state", r.state}
			if name == "no such server" {
				args = append(args, "--at", "pypi=https://pypi.example")
			}
			code, out, errs := r.run(args...)
			if code != tt.code || !strings.Contains(out, tt.out) || !strings.Contains(errs, tt.errs) {
				t.Errorf("%d\n%s%s", code, out, errs)
			}
		})
	}
	if r.records() != "" {
		t.Error("recorded what wasn't done")
	}
	r.hides(pypi)
	r.hides(npm)
}
