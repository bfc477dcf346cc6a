package gitrepo

import (
	"context"
	"slices"
	"strings"
)

// Origin is OWNER/NAME of the remote called origin where it lies on a forge whose URLs end so; "" else.
func (t *Tree) Origin(ctx context.Context) string { return repositoryOf(t.remote(ctx)) }

// OriginAt is OWNER/NAME of the remote called origin where it lies on one of hosts, on which repositories are called by
// two names and no more; "" else.
func (t *Tree) OriginAt(ctx context.Context, hosts ...string) string {
	remote := t.remote(ctx)
	host, path := hostOf(remote)
	known := slices.ContainsFunc(hosts, func(h string) bool { return h != "" && strings.EqualFold(h, host) })
	if !known || strings.Count(strings.Trim(path, "/"), "/") != 1 {
		return ""
	}
	return repositoryOf(remote)
}

// OriginPath is where the remote called origin lies: its host, "" for a name that only ssh's configuration knows, and the
// whole path of its project there, GROUP/…/NAME; "" for both where it has no such path.
func (t *Tree) OriginPath(ctx context.Context) (host, path string) {
	remote := t.remote(ctx)
	host, path = hostOf(remote)
	path = strings.TrimSuffix(strings.Trim(path, "/"), ".git")
	parts := strings.Split(path, "/")
	// Of "file://server/srv/…", "C:/…" and "../a:b/…" the path is a file system's.
	if strings.HasPrefix(remote, "file://") || len(host) < 2 || strings.Contains(host, "/") ||
		len(parts) < 2 || slices.ContainsFunc(parts, func(s string) bool { return !isName(s) || strings.Trim(s, ".") == "" }) {
		return "", ""
	}
	if isAlias(host) {
		host = ""
	}
	return host, path
}

// isAlias reports whether a host is none of the Internet's, such as "work" or "github.com-work", by which many tell their accounts
// apart: no domain at the top has a hyphen but those in other scripts.
func isAlias(host string) bool {
	top := host[strings.LastIndexByte(host, '.')+1:]
	return top == host || strings.Contains(top, "-") && !strings.HasPrefix(strings.ToLower(top), "xn--")
}

// remote is the URL of the remote called origin; "" where there is none.
func (t *Tree) remote(ctx context.Context) string {
	if t.at.gitDir == "" {
		return ""
	}
	if known := t.origin.Load(); known != nil {
		return *known
	}
	out, _, err := t.git(ctx, nil, "config", "--local", "--get", "remote.origin.url")
	if err != nil {
		return ""
	}
	url := strings.TrimSpace(string(out))
	t.origin.Store(&url)
	return url
}

// hostOf is a remote's host, without its port, and its path.
func hostOf(remote string) (host, path string) {
	_, rest, isURL := strings.Cut(remote, "://")
	separator := "/"
	if !isURL {
		rest, separator = remote, ":"
	}
	host, path, _ = strings.Cut(rest, separator)
	host = host[strings.LastIndexByte(host, '@')+1:]
	host, _, _ = strings.Cut(host, ":")
	return host, path
}

// repositoryOf is OWNER/NAME at the end of a remote's URL: "scheme://[user[:password]@]host[:port]/…/OWNER/NAME"
// or "[user@]host:…/OWNER/NAME"; "" for any other. What stands before the path may be a credential.
func repositoryOf(remote string) string {
	_, path := hostOf(remote)
	parts := strings.Split(strings.TrimSuffix(strings.Trim(path, "/"), ".git"), "/")
	if len(parts) < 2 {
		return ""
	}
	owner, name := parts[len(parts)-2], parts[len(parts)-1]
	if !isName(owner) || !isName(name) {
		return ""
	}
	return owner + "/" + name
}

// isName reports whether s holds only what owners and repositories are called by.
func isName(s string) bool {
	return s != "" && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") == ""
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
