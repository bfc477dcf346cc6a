package suppress

import (
	"slices"
	"time"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/source"
)

// ruleID is the rule under which faults of ignores and of the baseline are found.
const ruleID = "exception-fault"

// State is everything that silences findings in one state of a repository.
type State struct {
	Ignores  []Ignore
	Baseline *Baseline // nil where there is none
}

// Options are what Apply judges by.
type Options struct {
	// Base is what a pull request starts from; nil where nothing is compared. What Base doesn't silence
	// isn't silenced, and nothing holds longer than Base says.
	Base *State
	// Rules are the ids of all rules.
	Rules []string
	// Judged reports whether everything that a rule reads could be read. Only then is an ignore that
	// silences nothing at fault. Nil stands for yes.
	Judged func(rule string) bool
	// Term is how far ahead an end may lie: manifest.Policy's ExceptionTerm.
	Term time.Duration
	Now  time.Time
}

// Apply marks the findings that state silences and adds those about state itself: ends gone by or too
// far ahead, rules that don't exist or can't be silenced, comments that don't parse, and what silences
// nothing. It takes what finding.Assign has numbered and returns the same, sorted and numbered anew.
// Findings that are suppressed already stay as they are.
func Apply(found []finding.Finding, state State, opt Options) []finding.Finding {
	found = slices.Clone(found)
	silencers := state.silencers()
	var faults []finding.Finding
	for _, s := range silencers {
		faults = append(faults, s.judge(&opt)...)
	}
	for _, ig := range state.Ignores {
		faults = append(faults, ig.faults()...)
	}
	if opt.Base != nil {
		compare(silencers, opt.Base.effective(&opt))
	}
	for _, m := range append(matchIgnores(found, silencers), matchBaseline(found, silencers)...) {
		m.s.silence(m.f, opt.Now)
	}
	for _, s := range silencers {
		if !s.faulty && !s.used && (opt.Judged == nil || opt.Judged(s.rule)) {
			faults = append(faults, s.unused())
		}
	}
	found = append(found, faults...)
	finding.Assign(found)
	return found
}

// silencer is one rule of an ignore, or one baseline entry.
type silencer struct {
	kind   string // "ignore" or "baseline"
	rule   string
	path   string
	until  manifest.Date
	reason string
	region source.Region // of the ignore or the entry
	ruleAt source.Region
	endAt  source.Region

	line        int    // ignore: that it covers
	place       string // ignore: what stands there
	fingerprint string // baseline
	what        string // baseline

	faulty  bool // silences nothing, and that has been said
	pending bool // the base has no such silencer
	used    bool
}

// silencers lists all of s, ignores first.
func (s *State) silencers() []*silencer {
	var out []*silencer
	for _, ig := range s.Ignores {
		for _, r := range ig.Rules {
			out = append(out, &silencer{
				kind: "ignore", rule: r.ID, path: ig.Region.Path, until: ig.Until, reason: ig.Reason,
				region: ig.Region, ruleAt: r.Region, endAt: ig.Region,
				line: ig.Line, place: ig.place, faulty: len(ig.Faults) > 0,
			})
		}
	}
	if s.Baseline == nil {
		return out
	}
	for _, e := range s.Baseline.Entries {
		out = append(out, &silencer{
			kind: "baseline", rule: e.Rule, path: e.Path, until: e.Until, reason: e.Reason,
			region: e.Region, ruleAt: e.ruleAt, endAt: e.untilAt,
			fingerprint: e.Fingerprint, what: e.What,
		})
	}
	return out
}

// effective lists the silencers of a base that have been right there. One that has ended is among them:
// that it ended is what is said of it.
func (s *State) effective(opt *Options) []*silencer {
	return slices.DeleteFunc(s.silencers(), func(b *silencer) bool {
		misspelt := b.faulty
		b.judge(opt)
		return misspelt || b.faulty && !b.until.Over(opt.Now)
	})
}

// compare holds each silencer to its like in the base, which counts once: without one it is pending, and
// the earlier end and the base's reason hold.
func compare(here, base []*silencer) {
	type id struct{ kind, rule, path, place, fingerprint string }
	like := map[id][]*silencer{}
	for _, b := range base {
		k := id{b.kind, b.rule, b.path, b.place, b.fingerprint}
		like[k] = append(like[k], b)
	}
	for _, s := range here {
		k := id{s.kind, s.rule, s.path, s.place, s.fingerprint}
		if len(like[k]) == 0 {
			s.pending = true
			continue
		}
		b := like[k][0]
		like[k] = like[k][1:]
		s.reason = b.reason
		if b.until.Compare(s.until) < 0 {
			s.until = b.until
		}
	}
}

// silence marks f, or says why it doesn't.
func (s *silencer) silence(f *finding.Finding, now time.Time) {
	s.used = true
	switch {
	case s.faulty || f.Suppressed != nil:
	case s.pending:
		f.Related = append(slices.Clip(f.Related), finding.Related{
			Role: "see", Message: s.noun() + " counts once it is in the base", Region: s.region,
		})
	case s.until.Over(now):
		f.Related = append(slices.Clip(f.Related), finding.Related{
			Role: "see", Message: s.noun() + " ended on " + s.until.String() + " in the base", Region: s.region,
		})
	default:
		f.Suppressed = &finding.Suppression{Kind: s.kind, Reason: s.reason, Until: s.until.String(), Region: s.region}
	}
}

func (s *silencer) noun() string {
	if s.kind == "baseline" {
		return "the baseline's entry"
	}
	return "the ignore"
}
