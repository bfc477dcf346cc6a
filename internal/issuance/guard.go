package issuance

import (
	"errors"
	"slices"

	"github.com/curfew-ci/curfew/internal/manifest"
)

// guard is whether what protects the rules is proven, as records and policies are told. Of a workspace it never
// is, even where nobody asks for it.
func (r *rules) guard(decided manifest.GuardState) string {
	if r.Workspace {
		return string(manifest.GuardUnverified)
	}
	return string(decided)
}

// unguarded denies rules of a workspace where the organisation wants them protected.
func (r *rules) unguarded() []Reason {
	if !r.Workspace || r.org == nil || r.org.Guard == nil || !r.org.Guard.Required {
		return nil
	}
	return []Reason{{
		Code: CodeWorkspace, Message: "what decides over leases comes from a folder that the job's own steps can write",
		Received: "the workspace", Expected: "the manifest at a commit of the branch that the organisation has guarded",
		Fix:   "read the manifest from the platform, or from a named commit",
		Place: r.org.At(manifest.Pointer("guard", "required")).String(),
	}}
}

// ErrChangeAuthor is wrapped by why it isn't known who wrote the change. Of all facts it alone is needed by some organisations only.
var ErrChangeAuthor = errors.New("who wrote the change")

// unknown is why facts could not be had, where a decision may hang on them: on triggers, on who breaks the glass, and on what it says
// is unknown. Told of any other denial, they would lead astray.
func (r *rules) unknown(d *manifest.Decision) []Reason {
	hangs := slices.ContainsFunc(d.Reasons, func(why manifest.Reason) bool {
		return why.Unknown || why.Code == manifest.CodeTrigger || why.Code == manifest.CodeBreakGlass
	})
	if !hangs {
		return nil
	}
	var out []Reason
	for _, err := range r.Unknown {
		if errors.Is(err, ErrChangeAuthor) && !r.org.BarsAuthors() {
			continue
		}
		out = append(out, Reason{
			Code: CodeFacts, Message: "a fact about the run could not be had", Received: err.Error(),
			Expected: "what the platform says of the run and of the people around it", Fix: "let the job's token read it, or have the grant do without",
		})
	}
	return out
}
