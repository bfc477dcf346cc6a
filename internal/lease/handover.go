package lease

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/redact"
)

// names maps a provider's names for what it hands over to those that the grant wants.
type names map[string]string

// namesOf checks a grant's names: each must be of a value that the provider hands over, of which own are the
// ones with names of their own and extra those that the grant names itself; no two may be the same.
func namesOf(h manifest.HandOver, own []string, extra map[string]string) (names, error) {
	for _, name := range slices.Sorted(maps.Keys(h.Names)) {
		if !slices.Contains(own, name) {
			return nil, fmt.Errorf("names: %s isn't handed over: there are %s", name, strings.Join(own, ", "))
		}
	}
	out, taken := names{}, map[string]string{}
	take := func(what, as string) error {
		if other, ok := taken[as]; ok {
			return fmt.Errorf("%s and %s would both be handed over as %s: name one otherwise", other, what, as)
		}
		taken[as] = what
		return nil
	}
	for _, name := range own {
		out[name] = name
		if other, ok := h.Names[name]; ok {
			out[name] = other
		}
		if err := take(name, out[name]); err != nil {
			return nil, err
		}
	}
	for _, what := range slices.Sorted(maps.Keys(extra)) {
		if err := take(what, extra[what]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// secret is a value that is to be masked.
func (n names) secret(name string, v redact.Secret) Value { return Value{Name: n[name], Value: v} }

// public is a value that isn't.
func (n names) public(name, v string) Value {
	return Value{Name: n[name], Value: redact.New([]byte(v)), Public: true}
}
