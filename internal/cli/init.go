package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/curfew-ci/curfew/internal/draft"
	"github.com/curfew-ci/curfew/internal/gitrepo"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/ownership"
	"github.com/curfew-ci/curfew/internal/scan"
)

func newInit(env *Env) *cobra.Command {
	var dryRun, force bool
	cmd := &cobra.Command{
		Use:     "init [PATH]",
		Short:   "write a manifest from what this repository uses today",
		GroupID: groupCheck,
		Long: "Write " + manifest.Path + " of the repository at PATH (default: here) from what its workflows use:\n" +
			"jobs that read secrets, may write, or obtain OIDC tokens. Owners come from CODEOWNERS.\n" +
			"Every guess is marked \"# review:\".",
		Example: "  curfew init --dry-run\n  curfew init && git add " + manifest.Path,
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			src, err := draftManifest(cmd.Context(), env, dir)
			if err != nil {
				return err
			}
			if dryRun {
				_, err := env.Stdout.Write(src)
				return err
			}
			return writeManifest(env, dir, src, force)
		},
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "print the manifest and write nothing")
	cmd.Flags().BoolVar(&force, "force", false, "replace a manifest that is there")
	return cmd
}

func draftManifest(ctx context.Context, env *Env, dir string) ([]byte, error) {
	tree, err := gitrepo.Open(dir)
	if err != nil {
		return nil, usageError("%w", err)
	}
	defer tree.Close() //nolint:errcheck // only read
	repo, err := scan.Usage(ctx, tree)
	if err != nil {
		return nil, &exitError{ExitUnfinished, err}
	}
	owners, err := codeOwners(tree)
	if err != nil {
		return nil, &exitError{ExitUnfinished, err}
	}
	src, err := draft.Manifest(draft.Input{
		Usage: repo, CodeOwners: owners, Repository: tree.Origin(ctx), Branch: tree.DefaultBranch(ctx), Now: env.Now(),
	})
	if err != nil {
		return nil, &exitError{ExitUnfinished, err}
	}
	return src, checkDraft(ctx, src)
}

// checkDraft refuses a draft that would spread a credential, or that no scan would take: it repeats names
// from the workflows, and what GitHub refuses in them a manifest refuses as well.
func checkDraft(ctx context.Context, src []byte) error {
	values := draftValues(src)
	masked, err := scan.Mask(ctx, values, nil)
	if err != nil {
		return &exitError{ExitUnfinished, err}
	}
	if masked != values {
		return &exitError{ExitUnfinished, errors.New("a name, an environment or a login in the workflows holds what looks like a credential," +
			" which the manifest would repeat: `curfew scan` shows where; take it out first")}
	}
	if _, err := scan.ParseManifest("draft of "+manifest.Path, src); err != nil {
		return &exitError{ExitUnfinished, fmt.Errorf("the workflows use names that a manifest can't have; mend them first:\n%w", err)}
	}
	return nil
}

// draftValues is a draft without the keys of its lines: one of them is "secret", which makes a detector
// doubt any name behind it.
func draftValues(src []byte) string {
	var b strings.Builder
	for line := range strings.Lines(string(src)) {
		_, value, _ := strings.Cut(line, ": ")
		b.WriteString(strings.TrimSuffix(value, "\n") + "\n")
	}
	return b.String()
}

// codeOwners reads the first CODEOWNERS file, in the order in which GitHub looks for it.
func codeOwners(tree *gitrepo.Tree) ([]byte, error) {
	for _, name := range ownership.Places() {
		src, err := tree.ReadFile(name)
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return src, err
		}
	}
	return nil, nil
}

// writeManifest puts the manifest in its place, beneath dir; it replaces one only when told to.
func writeManifest(env *Env, dir string, src []byte, force bool) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return usageError("%w", err)
	}
	defer root.Close() //nolint:errcheck // nothing is pending
	file := filepath.FromSlash(manifest.Path)
	if _, err := root.Lstat(file); err == nil && !force {
		return usageError("%s is there already: look at `curfew init --dry-run`, or replace it with --force", filepath.Join(dir, file))
	}
	if err := errors.Join(root.MkdirAll(filepath.Dir(file), 0o755), root.WriteFile(file, src, 0o644)); err != nil {
		return &exitError{ExitUnfinished, err}
	}
	_, err = fmt.Fprintf(env.Stdout, "wrote %s\n%s", filepath.Join(dir, file), onboarding(src))
	return err
}

// onboarding says what to do with a first manifest.
func onboarding(src []byte) string {
	return fmt.Sprintf("next: go through its %d \"# review:\" comments, run `curfew scan`, and open a pull request with it: it judges that\n"+
		"pull request itself, and all others once it is merged; leases go by what is merged alone. To begin with, `mode: observe`\n"+
		"in it has scans report and not fail.\n", strings.Count(string(src), "# review:"))
}
