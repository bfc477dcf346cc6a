package cli

import (
	"errors"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"github.com/curfew-ci/curfew/internal/governance"
	"github.com/curfew-ci/curfew/internal/issuance"
)

// rulesFlags say where the rules of a lease come from: GitHub's API unless said.
type rulesFlags struct {
	from      string
	orgFrom   string
	workspace bool
}

func (f *rulesFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.from, "rules-from", "", "judge by the manifest of a commit of a local repository, `DIR@COMMIT` with the commit's full id,\nrather than by that of the default branch at GitHub")
	flags.StringVar(&f.orgFrom, "org-rules-from", "", "the organisation's policy, of `DIR@COMMIT`; with --trust-workspace also of DIR as it is")
	flags.BoolVar(&f.workspace, "trust-workspace", false, "judge by the manifest that lies here, which every step can have written: to try things out.\nSaid in the records, and denied where the organisation requires its guard")
}

// ruling is where rules come from, and what proves triggers there.
type ruling struct {
	governance issuance.Governance
	provers    map[string]issuance.Prover
}

func (f *rulesFlags) open(*job) (ruling, error) {
	local := governance.Local{}
	var err error
	switch {
	case f.workspace && f.from != "":
		return ruling{}, usageError("--trust-workspace and --rules-from: the one reads the manifest that lies here, the other a commit's: choose one")
	case f.workspace:
		local.Project = governance.Workspace{Dir: "."}
	case f.from != "":
		if local.Project, err = repositoryAt(f.from); err != nil {
			return ruling{}, usageError("--rules-from: %w", err)
		}
	case f.orgFrom != "":
		return ruling{}, usageError("--org-rules-from: the organisation's policy is read at GitHub, as the manifest is, unless --rules-from or --trust-workspace is given")
	}
	if f.orgFrom != "" {
		if local.Org, err = repositoryAt(f.orgFrom); err != nil && !f.workspace {
			return ruling{}, usageError("--org-rules-from: %w", err)
		}
		if err != nil {
			local.Org = governance.Workspace{Dir: f.orgFrom}
		}
	}
	return ruling{governance: local}, nil
}

// repositoryAt reads DIR@COMMIT.
func repositoryAt(s string) (governance.Source, error) {
	i := strings.LastIndexByte(s, '@')
	if i <= 0 || !isCommit(s[i+1:]) {
		return nil, errors.New("expected DIR@COMMIT, with the commit's full id: whoever can write into a repository can move its branches and tags")
	}
	dir, err := filepath.Abs(s[:i])
	if err != nil {
		return nil, err
	}
	return governance.Repository{Dir: dir, Commit: s[i+1:]}, nil
}

// isCommit reports whether s is a commit's full id.
func isCommit(s string) bool {
	return (len(s) == 40 || len(s) == 64) && strings.Trim(s, "0123456789abcdef") == ""
}
