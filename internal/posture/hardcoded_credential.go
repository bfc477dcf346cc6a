package posture

import (
	"fmt"
	"slices"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/secret"
)

// hardcodedCredential reports credentials that are written out in workflows and actions: what the
// detectors found there, and what Literals did. Where both speak of one place, a detector that knows the
// kind of credential knows better; one that only guesses knows less than the name does.
func hardcodedCredential(p *Pass) {
	for i := range p.Tokens {
		t := &p.Tokens[i]
		if t.Covered || !p.definition(t.Region.Path) || p.betterSaid(t) {
			continue
		}
		under := ""
		if t.Key != "" {
			under = fmt.Sprintf(" under %q", t.Key)
		}
		p.Report(finding.Finding{
			Severity: hardcodedSeverity(t),
			Message:  fmt.Sprintf("%s is written out%s: everyone who can read the repository has it", article(t.Kind), under),
			Region:   t.Region,
			Label:    t.Kind,
			Fix:      "revoke it, then fetch a short-lived credential in the job, or store it as a secret and read it by `${{ secrets.NAME }}`",
			Key:      tokenKey(t),
		})
	}
}

func hardcodedSeverity(t *secret.Token) finding.Severity {
	switch {
	case t.Lifetime == secret.LongLived:
		return finding.High
	case t.Detector == LiteralDetector:
		return finding.Medium
	}
	return finding.Low
}

// betterSaid reports whether another token at the same place says more than t.
func (p *Pass) betterSaid(t *secret.Token) bool {
	literal := t.Detector == LiteralDetector
	return slices.ContainsFunc(p.Tokens, func(o secret.Token) bool {
		if o.Region.Path != t.Region.Path || o.Region.Start.Offset >= t.Region.End.Offset || t.Region.Start.Offset >= o.Region.End.Offset {
			return false
		}
		if literal {
			return o.Detector != LiteralDetector && o.Lifetime != secret.Unknown
		}
		return o.Detector == LiteralDetector && t.Lifetime == secret.Unknown
	})
}
