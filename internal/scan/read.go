package scan

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"

	"golang.org/x/sync/errgroup"

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
	commit    *gitrepo.Commit // the base; nil where nothing is compared
	files     []string
	gitleaks  []byte                           // the caller's rules; nil for none
	detector  func() (*secret.Detector, error) // made once, when first asked for
	texts     map[string]*source.Text          // files that findings may point into
	facts     posture.Facts
	state     suppress.State // what suppresses in the working tree
	baseState suppress.State // and in the base
}

// content is what one file holds.
type content struct {
	file    *workflow.File
	tokens  []secret.Token
	ignores []suppress.Ignore
	text    *source.Text // kept where something points into it
	read    bool
	skip    *gitrepo.Skip
}

func (r *run) open(ctx context.Context) error {
	tree, err := gitrepo.Open(r.opt.Dir)
	if err != nil {
		return &InputError{err.Error()}
	}
	r.tree = tree
	if r.opt.Base != "" {
		if r.commit, err = tree.Commit(ctx, r.opt.Base); err != nil {
			return fmt.Errorf("read the base: %w", err)
		}
	}
	return r.detection(ctx)
}

// read goes through the working tree, file by file into slots, so that order doesn't depend on speed.
func (r *run) read(ctx context.Context) error {
	files, skipped, err := r.tree.Files(ctx)
	if err != nil {
		return err
	}
	r.files = files
	slots := make([]content, len(files))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, name := range files {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			d, err := r.detector()
			if err != nil {
				return err
			}
			slots[i], err = r.readFile(ctx, d, name)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	r.keep(slots, skipped)
	return nil
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
		byName, err := detector.Detect(ctx, name, nil) // a key store is one by its name alone
		if errors.Is(err, secret.ErrAllowlisted) {
			err = nil
		}
		return content{skip: skip, tokens: byName}, err
	case errors.Is(err, fs.ErrNotExist):
		return content{}, nil // deleted since it was listed
	case err != nil:
		return content{}, err
	}
	c := content{read: true}
	if workflow.IsDefinition(name) {
		c.file = workflow.Parse(name, src)
		c.text = c.file.Text
	}
	if c.tokens, err = detector.Detect(ctx, name, src); err != nil {
		if ctx.Err() != nil {
			return c, ctx.Err()
		}
		c.read, c.skip = false, &gitrepo.Skip{Path: name, Reason: err.Error()}
	}
	text := c.text
	if text == nil {
		text = source.NewText(name, src)
	}
	if c.ignores = suppress.Parse(text); len(c.ignores) > 0 || len(c.tokens) > 0 || name == r.opt.Manifest {
		c.text = text
	}
	return c, nil
}

// keep gathers the slots in the files' order.
func (r *run) keep(slots []content, skipped []*gitrepo.Skip) {
	r.texts = map[string]*source.Text{}
	for i := range slots {
		c := &slots[i]
		if c.text != nil {
			r.texts[c.text.Path] = c.text
		}
		if c.file != nil {
			r.facts.Files = append(r.facts.Files, c.file)
			r.refused(c.file)
		}
		if c.skip != nil {
			skipped = append(skipped, c.skip)
		}
		if c.read {
			r.result.Checked.Files++
		}
		r.facts.Tokens = append(r.facts.Tokens, c.tokens...)
		r.state.Ignores = append(r.state.Ignores, c.ignores...)
	}
	for _, s := range skipped {
		r.facts.Unread = append(r.facts.Unread, s.Path)
	}
	r.skipped(skipped)
}
