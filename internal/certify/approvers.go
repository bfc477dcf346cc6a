package certify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/manifest"
)

// approvers are those of the owner who approved it and hadn't written it, or why there are none.
func (m *merged) approvers(owner string) (by []string, why string, err error) {
	began, known, err := m.owners(m.before, owner)
	if err != nil || !known {
		return nil, "nobody was known by the owner id " + owner, err
	}
	still := began
	for _, onto := range m.onto {
		users, known, err := m.owners(onto, owner)
		if err != nil || !known {
			return nil, "nobody is known by the owner id " + owner + " any more", err
		}
		still = slices.DeleteFunc(slices.Clone(still), func(user string) bool { return !isAmong(users, strings.TrimPrefix(user, "@")) })
	}
	wrote, was := false, false
	for _, login := range m.Approvals {
		if !isAmong(began, login) {
			continue
		}
		isAuthor := slices.ContainsFunc(m.Authors, func(author string) bool { return strings.EqualFold(author, login) })
		switch {
		case !isAmong(still, login):
			was = true
		case isAuthor:
			wrote = true
		default:
			by = append(by, "@"+login)
		}
	}
	slices.Sort(by)
	switch {
	case len(by) > 0:
		return slices.Compact(by), "", nil
	case wrote:
		return nil, "who approved it for owner " + owner + " had written on its branch: another one has to approve", nil
	case was:
		return nil, "who approved it was owner " + owner + " where its branch began, and wasn't any more where it was merged", nil
	}
	return nil, "nobody of owner " + owner + " approved the commit that was merged", nil
}

// owners are the users that an owner's id means in a manifest.
func (m *merged) owners(by *manifest.Manifest, owner string) (users []string, known bool, err error) {
	who, known := by.OwnerOf(owner, m.policy)
	if !known || who.Team == "" {
		return []string{who.Person}, known, nil
	}
	users, asked := m.teams[who.Team]
	if !asked {
		if users, err = m.members(who.Team); err != nil {
			return nil, true, fmt.Errorf("read the members of %s: %w", who.Team, err)
		}
		m.teams[who.Team] = users
	}
	return users, true, nil
}

// isAmong reports whether a login is one of these users, "@maria".
func isAmong(users []string, login string) bool {
	return slices.ContainsFunc(users, func(user string) bool { return strings.EqualFold(user, "@"+login) })
}
