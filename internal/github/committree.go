package github

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/gitrepo/odb"
)

// commitTree is the files of a commit, by the API of git's database. That of contents follows symbolic links, and
// takes a ref by any name; here every object is asked for by its id, and files are hashed.
type commitTree struct {
	g            *Governance
	repo, commit string
}

// treeEntry is what a folder holds.
type treeEntry struct {
	Path string `json:"path"`
	Mode string `json:"mode"`
	SHA  string `json:"sha"`
	Size int    `json:"size"`
}

const folderMode = "040000"

// ReadFile reads a regular file.
func (t *commitTree) ReadFile(ctx context.Context, name string, most int) ([]byte, error) {
	if !fs.ValidPath(name) || name == "." {
		return nil, fmt.Errorf("%q is not the path of a file in a repository", name)
	}
	folder, err := t.folder(ctx, path.Dir(name))
	if err != nil {
		return nil, err
	}
	e, err := t.entry(folder, path.Base(name), name)
	switch {
	case err != nil:
		return nil, err
	case e.Mode != "100644" && e.Mode != "100755":
		return nil, fmt.Errorf("%q is not a regular file but a link, a submodule or a folder (mode %s): put the file itself there", name, e.Mode)
	case e.Size > most:
		return nil, fmt.Errorf("%q has %d bytes: at most %d are read", name, e.Size, most)
	}
	return t.blob(ctx, name, e.SHA, most)
}

// Names lists what a folder holds beside folders.
func (t *commitTree) Names(ctx context.Context, dir string) ([]string, error) {
	folder, err := t.folder(ctx, dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range folder {
		if e.Mode != folderMode {
			names = append(names, e.Path)
		}
	}
	slices.Sort(names)
	return names, nil
}

// folder is what a folder holds; "." is the root.
func (t *commitTree) folder(ctx context.Context, dir string) ([]treeEntry, error) {
	root, err := t.root(ctx)
	if err != nil {
		return nil, err
	}
	folder, err := t.tree(ctx, root)
	if dir == "." || err != nil {
		return folder, err
	}
	at := ""
	for name := range strings.SplitSeq(dir, "/") {
		at = strings.TrimPrefix(at+"/"+name, "/")
		e, err := t.entry(folder, name, at)
		if err != nil {
			return nil, err
		}
		if e.Mode != folderMode {
			return nil, fmt.Errorf("%q is not a folder (mode %s): a link isn't followed", at, e.Mode)
		}
		if folder, err = t.tree(ctx, e.SHA); err != nil {
			return nil, err
		}
	}
	return folder, nil
}

// entry is the one of a folder that has a name.
func (t *commitTree) entry(folder []treeEntry, name, at string) (treeEntry, error) {
	var found []treeEntry
	for _, e := range folder {
		if e.Path == name {
			found = append(found, e)
		}
	}
	switch {
	case len(found) == 0:
		return treeEntry{}, fmt.Errorf("%q in commit %s of %s: %w", at, t.commit, t.repo, fs.ErrNotExist)
	case len(found) > 1 || !validCommit.MatchString(found[0].SHA):
		return treeEntry{}, fmt.Errorf("%q in commit %s of %s isn't told as one object", at, t.commit, t.repo)
	}
	return found[0], nil
}

// root is the id of the commit's tree.
func (t *commitTree) root(ctx context.Context) (string, error) {
	return kept(t.g, "commit "+t.repo+" "+t.commit, func() (string, error) {
		var said struct {
			SHA  string `json:"sha"`
			Tree struct {
				SHA string `json:"sha"`
			} `json:"tree"`
		}
		q := t.question("repos/%s/git/commits/%s", t.commit)
		if err := t.g.client.ask(ctx, q, &said); err != nil {
			return "", err
		}
		if said.SHA != t.commit || !validCommit.MatchString(said.Tree.SHA) {
			return "", fmt.Errorf("GET /%s: the answer is about commit %q", q.url(), said.SHA)
		}
		return said.Tree.SHA, nil
	})
}

func (t *commitTree) tree(ctx context.Context, sha string) ([]treeEntry, error) {
	return kept(t.g, "tree "+t.repo+" "+sha, func() ([]treeEntry, error) {
		var said struct {
			SHA       string      `json:"sha"`
			Tree      []treeEntry `json:"tree"`
			Truncated bool        `json:"truncated"`
		}
		q := t.question("repos/%s/git/trees/%s", sha)
		if err := t.g.client.ask(ctx, q, &said); err != nil {
			return nil, err
		}
		if said.SHA != sha || said.Truncated {
			return nil, fmt.Errorf("GET /%s: the answer is about the tree %q, or not the whole of it", q.url(), said.SHA)
		}
		return said.Tree, nil
	})
}

// blob reads a file by its id, which its content must have.
func (t *commitTree) blob(ctx context.Context, name, sha string, most int) ([]byte, error) {
	return kept(t.g, "blob "+t.repo+" "+sha, func() ([]byte, error) {
		q := t.question("repos/%s/git/blobs/%s", sha)
		src, err := t.g.client.fetch(ctx, q, "application/vnd.github.raw+json", most)
		if err != nil {
			return nil, fmt.Errorf("read %q: %w", name, err)
		}
		hash := odb.SHA1
		if len(sha) != 2*hash.Size() {
			hash = odb.SHA256
		}
		if hash.Sum(odb.Blob, src).String() != sha {
			return nil, fmt.Errorf("read %q: GET /%s: the answer isn't the content that this id names", name, q.url())
		}
		return src, nil
	})
}

func (t *commitTree) question(path, sha string) question {
	return question{path: path, args: []string{t.repo, sha}, need: needContents, at: t.repo}
}
