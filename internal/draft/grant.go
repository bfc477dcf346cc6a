package draft

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/usage"
)

// grant is a login by OIDC that the workflow spells out.
type grant struct {
	id       string
	provider string
	fields   []field
	ttl      time.Duration
}

type field struct {
	name  string
	value string
	guess string
}

// same reports whether g and x obtain the same thing; the longer ttl is kept by the caller's order.
func (g *grant) same(x *grant) bool {
	if g.provider != x.provider || !slices.Equal(g.fields, x.fields) {
		return false
	}
	x.ttl = max(x.ttl, g.ttl)
	return true
}

// schema says what a provider's grant must say, and what holds where a workflow doesn't say it.
type schema struct {
	name     string
	required bool
	fallback string
}

// schemas lists, per provider, the fields that a login in a workflow can prove.
func schemas(provider string) []schema {
	switch provider {
	case "aws":
		return []schema{{"role", true, ""}, {"audience", false, "sts.amazonaws.com"}, {"region", true, ""}}
	case "gcp":
		return []schema{{"provider", true, ""}, {"service-account", true, ""}, {"scopes", false, "none"}, {"boundary", false, "none"}}
	case "azure":
		return []schema{{"tenant", true, ""}, {"client", true, ""}}
	case "vault":
		return []schema{{"address", true, ""}, {"mount", false, "jwt"}, {"role", true, ""}}
	}
	return nil
}

const (
	// defaultTTL is the AWS action's and most roles' default, where the workflow says nothing.
	defaultTTL = time.Hour
	// minTTL is the shortest that AWS STS gives.
	minTTL = 15 * time.Minute
)

// grantsOf writes the job's OIDC logins as grants. A login whose target is an expression can't be one,
// since a grant's values are literal: it becomes a note for the reviewer.
func grantsOf(j *usage.Job) (grants []*grant, notes []string) {
	for i := range j.Logins {
		l := &j.Logins[i]
		wants := schemas(l.Provider)
		if len(l.OIDC) == 0 || wants == nil {
			continue
		}
		g, missing := grantOf(l, wants)
		if missing != "" {
			notes = append(notes, fmt.Sprintf("%s logs in to %s, but its %s is not a literal: add the grant by hand", l.Action, l.Provider, missing))
			continue
		}
		grants = append(grants, g)
	}
	return grants, notes
}

func grantOf(l *usage.Login, wants []schema) (*grant, string) {
	g := &grant{provider: l.Provider, ttl: defaultTTL}
	if l.Duration != nil && l.Duration.Seconds > 0 {
		g.ttl = max(minTTL, time.Duration(l.Duration.Seconds)*time.Second)
	}
	for _, w := range wants {
		f := field{name: w.name}
		s := l.Target[w.name]
		switch {
		case s.Present() && s.Value != "" && !strings.Contains(s.Value, "${{"):
			f.value = s.Value
		case w.required:
			return nil, w.name
		default:
			f.value, f.guess = w.fallback, "the workflow doesn't say"
		}
		g.fields = append(g.fields, f)
	}
	return g, ""
}

func numbered(name string, n int) string { return fmt.Sprintf("%s-%d", name, n) }

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
