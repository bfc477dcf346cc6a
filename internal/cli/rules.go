package cli

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"github.com/curfew-ci/curfew/internal/github"
	"github.com/curfew-ci/curfew/internal/gitrepo"
	"github.com/curfew-ci/curfew/internal/governance"
	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/redact"
)

// rulesFlags say where the rules of a lease come from: GitHub's API, or on GitLab the job's own commit, unless said.
type rulesFlags struct {
	from      string
	orgFrom   string
	workspace bool
}

func (f *rulesFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.from, "rules-from", "", "judge by the manifest of a commit of a local repository, `DIR@COMMIT` with the commit's full id,\nrather than by that of the default branch at GitHub, or on GitLab of the job's own commit")
	flags.StringVar(&f.orgFrom, "org-rules-from", "", "the organisation's policy, of `DIR@COMMIT`; with --trust-workspace also of DIR as it is")
	flags.BoolVar(&f.workspace, "trust-workspace", false, "judge by the manifest that lies here, which every step can have written: to try things out.\nSaid in the records, and denied where the organisation requires its guard")
}

// ruling is where rules come from, and what proves triggers there.
type ruling struct {
	governance issuance.Governance
	provers    map[string]issuance.Prover
	notifier   issuance.Notifier // of uses of break-glass; nil where nobody can be told
}

// open makes what reads the rules, and what proves triggers there.
func (f *rulesFlags) open(j *job) (ruling, error) {
	switch {
	case f.workspace && f.from != "":
		return ruling{}, usageError("--trust-workspace and --rules-from: the one reads the manifest that lies here, the other a commit's: choose one")
	case f.workspace:
		return f.local(governance.Workspace{Dir: "."}, ".")
	case f.from != "":
		project, err := repositoryAt(f.from)
		if err != nil {
			return ruling{}, usageError("--rules-from: %w", err)
		}
		return f.local(project, project.Dir)
	case onGitLab(j.env):
		return f.ofJob(j)
	case f.orgFrom != "":
		return ruling{}, usageError("--org-rules-from: the organisation's policy is read at GitHub, as the manifest is, unless --rules-from or --trust-workspace is given")
	}
	return atGitHub(j)
}

// local reads the rules on this machine, and tags in the repository at dir.
func (f *rulesFlags) local(project governance.Source, dir string) (ruling, error) {
	org, err := f.organisation()
	if err != nil {
		return ruling{}, err
	}
	return ruling{governance: governance.Keep(governance.Local{Project: project, Org: org}), provers: tagsAt(dir)}, nil
}

// ofJob reads the rules at the job's own commit, as its ID token proves it, in the clone that GitLab's runner has made.
func (f *rulesFlags) ofJob(j *job) (ruling, error) {
	dir, branch := j.env.Getenv("CI_PROJECT_DIR"), j.env.Getenv("CI_DEFAULT_BRANCH")
	if dir == "" || branch == "" {
		return ruling{}, usageError("which commit decides? expected CI_PROJECT_DIR and CI_DEFAULT_BRANCH, as in a job of GitLab CI, or --rules-from DIR@COMMIT")
	}
	org, err := f.organisation()
	if err != nil {
		return ruling{}, err
	}
	return ruling{governance: &governance.Proven{Dir: dir, Ref: "refs/heads/" + branch, Org: org}, provers: tagsAt(dir)}, nil
}

// organisation is where the organisation's policy is; nil where that isn't said.
func (f *rulesFlags) organisation() (governance.Source, error) {
	if f.orgFrom == "" {
		return nil, nil
	}
	org, err := repositoryAt(f.orgFrom)
	switch {
	case err == nil:
		return org, nil
	case f.workspace:
		return governance.Workspace{Dir: f.orgFrom}, nil
	}
	return nil, usageError("--org-rules-from: %w", err)
}

// tagsAt proves signed tags by the repository at dir: their signatures do.
func tagsAt(dir string) map[string]issuance.Prover {
	tags := func(ctx context.Context, name string) ([]byte, error) {
		tree, err := gitrepo.Open(dir)
		if err != nil {
			return nil, err
		}
		defer tree.Close() //nolint:errcheck // only read
		return tree.TagObject(ctx, name)
	}
	return map[string]issuance.Prover{"signed-tag": issuance.SignedTag{Tags: issuance.RawTags(tags)}}
}

// atGitHub reads the rules at the tip of the default branch, by the job's token.
func atGitHub(j *job) (ruling, error) {
	env := j.env
	token := redact.New([]byte(env.Getenv("GITHUB_TOKEN")))
	if token.Len() == 0 {
		return ruling{}, usageError("the manifest is read at GitHub, by a token with contents: read and actions: read: give the step GITHUB_TOKEN in env, or say --rules-from or --trust-workspace")
	}
	client, err := github.New(github.Config{API: env.Getenv("GITHUB_API_URL"), Token: token, Agent: "curfew/" + Version()})
	if err != nil {
		return ruling{}, usageError("%w", err)
	}
	rules := github.NewGovernance(client)
	return ruling{rules, proversAt(j, rules, client), glassTickets{j, client}}, nil
}

// repositoryAt reads DIR@COMMIT.
func repositoryAt(s string) (governance.Repository, error) {
	i := strings.LastIndexByte(s, '@')
	if i <= 0 || !isCommit(s[i+1:]) {
		return governance.Repository{}, errors.New("expected DIR@COMMIT, with the commit's full id: whoever can write into a repository can move its branches and tags")
	}
	dir, err := filepath.Abs(s[:i])
	if err != nil {
		return governance.Repository{}, err
	}
	return governance.Repository{Dir: dir, Commit: s[i+1:]}, nil
}

// isCommit reports whether s is a commit's full id.
func isCommit(s string) bool {
	return (len(s) == 40 || len(s) == 64) && strings.Trim(s, "0123456789abcdef") == ""
}
