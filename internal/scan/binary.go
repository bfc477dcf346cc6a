package scan

import (
	"context"
	"errors"

	"github.com/curfew-ci/curfew/internal/gitrepo"
	"github.com/curfew-ci/curfew/internal/history"
	"github.com/curfew-ci/curfew/internal/secret"
	"github.com/curfew-ci/curfew/internal/unpack"
)

// readOther looks into a file that isn't plain text, or can't be read, as skip says.
func (r *run) readOther(ctx context.Context, d *secret.Detector, name string, skip *gitrepo.Skip) (content, error) {
	src, err := r.tree.ReadBytes(name)
	if err != nil {
		src = nil
	}
	if len(unpack.Texts(src)) < 2 { // no UTF-16
		return r.readBinary(ctx, d, name, src, skip)
	}
	var c content
	if mayDefine(name) {
		c.skips = append(c.skips, skip) // searched all the same, but not parsed
	}
	return c, r.searchInto(ctx, &c, d, name, src)
}

// readBinary judges a file by its name, which gives a key store away, and looks into archives where that was
// asked for.
func (r *run) readBinary(ctx context.Context, d *secret.Detector, name string, src []byte, skip *gitrepo.Skip) (content, error) {
	byName, err := d.Detect(ctx, name, nil)
	if err != nil && !errors.Is(err, secret.ErrAllowlisted) {
		return content{}, err
	}
	c := content{tokens: byName}
	switch {
	case !unpack.IsArchive(src):
		c.skips = []*gitrepo.Skip{skip}
		return c, nil
	case !r.opt.Search.Archives:
		c.skips = []*gitrepo.Skip{{Path: name, Reason: history.AnArchive, Fix: "search the files in it with --archives"}}
		return c, nil
	}
	c.read = true
	skipped, err := unpack.Walk(ctx, name, src, unpack.DefaultLimits(), func(inner string, file []byte) error {
		return r.readInner(ctx, &c, d, inner, file)
	})
	for _, s := range skipped {
		c.skips = append(c.skips, &gitrepo.Skip{Path: s.Path, Reason: s.Reason, Fix: s.Fix})
	}
	r.progress(len(src), len(c.tokens))
	return c, err
}

// readInner searches one file of an archive.
func (r *run) readInner(ctx context.Context, c *content, d *secret.Detector, inner string, file []byte) error {
	found, err := r.searchFile(ctx, d, inner, file)
	c.tokens = append(c.tokens, found.tokens...)
	c.allowlisted += found.allowlisted
	if found.text != nil {
		c.inner = append(c.inner, found.text)
	}
	for _, s := range found.skips {
		if s.Reason != history.Binary { // as most files in most archives are
			c.skips = append(c.skips, s)
		}
	}
	return err
}
