package posture

import (
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/inventory"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/source"
)

// inStore reports whether s is kept where an exception says.
func inStore(s *inventory.Secret, store manifest.Store) bool {
	switch store.Kind {
	case manifest.StoreActions:
		return s.Store == inventory.Actions && s.Scope == inventory.OfRepository
	case manifest.StoreActionsEnv:
		return s.Store == inventory.Actions && s.Scope == inventory.OfEnvironment && strings.EqualFold(s.Environment, store.Name)
	case manifest.StoreActionsOrg:
		return s.Store == inventory.Actions && s.Scope == inventory.OfOrganization && (s.Here == nil || *s.Here)
	case manifest.StoreDependabot:
		return s.Store == inventory.Dependabot
	case manifest.StoreCodespaces:
		return s.Store == inventory.Codespaces
	}
	return false
}

// reaches reports whether an organisation's secret is known to reach the repository. Where nobody listed those that do, its
// visibility tells, unless it names repositories.
func (p *Pass) reaches(s *inventory.Secret) bool {
	switch {
	case s.Here != nil:
		return *s.Here
	case s.Visibility == "private":
		return p.Inventory.Repository.Visibility == "private" || p.Inventory.Repository.Visibility == "internal"
	}
	return s.Visibility == "all"
}

// environment finds one as GitHub does, whatever the case; nil where there is none.
func (p *Pass) environment(name string) *inventory.Environment {
	i := slices.IndexFunc(p.Inventory.Environments, func(e inventory.Environment) bool { return strings.EqualFold(e.Name, name) })
	if i < 0 {
		return nil
	}
	return &p.Inventory.Environments[i]
}

// platformAt is where a finding stands that no line of a file is about: where the manifest begins, or would.
func (p *Pass) platformAt() source.Region {
	if p.Manifest != nil {
		return p.Manifest.At("/version")
	}
	start := source.Pos{Line: 1, Col: 1}
	return source.Region{Path: manifest.Path, Span: source.Span{Start: start, End: start}}
}
