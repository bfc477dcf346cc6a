package scan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/curfew-ci/curfew/internal/gitrepo"
	"github.com/curfew-ci/curfew/internal/history"
	"github.com/curfew-ci/curfew/internal/usage"
	"github.com/curfew-ci/curfew/internal/workflow"
)

// shown is how many names a line about what was not checked lists.
const shown = 3

func (r *run) notChecked(s Source, what, reason, fix string) {
	r.result.NotChecked = append(r.result.NotChecked, NotChecked{Source: s, What: what, Reason: reason, Fix: fix})
}

// skipped says which files were not read, in one line for all that have the same reason. A workflow
// that isn't read is missing from both sources.
func (r *run) skipped(skips []*gitrepo.Skip) {
	type group struct {
		source      Source
		reason, fix string
	}
	names := map[group][]string{}
	for _, s := range skips {
		if !r.opt.Search.History || !isBare(s) { // whose files all are in its history
			g := group{Secrets, s.Reason, s.Fix}
			names[g] = append(names[g], s.Path)
		}
		if mayDefine(s.Path) && !r.opt.Search.alone() {
			g := group{Workflows, s.Reason, s.Fix}
			names[g] = append(names[g], s.Path)
		}
	}
	order := slices.SortedFunc(maps.Keys(names), func(a, b group) int {
		return cmp.Or(cmp.Compare(a.source, b.source), cmp.Compare(a.reason, b.reason), cmp.Compare(a.fix, b.fix))
	})
	for _, g := range order {
		slices.Sort(names[g])
		all := slices.Compact(names[g])
		n := NotChecked{Source: g.source, What: some(all, len(all)), Reason: g.reason, Fix: g.fix}
		if len(all) <= maxPaths {
			n.Paths = all
		}
		r.result.NotChecked = append(r.result.NotChecked, n)
	}
}

// unsearched says what of the history was not searched, apart from what has been said of the tree's files.
func (r *run) unsearched(found *history.Result) {
	r.result.Checked.HistoryInPart = len(r.opt.Search.Since) > 0 || found.Commits == 0 || found.Shallow || len(found.Missing) > 0 || found.Interrupted
	if found.Commits == 0 && len(r.opt.Search.Since) == 0 && !found.Interrupted {
		r.notChecked(Secrets, "the history", "there is no commit", "fetch the branches, where there should be some")
	}
	if found.Shallow {
		r.notChecked(Secrets, "the history: older commits", "the clone is shallow", "check out with fetch-depth: 0, or git fetch --unshallow")
	}
	if found.Submodules > 0 {
		r.notChecked(Secrets, "the history: submodules", fmt.Sprintf("they are other repositories, named %s", times(found.Submodules)), "scan each by itself")
	}
	for _, s := range found.Skipped {
		r.notChecked(Secrets, "the history: "+some(s.Examples, s.Count), s.Reason, s.Fix)
	}
	for _, m := range found.Missing {
		reason := strconv.Itoa(m.Count)
		if len(m.Examples) > 0 {
			reason += ", such as " + strings.Join(m.Examples, ", ")
		}
		r.notChecked(Secrets, "the history: "+m.What, reason, m.Fix)
	}
	if found.Interrupted {
		r.notChecked(Secrets, "the history: what the scan hadn't come to", interrupted, "scan again")
	}
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// isBare reports whether s says that there is no working tree.
func isBare(s *gitrepo.Skip) bool {
	return s.Path == "." && strings.HasPrefix(s.Reason, "a bare repository")
}

// mayDefine reports whether what is left out at name is a workflow or an action, or may hold workflows.
func mayDefine(name string) bool {
	return workflow.IsDefinition(name) || name == "." || name == ".github" || name == ".github/workflows"
}

// refused says what of a workflow or action GitHub would not take: such a file never runs, or not as
// it reads.
func (r *run) refused(f *workflow.File) {
	for i, p := range f.Problems {
		if i == shown {
			r.notChecked(Workflows, f.Path, fmt.Sprintf("%d more faults like the last", len(f.Problems)-shown), "mend the file")
			return
		}
		r.notChecked(Workflows, p.Region.String(), p.Message, "mend the file: GitHub refuses it")
	}
	for s := range f.Strings {
		for _, p := range s.Bad {
			r.notChecked(Workflows, p.Region.String(), p.Message, "mend the expression: GitHub refuses it")
		}
	}
}

// unfollowed says which local actions and workflows a job uses without their being read: in one line for
// all that have the same reason.
func (r *run) unfollowed(repo *usage.Repo) {
	places := map[string][]string{}
	for _, s := range slices.Concat(repo.Skipped, repo.Missing) {
		places[s.Reason] = append(places[s.Reason], s.Region.String())
	}
	for _, reason := range slices.Sorted(maps.Keys(places)) {
		r.notChecked(Workflows, some(places[reason], len(places[reason])), reason, "look at what it reads; a submodule or another checkout is scanned by itself")
	}
}

// pipelines is where GitLab reads a project's pipeline unless the project says otherwise.
const pipelines = ".gitlab-ci.yml"

// foreign says that the jobs of another platform aren't judged: the file is searched for credentials as every other is, and what its
// jobs use nobody reads.
func (r *run) foreign() {
	if slices.Contains(r.files, pipelines) {
		r.notChecked(Workflows, pipelines, "the jobs of GitLab's pipelines aren't read: it is searched for credentials alone", "look at the secrets and ID tokens that its jobs use")
	}
}

// some names the first few of all things and counts the rest.
func some(names []string, all int) string {
	names = names[:min(len(names), shown)]
	if len(names) == all {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names, ", "), all-len(names))
}
