package scan

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/curfew-ci/curfew/internal/gitrepo"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// named is a file that the caller names and that says what counts: a baseline, a policy, a detector's
// configuration.
type named struct {
	head []byte

	// changes says that the change under scan could have written the file: there is a base, and the file
	// lies in the scanned repository, beneath PATH or not, by whatever links it was named.
	changes bool
	base    []byte // what the base has in its place where changes is set; nil for nothing
}

// judging is what decides: the base's content where a base judges, which may be nil.
func (n *named) judging() []byte {
	if n.changes {
		return n.base
	}
	return n.head
}

// named reads file, and what the base has in its place. Of the scanned repository nothing is read through
// a link: a change could have it lead anywhere.
func (r *run) named(ctx context.Context, file string) (*named, error) {
	if r.commit == nil {
		return outside(file)
	}
	folder, err := gitrepo.Open(filepath.Dir(file))
	if err != nil {
		return nil, &InputError{err.Error()}
	}
	defer folder.Close() //nolint:errcheck // only read
	if !folder.Shares(r.tree) {
		return outside(file)
	}
	n := &named{changes: true}
	if n.head, err = folder.ReadFile(filepath.Base(file)); err != nil {
		return nil, &InputError{err.Error()}
	}
	commit, err := folder.Commit(ctx, r.commit.ID)
	if err != nil {
		return nil, err
	}
	n.base, err = present(commit.ReadFile(ctx, filepath.Base(file)))
	return n, err
}

// outside reads a file that is the caller's own.
func outside(file string) (*named, error) {
	src, err := os.ReadFile(file) //nolint:gosec // the caller names it
	if err != nil {
		return nil, &InputError{err.Error()}
	}
	return &named{head: src}, nil
}

// detection reads the caller's rules for finding secrets. A change's own would let it allow itself
// whatever it holds: where the base has none, curfew's rules find.
func (r *run) detection(ctx context.Context) error {
	if r.opt.GitleaksConfig == "" {
		return nil
	}
	file, err := r.named(ctx, r.opt.GitleaksConfig)
	if err != nil {
		return fmt.Errorf("read the gitleaks configuration: %w", err)
	}
	if r.gitleaks = file.judging(); r.gitleaks == nil {
		r.notChecked(Secrets, "what "+r.inTree(r.opt.GitleaksConfig)+" finds",
			"the base has no such file, and a change doesn't judge itself", "merge the file first")
	}
	return nil
}

// policy reads the organisation's policy. The base's judges where it has one; a policy that comes with the
// change can only narrow what the base's manifest entitles to.
func (r *run) policy(ctx context.Context) (*manifest.Policy, error) {
	if r.opt.Policy == "" || r.commit == nil {
		return ReadPolicy(r.opt.Policy)
	}
	path := policyFile(r.opt.Policy)
	file, err := r.named(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("read the organisation's policy: %w", err)
	}
	if file.base != nil {
		return parsePolicy(path, file.base)
	}
	return parsePolicy(path, file.head)
}

// present turns "there is no such file" into nil.
func present(src []byte, err error) ([]byte, error) {
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && src == nil {
		src = []byte{}
	}
	return src, err
}
