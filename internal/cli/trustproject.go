package cli

import (
	"context"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/curfew-ci/curfew/internal/gitrepo"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/trust"
)

// render makes the documents, and says what isn't right with them.
func (f *trustFlags) render(cmd *cobra.Command, env *Env, m *manifest.Manifest, policy *manifest.Policy) ([]trust.Document, []trust.Gap, error) {
	project, err := f.project(cmd.Context())
	if err != nil {
		return nil, nil, err
	}
	documents, gaps := trust.Render(m, policy, trust.Options{Grant: f.grant, Project: project})
	if len(documents) == 0 && len(gaps) == 0 {
		return nil, nil, f.say(cmd, env, printableLine(f.manifest)+": it has no grants, so there is nothing to render\n")
	}
	if project.Path == "" && len(documents) > 0 {
		if err := f.say(cmd, env, printableLine(f.manifest)+": not known: which project it is of, as it lies in no clone whose remote origin says so: nothing shows that its claims name that project and no other\n"+
			"  try: name the project by --repository OWNER/NAME\n"); err != nil {
			return nil, nil, err
		}
	}
	return documents, gaps, f.sayGaps(cmd, env, gaps)
}

// project is the one that the manifest lies in, by the flag or by the remote of its clone; without a path where neither says.
func (f *trustFlags) project(ctx context.Context) (trust.Project, error) {
	if f.repository != "" {
		if !repositoryForm.MatchString(f.repository) {
			return trust.Project{}, usageError("--repository: expected OWNER/NAME, not %q", f.repository)
		}
		return trust.Project{Path: f.repository}, nil
	}
	tree, err := gitrepo.Open(filepath.Dir(f.manifest))
	if err != nil {
		return trust.Project{}, usageError("%w", err)
	}
	defer tree.Close() //nolint:errcheck // only read
	host, path := tree.OriginPath(ctx)
	return trust.Project{Host: host, Path: path}, nil
}
