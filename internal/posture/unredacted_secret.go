package posture

import (
	"fmt"
	"slices"

	"github.com/curfew-ci/curfew/internal/finding"
)

// unredactedSecret reports secrets that are taken apart with fromJSON: the log masks the secret as it is
// stored, not its parts.
func unredactedSecret(p *Pass) {
	for _, f := range p.Files {
		for s := range f.Strings {
			for i := range s.Refs {
				r := &s.Refs[i]
				if r.Context != "secrets" || len(r.Path) == 0 || !slices.Contains(r.Within, "fromjson") {
					continue
				}
				p.Report(finding.Finding{
					Message:    fmt.Sprintf("%s is taken apart with fromJSON: the log masks the secret as it is stored, not its parts", r.Name()),
					Region:     at(f, r.Span),
					Label:      scopeLabel(s),
					Fix:        "store each part as a secret of its own, or mask each with `::add-mask::` in a step before its first use",
					Job:        jobID(s),
					Key:        r.Name() + " " + scopeKey(s),
					Credential: &finding.Credential{Secret: r.Name()},
				})
			}
		}
	}
}
