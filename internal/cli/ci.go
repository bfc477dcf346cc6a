package cli

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/oidc"
	"github.com/curfew-ci/curfew/internal/redact"
)

// ci is a CI platform by the words of its runner: what the variables are called that say which job this is.
type ci struct {
	name string // for messages: "GitHub Actions"

	run, attempt, job  string // by which records name the job, and its ID token proves it
	event              string // what started the run
	project, projectID string
	commit             string
	server             string // address of the platform

	blob string // stands before the commit in a file's address
}

func gitHubActions() ci {
	return ci{
		name: "GitHub Actions",
		run:  "GITHUB_RUN_ID", attempt: "GITHUB_RUN_ATTEMPT", job: "GITHUB_JOB", event: "GITHUB_EVENT_NAME",
		project: "GITHUB_REPOSITORY", projectID: "GITHUB_REPOSITORY_ID", commit: "GITHUB_SHA", server: "GITHUB_SERVER_URL",
		blob: "/blob/",
	}
}

// gitLabCI has a job's id where GitHub has the attempt of a run: GitLab makes another job of each retry
// (https://docs.gitlab.com/ci/variables/predefined_variables/).
func gitLabCI() ci {
	return ci{
		name: "GitLab CI",
		run:  "CI_PIPELINE_ID", attempt: "CI_JOB_ID", job: "CI_JOB_NAME", event: "CI_PIPELINE_SOURCE",
		project: "CI_PROJECT_PATH", projectID: "CI_PROJECT_ID", commit: "CI_COMMIT_SHA", server: "CI_SERVER_URL",
		blob: "/-/blob/", // without the dash it isn't found since GitLab 16.0
	}
}

// onGitLab reports whether this is a job of GitLab CI, by what its runner says.
func onGitLab(env *Env) bool { return env.Getenv("GITLAB_CI") == "true" }

// ciOf is the platform that this runs on; GitHub Actions where nothing says otherwise.
func ciOf(env *Env) ci {
	if onGitLab(env) {
		return gitLabCI()
	}
	return gitHubActions()
}

// ref is the full ref of the job; "" where the runner doesn't say.
func (c ci) ref(env *Env) string {
	if !onGitLab(env) {
		return env.Getenv("GITHUB_REF")
	}
	for _, of := range []struct{ begin, name string }{
		{"", "CI_MERGE_REQUEST_REF_PATH"}, {"refs/tags/", "CI_COMMIT_TAG"}, {"refs/heads/", "CI_COMMIT_BRANCH"},
	} {
		if value := env.Getenv(of.name); value != "" {
			return of.begin + value
		}
	}
	return ""
}

// temp is a folder that no cache or artifact takes up, and how its absence is said. GitLab has none of a name: what lies
// beside the project is where its own runner keeps the job's files, and a job's id is in it as runners use a folder again.
func (c ci) temp(env *Env) (dir, missing string) {
	if !onGitLab(env) {
		if temp := env.Getenv("RUNNER_TEMP"); temp != "" {
			return filepath.Join(temp, "curfew"), ""
		}
		return "", "expected RUNNER_TEMP, as in a job of GitHub Actions, or --state DIR"
	}
	project, id := env.Getenv("CI_PROJECT_DIR"), env.Getenv(c.attempt)
	if project == "" || id == "" || strings.Trim(id, "0123456789") != "" {
		return "", "expected CI_PROJECT_DIR and " + c.attempt + ", as in a job of GitLab CI, or --state DIR"
	}
	return filepath.Join(project+".tmp", "curfew-"+id), ""
}

// given are the ID tokens of the environment by which curfew proves the job; nil where the platform mints them on demand.
func (c ci) given(env *Env) []oidc.Variable {
	if !onGitLab(env) {
		return nil
	}
	out := []oidc.Variable{}
	for name, value := range variables(env) {
		if value != "" && (name == oidc.VariablePrefix || strings.HasPrefix(name, oidc.VariablePrefix+"_")) {
			out = append(out, oidc.Variable{Name: name, Token: redact.New([]byte(value))})
		}
	}
	slices.SortFunc(out, func(a, b oidc.Variable) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// withoutTokens is the environment without the ID tokens of the platform that the job has for others: whatever their names, a
// command that has its credential by a lease could log in by them as the job. Which they are tells their issuer, which is that of
// curfew's own.
func withoutTokens(env *Env, keep []string) []string {
	issuers := map[string]bool{}
	for _, own := range ciOf(env).given(env) {
		if issuer, err := identity.UnverifiedIssuer(own.Token.Reveal()); err == nil {
			issuers[issuer] = true
		}
	}
	if len(issuers) == 0 {
		return env.Environ()
	}
	return slices.DeleteFunc(env.Environ(), func(entry string) bool {
		name, value, _ := strings.Cut(entry, "=")
		issuer, err := identity.UnverifiedIssuer([]byte(value))
		return err == nil && issuers[issuer] && !slices.Contains(keep, name)
	})
}

// unsealed reports whether the job's platform has no ID tokens for seals, which is said. A seal's audience is that of a key
// which is made with it, and GitLab's tokens are all made before the job begins.
func (j *job) unsealed() bool {
	if !onGitLab(j.env) {
		return false
	}
	j.say("the records in %s aren't sealed, so that nobody can collect them: GitLab has no ID tokens for keys that a job makes. Keep them as an artifact",
		filepath.Join(j.state, recordsFolder))
	return true
}

// variables are all of the environment, each once.
func variables(env *Env) map[string]string {
	out := map[string]string{}
	if env.Environ == nil {
		return out
	}
	for _, entry := range env.Environ() {
		if name, value, ok := strings.Cut(entry, "="); ok && name != "" {
			out[name] = value
		}
	}
	return out
}

// within reports whether a folder is the job's own checkout, or in it: what lies there caches and artifacts may take.
func within(env *Env, dir string) bool {
	project := env.Getenv("CI_PROJECT_DIR")
	if project == "" {
		return false
	}
	rel, err := filepath.Rel(resolved(project), resolved(dir))
	return err == nil && (rel == "." || filepath.IsLocal(rel))
}

// resolved is a path without links, as far as it is there.
func resolved(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	if parent := filepath.Dir(path); parent != path {
		return filepath.Join(resolved(parent), filepath.Base(path))
	}
	return path
}
