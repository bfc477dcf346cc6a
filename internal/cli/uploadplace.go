package cli

import (
	"strings"

	"github.com/curfew-ci/curfew/internal/github"
	"github.com/curfew-ci/curfew/internal/scan"
)

// place is where a file goes. What is uploaded to a ref decides over the alerts there, so ref and commit are either both
// the user's word or both the job's, and the job's only where they are of what such a job scans.
func (f *uploadFlags) place(env *Env) (github.Upload, error) {
	name := repositoryOf(env, f.repository)
	owner, repo, ok := strings.Cut(name, "/")
	if !ok {
		return github.Upload{}, usageError("which repository? expected --repository OWNER/NAME or GITHUB_REPOSITORY")
	}
	u := github.Upload{Owner: owner, Repo: repo, Commit: f.commit, Ref: f.ref}
	if (f.commit == "") != (f.ref == "") {
		return u, usageError("--commit and --ref belong together: give both, or neither for the job's own")
	}
	if f.commit != "" {
		return u, nil
	}
	own := env.Getenv("GITHUB_REPOSITORY")
	switch event := env.Getenv("GITHUB_EVENT_NAME"); {
	case own != "" && !strings.EqualFold(name, own):
		return u, usageError("the job's commit and ref are of %s, not of %s: give --commit and --ref", own, name)
	case event == "pull_request_target" || event == "workflow_run":
		// The job may have scanned the pull request, or have a file that the pull request's run made.
		return u, usageError("in a run of %s, GITHUB_SHA and GITHUB_REF are the default branch's or the base's, whatever was scanned: "+
			"give --commit and --ref of what was; of a pull request these are its head's commit and refs/pull/N/head", event)
	}
	u.Commit, u.Ref = env.Getenv("GITHUB_SHA"), env.Getenv("GITHUB_REF")
	if u.Commit == "" || u.Ref == "" {
		return u, usageError("of which commit? expected --commit and --ref, or GITHUB_SHA and GITHUB_REF")
	}
	return u, nil
}

// vouched errs where a run of curfew's doesn't say of which commit it is, and the user doesn't either: a scan of a folder
// that is no checkout finds nothing, and would have every alert of the job's branch fixed.
func (f *uploadFlags) vouched(file string, parcels []*github.Parcel) error {
	for _, p := range parcels {
		if p.Run.Tool == github.Tool && p.Run.Commit == "" && f.commit == "" {
			return usageError("%s: %s doesn't say of which commit it is, as a scan of a git checkout in a job does: scan that, or give --commit and --ref of what was scanned",
				file, p.Run.Category)
		}
	}
	return nil
}

// absent lists the categories of curfew's sources that a file of curfew's has no run for.
func absent(parcels []*github.Parcel) []string {
	prefix, seen := "", map[string]bool{}
	for _, p := range parcels {
		seen[p.Run.Category] = true
		for _, s := range scan.Sources() {
			if name, ok := strings.CutSuffix(p.Run.Category, "/"+string(s)); ok && p.Run.Tool == github.Tool {
				prefix = name
			}
		}
	}
	var names []string
	for _, s := range scan.Sources() {
		if name := prefix + "/" + string(s); prefix != "" && !seen[name] {
			names = append(names, name)
		}
	}
	return names
}
