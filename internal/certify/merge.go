package certify

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// Merge is a merged pull request on the manifest, as its platform tells of it.
type Merge struct {
	PullRequest string // "acme/shop#12"
	Repository  string // its id
	Commit      string // that merged it, on the default branch
	Merged      time.Time
	Path        string // of the manifest
	// The manifest where the branch began, at the branch's last commit, and at the commit that merged it; nil where there is none.
	Before, Approved, After []byte
	// Onto are those of the commits that it may have been merged onto, as that can't always be told.
	Onto [][]byte
	// Approvals are the logins of who approved the branch's last commit and stood by it.
	Approvals []string
	// Authors are the logins of who wrote on the branch, curfew aside.
	Authors []string
	// Unknown says what isn't known of it, without which nothing is proven; "" where all is.
	Unknown string
}

// Unproven is an identity that a merge touched, and why that certifies nothing.
type Unproven struct {
	PullRequest string `json:"pullRequest"`
	Identity    string `json:"identity,omitempty"` // "" is all of them
	Why         string `json:"why"`
}

// Members lists the users of a team, "@acme/payments", as "@maria".
type Members func(team string) ([]string, error)

// merged is a Merge with its manifests read.
type merged struct {
	*Merge
	before, approved, after *manifest.Manifest
	onto                    []*manifest.Manifest
	policy                  *manifest.Policy
	members                 Members
	teams                   map[string][]string // that were asked for
}

// Certified judges which identities a merge certifies: those that the pull request touched, whose owner by the manifest
// before it approved just what was merged, as somebody who hadn't written it. Before it is where the branch began and where it was
// merged: who was the owner once could approve a branch from then. What of that isn't proven certifies
// nothing, and is told. The records lack what their writer knows: id, time and task. The error is of members alone.
func (m *Merge) Certified(policy *manifest.Policy, members Members) ([]ledger.Record, []Unproven, error) {
	all := func(why string) []Unproven { return []Unproven{{PullRequest: m.PullRequest, Why: why}} }
	if m.Unknown != "" {
		return nil, all(m.Unknown), nil
	}
	read := &merged{Merge: m, onto: make([]*manifest.Manifest, len(m.Onto)), policy: policy, members: members, teams: map[string][]string{}}
	type part struct {
		src  []byte
		into **manifest.Manifest
		what string
	}
	parts := []part{{m.Before, &read.before, "before it"}, {m.Approved, &read.approved, "that was approved"}, {m.After, &read.after, "that was merged"}}
	for i, src := range m.Onto {
		parts = append(parts, part{src, &read.onto[i], "that it was merged onto"})
	}
	for _, part := range parts {
		if part.src == nil {
			return nil, all("there is no manifest " + part.what), nil
		}
		if *part.into, _ = manifest.Parse(m.Path, part.src); *part.into == nil {
			return nil, all("the manifest " + part.what + " has faults"), nil
		}
	}
	var records []ledger.Record
	var not []Unproven
	for _, id := range read.touched(read.before, read.approved) {
		r, why, err := read.certified(id)
		switch {
		case err != nil:
			return nil, nil, err
		case why != "":
			not = append(not, Unproven{m.PullRequest, id, why})
		default:
			records = append(records, *r)
		}
	}
	return records, not, nil
}

// touched are the identities that differ between two manifests, sorted.
func (m *merged) touched(a, b *manifest.Manifest) []string {
	changes := manifest.Diff(a, b)
	ids := slices.Concat(a.IdentityIDs(), b.IdentityIDs())
	slices.Sort(ids)
	return slices.DeleteFunc(slices.Compact(ids), func(id string) bool { return len(about(id, changes)) == 0 })
}

// about are the changes of one identity.
func about(id string, changes []manifest.Change) []manifest.Change {
	at := manifest.Pointer("identities", id)
	return slices.DeleteFunc(slices.Clone(changes), func(c manifest.Change) bool {
		return c.Pointer != at && !strings.HasPrefix(c.Pointer, at+"/")
	})
}

// certified is the record of one identity, or why there is none.
func (m *merged) certified(id string) (r *ledger.Record, why string, err error) {
	if len(about(id, manifest.Diff(m.approved, m.after))) > 0 {
		return nil, "what was merged isn't what was approved: something else has changed it as well", nil
	}
	was, existed := m.before.Identities[id]
	is, exists := m.approved.Identities[id]
	if !existed {
		was = is
	}
	for _, onto := range m.onto {
		if had, there := onto.Identities[id]; there && had.Owner != was.Owner && had.Owner != is.Owner {
			return nil, "where it was merged, its owner was " + had.Owner + ", of whom its branch doesn't know", nil
		}
	}
	by, why, err := m.approvers(was.Owner)
	if err != nil || why != "" {
		return nil, why, err
	}
	if exists && is.Owner != was.Owner {
		if _, why, err := m.approvers(is.Owner); err != nil || why != "" {
			return nil, why, err // the one to come answers for it from now on
		}
	}
	sum := sha256.Sum256(m.After)
	r = &ledger.Record{
		Plane: ledger.Entitlement, Type: ledger.CertificationMerged, Outcome: ledger.Done,
		Identity: ledger.Identity{ID: id, RepositoryID: m.Repository, Owner: was.Owner},
		Manifest: ledger.Manifest{Commit: m.Commit, SHA256: hex.EncodeToString(sum[:])},
		Certification: &ledger.Certification{
			By: by, PullRequest: m.PullRequest, Merged: m.Merged.UTC().Truncate(time.Second), Commit: m.Commit,
		},
	}
	if exists {
		r.Identity.Owner = is.Owner
	}
	m.decided(id, r.Certification)
	return r, "", nil
}

// decided fills in what was.
func (m *merged) decided(id string, c *ledger.Certification) {
	was, existed := m.before.Identities[id]
	is, exists := m.approved.Identities[id]
	narrows := func(c manifest.Change) bool { return c.Effect != manifest.Widens }
	widened := slices.ContainsFunc(about(id, manifest.Diff(m.before, m.approved)), func(c manifest.Change) bool { return !narrows(c) })
	moved := existed && is.Expires.Compare(was.Expires) != 0
	switch {
	case !exists:
		c.Action = ledger.Remove
	case moved && is.Expires.Over(m.Merged):
		c.Action = ledger.Suspend
	case moved && is.Expires.Compare(was.Expires) > 0:
		c.Action, c.Until = ledger.Renew, is.Expires.String()
	case existed && !widened:
		c.Action = ledger.Narrow
	default:
		c.Action = ledger.Keep
	}
	if moved && c.Action == ledger.Narrow {
		c.Until = is.Expires.String()
	}
}

// Modest reports whether one manifest differs from another only as Plan could have proposed: nothing is widened but last
// days. By its commit alone nobody can tell what curfew made, as whoever may run a job can commit in the job's name.
func Modest(path string, before, after []byte) bool {
	a, _ := manifest.Parse(path, before)
	b, _ := manifest.Parse(path, after)
	if a == nil || b == nil {
		return false
	}
	days := map[string]bool{}
	for _, id := range b.IdentityIDs() {
		days[manifest.Pointer("identities", id, "expires")] = true
	}
	for _, id := range b.ExceptionIDs() {
		days[manifest.Pointer("exceptions", id, "expires")] = true
	}
	return !slices.ContainsFunc(manifest.Diff(a, b), func(c manifest.Change) bool { return c.Effect == manifest.Widens && !days[c.Pointer] })
}
