package gitrepo

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/gitrepo/odb"
)

// ref is a name and the object that it stands for.
type ref struct {
	name string
	id   odb.ID
}

const headName = "HEAD"

// refs lists HEAD, if it names a commit, then all refs by name, then other working trees' HEADs; and the refs
// that git could not read.
func (t *Tree) refs(ctx context.Context, common string) (refs []ref, broken []string, err error) {
	if out, _, err := t.git(ctx, nil, "rev-parse", "--verify", "--quiet", headName); err == nil {
		refs = appendRef(refs, strings.TrimSpace(string(out)), headName)
	} else if ctx.Err() != nil {
		return nil, nil, ctx.Err()
	}
	out, complaints, err := t.git(ctx, nil, "for-each-ref", "--format=%(objectname) %(refname)")
	if err != nil {
		return nil, nil, fmt.Errorf("list the refs of %s: %w", t.at.dir, err)
	}
	for line := range strings.Lines(string(out)) {
		id, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		refs = appendRef(refs, id, name)
	}
	for line := range strings.Lines(string(complaints)) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "warning: ignoring "); ok {
			broken = append(broken, name)
		}
	}
	if !isDir(filepath.Join(common, "worktrees")) {
		return refs, broken, nil
	}
	out, _, err = t.git(ctx, nil, "worktree", "list", "--porcelain")
	if err != nil {
		return nil, nil, fmt.Errorf("list the working trees of %s: %w", t.at.dir, err)
	}
	return appendWorktrees(refs, string(out)), broken, nil
}

// appendWorktrees adds the HEADs that "git worktree list --porcelain" tells: of each working tree a line
// "worktree PATH", then "HEAD ID". The HEAD of this one is among them, once more.
func appendWorktrees(refs []ref, out string) []ref {
	name := ""
	for line := range strings.Lines(out) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		switch key {
		case "worktree":
			name = "HEAD of " + value
		case headName:
			refs = appendRef(refs, value, name)
		}
	}
	return refs
}

// appendRef leaves out what is no id: 0 stands where a branch has no commit yet.
func appendRef(refs []ref, digits, name string) []ref {
	id, err := odb.ParseID(digits)
	if err != nil || strings.Trim(digits, "0") == "" {
		return refs
	}
	return append(refs, ref{name, id})
}

// maxShallowBytes bounds the file that lists where a clone ends: a million commits.
const maxShallowBytes = 64 << 20

// shallowCommits reads where a shallow clone ends. The format is gitrepository-layout(5)'s "shallow": an id a line.
func shallowCommits(common string) (map[odb.ID]struct{}, error) {
	name := filepath.Join(common, "shallow")
	info, err := os.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("read %s: not a regular file", name)
	}
	f, err := os.OpenFile(name, os.O_RDONLY|openFlags, 0) //nolint:gosec // a file of the repository's own
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	content, err := io.ReadAll(io.LimitReader(f, maxShallowBytes+1))
	if err != nil {
		return nil, err
	}
	if len(content) > maxShallowBytes {
		return nil, fmt.Errorf("read %s: larger than %d MiB", name, maxShallowBytes>>20)
	}
	ids := map[odb.ID]struct{}{}
	for line := range bytes.Lines(content) {
		id, err := odb.ParseID(string(bytes.TrimSpace(line)))
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		ids[id] = struct{}{}
	}
	return ids, nil
}

// tip is a ref and what it leads to: a commit and its tree, or a tree or blob that a tag names outright.
type tip struct {
	name string
	slot int32   // of the commit in the graph; -1 where there is none
	tree odb.Num // or noObject, or emptyTree
	blob odb.Num // or noObject
	path PathID  // of blob: the ref's name, as it has no other
}

// tips follows refs to what they name, and adds the commits. What can't be followed is left out and told.
func (g *grower) tips(refs []ref) []tip {
	out := make([]tip, 0, len(refs))
	for _, r := range refs {
		if end, ok := g.peel(r); ok {
			out = append(out, end)
		}
	}
	return out
}

// maxTags bounds how many tags may name each other in turn.
const maxTags = 100

// peel follows a ref through tags.
func (g *grower) peel(r ref) (tip, bool) {
	end := tip{name: r.name, slot: -1, tree: noObject, blob: noObject}
	id := r.id
	where := func() string { return r.name }
	for range maxTags {
		n, ok := g.db.Find(id)
		if !ok {
			g.gaps.add(lackTagged, id, where)
			return tip{}, false
		}
		kind, err := g.reader.Kind(n)
		if err != nil {
			g.gaps.unread(id, where, err)
			return tip{}, false
		}
		switch kind {
		case odb.Commit:
			end.slot, ok = g.add(n, -1, r.name)
			if ok {
				end.tree = g.tree[end.slot]
			}
			return end, ok
		case odb.Tree:
			end.tree = n
			return end, true
		case odb.Blob:
			end.blob = n
			return end, true
		}
		if id, ok = g.tagged(n, where); !ok {
			return tip{}, false
		}
	}
	g.gaps.add(wrongKind, r.id, where)
	return tip{}, false
}

// tagged reads which object a tag names: its first line is "object <id in hexadecimal digits>".
func (g *grower) tagged(tag odb.Num, where func() string) (odb.ID, bool) {
	_, raw, err := g.reader.Read(tag)
	if err != nil {
		g.gaps.unread(g.db.ID(tag), where, err)
		return odb.ID{}, false
	}
	sum, _, ok := cutID(nil, raw, "object ", g.db.Hash().Size())
	if !ok {
		g.gaps.add(wrongKind, g.db.ID(tag), where)
		return odb.ID{}, false
	}
	return odb.RawID(sum)
}

// read walks what a tag names outright.
func (end *tip) read(w *treeWalk) error {
	switch {
	case end.blob >= 0:
		end.path = w.paths.child(rootPath, []byte(end.name))
		if end.path == noPath {
			w.gaps.note(tooMany, func() string { return end.name })
			return nil
		}
		w.commit = NoCommit
		w.pair(end.blob, end.path)
	case end.slot < 0:
		return w.root(NoCommit, end.tree)
	}
	return nil
}

// rankTips says of each tip which place it has among all when they are named.
func (h *History) rankTips() []int {
	order := make([]int, len(h.tips))
	for i := range order {
		order[i] = i
	}
	class := func(name string) int {
		return slices.IndexFunc([]string{"refs/heads/", "refs/remotes/", ""}, func(s string) bool { return strings.HasPrefix(name, s) })
	}
	slices.SortFunc(order, func(a, b int) int {
		x, y := h.tips[a].name, h.tips[b].name
		return cmp.Or(cmp.Compare(class(x), class(y)), cmp.Compare(x, y), cmp.Compare(a, b))
	})
	ranks := make([]int, len(order))
	for rank, tip := range order {
		ranks[tip] = rank
	}
	return ranks
}
