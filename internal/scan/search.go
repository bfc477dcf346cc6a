package scan

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/curfew-ci/curfew/internal/gitrepo"
	"github.com/curfew-ci/curfew/internal/history"
	"github.com/curfew-ci/curfew/internal/posture"
	"github.com/curfew-ci/curfew/internal/secret"
	"github.com/curfew-ci/curfew/internal/source"
	"github.com/curfew-ci/curfew/internal/suppress"
	"github.com/curfew-ci/curfew/internal/unpack"
)

// search reads what the options ask for. Where ctx ends meanwhile, what was read so far counts, and the
// rest is not checked.
func (r *run) search(ctx context.Context) error {
	s := &r.opt.Search
	var err error
	switch {
	case s.Text != nil:
		err = r.readText(ctx)
	case s.alone():
		err = r.readChanges(ctx)
	default:
		if err = r.read(ctx); err == nil && s.History {
			err = r.readHistory(ctx)
		}
	}
	if err == nil || ctx.Err() == nil { // where ctx ended, any error may be due to that: git is killed, for one
		return err
	}
	for _, s := range Sources() {
		if s == Secrets || !r.opt.Search.alone() && (s != Platform || r.facts.Inventory != nil) {
			r.notChecked(s, "what the scan hadn't come to", interrupted, "scan again")
		}
	}
	return nil
}

// gather fills n slots side by side, each with what one file holds, and keeps them in their order, so that
// it doesn't depend on speed. Where ctx ends meanwhile, those that are full are kept.
func (r *run) gather(ctx context.Context, n int, skipped []*gitrepo.Skip, fill func(context.Context, *secret.Detector, int) (content, error)) error {
	d, err := r.detector()
	if err != nil {
		return err
	}
	if r.opt.Progress != nil {
		r.opt.Progress.Total.Add(int64(n))
	}
	slots := make([]content, n)
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i := range slots {
		g.Go(func() error {
			if err := gctx.Err(); err != nil {
				return err
			}
			c, err := fill(gctx, d, i)
			if err != nil {
				return err
			}
			slots[i] = c
			if r.opt.Progress != nil {
				r.opt.Progress.Objects.Add(1)
			}
			return nil
		})
	}
	err = g.Wait()
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	if err == nil || ctx.Err() != nil {
		r.keep(slots, skipped)
	}
	return err
}

// sources are those whose rules are judged; none stands for all.
func (r *run) sources() []string {
	if r.opt.Search.alone() {
		return []string{string(Secrets)}
	}
	return nil
}

// readText searches a text that is in no file.
func (r *run) readText(ctx context.Context) error {
	const name = "stdin"
	return r.gather(ctx, 1, nil, func(ctx context.Context, d *secret.Detector, _ int) (content, error) {
		return r.searchFile(ctx, d, name, r.opt.Search.Text)
	})
}

// readChanges searches the lines that a change adds.
func (r *run) readChanges(ctx context.Context) error {
	spec := r.diff
	spec.Staged = r.opt.Search.Staged
	changes, err := r.tree.Changes(ctx, spec)
	if err != nil {
		return err
	}
	defer changes.Close() //nolint:errcheck // only read
	return r.gather(ctx, len(changes.Files), changes.Skipped, func(ctx context.Context, d *secret.Detector, i int) (content, error) {
		return r.readChange(ctx, d, changes, i)
	})
}

// readChange searches one changed file and keeps what stands on lines that are new.
func (r *run) readChange(ctx context.Context, d *secret.Detector, changes *gitrepo.Changes, i int) (content, error) {
	name := changes.Files[i].Path
	change, err := changes.Content(ctx, i)
	var skip *gitrepo.Skip
	switch {
	case errors.As(err, &skip):
		return content{skips: []*gitrepo.Skip{skip}}, nil
	case err != nil:
		return content{}, err
	}
	c, err := r.searchFile(ctx, d, name, change.New)
	if err != nil {
		return c, err
	}
	lines := linesOf(change.New, c.decoded)
	added := c.tokens[:0]
	for _, t := range c.tokens {
		whole := t.Region.Span.IsZero() || t.Region.Path != name // by its name, or in an archive
		if first, last := lines(t.Region); whole || change.Added.Overlaps(first, last) {
			added = append(added, t)
		} else {
			c.old = append(c.old, t)
		}
	}
	c.tokens = added
	c.skips = append(c.skips, change.Notes...)
	return c, nil
}

// linesOf says on which lines of src a region stands: src's own bytes, which git compares, have other lines
// than what UTF-16 decodes to.
func linesOf(src []byte, decoded bool) func(source.Region) (first, last int) {
	if !decoded {
		return func(r source.Region) (first, last int) { return r.Start.Line, r.End.Line }
	}
	text := unpack.Decode(src, unpack.Sniff(src))
	return func(r source.Region) (first, last int) {
		from, to := text.Original(r.Start.Offset, r.End.Offset)
		first = 1 + bytes.Count(src[:from], []byte("\n"))
		return first, first + bytes.Count(src[from:to], []byte("\n"))
	}
}

// searchFile looks for credentials, and for comments that silence findings, in one file of any kind.
func (r *run) searchFile(ctx context.Context, d *secret.Detector, name string, src []byte) (content, error) {
	var c content
	if len(unpack.Texts(src)) == 0 {
		return r.readBinary(ctx, d, name, src, &gitrepo.Skip{Path: name, Reason: history.Binary, Fix: history.FixBinary})
	}
	return c, r.searchInto(ctx, &c, d, name, src)
}

// searchInto searches a text, and what it decodes to where that is another one, and notes in c what it holds.
func (r *run) searchInto(ctx context.Context, c *content, d *secret.Detector, name string, src []byte) error {
	c.read = true
	texts := unpack.Texts(src)
	found := make([][]secret.Token, len(texts))
	for i, text := range texts {
		f, err := d.Search(ctx, name, text)
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			c.read, c.skips = false, append(c.skips, &gitrepo.Skip{Path: name, Reason: err.Error()})
		}
		found[i] = f.Tokens
		c.allowlisted += f.Suppressed.Allowlist
	}
	c.tokens = found[0]
	if len(texts) > 1 && (len(found[1]) > 0 || len(found[0]) == 0) {
		c.decoded, src, c.tokens = true, texts[1], placeless(found[1], found[0])
	}
	text := c.text
	if text == nil {
		text = source.NewText(name, src)
	}
	if c.ignores = suppress.Parse(text); len(c.ignores) > 0 || len(c.tokens) > 0 || name == r.opt.Manifest {
		c.text = text
	}
	r.progress(len(src), len(c.tokens))
	return nil
}

// placeless adds to tokens others, which stand in other bytes of the same file: their places mean nothing.
func placeless(tokens, others []secret.Token) []secret.Token {
	for _, t := range others {
		t.Region.Span = source.Span{}
		tokens = append(tokens, t)
	}
	return tokens
}

func (r *run) progress(size, found int) {
	if p := r.opt.Progress; p != nil {
		p.Bytes.Add(int64(size))
		p.Found.Add(int64(found))
	}
}

// readHistory searches what the commits hold.
func (r *run) readHistory(ctx context.Context) error {
	d, err := r.detector()
	if err != nil {
		return err
	}
	found, err := history.Search(ctx, r.tree, d, history.Options{
		Since: r.opt.Search.Since, Workers: runtime.GOMAXPROCS(0), Progress: r.opt.Progress, Known: r.told,
	})
	if err != nil {
		return fmt.Errorf("read the history: %w", err)
	}
	for i := range found.Found {
		f := &found.Found[i]
		r.facts.Past = append(r.facts.Past, posture.Past{Token: f.Token, History: f.History, Excerpt: f.Excerpt})
	}
	c := &r.result.Checked
	c.Commits, c.Versions, c.Bytes = found.Commits, found.Blobs, found.Bytes
	r.unsearched(found)
	return nil
}
