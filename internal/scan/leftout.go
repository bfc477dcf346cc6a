package scan

import (
	"github.com/curfew-ci/curfew/internal/posture"
	"github.com/curfew-ci/curfew/internal/secret"
	"github.com/curfew-ci/curfew/internal/workflow"
)

// date tells tokens in files since when they are there, where the history says.
func (r *run) date() {
	since := make(map[secret.Place]*secret.Token, len(r.facts.Past))
	for i := range r.facts.Past {
		since[r.facts.Past[i].Token.Place()] = &r.facts.Past[i].Token
	}
	if len(since) == 0 {
		return
	}
	for i := range r.facts.Tokens {
		if past := since[r.facts.Tokens[i].Place()]; past != nil {
			r.facts.Tokens[i].Since = past.Since
		}
	}
}

// leftOut counts what is no finding: guesses that are unlikely, and what ends with its job. What is in the history and in
// the tree as well counts once.
func (r *run) leftOut() {
	var guesses []secret.Token
	here := map[secret.Place]bool{}
	note := func(t *secret.Token) {
		switch {
		case t.Unlikely != "":
			guesses = append(guesses, *t)
		case !t.Covered && !workflow.IsDefinition(t.Region.Path) && posture.Ends(t, r.opt.Now):
			r.result.LeftOut.Ending++
		}
	}
	for i := range r.facts.Tokens {
		here[r.facts.Tokens[i].Place()] = true
		note(&r.facts.Tokens[i])
	}
	for i := range r.facts.Past {
		if t := &r.facts.Past[i].Token; !here[t.Place()] {
			note(t)
		}
	}
	r.result.LeftOut.Unlikely = []Unlikely{}
	for _, c := range secret.CountLeftOut(guesses) {
		r.result.LeftOut.Unlikely = append(r.result.LeftOut.Unlikely, Unlikely{What: string(c.Reason), Count: c.Count})
	}
}
