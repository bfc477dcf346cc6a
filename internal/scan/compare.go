package scan

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
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

// compare reads the base's workflows, manifest and ignores, where there is a base.
func (r *run) compare(ctx context.Context, known *rules.Actions) error {
	if err := r.baseline(ctx); err != nil {
		return err
	}
	if r.commit == nil {
		return nil
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

// baseline reads the baseline file. Where a base judges and the file lies in the tree, the base's counts
// too: what a change adds to it suppresses nothing.
func (r *run) baseline(ctx context.Context) error {
	file := r.opt.Baseline
	if file == "" {
		return nil
	}
	src, err := os.ReadFile(file) //nolint:gosec // the caller names it
	if err != nil {
		return &InputError{fmt.Sprintf("read the baseline: %v", err)}
	}
	name, inside := r.inTree(file)
	if r.state.Baseline, err = suppress.ParseBaseline(name, src); err != nil {
		return Masked(name, src, err)
	}
	if r.commit == nil {
		return nil
	}
	if !inside {
		r.baseState.Baseline = r.state.Baseline
		return nil
	}
	src, err = r.commit.ReadFile(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if r.baseState.Baseline, err = suppress.ParseBaseline(name, src); err != nil {
		return Masked(name, src, fmt.Errorf("in %s: %w", r.opt.Base, err))
	}
	return nil
}

// inTree is file's path in the tree, or file itself where it lies elsewhere.
func (r *run) inTree(file string) (name string, inside bool) {
	root, err := filepath.Abs(r.opt.Dir)
	if err != nil {
		return filepath.ToSlash(file), false
	}
	abs, err := filepath.Abs(file)
	if err != nil {
		return filepath.ToSlash(file), false
	}
	rel, err := filepath.Rel(root, abs)
	if err != nil || !filepath.IsLocal(rel) {
		return filepath.ToSlash(file), false
	}
	return filepath.ToSlash(rel), true
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
	c.Sources = []Source{Workflows, Secrets}
	if r.facts.Manifest != nil {
		c.Sources = Sources()
	}
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
