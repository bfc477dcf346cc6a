package engine

import (
	"regexp"
	"strings"
	"sync"

	"github.com/zricethezav/gitleaks/v8/config"
)

// rule is a rule of a configuration, whose regular expressions are compiled once they are needed: a search
// needs few of them.
type rule struct {
	config.Rule // but for what follows
	regex       pattern
	path        pattern
	lists       []*allowlist
}

// pattern is a regular expression; the zero one is none.
type pattern struct {
	text     string
	compiled func() *regexp.Regexp
}

// later is a pattern that is known to compile.
func later(text string) pattern {
	if text == "" {
		return pattern{}
	}
	return pattern{text, sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })}
}

// compiled is re as a pattern.
func compiled(re *regexp.Regexp) pattern {
	if re == nil {
		return pattern{}
	}
	return pattern{re.String(), func() *regexp.Regexp { return re }}
}

// allowlist is what an allowlist asks for, and the list.
type allowlist struct {
	and       bool // whether all that it asks for has to be there
	commits   bool
	regexes   bool
	stopWords bool
	target    string // of its regular expressions
	paths     []string
	list      func() *config.Allowlist
}

// ruleOf is a rule that is compiled already.
func ruleOf(r config.Rule) rule {
	return rule{Rule: r, regex: compiled(r.Regex), path: compiled(r.Path), lists: allowlistsOf(r.Allowlists)}
}

func allowlistsOf(lists []*config.Allowlist) []*allowlist {
	out := make([]*allowlist, len(lists))
	for i, a := range lists {
		var paths []string
		for _, p := range a.Paths {
			paths = append(paths, p.String())
		}
		out[i] = &allowlist{
			a.MatchCondition == config.AllowlistMatchAnd, len(a.Commits) > 0, len(a.Regexes) > 0, len(a.StopWords) > 0,
			a.RegexTarget, paths, func() *config.Allowlist { return a },
		}
	}
	return out
}

// containsStopWord reports whether a secret has a stop word of the list in it.
func (a *allowlist) containsStopWord(secret []byte) bool {
	if !a.stopWords {
		return false
	}
	found, _ := a.list().ContainsStopWord(asString(secret))
	return found
}

// allows reports whether a regular expression of the list matches in text.
func (a *allowlist) allows(text []byte) bool {
	return a.regexes && a.list().RegexAllowed(asString(text))
}

// rulesOf are the rules of a configuration that is known to be right, and its global allowlists. They are
// what the library's Translate makes, but not compiled.
func rulesOf(vc *config.ViperConfig) (rules map[string]rule, global []*allowlist) {
	rules = make(map[string]rule, len(vc.Rules))
	for i := range vc.Rules {
		v := &vc.Rules[i]
		r := rule{regex: later(v.Regex), path: later(v.Path), Rule: config.Rule{
			RuleID: v.ID, Description: v.Description, SecretGroup: v.SecretGroup, Entropy: v.Entropy, SkipReport: v.SkipReport,
		}}
		for _, k := range v.Keywords {
			r.Keywords = append(r.Keywords, strings.ToLower(k))
		}
		for _, a := range v.Allowlists {
			r.lists = append(r.lists, allowlistOf(a.Condition, a.RegexTarget, a.Commits, a.Paths, a.Regexes, a.StopWords))
		}
		for _, q := range v.Required {
			r.RequiredRules = append(r.RequiredRules, &config.Required{RuleID: q.ID, WithinLines: q.WithinLines, WithinColumns: q.WithinColumns})
		}
		rules[v.ID] = r
	}
	for _, a := range vc.Allowlists {
		list := allowlistOf(a.Condition, a.RegexTarget, a.Commits, a.Paths, a.Regexes, a.StopWords)
		if len(a.TargetRules) == 0 {
			global = append(global, list)
		}
		for _, id := range a.TargetRules {
			r := rules[id]
			r.lists = append(r.lists, list)
			rules[id] = r
		}
	}
	return rules, global
}

func allowlistOf(condition, target string, commits, paths, regexes, stopWords []string) *allowlist {
	all := config.AllowlistMatchOr
	if c := strings.ToUpper(condition); c == "AND" || c == "&&" {
		all = config.AllowlistMatchAnd
	}
	if target == "secret" {
		target = ""
	}
	list := func() *config.Allowlist {
		a := &config.Allowlist{MatchCondition: all, RegexTarget: target, Commits: commits, StopWords: stopWords, Paths: compileAll(paths), Regexes: compileAll(regexes)}
		if err := a.Validate(); err != nil {
			panic(err) // of one that asks for nothing: the configuration isn't right
		}
		return a
	}
	return &allowlist{all == config.AllowlistMatchAnd, len(commits) > 0, len(regexes) > 0, len(stopWords) > 0, target, paths, sync.OnceValue(list)}
}

func compileAll(patterns []string) []*regexp.Regexp {
	out := make([]*regexp.Regexp, len(patterns))
	for i, p := range patterns {
		out[i] = regexp.MustCompile(p)
	}
	return out
}
