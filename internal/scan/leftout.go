package scan

import (
	"github.com/curfew-ci/curfew/internal/secret"
)

// place is one value at one path: in the tree and in the history it is the same credential.
type place struct{ path, detector, value string }

func placeOf(t *secret.Token) place {
	return place{t.Region.Path, t.Detector, t.Value.Fingerprint("")}
}

// date tells tokens in files since when they are there, where the history says.
func (r *run) date() {
	since := make(map[place]*secret.Token, len(r.facts.Past))
	for i := range r.facts.Past {
		since[placeOf(&r.facts.Past[i].Token)] = &r.facts.Past[i].Token
	}
	if len(since) == 0 {
		return
	}
	for i := range r.facts.Tokens {
		if past := since[placeOf(&r.facts.Tokens[i])]; past != nil {
			r.facts.Tokens[i].Since = past.Since
		}
	}
}

// leftOut counts the guesses that are no findings: those in the history that the tree has as well, once.
func (r *run) leftOut() {
	var guesses []secret.Token
	here := map[place]bool{}
	for i := range r.facts.Tokens {
		if t := &r.facts.Tokens[i]; t.Unlikely != "" {
			guesses = append(guesses, *t)
			here[placeOf(t)] = true
		}
	}
	for i := range r.facts.Past {
		if t := &r.facts.Past[i].Token; t.Unlikely != "" && !here[placeOf(t)] {
			guesses = append(guesses, *t)
		}
	}
	r.result.LeftOut.Unlikely = []Unlikely{}
	for _, c := range secret.CountLeftOut(guesses) {
		r.result.LeftOut.Unlikely = append(r.result.LeftOut.Unlikely, Unlikely{What: string(c.Reason), Count: c.Count})
	}
}
