package posture

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/rules"
)

// Run judges facts by every check, or by those whose rules read one of sources, and returns what they
// found, sorted and with fingerprints. A check that panics is an error that names it: a scan that lost a
// check must not look clean.
func Run(facts *Facts, sources ...string) ([]finding.Finding, error) {
	all, err := rules.All()
	if err != nil {
		return nil, err
	}
	table := checks()
	if len(sources) > 0 {
		table = slices.DeleteFunc(table, func(c Check) bool {
			rule, err := rules.Lookup(c.ID)
			return err == nil && !slices.Contains(sources, rule.Source)
		})
	}
	return run(facts, table, all)
}

func run(facts *Facts, checks []Check, all []*rules.Rule) ([]finding.Finding, error) {
	slots := make([][]finding.Finding, len(checks))
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, c := range checks {
		at := slices.IndexFunc(all, func(r *rules.Rule) bool { return r.ID == c.ID })
		if at < 0 {
			return nil, fmt.Errorf("check %s: there is no rules/%s.md", c.ID, c.ID)
		}
		g.Go(func() (err error) {
			slots[i], err = c.judge(facts, all[at])
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	found := slices.Concat(slots...)
	finding.Assign(found)
	return found, nil
}

// judge runs one check.
func (c Check) judge(facts *Facts, rule *rules.Rule) (found []finding.Finding, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("check %s failed: %v\n%s", c.ID, p, debug.Stack())
		}
	}()
	pass := &Pass{Facts: facts, Rule: rule}
	c.Run(pass)
	return pass.findings, nil
}
