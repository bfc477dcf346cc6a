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

// JobRef names a job in a workflow file of the repository. A name that can't be known is "".
type JobRef struct {
	Workflow string // path from the repository's root
	Job      string // the job's id
}

// Match lists the identities whose runs-as names a job, in the file's order; those that don't are left
// out. Where one name is unknown ("", as for the steps of a composite action, which run in whatever job
// uses it) and the other agrees, the verdict is Unknown. Two matches are an overlap: the job may do what
// any of them may, and check reports it.
//
// A match proves nothing at issue: there, claims decide. A job of a reusable workflow runs as the job
// that calls it: see MatchCalled.
func (m *Manifest) Match(workflowPath, jobID string) []JobMatch {
	return m.MatchCalled(JobRef{workflowPath, jobID})
}

// MatchCalled is Match for a job of a reusable workflow with those of the repository's jobs that call
// it. An identity that names the job itself, or each of the callers, matches; one that names only some
// of the callers, or can't be told from them, is Unknown, since who the job is depends on the run.
// Callers in other repositories have identities in other manifests: this one can't speak for them.
func (m *Manifest) MatchCalled(job JobRef, callers ...JobRef) []JobMatch {
	var out []JobMatch
	for id, identity := range m.Identities {
		v := identity.RunsAs.match(job)
		if v != Matched {
			v = max(v, commonVerdict(identity.RunsAs, callers))
		}
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
	at := func(id string) int { return m.KeyAt(Pointer("identities", id)).Start.Offset }
	slices.SortFunc(out, func(a, b JobMatch) int { // few match: to order those is quick
		return cmp.Or(cmp.Compare(at(a.ID), at(b.ID)), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// commonVerdict is what holds for all of jobs: Matched where each matches, NoMatch where none may.
func commonVerdict(r RunsAs, jobs []JobRef) Verdict {
	if len(jobs) == 0 {
		return NoMatch
	}
	first := r.match(jobs[0])
	for _, j := range jobs[1:] {
		if r.match(j) != first {
			return Unknown
		}
	}
	return first
}

// match compares one job's names.
func (r RunsAs) match(j JobRef) Verdict {
	return min(r.Workflow.match(j.Workflow), r.Job.match(j.Job))
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
