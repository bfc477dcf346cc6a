package scan

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/curfew-ci/curfew/internal/gitrepo"
	"github.com/curfew-ci/curfew/internal/usage"
	"github.com/curfew-ci/curfew/internal/workflow"
	"github.com/curfew-ci/curfew/rules"
)

// Usage reads what the jobs of a tree use, without judging it. A workflow that can't be read is an
// error: a manifest drafted without it would be wrong.
func Usage(ctx context.Context, tree *gitrepo.Tree) (*usage.Repo, error) {
	known, err := rules.LoadActions()
	if err != nil {
		return nil, err
	}
	names, skipped, err := tree.Files(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range skipped {
		if workflow.IsDefinition(s.Path) {
			return nil, fmt.Errorf("read workflows: %w", s)
		}
	}
	var files []*workflow.File
	for _, name := range names {
		if !workflow.IsDefinition(name) {
			continue
		}
		src, err := tree.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read workflows: %w", err)
		}
		files = append(files, workflow.Parse(name, src))
	}
	switch {
	case len(files) > 0:
	case slices.Contains(names, pipelines):
		return nil, errors.New("no workflow in .github/workflows, and the jobs of GitLab's pipelines aren't read: write the manifest by hand; docs/gitlab.md has one to begin with")
	default:
		return nil, errors.New("no workflow in .github/workflows: name the repository's root")
	}
	return usage.Collect(files, known), nil
}
