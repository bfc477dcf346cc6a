package governance

import (
	"bytes"
	"context"
	"slices"
	"sync"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/policy"
)

// Kept is a Local that reads no commit twice, for one job. What a full id names can't change, so that to read it again
// proves nothing: it costs a look through the repository's packs, and a process of git's, each time that a lease is
// decided. Workspaces are read each time, and so is what could not be read. It may be used by several goroutines.
type Kept struct {
	Local
	mu    sync.Mutex
	rules map[string]issuance.Rules // by the repository that the workflow is bound to
	files map[string][]byte         // by path
}

// Keep makes one.
func Keep(l Local) *Kept {
	return &Kept{Local: l, rules: map[string]issuance.Rules{}, files: map[string][]byte{}}
}

// Rules reads what decides.
func (k *Kept) Rules(ctx context.Context, who identity.Identity, bound string) (issuance.Rules, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if r, ok := k.rules[bound]; ok {
		return owned(r), nil
	}
	r, err := k.Local.Rules(ctx, who, bound)
	if err == nil && pinned(k.Project) && (k.Org == nil || pinned(k.Org)) {
		k.rules[bound] = owned(r)
	}
	return r, err
}

// File reads a file of the job's repository.
func (k *Kept) File(ctx context.Context, who identity.Identity, commit, path string) ([]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	from, ok := k.Project.(Repository)
	if src, have := k.files[path]; have && from.Commit == commit {
		return bytes.Clone(src), nil
	}
	src, err := k.Local.File(ctx, who, commit, path)
	if err == nil && ok {
		k.files[path] = bytes.Clone(src)
	}
	return src, err
}

func pinned(s Source) bool {
	_, ok := s.(Repository)
	return ok
}

// owned is r with bytes of its own: whoever is given it may do with them what they want.
func owned(r issuance.Rules) issuance.Rules {
	r.Manifest.Src = bytes.Clone(r.Manifest.Src)
	if r.Org != nil {
		org := *r.Org
		org.Src = bytes.Clone(org.Src)
		r.Org = &org
	}
	r.OrgRego, r.RepoRego = ownedModules(r.OrgRego), ownedModules(r.RepoRego)
	return r
}

// ownedModules keeps apart none and no modules, as the former are left out and the latter refused.
func ownedModules(of []policy.Module) []policy.Module {
	own := slices.Clone(of)
	for i := range own {
		own[i].Src = bytes.Clone(own[i].Src)
	}
	return own
}
