package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"github.com/curfew-ci/curfew/internal/gitrepo"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/scan"
)

// diffFlags say which manifest of which repository is compared.
type diffFlags struct {
	dir      string
	manifest string
	format   string
}

func newManifestDiff(env *Env) *cobra.Command {
	var f diffFlags
	cmd := &cobra.Command{
		Use:   "diff BASE[..HEAD]",
		Short: "say in plain words what a change widens and narrows",
		Long: "Compare the manifests of two revisions, or of one and the working tree, and say what the\n" +
			"change widens, narrows or leaves as it is. Exit: 0 nothing is widened · 1 something is.",
		Example: "  curfew manifest diff origin/main\n  curfew manifest diff v1..v2",
		Args:    cobra.ExactArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return f.run(cmd, env, args[0]) },
	}
	cmd.Flags().StringVarP(&f.dir, "directory", "C", ".", "the repository, or a folder of it, `DIR`")
	cmd.Flags().StringVar(&f.manifest, "manifest", manifest.Path, "the manifest `FILE` in it")
	cmd.Flags().StringVarP(&f.format, "format", "f", "text", "write as `FORMAT`: text or json")
	return cmd
}

func (f *diffFlags) run(cmd *cobra.Command, env *Env, revs string) error {
	if f.format != "text" && f.format != "json" {
		return usageError("--format: expected text or json, not %q", f.format)
	}
	tree, err := gitrepo.Open(f.dir)
	if err != nil {
		return usageError("%w", err)
	}
	defer tree.Close() //nolint:errcheck // only read
	base, head, ranged := strings.Cut(revs, "..")
	if base == "" || ranged && head == "" || strings.HasPrefix(head, ".") {
		return usageError("%s: expected BASE or BASE..HEAD", revs)
	}
	before, err := f.at(cmd.Context(), tree, base)
	if err != nil {
		return err
	}
	after, err := f.at(cmd.Context(), tree, head)
	if err != nil {
		return err
	}
	return f.print(cmd, env, manifest.Diff(before, after))
}

// at reads the manifest of a revision, "" being the working tree; nil where it has none.
func (f *diffFlags) at(ctx context.Context, tree *gitrepo.Tree, rev string) (*manifest.Manifest, error) {
	var src []byte
	var err error
	name := f.manifest
	if rev == "" {
		src, err = tree.ReadFile(name)
	} else {
		var c *gitrepo.Commit
		if c, err = tree.Commit(ctx, rev); err != nil {
			return nil, &exitError{ExitUnfinished, err}
		}
		name = rev + ":" + name
		src, err = c.ReadFile(ctx, f.manifest)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, &exitError{ExitUnfinished, err}
	}
	m, err := scan.ParseManifest(name, src)
	if err != nil {
		return nil, &exitError{ExitUsage, err}
	}
	return m, nil
}

func (f *diffFlags) print(cmd *cobra.Command, env *Env, changes []manifest.Change) error {
	var b strings.Builder
	widened := false
	for _, c := range changes {
		widened = widened || c.Effect == manifest.Widens
		place := c.Region
		if place.IsZero() {
			place = c.Old
		}
		fmt.Fprintf(&b, "%-8s %s: %s\n", c.Effect, printableLine(place.String()), printableLine(c.Message))
	}
	if len(changes) == 0 {
		b.WriteString("nothing changes\n")
	}
	text := b.String()
	if f.format == "json" {
		src, err := json.MarshalIndent(append([]manifest.Change{}, changes...), "", "  ")
		if err != nil {
			return err
		}
		text = string(src) + "\n"
	}
	if err := printMasked(cmd, env, text); err != nil {
		return err
	}
	if widened {
		return &exitError{code: ExitFindings}
	}
	return nil
}
