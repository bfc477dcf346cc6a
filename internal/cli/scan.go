package cli

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/curfew-ci/curfew/internal/history"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/scan"
)

// scanFlags are the flags that say what is scanned and against what; explain shares them.
type scanFlags struct {
	manifest  string
	base      string
	orgPolicy string
	baseline  string
	gitleaks  string
	inventory string
	ledger    string
	github    bool // take one now

	repository   string
	organization bool // of its organisation, too
}

func (f *scanFlags) registerInputs(flags *pflag.FlagSet) {
	flags.StringVar(&f.manifest, "manifest", manifest.Path, "judge by this `FILE` of PATH")
	flags.StringVar(&f.base, "base", "", "judge by the manifest, ignores and baseline of this `REV`, and report what changed\nsince; on a pull request its base is taken")
	flags.StringVar(&f.orgPolicy, "org-policy", "", "narrow the manifest by an organisation's policy: curfew/org.yml in `DIR`, or a file")
	flags.StringVar(&f.baseline, "baseline", "", "suppress the findings that this `FILE` registers")
	flags.StringVar(&f.inventory, "inventory", "", "judge what the platform holds by this `FILE`, which curfew inventory wrote")
	flags.StringVar(&f.ledger, "ledger", "", "beside --inventory or --github, judge uses of break-glass by this `FILE`, which curfew\nledger export wrote")
	flags.StringVar(&f.gitleaks, "gitleaks-config", "", "find secrets by this gitleaks TOML `FILE`: as with gitleaks it replaces the default\nrules unless it extends them; a scanned tree's own is never read")
}

// scanVerb is what the command line says of a scan.
type scanVerb struct {
	in     scanFlags
	where  searchFlags
	ask    verifyFlags
	out    outputFlags
	accept baselineFlags
}

func newScan(env *Env) *cobra.Command {
	var v scanVerb
	cmd := &cobra.Command{
		Use:     "scan [PATH]",
		Short:   "check secrets and workflows against the manifest",
		GroupID: groupCheck,
		Long: "Check the working tree at PATH (default: here) against its manifest, " + manifest.Path + ".\n" +
			"It reads the files that git tracks or doesn't ignore and, with --history, all that the commits hold;\n" +
			"with --diff or --staged only what a change adds; with PATH \"-\" standard input. What the platform\n" +
			"stores is judged by --inventory or --github. Nothing leaves the machine unless --verify or --github asks\n" +
			"for it, and nothing of the tree is executed.",
		Example: "  curfew scan\n  curfew scan -o sarif=curfew.sarif --fail-on medium\n  curfew scan --base origin/main\n" +
			"  curfew scan --history\n  curfew scan --diff origin/main..HEAD",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			return v.run(cmd.Context(), env, dir)
		},
	}
	v.where.register(cmd.Flags())
	v.ask.register(cmd.Flags())
	v.in.registerInputs(cmd.Flags())
	cmd.Flags().BoolVar(&v.in.github, "github", false, "judge what GitHub holds now: take an inventory of the repository first, as curfew\ninventory does by itself")
	cmd.Flags().BoolVar(&v.in.organization, "organization", false, "with --github, ask for what its organisation holds as well, and who is in the owners' teams")
	cmd.Flags().StringVar(&v.in.repository, "repository", "", "say that it is of `OWNER/NAME`, in the result and to the rules about others' actions; as the\nremote origin says, in the result GITHUB_REPOSITORY too, unless said")
	v.out.register(cmd.Flags())
	v.accept.register(cmd.Flags())
	return cmd
}

func (v *scanVerb) run(ctx context.Context, env *Env, dir string) error {
	if err := errors.Join(v.out.validate(), v.accept.validate(env.Now())); err != nil {
		return err
	}
	asking, err := v.ask.options(env)
	if err != nil {
		return err
	}
	search, err := v.where.options(ctx, env, dir)
	if err != nil {
		return err
	}
	if dir == fromStdin {
		dir = "."
	}
	result, err := v.in.run(ctx, env, dir, search, asking)
	if err != nil {
		return err
	}
	if !result.Interrupted() { // else what it accepts would depend on how far it came
		if err := v.accept.write(env, dir, result); err != nil {
			return err
		}
	}
	return v.out.finish(env, dir, result)
}

// run scans the tree at dir and types its errors by exit code.
func (f *scanFlags) run(ctx context.Context, env *Env, dir string, search scan.Search, ask scan.Verification) (result *scan.Result, err error) {
	err = f.with(ctx, env, dir, search, ask, func(opt scan.Options) (err error) {
		result, err = scan.Run(ctx, opt)
		return err
	})
	return result, err
}

// with does a scan of the tree at dir by what the flags say, and types its errors by exit code.
func (f *scanFlags) with(ctx context.Context, env *Env, dir string, search scan.Search, ask scan.Verification, do func(scan.Options) error) (err error) {
	if f.repository != "" && !repositoryForm.MatchString(f.repository) {
		return usageError("--repository: %q is no repository: expected OWNER/NAME", f.repository)
	}
	opt := scan.Options{
		Repository: f.repository, Job: scanJobOf(env),
		Dir: dir, Manifest: filepath.ToSlash(f.manifest), Base: f.base, Policy: f.orgPolicy, Baseline: f.baseline,
		Inventory: f.inventory, Ledger: f.ledger, GitleaksConfig: f.gitleaks, Search: search, Verify: ask, Progress: &history.Progress{}, Version: Version(), Now: env.Now(),
	}
	if opt.Live, err = f.live(ctx, env, dir, search); err != nil {
		return err
	}
	if f.ledger != "" && f.inventory == "" && opt.Live == nil {
		return usageError("--ledger: who may review is known by an inventory alone: give --inventory or --github as well")
	}
	defer showProgress(ctx, env, opt.Progress)()
	if opt.Base == "" {
		base, err := pullRequestBase(env)
		if err != nil {
			return &exitError{ExitUnfinished, err}
		}
		opt.Base = base
	}
	err = do(opt)
	var bad *scan.InputError
	switch {
	case errors.As(err, &bad):
		return &exitError{ExitUsage, err}
	case err != nil:
		return &exitError{ExitUnfinished, err}
	}
	return nil
}
