package secret

import (
	"github.com/zricethezav/gitleaks/v8/config"
)

// parted are allowlists by what they have to be held against.
type parted struct {
	paths []*config.Allowlist // a path alone: once a file
	lines []*config.Allowlist // the line of a finding: once a line
	rest  []*config.Allowlist // for the library
}

// partAll parts allowlists. What it parts means the same: where one of an allowlist's conditions is
// enough, each stands for itself.
func partAll(lists []*config.Allowlist) (parted, error) {
	var out parted
	for _, a := range lists {
		path, other, err := splitPaths(a)
		if err != nil {
			return parted{}, err
		}
		if path != nil {
			out.paths = append(out.paths, path)
		}
		switch {
		case other == nil:
		case other.RegexTarget == "line" && len(other.Regexes) > 0:
			out.lines = append(out.lines, other)
		default:
			out.rest = append(out.rest, other)
		}
	}
	return out, nil
}

// splitPaths parts what an allowlist says of paths alone from what else it says.
func splitPaths(a *config.Allowlist) (path, other *config.Allowlist, err error) {
	more := len(a.Regexes)+len(a.StopWords)+len(a.Commits) > 0
	switch {
	case len(a.Paths) == 0, more && a.MatchCondition == config.AllowlistMatchAnd:
		return nil, a, nil
	case !more:
		return a, nil, nil
	}
	path = &config.Allowlist{Description: a.Description, Paths: a.Paths}
	other = &config.Allowlist{Description: a.Description, Regexes: a.Regexes, RegexTarget: a.RegexTarget, StopWords: a.StopWords, Commits: a.Commits}
	if err := path.Validate(); err != nil {
		return nil, nil, err
	}
	return path, other, other.Validate()
}

// lineAllows reports whether an allowlist of lines lets a finding pass. onLine says whether one of its
// regular expressions matches the finding's line. No commit is searched, so one that asks for a commit
// lets nothing pass.
func lineAllows(a *config.Allowlist, path, value string, onLine func() bool) bool {
	stop, _ := a.ContainsStopWord(value)
	if a.MatchCondition != config.AllowlistMatchAnd {
		return stop || onLine()
	}
	return len(a.Commits) == 0 && (len(a.Paths) == 0 || a.PathAllowed(path)) && (len(a.StopWords) == 0 || stop) && onLine()
}
