package certify

import (
	"fmt"
	"iter"
	"time"

	"github.com/curfew-ci/curfew/internal/attest"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// Use is what the ledger says of one grant, or of all of an identity's, in the Window.
type Use struct {
	Leases int       `json:"leases"`
	Last   time.Time `json:"last,omitzero"` // lease
	// Refused are leases that were asked for and denied, or failed. Who asks has a need, suspended or not.
	Refused     int       `json:"refused"`
	LastRefused time.Time `json:"last_refused,omitzero"`
}

// wanted reports whether anybody asked for a lease.
func (u Use) wanted() bool { return u.Leases > 0 || u.Refused > 0 }

// String is the use in words.
func (u Use) String() string {
	switch {
	case u.Leases == 1:
		return "1 lease, " + day(u.Last)
	case u.Leases > 0:
		return fmt.Sprintf("%d leases, last %s", u.Leases, day(u.Last))
	case u.Refused > 0:
		return fmt.Sprintf("no lease, %d refused, last %s", u.Refused, day(u.LastRefused))
	}
	return "no lease"
}

func (u Use) plus(x Use) Use {
	return Use{u.Leases + x.Leases, later(u.Last, x.Last), u.Refused + x.Refused, later(u.LastRefused, x.LastRefused)}
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

func day(t time.Time) string { return manifest.DateOf(t).String() }

// Usage is what the ledger says of a manifest's grants.
type Usage struct {
	// Since is the time of the first record of a lease in the manifest's repository: what was before is unknown. Zero:
	// there is none.
	Since time.Time
	// Certified is when each identity, by id, was certified last, however long ago.
	Certified map[string]manifest.Certified
	grant     map[string]Use // by identity/grant, in the Window
}

// maxSkew is how far ahead of us the clock may be of who wrote a record; one from further ahead says nothing.
const maxSkew = 5 * time.Minute

// NewUsage reads records, in whatever order and each as often as they come. Those of other repositories are
// left aside, whatever names they use: an identity's claims say in which one it runs. An error in the records
// ends it, since a record that is missing makes something look unused.
func NewUsage(m *manifest.Manifest, records iter.Seq2[ledger.Record, error], now time.Time) (*Usage, error) {
	u := &Usage{grant: map[string]Use{}}
	decided := attest.Decisions{}
	seen := map[string]bool{}
	for r, err := range records {
		if err != nil {
			return nil, err
		}
		if seen[r.ID] || r.Time.After(now.Add(maxSkew)) || !runsIn(m, r.Identity.RepositoryID) {
			continue
		}
		seen[r.ID] = true
		if mayDecide(m, &r) {
			decided.Add(r)
		}
		if r.Plane != ledger.Issuance {
			continue // that something else was recorded doesn't say that leases were
		}
		if u.Since.IsZero() || r.Time.Before(u.Since) {
			u.Since = r.Time
		}
		identity, ok := m.Identities[r.Identity.ID]
		if !ok || r.Time.Before(now.Add(-Window)) || !in(&identity, r.Identity.RepositoryID) {
			continue
		}
		name := r.Identity.ID + "/" + r.Identity.Grant
		u.grant[name] = u.grant[name].plus(useOf(&r))
	}
	u.Certified = decided.Certified()
	return u, nil
}

// mayDecide reports whether a decision on an identity is of a repository where the identity is. One that leases nothing
// needn't say in which one it runs: then it is wherever another of the manifest's does.
func mayDecide(m *manifest.Manifest, r *ledger.Record) bool {
	identity, ok := m.Identities[r.Identity.ID]
	_, github := identity.Claims["repository_id"]
	_, gitlab := identity.Claims["project_id"]
	return ok && (!github && !gitlab || in(&identity, r.Identity.RepositoryID))
}

func useOf(r *ledger.Record) Use {
	switch r.Type {
	case ledger.LeaseIssued, ledger.LeaseRenewed:
		return Use{Leases: 1, Last: r.Time}
	case ledger.LeaseDenied, ledger.LeaseFailed:
		return Use{Refused: 1, LastRefused: r.Time}
	}
	return Use{}
}

// runsIn reports whether any of the manifest's identities runs in a repository.
func runsIn(m *manifest.Manifest, repository string) bool {
	for _, identity := range m.Identities {
		if in(&identity, repository) {
			return true
		}
	}
	return false
}

// in reports whether an identity's claims let it run in a repository, GitHub's or GitLab's.
func in(identity *manifest.Identity, repository string) bool {
	if want, ok := identity.Claims["repository_id"]; ok {
		return want.Matches(repository)
	}
	want, ok := identity.Claims["project_id"]
	return ok && want.Matches(repository)
}

// covers reports whether all of the Window is known.
func (u *Usage) covers(now time.Time) bool {
	return u != nil && !u.Since.IsZero() && !u.Since.After(now.Add(-Window))
}

// of is the use of one grant.
func (u *Usage) of(identity, grant string) Use {
	if u == nil {
		return Use{}
	}
	return u.grant[identity+"/"+grant]
}
