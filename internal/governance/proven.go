package governance

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/issuance"
)

// Proven is a Local at the commit that the job runs for, where its ID token proves the commit, that its ref is the one that
// decides, and that the platform protects that ref. No call of the platform's API is needed, and no word of a step is taken for the
// commit. Which ref decides no token says: who makes a Proven takes the job's word for it, and the provider's trust is what binds it.
//
// It is the commit of the run, not the branch's tip: who runs an old one again is judged by the rules of then. It may be used
// by several goroutines.
type Proven struct {
	Dir string // a clone that has the commit, however shallow
	Ref string // that decides, in full: the default branch's
	Org Source // as Local has it

	mu   sync.Mutex
	kept *Kept
}

// Rules reads what decides.
func (p *Proven) Rules(ctx context.Context, who identity.Identity, bound string) (issuance.Rules, error) {
	k, err := p.at(who)
	if err != nil {
		return issuance.Rules{}, err
	}
	return k.Rules(ctx, who, bound)
}

// File reads a file of the job's repository.
func (p *Proven) File(ctx context.Context, who identity.Identity, commit, path string) ([]byte, error) {
	k, err := p.at(who)
	if err != nil {
		return nil, err
	}
	return k.File(ctx, who, commit, path)
}

// at is what decides over a job whose claims are verified.
func (p *Proven) at(who identity.Identity) (*Kept, error) {
	if err := p.decides(who); err != nil {
		return nil, err
	}
	commit, _ := who.Get(identity.Revision)
	from := Repository{Dir: p.Dir, Commit: commit}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.kept == nil || p.kept.Project != from {
		p.kept = Keep(Local{Project: from, Org: p.Org})
	}
	return p.kept, nil
}

// decides errs unless the job's commit is that of the ref that decides. What a merge request's run has checked out nobody has
// merged, whatever its ref.
func (p *Proven) decides(who identity.Identity) error {
	event, okEvent := who.Get(identity.Event)
	switch {
	case p.Ref == "":
		return &unprovenError{"which branch decides isn't known"}
	case !okEvent || strings.Contains(event, "merge_request") || strings.Contains(event, "pull_request"):
		return unproven(who, identity.Event, "a run of what is merged")
	}
	for _, must := range []struct {
		a     identity.Attribute
		value string
	}{{identity.Ref, p.Ref}, {identity.Protected, "true"}} {
		if got, ok := who.Get(must.a); !ok || got != must.value {
			return unproven(who, must.a, fmt.Sprintf("%q", must.value))
		}
	}
	return nil
}

// unprovenError is that a job's commit isn't one that decides.
type unprovenError struct{ what string }

func unproven(who identity.Identity, a identity.Attribute, expected string) error {
	return &unprovenError{fmt.Sprintf("the ID token's %s is %s, expected %s", who.ClaimFor(a), who.Claims.Describe(who.ClaimFor(a)), expected)}
}

// Error says what isn't proven.
func (e *unprovenError) Error() string {
	return "the job's own commit doesn't decide over its leases: " + e.what
}

// Mend says how such a job is judged, for who can't name this type.
func (*unprovenError) Mend() string {
	return "lease in a job of the default branch, and protect that; elsewhere fetch the commit that decides, and name it by --rules-from DIR@COMMIT"
}
