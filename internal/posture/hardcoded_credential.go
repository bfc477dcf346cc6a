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
	brought := p.brought()
	in := map[string][]*secret.Token{}
	for i := range p.Tokens {
		if t := &p.Tokens[i]; !t.Covered && t.Unlikely == "" {
			in[t.Region.Path] = append(in[t.Region.Path], t)
		}
	}
	for _, f := range p.Files {
		for _, t := range in[f.Path] {
			if !betterSaid(t, in[f.Path]) {
				p.hardcoded(t, brought[t.Place()])
			}
		}
	}
}

func (p *Pass) hardcoded(t *secret.Token, brought []finding.Related) {
	under := ""
	if t.Key != "" {
		under = fmt.Sprintf(" under %q", t.Key)
	}
	f := finding.Finding{
		Severity:   hardcodedSeverity(t),
		Message:    fmt.Sprintf("%s is written out%s: everyone who can read the repository has it", described(t), under),
		Region:     t.Region,
		Label:      t.Kind,
		Fix:        "revoke it, then fetch a short-lived credential in the job, or store it as a secret and read it by `${{ secrets.NAME }}`",
		Key:        tokenKey(t),
		Credential: tokenCredential(t),
		Related:    brought,
	}
	p.except(&f, t)
	p.Report(f)
}

func hardcodedSeverity(t *secret.Token) finding.Severity {
	switch {
	case t.Lifetime == secret.LongLived:
		return finding.High
	case t.Detector == literalDetector:
		return finding.Medium
	case t.Lifetime == secret.Unknown && !t.Strong && !looksRandom(string(t.Value.Reveal())):
		return finding.Note // a guess, and most likely made up for a test
	}
	return finding.Low
}

// betterSaid reports whether another token of its file, at the same place, says more than t.
func betterSaid(t *secret.Token, all []*secret.Token) bool {
	literal := t.Detector == literalDetector
	return slices.ContainsFunc(all, func(o *secret.Token) bool {
		switch {
		case o.Region.Start.Offset >= t.Region.End.Offset || t.Region.Start.Offset >= o.Region.End.Offset:
			return false
		case literal:
			return o.Detector != literalDetector && o.Lifetime != secret.Unknown
		}
		return o.Detector == literalDetector && t.Lifetime == secret.Unknown
	})
}
