package manifest

import (
	"cmp"
	"slices"

	"github.com/curfew-ci/curfew/internal/source"
)

// Verdict is what files alone can say about whether a job is an identity's.
type Verdict uint8

// The verdicts, in rising certainty.
const (
	NoMatch Verdict = iota
	Unknown         // a name that decides can't be known
	Matched
)

// String is the verdict in words.
func (v Verdict) String() string {
	switch v {
	case NoMatch:
		return "no match"
	case Unknown:
		return "unknown"
	case Matched:
		return "match"
	}
	return "invalid"
}

// JobMatch is an identity that a job has, or may have.
type JobMatch struct {
	ID       string // the identity's
	Identity Identity
	Verdict  Verdict       // Matched or Unknown
	Glob     bool          // a pattern decided, not only literals
	Region   source.Region // the identity's runs-as
}

// Match lists the identities whose runs-as names a job, in the file's order; those that don't are left
// out. Where one name is unknown ("", as for the steps of a composite action, which run in whatever job
// uses it) and the other agrees, the verdict is Unknown. Two matches are an overlap: the job may do what
// any of them may, and check reports it.
//
// A match proves nothing at issue: there, claims decide. A job of a reusable workflow runs as the job
// that calls it: ask for each caller too. Callers in other repositories have identities in other
// manifests, of which this one knows nothing.
func (m *Manifest) Match(workflowPath, jobID string) []JobMatch {
	var out []JobMatch
	for id, identity := range m.Identities {
		v := identity.RunsAs.match(workflowPath, jobID)
		if v == NoMatch {
			continue
		}
		out = append(out, JobMatch{
			ID:       id,
			Identity: identity,
			Verdict:  v,
			Glob:     identity.RunsAs.Workflow.IsGlob() || identity.RunsAs.Job.IsGlob(),
			Region:   m.At(Pointer("identities", id, "runs-as")),
		})
	}
	// Few match, so that ordering those is quick.
	slices.SortFunc(out, func(a, b JobMatch) int {
		return cmp.Or(cmp.Compare(a.Region.Start.Offset, b.Region.Start.Offset), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// match compares one job's names.
func (r RunsAs) match(workflowPath, jobID string) Verdict {
	return min(r.Workflow.match(workflowPath), r.Job.match(jobID))
}

// match compares a name that may be unknown ("").
func (m Match) match(name string) Verdict {
	switch {
	case name == "" && !m.IsZero():
		return Unknown
	case name != "" && m.Matches(name):
		return Matched
	}
	return NoMatch
}
