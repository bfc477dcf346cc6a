package suppress

import (
	"fmt"
	"slices"
	"time"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/source"
)

// guarded lists the rules that nothing here silences: they watch over what does the silencing.
func guarded() []string { return []string{ruleID, "manifest-fault"} }

// judge returns what is wrong with s by itself; s then silences nothing.
func (s *silencer) judge(opt *Options) []finding.Finding {
	var out []finding.Finding
	fault := func(kind string, at source.Region, message, fix string) {
		s.faulty = true
		out = append(out, finding.Finding{
			Rule: ruleID, Severity: finding.Medium, Region: at, Message: message, Fix: fix, Key: s.key(kind),
		})
	}
	if slices.Contains(guarded(), s.rule) {
		fault("guarded", s.ruleAt, s.rule+" can't be silenced: it watches over what silences the others",
			"mend what it reports")
		return out
	}
	if !slices.Contains(opt.Rules, s.rule) {
		fault("unknown", s.ruleAt, fmt.Sprintf("%s names %q, and no rule is called that", s.noun(), s.rule),
			"write the id that stands in brackets in the finding's first line")
		return out
	}
	last := manifest.DateOf(opt.Now.Add(opt.Term))
	switch {
	case s.until.IsZero(): // a fault of its own, reported where it was parsed
	case s.until.Over(opt.Now):
		fault("ended", s.endAt, fmt.Sprintf("%s of %s ended on %s", s.noun(), s.rule, s.until),
			"mend what it was for; or give it a new end, for somebody to approve")
	case s.until.Compare(last) > 0:
		fault("term", s.endAt, fmt.Sprintf("%s of %s lasts until %s: at most %d days ahead are allowed",
			s.noun(), s.rule, s.until, int(opt.Term/(24*time.Hour))), "let it end on "+last.String()+" or before")
	}
	return out
}

// unused is the finding about s where it silences nothing.
func (s *silencer) unused() finding.Finding {
	return finding.Finding{
		Rule: ruleID, Severity: finding.Low, Region: s.region, Key: s.key("unused"),
		Message: fmt.Sprintf("%s of %s silences nothing", s.noun(), s.rule),
		Fix:     "remove it: what it was for is mended or has moved",
	}
}

func (s *silencer) key(kind string) string {
	if s.kind == "baseline" {
		return "baseline " + kind + " " + s.rule + " " + s.path + " " + s.fingerprint
	}
	return "ignore " + kind + " " + s.rule
}

// faults are the findings about how an ignore is written.
func (ig *Ignore) faults() []finding.Finding {
	var out []finding.Finding
	for _, f := range ig.Faults {
		out = append(out, finding.Finding{
			Rule: ruleID, Severity: finding.Medium, Region: f.Region, Message: f.Message, Fix: f.Fix,
			Key: "ignore " + f.Kind,
		})
	}
	return out
}
