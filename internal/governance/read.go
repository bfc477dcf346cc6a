package governance

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/policy"
)

// Where policies in Rego are: files that end in .rego, right in the folder, but for tests, which end in _test.rego.
const (
	projectRego = ".github/curfew" // in the repository of the job
	orgRego     = "curfew/policy"  // in the repository of the organisation's policy
)

const (
	maxModules     = 32
	maxModuleBytes = 256 << 10
	maxFileBytes   = 1 << 20 // of any other file that a manifest names
)

// Tree is the files of one commit of a repository, or of a folder. A path is from its root, with slashes.
type Tree interface {
	// ReadFile returns a regular file of at most so many bytes. Whatever else is there is an error: a link
	// isn't followed. The error wraps fs.ErrNotExist where there is nothing.
	ReadFile(ctx context.Context, name string, most int) ([]byte, error)
	// Names lists what a folder holds beside folders, sorted, also what ReadFile refuses. The error wraps
	// fs.ErrNotExist where there is no such folder.
	Names(ctx context.Context, dir string) ([]string, error)
}

// Origin is a repository as it is read.
type Origin struct {
	Tree
	Name   string // for messages: "acme/web"
	Commit string // hexadecimal digits; "" where the tree is a workspace
}

// String names it in messages.
func (o Origin) String() string {
	if o.Commit == "" {
		return o.Name
	}
	return fmt.Sprintf("%s at commit %s", o.Name, o.Commit)
}

// Read reads what decides over the leases of a project: all but facts. org gives the repository of the
// organisation's policy by its name, OWNER/NAME: the one that bound names or, where nothing is bound, the one that
// the manifest extends. It is asked with "" where neither names one, and may answer nil for none.
//
// A manifest that isn't right is returned alone: who parses it says why.
func Read(ctx context.Context, project Origin, bound string, org func(ctx context.Context, name string) (*Origin, error)) (issuance.Rules, error) {
	src, err := project.ReadFile(ctx, manifest.Path, manifest.MaxBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return issuance.Rules{}, absent("there is no manifest: %s has no %s: write one with curfew init, and merge it", project, manifest.Path)
	}
	if err != nil {
		return issuance.Rules{}, fmt.Errorf("read the manifest of %s: %w", project, err)
	}
	r := issuance.Rules{Manifest: issuance.File{Path: manifest.Path, Commit: project.Commit, Src: src}, Workspace: project.Commit == ""}
	m, faults := manifest.Parse(manifest.Path, src)
	if len(faults) > 0 {
		return r, nil
	}
	if r.RepoRego, err = modules(ctx, project, projectRego); err != nil {
		return issuance.Rules{}, err
	}
	if bound == "" {
		bound = m.Extends
	}
	from, err := org(ctx, bound)
	if err != nil {
		return issuance.Rules{}, fmt.Errorf("the organisation's policy: %w", err)
	}
	if from != nil {
		err = readOrg(ctx, &r, *from)
	}
	return r, err
}

// absentError is a file that has to be there. It is an fs.ErrNotExist.
type absentError string

// Error says which, and what to do.
func (e absentError) Error() string { return string(e) }

// Unwrap tells it from what could not be read.
func (absentError) Unwrap() error { return fs.ErrNotExist }

func absent(format string, args ...any) error { return absentError(fmt.Sprintf(format, args...)) }

// readOrg reads the organisation's part.
func readOrg(ctx context.Context, r *issuance.Rules, from Origin) error {
	src, err := from.ReadFile(ctx, manifest.PolicyPath, manifest.MaxBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return absent("there is no organisation's policy: %s has no %s: write one, or have the manifest extend another repository", from, manifest.PolicyPath)
	}
	if err != nil {
		return fmt.Errorf("read the organisation's policy of %s: %w", from, err)
	}
	r.Org = &issuance.File{Path: from.Name + "/" + manifest.PolicyPath, Commit: from.Commit, Src: src}
	r.Workspace = r.Workspace || from.Commit == ""
	r.OrgRego, err = modules(ctx, from, orgRego)
	return err
}

// modules reads the policies in Rego of a folder; nil where there are none.
func modules(ctx context.Context, from Origin, dir string) ([]policy.Module, error) {
	names, err := from.Names(ctx, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the policies in %s of %s: %w", dir, from, err)
	}
	var out []policy.Module
	for _, name := range names {
		if !strings.HasSuffix(name, ".rego") || strings.HasSuffix(name, "_test.rego") {
			continue
		}
		if len(out) == maxModules {
			return nil, fmt.Errorf("%s of %s has more than %d policies: join some", dir, from, maxModules)
		}
		path := dir + "/" + name
		src, err := from.ReadFile(ctx, path, maxModuleBytes)
		if err != nil {
			return nil, fmt.Errorf("read the policy %q of %s: %w", path, from, err)
		}
		out = append(out, policy.Module{Path: path, Src: src})
	}
	return out, nil
}
