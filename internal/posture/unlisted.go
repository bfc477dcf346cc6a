package posture

import (
	"slices"

	"github.com/curfew-ci/curfew/internal/inventory"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// Missing is a source that a check would look at and that the inventory hasn't.
type Missing struct {
	inventory.Source
	Fix string // what to do; "" where a token that may read it would do
}

// Unlisted lists what is missing: of what the manifest speaks, and what needs no manifest to be too much.
func (f *Facts) Unlisted() []Missing {
	if f.Inventory == nil {
		return nil
	}
	needed := f.needed()
	var missing []Missing
	for _, s := range f.Inventory.Unread() {
		if s.Name != "team-members" && s.Name != "memberships" && slices.Contains(needed, s.Name) {
			missing = append(missing, Missing{Source: s})
		}
	}
	for _, s := range f.unlistedOwners() {
		missing = append(missing, Missing{Source: s})
	}
	return slices.Concat(missing, f.otherBranch(), f.unknownOwners(), f.unlistedGlass())
}

// unknownOwners is the file of code owners where there may be one that nobody understood: whether its owners guard the
// manifest, and which of GitHub's complaints are about their line, isn't known then.
func (f *Facts) unknownOwners() []Missing {
	if f.Manifest == nil || f.CodeOwners != nil {
		return nil
	}
	return []Missing{{
		inventory.Source{Name: "codeowners", State: inventory.NotChecked, Why: "who owns " + f.Manifest.At("").Path + " isn't known"},
		"scan the repository's root, with a CODEOWNERS that can be read",
	}}
}

// unlistedOwners are the owners of whom nobody asked whether anybody is behind them. In a user's repository there is
// nobody to ask.
func (f *Facts) unlistedOwners() []inventory.Source {
	if f.Manifest == nil || f.Inventory.Repository.OwnerKind == "User" {
		return nil
	}
	var unread []inventory.Source
	for _, o := range f.owners() {
		source, of := o.source()
		if f.Inventory.State(source, of) != inventory.NotChecked ||
			slices.ContainsFunc(unread, func(s inventory.Source) bool { return s.Of == of }) {
			continue
		}
		_, why := f.Inventory.Has(source, of)
		if _, asked := f.Inventory.Has("org-apps", ""); asked == inventory.NotAsked {
			why = asked
		}
		unread = append(unread, inventory.Source{Name: source, Of: of, State: inventory.NotChecked, Why: why})
	}
	return unread
}

// needed names what the checks look at.
func (f *Facts) needed() []string {
	needed := []string{"deploy-keys", "workflow-permissions", "org-workflow-permissions"}
	if f.Manifest == nil {
		return needed
	}
	needed = append(needed, f.guardSources()...)
	if f.CodeOwners != nil && f.CodeOwners.Path != "" {
		needed = append(needed, "codeowners") // of a repository without the file GitHub doesn't say
	}
	if f.namesApps() {
		needed = append(needed, "org-apps")
	}
	for _, e := range f.Manifest.Exceptions {
		needed = append(needed, sourcesOf(e.Store)...)
	}
	for _, id := range f.Manifest.Identities {
		if _, ok := id.Claims["environment"]; ok {
			needed = append(needed, "environments", "environment-branches", "protected-branches")
		}
	}
	return needed
}

// sourcesOf are the sources of an inventory that list a store's secrets, what guards them, and the other places where one
// of the same name may be.
func sourcesOf(s manifest.Store) []string {
	switch s.Kind {
	case manifest.StoreActions:
		return []string{"secrets", "organization-secrets", "environment-secrets"}
	case manifest.StoreActionsEnv:
		return []string{"environment-secrets", "environments", "environment-branches", "protected-branches", "secrets", "organization-secrets"}
	case manifest.StoreActionsOrg:
		return []string{"organization-secrets", "org-secrets"}
	case manifest.StoreDependabot:
		return []string{"dependabot-secrets"}
	case manifest.StoreCodespaces:
		return []string{"codespaces-secrets"}
	}
	return nil // a file is none of the platform's
}
