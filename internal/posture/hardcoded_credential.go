package posture

import (
	"fmt"
	"slices"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/secret"
)

// hardcodedCredential reports credentials that are written out in workflows and actions: what the
// detectors found there, and what Literals did. Where both speak of one place, the detector knows better.
func hardcodedCredential(p *Pass) {
	for i := range p.Tokens {
		t := &p.Tokens[i]
		if t.Covered || !p.definition(t.Region.Path) || t.Detector == LiteralDetector && p.detected(t) {
			continue
		}
		severity := finding.High
		if t.Lifetime != secret.LongLived {
			severity = finding.Low
		}
		under := ""
		if t.Key != "" {
			under = fmt.Sprintf(" under %q", t.Key)
		}
		p.Report(finding.Finding{
			Severity: severity,
			Message:  fmt.Sprintf("%s is written out%s: everyone who can read the repository has it", article(t.Kind), under),
			Region:   t.Region,
			Label:    t.Kind,
			Fix:      "revoke it, then fetch a short-lived credential in the job, or store it as a secret and read it by `${{ secrets.NAME }}`",
			Key:      tokenKey(t),
		})
	}
}

// detected reports whether a detector found a token where t stands.
func (p *Pass) detected(t *secret.Token) bool {
	return slices.ContainsFunc(p.Tokens, func(o secret.Token) bool {
		return o.Detector != LiteralDetector && o.Region.Path == t.Region.Path &&
			o.Region.Start.Offset < t.Region.End.Offset && t.Region.Start.Offset < o.Region.End.Offset
	})
}
