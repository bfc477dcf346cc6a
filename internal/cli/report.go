package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/curfew-ci/curfew/internal/gitrepo"
	"github.com/curfew-ci/curfew/internal/report"
	"github.com/curfew-ci/curfew/internal/scan"
)

// reportFlags say which result is written once more, and where.
type reportFlags struct {
	from      string
	anyCommit bool
	out       outputFlags
}

func newReport(env *Env) *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		Use:     "report --from RESULT [PATH]",
		Short:   "write an earlier scan's result in another form",
		GroupID: groupCheck,
		Long: "Write what an earlier scan found in any form, and exit as scan does: for a job of its own that gates, uploads or\n" +
			"shows what another one has scanned. Nothing is scanned; PATH is the checkout that was (default: here), by whose\n" +
			"lines code scanning knows alerts again. In a job the result must be of the job's repository, and of its commit\n" +
			"or the one that is checked out at PATH. A result is as good as who wrote it: in a run of workflow_run the\n" +
			"artifact is the pull request's, whose author can have written anything into it.",
		Example: "  curfew scan --fail-on never --out json=result.json\n" +
			"  curfew report --from result.json --format markdown >> \"$GITHUB_STEP_SUMMARY\"\n" +
			"  curfew report --from result.json --out sarif=curfew.sarif --fail-on high",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			return f.run(cmd.Context(), env, dir)
		},
	}
	cmd.Flags().StringVar(&f.from, "from", "", "what curfew scan --format json wrote, a `FILE`; - is standard input")
	cmd.Flags().BoolVar(&f.anyCommit, "any-commit", false, "in a job, take a result of another repository or commit as well")
	f.out.register(cmd.Flags())
	return cmd
}

func (f *reportFlags) run(ctx context.Context, env *Env, dir string) error {
	if err := f.out.validate(); err != nil {
		return err
	}
	r, err := readResult(env, f.from)
	if err != nil {
		return err
	}
	if err := scan.MaskResult(ctx, r); err != nil {
		return &exitError{ExitUnfinished, err}
	}
	tree, err := gitrepo.Open(dir)
	if err != nil {
		return usageError("%w", err)
	}
	defer tree.Close() //nolint:errcheck // only read
	head := ""
	if at := tree.Head(ctx); at != nil {
		head = at.ID
	}
	if err := f.own(env, &r.Of, head); err != nil {
		return err
	}
	if isScanned(tree, head, r) {
		return f.out.write(env, dir, r, hashed(tree))
	}
	if len(r.Findings) > 0 && f.out.writes(report.SARIF) && !r.Checked.Scope.Alone() {
		fmt.Fprintf(env.Stderr, "curfew: SARIF has no hashes of lines, as %s isn't what was scanned: code scanning may take findings for new ones\n", printableLine(dir))
	}
	return f.out.write(env, dir, r, nil)
}

// isScanned reports whether a tree, at whose commit head is, has the lines that r is of.
func isScanned(tree *gitrepo.Tree, head string, r *scan.Result) bool {
	return head != "" && head == r.Of.Commit && !r.Of.Changed && tree.Folder() == r.Of.Folder && !r.Checked.Scope.Alone()
}

// own errs in a job where a result is of another repository or commit than the job's: a gate would let pass what nobody looked at.
func (f *reportFlags) own(env *Env, of *scan.Of, head string) error {
	c := ciOf(env)
	repository, id, commit := env.Getenv(c.project), env.Getenv(c.projectID), env.Getenv(c.commit)
	const try = "name what this run's scan wrote, or say --any-commit where it may be of another one"
	switch {
	case f.anyCommit, repository == "" && commit == "":
		return nil
	case of.Repository == "" || of.Commit == "":
		return usageError("%s: it doesn't say of which repository and commit it is, as one of a git checkout does: %s", f.from, try)
	case !strings.EqualFold(of.Repository, repository):
		return usageError("%s: it is of %s, and this job of %s: %s", f.from, of.Repository, repository, try)
	case id != "" && of.RepositoryID != "" && id != of.RepositoryID:
		return usageError("%s: it is of a repository that was called %s before, with the id %s, and this one has %s: %s", f.from, of.Repository, of.RepositoryID, id, try)
	case of.Commit != commit && of.Commit != head:
		return usageError("%s: it is of commit %s, and this job of %s: %s", f.from, of.Commit, commit, try)
	}
	return nil
}

// writes reports whether a format is asked for.
func (f *outputFlags) writes(format report.Format) bool {
	return f.format == string(format) || slices.ContainsFunc(f.outs, func(o string) bool {
		is, _, err := splitOut(o)
		return err == nil && is == format
	})
}

// readResult reads what a scan wrote as JSON, from a file or standard input.
func readResult(env *Env, name string) (*scan.Result, error) {
	const expected = "what `curfew scan --format json` wrote"
	var from io.Reader
	switch name {
	case "":
		return nil, usageError("which result? expected --from FILE: %s", expected)
	case fromStdin:
		from = env.Stdin
	default:
		file, err := os.Open(name) //nolint:gosec // the user names it
		if err != nil {
			return nil, usageError("%w: expected %s", err, expected)
		}
		defer file.Close() //nolint:errcheck // only read
		from = file
	}
	r, err := report.Read(from)
	if err != nil {
		return nil, usageError("%s: %w", name, err)
	}
	return r, nil
}
