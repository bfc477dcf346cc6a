package policy

import (
	"context"
	"slices"
	"time"

	"github.com/curfew-ci/curfew/rules"
)

// Set is the policies that are asked together: the built-in one, the organisation's, the repository's.
// Each is evaluated by itself and sees nothing of the others, so that one which allows everything can't
// help where another doesn't.
type Set []*Policy

// BuiltIn compiles the policy that every lease must hold to. An error can only come from curfew's own file.
func BuiltIn(ctx context.Context) (*Policy, error) {
	return Compile(ctx, "built-in", []Module{{Path: rules.LeasePolicyPath, Src: rules.LeasePolicy()}})
}

// Judge asks every policy, and allows only where each does. Reasons begin with the policy's name. A set
// without policies, or with a nil one, denies.
func (s Set) Judge(ctx context.Context, in Input, now time.Time) Verdict {
	return s.all(func(p *Policy) Verdict { return p.Judge(ctx, in, now) })
}

// Rule asks one rule of every policy that defines it, as Policy.Rule does. All of these must say so, and
// there must be one: a repository can't make a rule of its organisation's hold.
func (s Set) Rule(ctx context.Context, path string, in Input, now time.Time) Verdict {
	ref, err := ruleRef(path)
	switch {
	case err != nil:
		return denied("%s", err)
	case slices.Contains(s, nil):
		return denied("a policy is missing")
	}
	var asked Set
	for _, p := range s {
		if p.defines(ref) {
			asked = append(asked, p)
		}
	}
	if len(asked) == 0 {
		return denied("no policy defines %s", path)
	}
	return asked.all(func(p *Policy) Verdict { return p.Rule(ctx, path, in, now) })
}

// all asks each policy; none is left out after a denial, so that one answer has all reasons.
func (s Set) all(ask func(*Policy) Verdict) Verdict {
	if len(s) == 0 {
		return denied("there is no policy to ask")
	}
	all := Verdict{Allowed: true}
	for _, p := range s {
		name := "missing"
		if p != nil {
			name = visible(p.name, maxName)
		}
		v := ask(p)
		all.Allowed = all.Allowed && v.Allowed
		for _, reason := range v.Reasons {
			all.Reasons = append(all.Reasons, name+": "+reason)
		}
	}
	return all
}
