package gitrepo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// Commit is the state of a Tree's folder in one commit.
type Commit struct {
	ID    string // full object id
	tree  *Tree
	blobs map[string]string // path to object id
	links map[string]bool   // paths that are links or submodules
}

// Commit reads which files rev has under the tree's folder.
func (t *Tree) Commit(ctx context.Context, rev string) (*Commit, error) {
	if !t.git {
		return nil, fmt.Errorf("read %s: %s is %w", rev, t.dir, errNoRepository)
	}
	id, err := git(ctx, t.dir, nil, "rev-parse", "--verify", "--quiet", "--end-of-options", rev+"^{commit}")
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("revision %s is not in this repository; a shallow checkout lacks it: fetch it, or check out with fetch-depth: 0", rev)
	}
	c := &Commit{ID: strings.TrimSpace(string(id)), tree: t, blobs: map[string]string{}, links: map[string]bool{}}
	// Without a trailing path ls-tree lists the current folder's files, relative to it.
	out, err := git(ctx, t.dir, nil, "ls-tree", "-r", "-z", c.ID)
	if err != nil {
		return nil, fmt.Errorf("list the files of %s: %w", rev, err)
	}
	for entry := range strings.SplitSeq(string(out), "\x00") {
		meta, name, ok := strings.Cut(entry, "\t")
		if !ok {
			continue
		}
		f := strings.Fields(meta) // mode, type, object id
		if len(f) == 3 && f[1] == "blob" && f[0] != "120000" {
			c.blobs[name] = f[2]
		} else {
			c.links[name] = true
		}
	}
	return c, nil
}

// Files lists the commit's files, sorted, with slashes.
func (c *Commit) Files() []string {
	names := make([]string, 0, len(c.blobs))
	for name := range c.blobs {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// ReadFile returns one file; the error wraps fs.ErrNotExist where the commit has none, and is a *Skip
// where it has something that isn't a file.
func (c *Commit) ReadFile(ctx context.Context, name string) ([]byte, error) {
	if c.links[name] {
		return nil, &Skip{Path: name, Reason: "a link or submodule"}
	}
	if _, ok := c.blobs[name]; !ok {
		return nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	}
	files, err := c.ReadFiles(ctx, []string{name})
	if err != nil {
		return nil, err
	}
	return files[0], nil
}

// ReadFiles returns the contents of names, in their order; nil for those that the commit lacks. It asks
// git once.
func (c *Commit) ReadFiles(ctx context.Context, names []string) ([][]byte, error) {
	out := make([][]byte, len(names))
	var ask bytes.Buffer
	var asked []int
	for i, name := range names {
		if id, ok := c.blobs[name]; ok {
			ask.WriteString(id + "\n")
			asked = append(asked, i)
		}
	}
	if len(asked) == 0 {
		return out, nil
	}
	answer, err := git(ctx, c.tree.dir, ask.Bytes(), "cat-file", "--batch")
	if err != nil {
		return nil, fmt.Errorf("read files of %s: %w", c.ID, err)
	}
	for _, i := range asked {
		content, rest, err := nextBlob(answer)
		if err != nil {
			return nil, fmt.Errorf("read %s of %s: %w", names[i], c.ID, err)
		}
		out[i], answer = content, rest
	}
	return out, nil
}

// nextBlob takes one answer of cat-file --batch: "<id> <type> <size>\n<content>\n".
func nextBlob(answer []byte) (content, rest []byte, err error) {
	header, rest, ok := bytes.Cut(answer, []byte("\n"))
	f := strings.Fields(string(header))
	switch {
	case !ok:
		return nil, nil, errors.New("git cat-file ended early")
	case len(f) == 2 && f[1] == "missing":
		return nil, nil, errors.New("the object is missing; a partial clone lacks it: fetch without --filter")
	case len(f) != 3:
		return nil, nil, fmt.Errorf("unexpected answer of git cat-file: %q", header)
	}
	size, err := strconv.Atoi(f[2])
	if err != nil || size < 0 || len(rest) < size+1 {
		return nil, nil, fmt.Errorf("unexpected answer of git cat-file: %q", header)
	}
	return rest[:size:size], rest[size+1:], nil
}

// Origin is OWNER/NAME of the remote called origin where it lies on a forge whose URLs end so; "" else.
func (t *Tree) Origin(ctx context.Context) string {
	if !t.git {
		return ""
	}
	out, err := git(ctx, t.dir, nil, "config", "--local", "--get", "remote.origin.url")
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
	if !t.git {
		return ""
	}
	for _, ref := range []string{"refs/remotes/origin/HEAD", "HEAD"} {
		out, err := git(ctx, t.dir, nil, "symbolic-ref", "--quiet", "--short", ref)
		if err == nil {
			return strings.TrimPrefix(strings.TrimSpace(string(out)), "origin/")
		}
	}
	return ""
}
