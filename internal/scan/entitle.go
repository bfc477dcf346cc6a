package scan

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/curfew-ci/curfew/internal/gitrepo"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/ownership"
)

// entitlements reads the manifest that judges, and the organisation's policy. A change doesn't judge
// itself: with a base the manifest is the base's, unless the base has none yet.
func (r *run) entitlements(ctx context.Context) error {
	var err error
	if r.facts.Policy, err = r.policy(ctx); err != nil {
		return err
	}
	src, from, err := r.manifestSource(ctx)
	if err != nil {
		return err
	}
	r.result.Manifest = Manifest{Path: r.opt.Manifest, From: from}
	if src == nil {
		if r.opt.Search.alone() {
			return nil // nothing that it would entitle to is judged
		}
		r.notChecked(Entitlements, "token ceilings and terms", "there is no "+r.opt.Manifest, "write one with `curfew init`")
		return nil
	}
	m, err := ParseManifest(r.opt.Manifest, src)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(src)
	r.result.Manifest.SHA256 = hex.EncodeToString(sum[:])
	r.result.Manifest.Mode = string(r.mode(m, from))
	r.facts.Manifest = m
	if !strings.HasPrefix(from, "base ") {
		r.facts.Proposed = m
	}
	r.facts.Faults = manifest.Faults(m, r.facts.Policy, r.opt.Now)
	return nil
}

// mode is what m says, unless m comes with the change under scan: a change doesn't say that what is found
// in it doesn't count.
func (r *run) mode(m *manifest.Manifest, from string) manifest.Mode {
	if r.commit != nil && !strings.HasPrefix(from, "base ") {
		return manifest.Enforce
	}
	return m.Mode
}

// manifestSource returns the manifest's bytes, nil where there is none, and where they come from.
func (r *run) manifestSource(ctx context.Context) (src []byte, from string, err error) {
	head, err := present(r.tree.ReadFile(r.opt.Manifest))
	if err != nil {
		return nil, "", &InputError{err.Error()}
	}
	switch {
	case r.commit == nil && head == nil:
		return nil, "none", nil
	case r.commit == nil:
		return head, "working tree", nil
	}
	base, err := present(r.commit.ReadFile(ctx, r.opt.Manifest))
	var skip *gitrepo.Skip
	switch {
	case errors.As(err, &skip):
		return nil, "", &InputError{fmt.Sprintf("%s in %s: %v", r.opt.Manifest, r.opt.Base, skip)}
	case err != nil:
		return nil, "", err
	case base != nil:
		return base, "base " + r.commit.ID, r.checkHead(head)
	case r.opt.Search.alone(): // whatever the change registers, it could register to hide it
		return nil, "none", r.checkHead(head)
	case head != nil:
		return head, "working tree; base " + r.commit.ID + " has none", nil
	}
	return nil, "none", nil
}

// checkHead refuses a change that breaks the manifest, though it is the base's that judges: once merged
// it would deny every lease.
func (r *run) checkHead(head []byte) (err error) {
	if head != nil {
		r.facts.Proposed, err = ParseManifest(r.opt.Manifest, head)
	}
	return err
}

// codeOwners reads whom a change of the manifest must ask: the base's file, where there is a base, as it is the one that
// counts on the platform. That reads the file at a repository's root alone, which a scan of a folder doesn't see.
func (r *run) codeOwners(ctx context.Context) error {
	if r.facts.Manifest == nil || r.tree.Folder() != "" {
		return nil
	}
	for _, name := range ownership.Places() {
		read := func() ([]byte, error) { return r.tree.ReadFile(name) }
		if r.commit != nil {
			read = func() ([]byte, error) { return r.commit.ReadFile(ctx, name) }
		}
		src, err := present(read())
		if err == nil && src == nil {
			continue
		}
		if err == nil {
			r.facts.CodeOwners, err = ownership.Parse(name, src)
		}
		if err != nil && !r.opt.Search.alone() {
			r.notChecked(Entitlements, "who owns "+r.opt.Manifest, err.Error(), "mend "+name)
		}
		return nil
	}
	r.facts.CodeOwners = &ownership.File{} // which says nothing of anybody
	return nil
}
