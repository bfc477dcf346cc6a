package governance

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/curfew-ci/curfew/internal/gitrepo"
	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/issuance"
)

// Local reads what decides from repositories on this machine. Whose they are nothing proves: the claims that the
// manifest lists, and the organisation's id in its policy, must do that. Nothing is known of the run and the people
// around it, so that a grant that needs that is denied.
type Local struct {
	Project Source // of the job
	// Org is the repository of the organisation's policy; nil where there is none. Where it is given it holds,
	// also over a manifest that forgets to extend it.
	Org Source
}

// Source is a Repository or a Workspace.
type Source interface {
	open(ctx context.Context) (tree, error)
	origin(t Tree, name string) Origin
}

// tree is a Tree that is to be closed.
type tree interface {
	Tree
	io.Closer
}

// Repository is one commit of a repository, by its full id: every object that is read is proven by its name, so that
// nobody who can write into the repository can change what is read. The commit must come from where the job's own
// steps can't have put it.
type Repository struct {
	Dir    string // in a working tree, or a bare repository
	Commit string // 40 or 64 lower-case hexadecimal digits; no ref, tag or abbreviation
}

func (r Repository) open(ctx context.Context) (tree, error) {
	p, err := gitrepo.OpenPinned(ctx, r.Dir, r.Commit)
	if err != nil {
		return nil, err // without p, which is nil and yet would be a tree
	}
	return p, nil
}

func (r Repository) origin(t Tree, name string) Origin { return Origin{t, name, r.Commit} }

// Workspace is a folder as it is now. The job's own steps can have written it, and leases say so.
type Workspace struct{ Dir string }

func (w Workspace) open(context.Context) (tree, error) {
	t, err := gitrepo.Open(w.Dir)
	if err != nil {
		return nil, err
	}
	return folder{t}, nil
}

func (w Workspace) origin(t Tree, name string) Origin { return Origin{Tree: t, Name: name} }

// Rules reads what decides.
func (l Local) Rules(ctx context.Context, _ identity.Identity, bound string) (issuance.Rules, error) {
	project, err := l.project(ctx)
	if err != nil {
		return issuance.Rules{}, err
	}
	defer project.Close() //nolint:errcheck // only read
	return l.read(ctx, project, bound)
}

func (l Local) read(ctx context.Context, project tree, bound string) (r issuance.Rules, err error) {
	var org tree
	defer func() {
		if org != nil {
			_ = org.Close() // only read
		}
	}()
	return Read(ctx, l.Project.origin(project, "the job's repository"), bound, func(ctx context.Context, name string) (*Origin, error) {
		switch {
		case l.Org == nil && name == "":
			return nil, nil
		case l.Org == nil:
			return nil, fmt.Errorf("that of %s holds here, and isn't given: give a clone of it and the full id of the commit that decides, --org-rules-from DIR@COMMIT", name)
		case name == "":
			name = "the organisation's repository"
		}
		var err error
		if org, err = l.Org.open(ctx); err != nil {
			return nil, err
		}
		from := l.Org.origin(org, name)
		return &from, nil
	})
}

// File reads a file of the job's repository.
func (l Local) File(ctx context.Context, _ identity.Identity, commit, path string) ([]byte, error) {
	t, err := l.project(ctx)
	if err != nil {
		return nil, err
	}
	defer t.Close() //nolint:errcheck // only read
	if from := l.Project.origin(t, ""); from.Commit != commit {
		return nil, fmt.Errorf("commit %q isn't the one that decides here, %q", commit, from.Commit)
	}
	return t.ReadFile(ctx, path, maxFileBytes)
}

func (l Local) project(ctx context.Context) (tree, error) {
	if l.Project == nil {
		return nil, errors.New("no repository was given that has the manifest")
	}
	return l.Project.open(ctx)
}

// folder is a workspace's tree.
type folder struct{ *gitrepo.Tree }

func (f folder) ReadFile(_ context.Context, name string, most int) ([]byte, error) {
	src, err := f.ReadBytes(name)
	if err == nil && len(src) > most {
		return nil, fmt.Errorf("%q has %d bytes: at most %d are read", name, len(src), most)
	}
	return src, err
}

func (f folder) Names(_ context.Context, dir string) ([]string, error) { return f.Tree.Names(dir) }
