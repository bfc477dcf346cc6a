package github

import (
	"bytes"
	"context"
	"slices"
)

// onto are the manifests that a pull request may have been merged onto, each once. Rebased, it comes as as many commits as its branch had,
// and what is before the last of them is its own already. All of these count, so that nothing depends on telling that from a squash.
func (c *Certification) onto(ctx context.Context, p *pull, merge *gitCommit, fork string) ([][]byte, error) {
	branch, err := whole[gitObject](ctx, c.client, c.about(p.Number, "pulls/%s/commits"))
	if err != nil {
		return nil, err
	}
	var all [][]byte
	for range max(1, len(branch)) {
		before := merge.Parents[0].SHA
		src, err := c.manifestAt(ctx, before)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(all, func(have []byte) bool { return bytes.Equal(have, src) && (have == nil) == (src == nil) }) {
			all = append(all, src)
		}
		if len(merge.Parents) > 1 || before == fork { // a rebased commit has one parent
			break
		}
		if merge, err = c.commit(ctx, before); err != nil || len(merge.Parents) == 0 {
			return all, err
		}
	}
	return all, nil
}
