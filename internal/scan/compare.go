package scan

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/posture"
	"github.com/curfew-ci/curfew/internal/source"
	"github.com/curfew-ci/curfew/internal/suppress"
	"github.com/curfew-ci/curfew/internal/usage"
	"github.com/curfew-ci/curfew/internal/workflow"
	"github.com/curfew-ci/curfew/rules"
)

// compare reads the base's workflows and ignores, where there is a base.
func (r *run) compare(ctx context.Context, known *rules.Actions) error {
	switch {
	case r.commit == nil:
		return nil
	case r.opt.Search.alone():
		return r.baseIgnores(ctx)
	}
	names := slices.DeleteFunc(r.commit.Files(), func(n string) bool { return !workflow.IsDefinition(n) })
	sources, err := r.commit.ReadFiles(ctx, names)
	if err != nil {
		return err
	}
	files := make([]*workflow.File, len(names))
	for i, name := range names {
		files[i] = workflow.Parse(name, sources[i])
	}
	r.facts.Base = &posture.Base{Usage: usage.Collect(files, known)}
	return r.baseIgnores(ctx)
}

// baseIgnores reads the base's ignore comments in the files that have some now.
func (r *run) baseIgnores(ctx context.Context) error {
	var names []string
	for _, ig := range r.state.Ignores {
		if !slices.Contains(names, ig.Region.Path) {
			names = append(names, ig.Region.Path)
		}
	}
	sources, err := r.commit.ReadFiles(ctx, names)
	if err != nil {
		return err
	}
	for i, src := range sources {
		if src != nil {
			r.baseState.Ignores = append(r.baseState.Ignores, suppress.Parse(source.NewText(names[i], src))...)
		}
	}
	return nil
}

// baseline reads the baseline file. Where a base judges and the file is the repository's own, the base's
// counts too: what a change adds to it suppresses nothing.
func (r *run) baseline(ctx context.Context) error {
	if r.opt.Baseline == "" {
		return nil
	}
	file, err := r.named(ctx, r.opt.Baseline)
	if err != nil {
		return fmt.Errorf("read the baseline: %w", err)
	}
	name := r.inTree(r.opt.Baseline)
	if r.state.Baseline, err = suppress.ParseBaseline(name, file.head); err != nil {
		return Masked(name, file.head, err)
	}
	switch {
	case !file.changes:
		r.baseState.Baseline = r.state.Baseline
	case file.base != nil:
		if r.baseState.Baseline, err = suppress.ParseBaseline(name, file.base); err != nil {
			return Masked(name, file.base, fmt.Errorf("in %s: %w", r.opt.Base, err))
		}
	}
	return nil
}

// inTree is file's path in the tree, or file itself where it lies elsewhere.
func (r *run) inTree(file string) string {
	root, err := filepath.Abs(r.opt.Dir)
	if err != nil {
		return filepath.ToSlash(file)
	}
	abs, err := filepath.Abs(file)
	if err != nil {
		return filepath.ToSlash(file)
	}
	rel, err := filepath.Rel(root, abs)
	if err != nil || !filepath.IsLocal(rel) {
		return filepath.ToSlash(file)
	}
	return filepath.ToSlash(rel)
}

// count fills in what was looked at.
func (r *run) count() {
	c := &r.result.Checked
	for _, f := range r.facts.Files {
		switch {
		case f.Workflow != nil:
			c.Workflows++
		case f.Action != nil:
			c.Actions++
		}
	}
	secrets := map[string]bool{}
	for _, j := range r.facts.Usage.Jobs {
		c.Jobs++
		for _, s := range j.Secrets {
			if s.Name != "" {
				secrets[s.Name] = true
			}
		}
	}
	c.Secrets = len(secrets)
	c.Entitlements = entitlementCount(r.facts.Manifest)
	c.Scope = r.opt.Search.scope()
	c.Sources = r.readToTheEnd()
}

// readToTheEnd lists the sources that were: all of what was asked for.
func (r *run) readToTheEnd() []Source {
	bare := len(r.files) == 0 && slices.Contains(r.facts.Unread, ".")
	var sources []Source
	switch {
	case r.opt.Search.alone(), bare && r.opt.Search.History:
		sources = []Source{Secrets}
	case bare:
	case r.facts.Manifest == nil:
		sources = []Source{Workflows, Secrets}
	default:
		sources = Sources()
	}
	return slices.DeleteFunc(sources, func(s Source) bool {
		if s == Platform {
			return !r.platformRead()
		}
		return slices.ContainsFunc(r.result.NotChecked, func(n NotChecked) bool { return n.Source == s && n.Reason == interrupted })
	})
}

func entitlementCount(m *manifest.Manifest) int {
	if m == nil {
		return 0
	}
	n := len(m.Identities) + len(m.Exceptions) + len(m.BreakGlass)
	for _, id := range m.Identities {
		n += len(id.Grants)
	}
	return n
}
