package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/scan"
)

// clockSkew is by how much the clock of the machine that scanned may be ahead of ours.
const clockSkew = 5 * time.Minute

// result reads a scan's result and masks it once more: it may have been written by something else.
func (f *ticketFlags) result(ctx context.Context, env *Env) (*scan.Result, error) {
	r, err := readResult(env, f.from)
	if err != nil {
		return nil, err
	}
	if r.Checked.Scope.Alone() {
		return nil, usageError("%s: it is of what was searched alone (%s), which says nothing of the rest: scan the tree, or --history", f.from, r.Checked.Scope)
	}
	if r.Of.Folder != "" {
		return nil, usageError("%s: it is of the folder %s alone, which says nothing of the rest: scan the repository's root", f.from, r.Of.Folder)
	}
	mask, err := scan.MaskEach(nil)
	if err != nil {
		return nil, &exitError{ExitUnfinished, err}
	}
	for i := range r.Findings {
		for _, s := range shownOf(r, i) {
			if *s, err = mask(ctx, *s); err != nil {
				return nil, &exitError{ExitUnfinished, err}
			}
		}
	}
	return r, nil
}

// merged errs where the result is of a change that isn't merged: what it mends is there still. A pull request's head is
// checked out as a commit of no branch.
func (f *ticketFlags) merged(env *Env, of *scan.Of) error {
	switch event := env.Getenv(ciOf(env).event); {
	case unmerged(of.Ref):
		return usageError("%s: it is of %s, a change that isn't merged: what it mends is there still. Scan the default branch", f.from, of.Ref)
	case of.Ref == "" && (strings.HasPrefix(event, "pull_request") || event == "merge_group" || event == "merge_request_event"):
		return usageError("%s: it doesn't say of which branch it is, in a run of %s: what isn't merged mends nothing. Scan the default branch", f.from, event)
	}
	return nil
}

// unmerged reports whether a ref is of a pull request of GitHub's, of one that waits in a merge queue, or of a merge request
// of GitLab's.
func unmerged(ref string) bool {
	return strings.HasPrefix(ref, "refs/pull/") || strings.HasPrefix(ref, "refs/heads/gh-readonly-queue/") || strings.HasPrefix(ref, "refs/merge-requests/")
}

// shownOf are the texts of a finding that tickets show.
func shownOf(r *scan.Result, i int) []*string {
	f := &r.Findings[i]
	out := []*string{&f.Message, &f.Fix, &f.Rule, &f.Region.Path, &f.Job, &f.Identity, &f.Owner, &f.Fingerprint}
	for k := range f.Flow {
		out = append(out, &f.Flow[k].Region.Path) // which memos hold
	}
	if f.Credential != nil {
		out = append(out, &f.Credential.Secret, &f.Credential.Kind)
	}
	if f.Suppressed != nil {
		out = append(out, &f.Suppressed.Reason, &f.Suppressed.Kind, &f.Suppressed.Until)
	}
	return slices.Clip(out)
}

// whose is the repository whose tickets are brought in line. By a result of another one they would all be closed as
// proven, so that a result which doesn't say of which it is decides over none that has a name.
func (f *ticketFlags) whose(env *Env, of *scan.Of) (string, error) {
	if err := f.merged(env, of); err != nil {
		return "", err
	}
	name := repositoryOf(env, f.repository)
	if name == "" {
		name = of.Repository
	}
	if name == "" && isFiles(f.to) {
		return local, nil
	}
	switch {
	case !repositoryForm.MatchString(name):
		return "", usageError("whose result is it? expected --repository OWNER/NAME, or GITHUB_REPOSITORY in the environment")
	case of.Repository == "":
		return "", usageError("%s: it doesn't say of which repository it is: scan with --repository %s, if that is what is scanned", f.from, name)
	case !strings.EqualFold(of.Repository, name):
		return "", usageError("%s: it is of %s, not of %s: by another repository's result nothing is opened or closed", f.from, of.Repository, name)
	}
	id := env.Getenv("GITHUB_REPOSITORY_ID")
	if strings.EqualFold(name, env.Getenv("GITHUB_REPOSITORY")) && id != "" && of.RepositoryID != "" && id != of.RepositoryID {
		return "", usageError("%s: it is of a repository that was called %s before, with the id %s; this one has %s: scan it", f.from, name, of.RepositoryID, id)
	}
	return name, nil
}

// isOld reports whether what the result doesn't show may have come since it was made.
func (f *ticketFlags) isOld(now, made time.Time) (bool, error) {
	switch {
	case f.maxAge <= 0:
		return false, usageError("--max-age: expected a time above 0 such as 24h, not %s", f.maxAge)
	case made.After(now.Add(clockSkew)):
		return false, usageError("%s: it is of %s, which is in the future: set the clocks right, and scan again", f.from, made.UTC().Format(time.RFC3339))
	}
	return now.Sub(made) > f.maxAge, nil
}

// old says what an old result left undone.
func (f *ticketFlags) old(of *scan.Of) error {
	return fmt.Errorf("%s is of %s, longer ago than --max-age %s: nothing was closed or reopened by it: scan again",
		f.from, of.Time.UTC().Format(time.RFC3339), f.maxAge)
}
