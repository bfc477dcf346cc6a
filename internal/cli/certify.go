package cli

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/curfew-ci/curfew/internal/certify"
	"github.com/curfew-ci/curfew/internal/gitrepo"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/scan"
)

func newCertify(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "certify",
		Short:   "review entitlements: who must decide what by when, and what is proposed",
		GroupID: groupGovern,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newCertifyStatus(env), newCertifyPlan(env), newCertifyOpen(env), newCertifyRecord(env))
	return cmd
}

// certifyFlags say what is reviewed, and by what is known.
type certifyFlags struct {
	bucketFlags
	dir       string
	manifest  string
	orgPolicy string
	facts     string
	usage     string
	notice    string
	format    string
}

func (f *certifyFlags) register(flags *pflag.FlagSet) {
	f.bucketFlags.register(flags)
	flags.StringVarP(&f.dir, "directory", "C", ".", "the repository, or a folder of it, `DIR`")
	flags.StringVar(&f.manifest, "manifest", manifest.Path, "the manifest `FILE` in it")
	flags.StringVar(&f.orgPolicy, "org-policy", "", "the organisation's policy: curfew/org.yml in `DIR`, or that FILE")
	flags.StringVar(&f.facts, "facts", "", "when identities were certified and break-glass reviewed, a JSON `FILE`;\ndocs/decide.md describes it")
	flags.StringVar(&f.usage, "usage", "", "what was leased, by `PLACE`: an exported ledger (\"-\" is stdin), which tells who\ncertified what too, or the folder or s3://BUCKET/PREFIX of jobs' records")
	flags.StringVar(&f.notice, "notice", "14d", "call a review due this `TIME` before its deadline")
}

// review is what the flags led to.
type review struct {
	in   certify.Input
	src  []byte
	tree *gitrepo.Tree
}

// read gathers what a review of the working tree is made from. The caller closes its tree.
func (f *certifyFlags) read(cmd *cobra.Command, env *Env) (*review, error) {
	return f.readFrom(cmd.Context(), env, func(tree *gitrepo.Tree) ([]byte, error) {
		src, err := tree.ReadFile(f.manifest)
		if err != nil {
			return nil, usageError("read the manifest: %w; write one with `curfew init`", err)
		}
		return src, nil
	})
}

// readFrom is read for a manifest from elsewhere.
func (f *certifyFlags) readFrom(ctx context.Context, env *Env, source func(*gitrepo.Tree) ([]byte, error)) (*review, error) {
	notice, err := manifest.ParseDuration(f.notice)
	if err != nil {
		return nil, usageError("--notice: %w", err)
	}
	policy, err := scan.ReadPolicy(f.orgPolicy)
	if err != nil {
		return nil, &exitError{ExitUsage, err}
	}
	r := &review{in: certify.Input{Policy: policy, Notice: notice.Std(), Now: env.Now()}}
	if r.in.Facts, err = f.readFacts(); err != nil {
		return nil, err
	}
	if r.tree, err = gitrepo.Open(f.dir); err != nil {
		return nil, usageError("%w", err)
	}
	if r.src, err = source(r.tree); err == nil {
		err = f.fill(ctx, env, r)
	}
	if err != nil {
		return nil, errors.Join(err, r.tree.Close())
	}
	return r, nil
}

// fill parses the manifest, and reads it as it was, and the usage of its grants.
func (f *certifyFlags) fill(ctx context.Context, env *Env, r *review) error {
	var err error
	if r.in.Manifest, err = scan.ParseManifest(f.manifest, r.src); err != nil {
		return &exitError{ExitUsage, err}
	}
	if r.in.Usage, err = f.readUsage(ctx, env, r.in.Manifest); err != nil {
		return err
	}
	certified(&r.in)
	r.in.Earlier, err = f.earlier(ctx, r)
	return err
}

func (f *certifyFlags) readFacts() (manifest.Facts, error) {
	if f.facts == "" {
		return manifest.Facts{}, nil
	}
	src, err := os.ReadFile(f.facts)
	if err != nil {
		return manifest.Facts{}, usageError("read the facts: %w", err)
	}
	_, facts, errs := manifest.ParseFacts(filepath.ToSlash(f.facts), src)
	if len(errs) > 0 {
		return manifest.Facts{}, &exitError{ExitUsage, scan.Masked(f.facts, src, errs)}
	}
	return facts, nil
}

// earlier is the manifest as it stood when the window of usage began: one without entries where there was none.
// It is nil where the repository's history that is here doesn't tell, or what it was then can't be read now.
func (f *certifyFlags) earlier(ctx context.Context, r *review) (*manifest.Manifest, error) {
	if r.in.Usage == nil {
		return nil, nil
	}
	c, known, err := r.tree.Before(ctx, r.in.Now.Add(-certify.Window))
	switch {
	case err != nil:
		return nil, &exitError{ExitUnfinished, err}
	case !known:
		return nil, nil
	case c == nil:
		return &manifest.Manifest{}, nil
	}
	src, err := c.ReadFile(ctx, f.manifest)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &manifest.Manifest{}, nil
	case err != nil:
		return nil, &exitError{ExitUnfinished, err}
	}
	m, _ := manifest.Parse(f.manifest, src)
	return m, nil
}

// known is a manifest's last day and a review's deadline as JSON has them.
type known struct {
	Expires string `json:"expires"`
	By      string `json:"deadline"`
}

func knownOf(r *certify.Review) known { return known{r.Expires.String(), r.Deadline()} }

// whose is an owner's handle, or the id of one that nobody knows.
func whose(handle, owner string) string { return cmp.Or(handle, owner+"?") }

// windowDays is the window in words.
func windowDays() int { return int(certify.Window / (24 * time.Hour)) }
