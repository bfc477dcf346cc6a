package gitrepo

import (
	"context"
	"strings"
)

// Origin is OWNER/NAME of the remote called origin where it lies on a forge whose URLs end so; "" else.
func (t *Tree) Origin(ctx context.Context) string {
	if t.at.gitDir == "" {
		return ""
	}
	out, _, err := t.git(ctx, nil, "config", "--local", "--get", "remote.origin.url")
	if err != nil {
		return ""
	}
	url := strings.TrimSuffix(strings.TrimSpace(string(out)), ".git")
	parts := strings.FieldsFunc(url, func(r rune) bool { return r == '/' || r == ':' })
	if len(parts) < 3 {
		return ""
	}
	return parts[len(parts)-2] + "/" + parts[len(parts)-1]
}

// DefaultBranch is the branch that the remote called origin names as its default, else the one checked
// out; "" where neither can be told.
func (t *Tree) DefaultBranch(ctx context.Context) string {
	if t.at.gitDir == "" {
		return ""
	}
	for _, ref := range []string{"refs/remotes/origin/HEAD", "HEAD"} {
		out, _, err := t.git(ctx, nil, "symbolic-ref", "--quiet", "--short", ref)
		if err == nil {
			return strings.TrimPrefix(strings.TrimSpace(string(out)), "origin/")
		}
	}
	return ""
}
