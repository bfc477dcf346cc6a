package cli

import (
	"fmt"
	"strings"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/revoke"
	"github.com/curfew-ci/curfew/internal/scan"
	"github.com/curfew-ci/curfew/internal/ticket"
)

// stepsText are the steps by which a person ends a credential.
func stepsText(f *finding.Finding) (string, error) {
	steps, err := ticket.StepsFor(f.Credential)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s, by hand:\n", steps.Title)
	for i, step := range steps.Steps {
		fmt.Fprintf(&b, "  %d. %s\n", i+1, step)
	}
	fmt.Fprintf(&b, "  See %s\n", steps.Docs)
	return b.String(), nil
}

// placeOf is where a finding stands, in words.
func placeOf(f *finding.Finding) string {
	place := f.Region.Path
	if !f.Region.Span.IsZero() {
		place = fmt.Sprintf("%s:%d", place, f.Region.Start.Line)
	}
	if f.History != nil {
		const digits = 12
		place += " at " + f.History.First.ID[:min(len(f.History.First.ID), digits)]
	}
	return place
}

// writePlan says what would be done. Nothing has been sent.
func writePlan(env *Env, state string, e *exposed, p *revoke.Plan) error {
	f := e.finding()
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "  %-11s %s\n", name, printableLine(fmt.Sprintf(format, args...)))
	}
	fmt.Fprintf(&b, "%s\n", printableLine(f.Fingerprint+": "+f.Credential.Kind))
	line("finding", "%s", f.Message) // some kinds say whose they are
	line("found in", "%s", placeOf(f))
	for _, i := range e.Same {
		same := &e.result.Findings[i]
		line("", "%s, finding %s", placeOf(same), same.Fingerprint)
	}
	if s := f.Suppressed; s != nil {
		line("accepted", "by %s until %s: that it is used is known", s.Kind, s.Until)
	}
	line("would send", "%s %s", p.Method, p.URL)
	line("with", "%s", p.Carries)
	line("ends", "%s", p.Ends)
	line("undone", "%s", p.Reversible)
	line("told", "%s", p.Told)
	line("see", "%s", p.Docs)
	kept := ""
	if _, err := jobOf(env); err != nil && state == "" {
		kept = "--state DIR, where it is recorded, and "
	}
	fmt.Fprintf(&b, "Nothing was sent. To end it, say all of this once more with %s--confirm %s\n", kept, e.confirmation())
	_, err := fmt.Fprint(env.Stdout, b.String())
	return err
}

// withID are the findings of a result whose fingerprint begins with id.
func withID(result *scan.Result, id string) []finding.Finding {
	var hits []finding.Finding
	for _, f := range result.Findings {
		if strings.HasPrefix(f.Fingerprint, id) {
			hits = append(hits, f)
		}
	}
	return hits
}

// notOne says that a result hasn't exactly one finding whose fingerprint begins with id.
func notOne(result *scan.Result, id string, hits int) error {
	switch {
	case hits > 1:
		return usageError("%d findings have a fingerprint that begins with %s: give more digits", hits, id)
	case result.Interrupted():
		return &exitError{ExitUnfinished, errInterrupted}
	}
	return usageError("no finding of this scan has a fingerprint that begins with %s: it is gone, or another PATH has it, or what another flag finds (--history, --archives)", id)
}
