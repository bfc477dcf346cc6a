package gitrepo

import (
	"context"
	"strconv"
	"strings"
	"time"
)

// Before is the commit that the branch of HEAD had at a time, as its own commits tell the time. Where it began
// later, it is nil, and known is true. Where what is here doesn't say, as in a shallow clone, without a commit or
// outside of a repository, known is false.
func (t *Tree) Before(ctx context.Context, at time.Time) (c *Commit, known bool, err error) {
	if t.at.gitDir == "" {
		return nil, false, nil
	}
	out, _, err := t.git(ctx, nil, "rev-list", "-1", "--first-parent", "--min-age="+strconv.FormatInt(at.Unix(), 10), "HEAD", "--")
	if err != nil {
		return nil, false, ctx.Err()
	}
	id := strings.TrimSpace(string(out))
	if id == "" {
		return nil, !t.says(ctx, "rev-parse", "--is-shallow-repository"), nil
	}
	c, err = t.Commit(ctx, id)
	return c, err == nil, err
}
