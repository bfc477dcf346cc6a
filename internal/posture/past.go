package posture

import (
	"fmt"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/secret"
)

// pastToken reports what outlives any task and isn't in the files any more: taking a credential out of a
// file doesn't end it. What still is in a file is reported there, with the commit that brought it.
func pastToken(p *Pass) {
	here := map[secret.Place]bool{}
	for i := range p.Tokens {
		here[p.Tokens[i].Place()] = true
	}
	for i := range p.Past {
		past := &p.Past[i]
		t := &past.Token
		why, severity := outlives(t, p.Now)
		if severity == 0 || t.Covered || t.Unlikely != "" || here[t.Place()] {
			continue
		}
		f := finding.Finding{
			Severity:   severity,
			Message:    fmt.Sprintf("%s stands in the history, and %s", described(t), why),
			Region:     t.Region,
			Label:      t.Kind,
			Fix:        "revoke it: whoever has a clone has it, and taking it out of the history doesn't end that",
			Key:        tokenKey(t),
			Credential: tokenCredential(t),
			History:    &past.History,
		}
		if len(past.Excerpt) > 0 {
			f.Snippet = finding.Snippet{FirstLine: t.Region.Start.Line, Lines: past.Excerpt}
		}
		p.except(&f, t)
		p.Report(f)
	}
}

// brought says of the tokens in the history what brought them; of none where it wasn't searched.
func (p *Pass) brought() map[secret.Place][]finding.Related {
	out := make(map[secret.Place][]finding.Related, len(p.Past))
	for i := range p.Past {
		past := &p.Past[i]
		out[past.Token.Place()] = []finding.Related{{Role: "history", Message: past.History.String()}}
	}
	return out
}
