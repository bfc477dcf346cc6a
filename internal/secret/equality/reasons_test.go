package equality

import (
	"slices"

	"github.com/zricethezav/gitleaks/v8/config"
)

// reasons say why the engine tells more than the library. Each has a library of its own that, with one
// thing less to keep it from telling a finding, tells it as well.
type reasons []reason

type reason struct {
	name string
	library
}

func newReasons(cfg config.Config) reasons {
	return reasons{
		{"the library holds it against another line than its own", newLibrary(withoutLines(cfg))},
		{"the library finds its keyword in no one pass", newLibrary(withoutKeywords(cfg))},
		{"both", newLibrary(withoutKeywords(withoutLines(cfg)))},
	}
}

// of names the reason of each finding that has one, and returns the others.
func (r reasons) of(path string, text []byte, extra []finding) (named map[string]int, unexplained []finding) {
	named = make(map[string]int)
	for _, reason := range r {
		if len(extra) == 0 {
			break
		}
		found, err := reason.search(path, text)
		if err != nil {
			continue
		}
		before := len(extra)
		_, extra = differ(found, extra)
		if n := before - len(extra); n > 0 {
			named[reason.name] += n
		}
	}
	return named, extra
}

// withoutLines is cfg without what allows a finding for the line that it stands on.
func withoutLines(cfg config.Config) config.Config {
	kept := func(lists []*config.Allowlist) []*config.Allowlist {
		return slices.DeleteFunc(slices.Clone(lists), func(a *config.Allowlist) bool { return a.RegexTarget == "line" })
	}
	cfg.Allowlists = kept(cfg.Allowlists)
	return eachRule(cfg, func(r *config.Rule) { r.Allowlists = kept(r.Allowlists) })
}

// withoutKeywords is cfg with rules that always run.
func withoutKeywords(cfg config.Config) config.Config {
	return eachRule(cfg, func(r *config.Rule) { r.Keywords = nil })
}

func eachRule(cfg config.Config, change func(*config.Rule)) config.Config {
	changed := make(map[string]config.Rule, len(cfg.Rules))
	for id, rule := range cfg.Rules {
		change(&rule)
		changed[id] = rule
	}
	cfg.Rules = changed
	return cfg
}
