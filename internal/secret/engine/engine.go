package engine

import (
	"errors"
	"slices"
	"strings"

	"github.com/zricethezav/gitleaks/v8/config"
)

// MaxDepth is how many layers of base64, hexadecimal, percent and Unicode escapes are taken off: what
// gitleaks' command does by default. The library's own default is none.
const MaxDepth = 5

// MaxMatches is how many findings of one text are kept. Each costs time, and a text that is made to hold
// nothing else could hold up a scan.
const MaxMatches = 10_000

// ErrTooMany is returned with the first MaxMatches findings of a text that has more.
var ErrTooMany = errors.New("more than 10000 credentials: only the first are told")

// ErrTooLong is returned for a text of 2 GiB or more.
var ErrTooLong = errors.New("2 GiB or larger: not searched")

// Engine is a configuration of gitleaks, made ready to search. It may be used by several goroutines; what
// it remembers is bounded, and decides nothing: the same text always has the same matches.
type Engine struct {
	plans   *plans
	paths   *pathSet
	global  []int32     // the patterns of paths that are left out for all rules
	where   []territory // by rule
	listed  []listed    // by rule
	generic []bool      // by rule: whether others have precedence over it
	ungated []int32     // the rules that aren't searched by hits
	blind   bool        // whether one of them may match in a text without any hit
	byPaths []int32     // the rules about paths alone
	needed  []bool      // by rule: whether another requires it
	require bool        // whether any rule requires another
	memos   *memos

	nothing      State // of all texts in which nothing can match
	unseen       seen
	unrevealed   revealed
	unremarkable judgement // of all paths of which there is nothing to say
}

// New makes an Engine of a configuration whose regular expressions are compiled.
func New(cfg config.Config) (*Engine, error) {
	rules := make(map[string]rule, len(cfg.Rules))
	for id, r := range cfg.Rules {
		rules[id] = ruleOf(r)
	}
	return newEngine(rules, allowlistsOf(cfg.Allowlists))
}

// NewOfKnown makes an Engine of a configuration that is known to be right: one for which gitleaks' Translate
// returns no error. What is wrong with it shows as a panic while something is searched. It takes a fraction of
// the time, as a regular expression is compiled when it is first needed.
func NewOfKnown(vc *config.ViperConfig) (*Engine, error) { return newEngine(rulesOf(vc)) }

func newEngine(rules map[string]rule, global []*allowlist) (*Engine, error) {
	p, err := newPlans(rules)
	if err != nil {
		return nil, err
	}
	n := len(p.rules)
	e := &Engine{plans: p, listed: make([]listed, n), generic: make([]bool, n), needed: make([]bool, n), memos: newMemos()}
	if err := e.allow(global); err != nil {
		return nil, err
	}
	index := make(map[string]int, n)
	for i, r := range p.rules {
		index[r.id] = i
		e.generic[i] = strings.Contains(strings.ToLower(r.id), "generic")
	}
	for _, r := range p.rules {
		for _, q := range r.rule.RequiredRules {
			if at, ok := index[q.RuleID]; ok {
				e.needed[at], e.require = true, true
			}
		}
	}
	for i, r := range p.rules {
		switch rule := int32(i); {
		case r.method == byPath:
			e.byPaths = append(e.byPaths, rule)
		case r.method != byAnchor && e.searched(rule):
			e.ungated = append(e.ungated, rule)
			e.blind = e.blind || len(r.keywords) == 0
		}
	}
	return e, nil
}

// searched reports whether a rule's matches are of use: those of some are told only with another's.
func (e *Engine) searched(rule int32) bool {
	p := e.plans.rules[rule]
	return p.method != byPath && (!p.rule.SkipReport || e.needed[rule])
}

// allow sorts the global allowlists and those of the rules.
func (e *Engine) allow(lists []*allowlist) (err error) {
	var global listed
	global.sort(lists)
	e.paths, e.where = newPathSet(), make([]territory, len(e.listed))
	if e.global, err = e.paths.addAll(global.paths); err != nil {
		return err
	}
	for i, r := range e.plans.rules {
		l := &e.listed[i]
		l.values, l.placed = slices.Clone(global.values), slices.Clone(global.placed)
		l.sort(r.rule.lists)
		if e.where[i], err = e.paths.survey(&r.rule, l.paths); err != nil {
			return err
		}
	}
	e.paths.finish()
	return nil
}
