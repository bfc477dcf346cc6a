package scan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/gitrepo"
	"github.com/curfew-ci/curfew/internal/usage"
	"github.com/curfew-ci/curfew/internal/workflow"
)

// shown is how many names a line about what was not checked lists.
const shown = 3

func (r *run) notChecked(s Source, what, reason, fix string) {
	r.result.NotChecked = append(r.result.NotChecked, NotChecked{s, what, reason, fix})
}

// skipped says which files were not read, in one line for all that have the same reason. A workflow
// that isn't read is missing from both sources.
func (r *run) skipped(skips []*gitrepo.Skip) { r.skippedIn("", skips) }

// skippedIn is skipped for files that are not in the working tree; where begins each line.
func (r *run) skippedIn(where string, skips []*gitrepo.Skip) {
	type group struct {
		source      Source
		reason, fix string
	}
	names := map[group][]string{}
	var order []group
	for _, s := range skips {
		sources := []Source{Secrets}
		if where == "" && mayDefine(s.Path) {
			sources = append(sources, Workflows)
		}
		for _, src := range sources {
			g := group{src, s.Reason, s.Fix}
			if names[g] == nil {
				order = append(order, g)
			}
			names[g] = append(names[g], s.Path)
		}
	}
	slices.SortFunc(order, func(a, b group) int {
		return strings.Compare(string(a.source)+"\x00"+a.reason+"\x00"+a.fix, string(b.source)+"\x00"+b.reason+"\x00"+b.fix)
	})
	for _, g := range order {
		slices.Sort(names[g])
		r.notChecked(g.source, where+some(slices.Compact(names[g])), g.reason, g.fix)
	}
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
		r.notChecked(Workflows, some(places[reason]), reason, "look at what it reads; a submodule or another checkout is scanned by itself")
	}
}

// some names the first few and counts the rest.
func some(names []string) string {
	if len(names) <= shown {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
}
