package scan

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"sync/atomic"

	"github.com/curfew-ci/curfew/internal/gitrepo"
	"github.com/curfew-ci/curfew/internal/posture"
	"github.com/curfew-ci/curfew/internal/secret"
	"github.com/curfew-ci/curfew/internal/source"
	"github.com/curfew-ci/curfew/internal/suppress"
	"github.com/curfew-ci/curfew/internal/workflow"
	"github.com/curfew-ci/curfew/rules"
)

// run is a scan under way.
type run struct {
	opt    Options
	result *Result

	tree      *gitrepo.Tree
	diff      gitrepo.DiffSpec // where one is searched
	commit    *gitrepo.Commit  // the base; nil where nothing is compared
	head      *gitrepo.Commit  // what is checked out; nil where there is none, or it isn't what is searched
	changed   atomic.Bool      // a file that was read isn't what head has
	files     []string
	gitleaks  []byte                           // the caller's rules; nil for none
	detector  func() (*secret.Detector, error) // made once, when first asked for
	texts     map[string]*source.Text          // files that findings may point into
	facts     posture.Facts
	verifier  *verifier // nil asks nobody
	left      map[leaving]bool
	old       []secret.Token // where a change is searched: what was there before
	state     suppress.State // what suppresses in the working tree
	baseState suppress.State // and in the base
}

// leaving is a file of the tree that wasn't searched, and why.
type leaving struct{ path, reason string }

// told reports whether it is said of the tree already that the file at path is left out for reason.
func (r *run) told(path, reason string) bool { return r.left[leaving{path, reason}] }

// content is what one file holds.
type content struct {
	file    *workflow.File
	tokens  []secret.Token
	ignores []suppress.Ignore
	text    *source.Text // kept where something points into it
	read    bool
	skips   []*gitrepo.Skip
	decoded bool           // from UTF-16
	inner   []*source.Text // files in an archive that something points into

	old         []secret.Token // on lines that aren't new: masked, and no findings
	allowlisted int
}

func (r *run) open(ctx context.Context) error {
	tree, err := gitrepo.Open(r.opt.Dir)
	if err != nil {
		return &InputError{err.Error()}
	}
	r.tree = tree
	if r.opt.Search.Diff != "" {
		spec, err := gitrepo.ParseDiffSpec(r.opt.Search.Diff)
		if err != nil {
			return &InputError{err.Error()}
		}
		r.diff = spec
		r.opt.Base = cmp.Or(r.opt.Base, spec.Base, "HEAD") // a change doesn't judge itself
	}
	if r.opt.Base != "" {
		if r.commit, err = tree.Commit(ctx, r.opt.Base); err != nil {
			return fmt.Errorf("read the base: %w", err)
		}
	}
	return r.inputs(ctx)
}

// inputs reads what the caller names, before time is spent on a search.
func (r *run) inputs(ctx context.Context) error {
	for _, read := range []func(context.Context) error{r.detection, r.verification, r.entitlements, r.codeOwners, r.platform, r.emergencies, r.baseline} {
		if err := read(ctx); err != nil {
			return err
		}
	}
	return nil
}

// read goes through the working tree.
func (r *run) read(ctx context.Context) error {
	var asked sync.WaitGroup // each waits for git
	asked.Go(func() { r.head = r.tree.Head(ctx) })
	files, skipped, err := r.tree.Files(ctx)
	asked.Wait()
	if err != nil {
		return err
	}
	r.files = files
	return r.gather(ctx, len(files), skipped, func(ctx context.Context, d *secret.Detector, i int) (content, error) {
		return r.readFile(ctx, d, files[i])
	})
}

// newDetector knows gitleaks' rules, ours and, where the caller names some, the caller's.
func (r *run) newDetector() (*secret.Detector, error) {
	if r.gitleaks == nil {
		return secret.New(rules.SecretRules())
	}
	d, err := secret.NewWithConfig(rules.SecretRules(), r.gitleaks)
	if err != nil {
		return nil, Masked(r.opt.GitleaksConfig, r.gitleaks, fmt.Errorf("%s: %w", r.opt.GitleaksConfig, err))
	}
	return d, nil
}

// readFile looks into one file. A file that can't be read is a skip, not an error: the rest counts.
func (r *run) readFile(ctx context.Context, detector *secret.Detector, name string) (content, error) {
	src, err := r.tree.ReadFile(name)
	var skip *gitrepo.Skip
	switch {
	case errors.As(err, &skip):
		return r.readOther(ctx, detector, name, skip)
	case errors.Is(err, fs.ErrNotExist):
		return content{}, nil // deleted since it was listed
	case err != nil:
		return content{}, err
	}
	if r.head != nil && !r.head.HoldsAs(name, src) {
		r.changed.Store(true)
	}
	var c content
	if workflow.IsDefinition(name) {
		c.file = workflow.Parse(name, src)
		c.text = c.file.Text
	}
	return c, r.searchInto(ctx, &c, detector, name, src)
}

// keep gathers the slots in the files' order.
func (r *run) keep(slots []content, skipped []*gitrepo.Skip) {
	r.texts = map[string]*source.Text{}
	for i := range slots {
		c := &slots[i]
		if c.text != nil {
			r.texts[c.text.Path] = c.text
		}
		for _, text := range c.inner {
			r.texts[text.Path] = text
		}
		if c.file != nil {
			r.facts.Files = append(r.facts.Files, c.file)
			r.refused(c.file)
		}
		skipped = append(skipped, c.skips...)
		r.old = append(r.old, c.old...)
		r.result.LeftOut.Allowlisted += c.allowlisted
		if c.read {
			r.result.Checked.Files++
		}
		r.facts.Tokens = append(r.facts.Tokens, c.tokens...)
		r.state.Ignores = append(r.state.Ignores, c.ignores...)
	}
	r.left = make(map[leaving]bool, len(skipped))
	for _, s := range skipped {
		r.facts.Unread = append(r.facts.Unread, s.Path)
		r.left[leaving{s.Path, s.Reason}] = true
	}
	r.skipped(skipped)
}
