//go:build e2e

package action_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/secret/planted"
	"github.com/curfew-ci/curfew/internal/testservers"
)

// pinned is the commit by which these workflows use the action. act takes it from a copy of the action on this machine.
const pinned = "5f1d0c7e5f1d0c7e5f1d0c7e5f1d0c7e5f1d0c7e"

// job is one run of a workflow of acme/web's, by act as the runner and this machine as the job's.
type job struct {
	*testing.T
	w      *world
	dir    string // the checkout
	action string // a copy of the action's repository
	cache  string // act's, with the tool cache
	keep   string // where steps leave what a test looks at, KEEP in their environment
	event  string // that the run is of
	flags  []string
	log    string
}

// job makes a repository with a workflow that is deploy.yml, and other files. In the workflow's text ACTION is the action,
// ISSUER the issuer that the organisation lists.
func (w *world) job(t *testing.T, workflow string, files map[string]string) *job {
	t.Helper()
	t.Parallel()
	return w.alone(t, workflow, files)
}

// alone is job, for one that runs beside no other.
func (w *world) alone(t *testing.T, workflow string, files map[string]string) *job {
	t.Helper()
	j := &job{T: t, w: w, dir: t.TempDir(), action: w.action, cache: t.TempDir(), keep: t.TempDir(), event: "push"}
	j.write(j.dir, ".github/workflows/deploy.yml", w.filled(workflow))
	for name, text := range files {
		j.write(j.dir, name, text)
	}
	j.git("init", "--quiet", "--initial-branch", "main")
	j.commit("Begin")
	if err := os.Mkdir(filepath.Join(j.cache, "act"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(w.tools, filepath.Join(j.cache, "act", "tool_cache")); err != nil {
		t.Fatal(err)
	}
	j.flags = []string{"--secret", "GITHUB_TOKEN=" + w.hub.Token, "--env", "GITHUB_API_URL=" + w.hub.API()}
	return j
}

// filled names the action and the issuer in a workflow.
func (w *world) filled(workflow string) string {
	return strings.NewReplacer("ACTION", "curfew-ci/curfew@"+pinned, "ISSUER", w.issuer.URL).Replace(workflow)
}

// withIdentity has the platform give the job ID tokens.
func (j *job) withIdentity() *job {
	j.flags = append(j.flags, "--env", "ACTIONS_ID_TOKEN_REQUEST_URL="+j.w.issuer.RequestURL(),
		"--env", "ACTIONS_ID_TOKEN_REQUEST_TOKEN="+j.w.issuer.RequestToken)
	return j
}

// at has the job ask a fake GitHub of its own.
func (j *job) at(hub *testservers.GitHub) *job {
	j.flags = append(j.flags, "--secret", "GITHUB_TOKEN="+hub.Token, "--env", "GITHUB_API_URL="+hub.API())
	return j
}

// withAction gives the job a copy of the action, and a tool cache, that are its own.
func (j *job) withAction() *job {
	j.Helper()
	j.action = j.TempDir()
	tools := filepath.Join(j.cache, "act", "tool_cache")
	if err := os.Remove(tools); err != nil {
		j.Fatal(err)
	}
	testservers.InstallAction(j, "../..", j.action, tools, j.w.binary)
	return j
}

// command is act, in a process that has nothing of this one's environment but its PATH.
func (j *job) command() *exec.Cmd {
	ctx, cancel := context.WithTimeout(j.Context(), 5*time.Minute)
	j.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, j.w.act, append([]string{
		j.event, "--workflows", ".github/workflows/deploy.yml", "--no-recurse",
		"--platform", "ubuntu-latest=-self-hosted", "--platform", "ubuntu-24.04=-self-hosted",
		"--local-repository", "curfew-ci/curfew@" + pinned + "=" + j.action,
		"--concurrent-jobs", "1", // its cache of repositories isn't made for several at once
		"--no-cache-server", "--container-daemon-socket", "-",
		"--env", "GITHUB_REPOSITORY=acme/web", "--env", "GITHUB_REPOSITORY_ID=987654", "--env", "KEEP=" + j.keep, "--env", "MINIO=" + j.w.cloud.URL,
	}, j.flags...)...)
	cmd.Dir = j.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + j.TempDir(), "XDG_CACHE_HOME=" + j.cache, "XDG_CONFIG_HOME=" + j.TempDir()}
	return cmd
}

// run runs the workflow, which must end as is said, and looks for secrets in the log.
func (j *job) run(succeeds bool) {
	j.Helper()
	out, err := j.command().CombinedOutput()
	j.ended(string(out), err, succeeds)
}

func (j *job) ended(log string, err error, succeeds bool) {
	j.Helper()
	j.log = log
	j.Cleanup(func() {
		if j.Failed() {
			j.Logf("act:\n%s", j.log)
		}
	})
	if (err == nil) != succeeds {
		j.Errorf("act: %v", err)
	}
	for _, secret := range []string{j.w.hub.Token, j.w.hub.Metadata, j.w.issuer.RequestToken, password} {
		j.hides(secret)
	}
	j.lacks("eyJ", "hvs.", "uncaught", "at Object.", "panic:")
}

// says expects texts in the log, and lacks expects none of them there.
func (j *job) says(texts ...string) {
	j.Helper()
	for _, text := range texts {
		if !strings.Contains(j.log, text) {
			j.Errorf("the log lacks %q", text)
		}
	}
}

func (j *job) lacks(texts ...string) {
	j.Helper()
	for _, text := range texts {
		if strings.Contains(j.log, text) {
			j.Errorf("%q is in the log", text)
		}
	}
}

// hides expects a secret in the log in no form.
func (j *job) hides(secret string) {
	j.Helper()
	if secret == "" || len(planted.Find([]byte(j.log), planted.Secret{Detector: "it", Value: secret})) > 0 {
		j.Errorf("a secret is in the log, or there is none: %q", secret)
	}
}

// kept is what a step has left.
func (j *job) kept(name string) string {
	j.Helper()
	text, err := os.ReadFile(filepath.Join(j.keep, name))
	if err != nil {
		j.Error(err)
	}
	return string(text)
}

func (j *job) write(dir, name, text string) {
	j.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	err := os.MkdirAll(filepath.Dir(path), 0o700)
	if err == nil {
		err = os.WriteFile(path, []byte(text), 0o700)
	}
	if err != nil {
		j.Fatal(err)
	}
}

// commit commits all that is in the checkout.
func (j *job) commit(message string) {
	j.Helper()
	j.git("add", ".")
	j.git("-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "--quiet", "--allow-empty", "--message", message)
}

func (j *job) git(args ...string) string {
	j.Helper()
	cmd := exec.CommandContext(j.Context(), "git", args...)
	cmd.Dir = j.dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		j.Fatalf("git %s: %v\n%s", args[0], err, out)
	}
	return strings.TrimSpace(string(out))
}
