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

	"github.com/curfew-ci/curfew/internal/gitrepo/odb"
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
	id, err := t.resolve(ctx, rev)
	if err != nil {
		return nil, err
	}
	c := &Commit{ID: id.String(), tree: t, blobs: map[string]string{}, links: map[string]bool{}}
	// Without a trailing path ls-tree lists the current folder's files, relative to it.
	out, _, err := t.git(ctx, nil, "ls-tree", "-r", "-z", c.ID)
	if err != nil {
		return nil, t.incomplete(ctx, "list the files of "+rev, err)
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
	answer, _, err := c.tree.git(ctx, ask.Bytes(), "cat-file", "--batch")
	if err != nil {
		return nil, c.tree.incomplete(ctx, "read files of "+c.ID, err)
	}
	for _, i := range asked {
		content, rest, err := nextBlob(answer)
		if err != nil {
			return nil, c.tree.incomplete(ctx, fmt.Sprintf("read %s of %s", names[i], c.ID), err)
		}
		out[i], answer = content, rest
	}
	return out, nil
}

// resolve finds the commit that rev names.
func (t *Tree) resolve(ctx context.Context, rev string) (odb.ID, error) {
	if t.at.gitDir == "" {
		return odb.ID{}, fmt.Errorf("read %s: %s is %w", rev, t.at.dir, errNoRepository)
	}
	out, complaints, err := t.git(ctx, nil, "rev-parse", "--verify", "--quiet", "--end-of-options", rev+"^{commit}")
	if err != nil {
		return odb.ID{}, t.unresolved(ctx, rev, complaints, err)
	}
	return odb.ParseID(strings.TrimSpace(string(out)))
}

// unresolved says why rev names no commit. git is silent about a name that it doesn't know.
func (t *Tree) unresolved(ctx context.Context, rev string, complaints []byte, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case len(complaints) > 0:
		return t.incomplete(ctx, "read "+rev, err)
	case t.says(ctx, "rev-parse", "--is-shallow-repository"):
		return fmt.Errorf("revision %s is not in this shallow clone: fetch it, or check out with fetch-depth: 0", rev)
	}
	return fmt.Errorf("revision %s is not in this repository: fetch it, or name another", rev)
}

// incomplete is err with what to do where the repository lacks objects: nothing is fetched on demand.
func (t *Tree) incomplete(ctx context.Context, doing string, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case t.says(ctx, "config", "--type=bool", "--get-regexp", `^remote\..*\.promisor$`):
		return fmt.Errorf("%s: %w; this is a partial clone, and nothing is fetched while it is read: fetch without --filter", doing, err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// says reports whether git's answer to a question ends in "true".
func (t *Tree) says(ctx context.Context, question ...string) bool {
	out, _, err := t.git(ctx, nil, question...)
	return err == nil && strings.HasSuffix(strings.TrimSpace(string(out)), "true")
}

// nextBlob takes one answer of cat-file --batch: "<id> <type> <size>\n<content>\n".
func nextBlob(answer []byte) (content, rest []byte, err error) {
	header, rest, ok := bytes.Cut(answer, []byte("\n"))
	f := strings.Fields(string(header))
	switch {
	case !ok:
		return nil, nil, errors.New("git cat-file ended early")
	case len(f) == 2 && f[1] == "missing":
		return nil, nil, errors.New("the object is missing")
	case len(f) != 3:
		return nil, nil, fmt.Errorf("unexpected answer of git cat-file: %q", header)
	}
	size, err := strconv.Atoi(f[2])
	if err != nil || size < 0 || len(rest) < size+1 {
		return nil, nil, fmt.Errorf("unexpected answer of git cat-file: %q", header)
	}
	return rest[:size:size], rest[size+1:], nil
}
