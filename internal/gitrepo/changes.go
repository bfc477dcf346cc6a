package gitrepo

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/curfew-ci/curfew/internal/gitrepo/odb"
)

// DiffSpec says which changes are wanted: what Head adds since it left Base, as a pull request does, or what is
// staged.
type DiffSpec struct {
	Base, Head string // revisions
	Staged     bool   // the index against HEAD; Base and Head are not looked at
}

// ParseDiffSpec reads BASE..HEAD or BASE...HEAD, which mean the same here: what HEAD adds since it left BASE,
// whatever BASE had added meanwhile. A side that isn't given is the commit checked out.
func ParseDiffSpec(s string) (DiffSpec, error) {
	base, head, ok := strings.Cut(s, "..")
	head = strings.TrimPrefix(head, ".")
	if !ok || strings.Contains(head, "..") || base == "" && head == "" {
		return DiffSpec{}, fmt.Errorf("%q is no range of commits: expected BASE..HEAD, such as origin/main..HEAD", s)
	}
	orHead := func(rev string) string {
		if rev == "" {
			return headName
		}
		return rev
	}
	return DiffSpec{Base: orHead(base), Head: orHead(head)}, nil
}

// Changes are the files that a diff adds or changes. Its methods may be called by several goroutines, but for
// Close.
type Changes struct {
	Files   []Change // sorted by path
	Skipped []*Skip  // what else changed and isn't read: submodules, unmerged files
	Bases   []odb.ID // what was compared with: the merge bases, or HEAD; none before the first commit

	tree    *Tree
	db      *odb.DB
	mu      sync.Mutex
	readers []*odb.Reader // that nobody uses
}

// Change is one file that is new or has new content. One that only has another mode, or another path, is none.
type Change struct {
	Path string // relative to the tree, with slashes
	From string // the deleted file of the same name that it is compared with, as it is new itself; "" else

	blob odb.ID
	olds []odb.ID // what it is compared with, one for each base; zero for nothing
}

// Changes lists what spec asks for. Close it after use. Paths are relative to t's folder, and of a part of the
// working tree only that part is compared.
//
// Where Base and Head have several merge bases, as after crosswise merges, a line is added only if it is in
// none of them: each is part of both histories, so that what it has was there before.
func (t *Tree) Changes(ctx context.Context, spec DiffSpec) (*Changes, error) {
	db, err := t.Objects(ctx)
	if err != nil {
		return nil, err
	}
	c := &Changes{tree: t, db: db}
	var diffs [][]rawDiff
	if spec.Staged {
		diffs, err = c.staged(ctx)
	} else {
		diffs, err = c.between(ctx, spec)
	}
	if err != nil {
		_ = c.Close()
		return nil, err
	}
	c.combine(diffs)
	return c, nil
}

// staged compares the index with HEAD.
func (c *Changes) staged(ctx context.Context) ([][]rawDiff, error) {
	repo, err := c.tree.repository(ctx)
	switch {
	case err != nil:
		return nil, err
	case c.tree.at.worktree == "":
		return nil, fmt.Errorf("read what is staged in %s: it has no working tree", c.tree.at.dir)
	}
	base := map[odb.Hash]string{odb.SHA1: emptyTreeSHA1, odb.SHA256: emptyTreeSHA256}[repo.hash]
	out, _, err := c.tree.git(ctx, nil, "rev-parse", "--verify", "--quiet", headName)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err == nil {
		base = strings.TrimSpace(string(out))
		id, err := odb.ParseID(base)
		if err != nil {
			return nil, err
		}
		c.Bases = []odb.ID{id}
	}
	diff, err := c.index(ctx, base)
	return [][]rawDiff{diff}, err
}

// between compares a commit with where it left another one.
func (c *Changes) between(ctx context.Context, spec DiffSpec) ([][]rawDiff, error) {
	base, err := c.tree.resolve(ctx, spec.Base)
	if err != nil {
		return nil, err
	}
	head, err := c.tree.resolve(ctx, spec.Head)
	if err != nil {
		return nil, err
	}
	out, complaints, err := c.tree.git(ctx, nil, "merge-base", "--all", base.String(), head.String())
	if err != nil {
		return nil, c.tree.unrelated(ctx, spec, complaints, err)
	}
	var diffs [][]rawDiff
	for _, digits := range strings.Fields(string(out)) {
		id, err := odb.ParseID(digits)
		if err != nil {
			return nil, fmt.Errorf("unexpected answer of git merge-base: %w", err)
		}
		diff, err := c.compare(ctx, id, head)
		if err != nil {
			return nil, err
		}
		c.Bases, diffs = append(c.Bases, id), append(diffs, diff)
	}
	return diffs, nil
}

// unrelated says why there is no merge base. git is silent where there just is none.
func (t *Tree) unrelated(ctx context.Context, spec DiffSpec, complaints []byte, err error) error {
	doing := fmt.Sprintf("compare %s with %s", spec.Head, spec.Base)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case len(complaints) > 0:
		return t.incomplete(ctx, doing, err)
	case t.says(ctx, "rev-parse", "--is-shallow-repository"):
		return fmt.Errorf("%s: this shallow clone doesn't reach back to where they parted: check out with fetch-depth: 0, or git fetch --unshallow", doing)
	}
	return fmt.Errorf("%s: they have no commit in common: name another base", doing)
}

// index asks git how the index differs from a commit or tree. It runs no program for that.
func (c *Changes) index(ctx context.Context, base string) ([]rawDiff, error) {
	args := []string{"diff-index", "--raw", "-z", "--no-renames", "--no-abbrev", "--ignore-submodules=none", "--cached"}
	if len(c.tree.top()) > 0 {
		args = append(args, "--relative")
	}
	out, _, err := c.tree.git(ctx, nil, append(args, base)...)
	if err != nil {
		return nil, c.tree.incomplete(ctx, "list what changed", err)
	}
	return parseRawDiff(string(out))
}

// combine keeps the files that are changed as compared with every base.
func (c *Changes) combine(diffs [][]rawDiff) {
	var changes map[string]Change
	for i, diff := range diffs {
		more, skipped := changesOf(diff)
		if i == 0 {
			changes, c.Skipped = more, skipped
			continue
		}
		for name, change := range changes {
			other, ok := more[name]
			if !ok {
				delete(changes, name)
				continue
			}
			change.olds = append(change.olds, other.olds...)
			changes[name] = change
		}
	}
	for _, name := range slices.Sorted(maps.Keys(changes)) {
		c.Files = append(c.Files, changes[name])
	}
}

// Close releases the object database.
func (c *Changes) Close() error { return c.db.Close() }
