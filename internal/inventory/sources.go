package inventory

import "slices"

// State says whether a source was read.
type State string

// The states.
const (
	Read       State = "read"
	Absent     State = "absent" // known not to be there: a user's repository has no organisation
	NotChecked State = "not-checked"
)

func (State) choices() []string { return []string{"read", "absent", "not-checked"} }

// NotAsked is why an organisation's sources weren't read where nobody asked for them.
const NotAsked = "it wasn't asked for: add --organization"

// Source is one of the platform's lists or settings.
type Source struct {
	Name  string `json:"name"`         // one of Names
	Of    string `json:"of,omitempty"` // of an environment's, a team's or a person's: which
	State State  `json:"state"`
	Why   string `json:"why,omitempty"`   // it wasn't checked
	Needs string `json:"needs,omitempty"` // the permission that would do
}

// Names lists the sources in the order in which they are told. Those of an organisation begin with "org-".
func Names() []string {
	return []string{
		"repository", "secrets", "organization-secrets", "variables", "organization-variables", "dependabot-secrets",
		"codespaces-secrets", "environments", "environment-secrets", "environment-variables", "environment-branches", "protected-branches",
		"workflow-permissions", "oidc-subject", "deploy-keys", "webhooks", "branch-rules", "branch-protection",
		"codeowners", "teams", "ruleset-bypass", "runners", "alerts",
		"org-secrets", "org-variables", "org-dependabot-secrets", "org-codespaces-secrets", "org-workflow-permissions",
		"org-oidc-subject", "org-access-tokens", "org-access-token-requests", "org-apps", "org-webhooks", "org-rulesets",
		"org-runners", "org-runner-groups", "team-members", "memberships",
	}
}

// Has reports whether a source was read, or is known not to be there. of names an environment or a team where the
// source is of many, "" otherwise. why says what is to be done where it wasn't; a source of which the inventory
// doesn't tell wasn't read.
func (inv *Inventory) Has(name, of string) (ok bool, why string) {
	i := slices.IndexFunc(inv.Sources, func(s Source) bool { return s.Name == name && s.Of == of })
	if i < 0 {
		return false, "the inventory doesn't tell of it"
	}
	s := inv.Sources[i]
	if s.State != NotChecked {
		return true, ""
	}
	return false, s.Reason()
}

// State says how a source was read; NotChecked where the inventory doesn't tell of it.
func (inv *Inventory) State(name, of string) State {
	i := slices.IndexFunc(inv.Sources, func(s Source) bool { return s.Name == name && s.Of == of })
	if i < 0 {
		return NotChecked
	}
	return inv.Sources[i].State
}

// Reason says in one line why a source wasn't checked, and what it needs.
func (s Source) Reason() string {
	why := s.Why
	if s.Needs != "" {
		why += "; needs " + s.Needs
	}
	return why
}

// Title names a source with what it is of.
func (s Source) Title() string {
	if s.Of == "" {
		return s.Name
	}
	return s.Name + " of " + s.Of
}

// Unread lists the sources that weren't checked, those of which the inventory doesn't tell included.
func (inv *Inventory) Unread() []Source {
	var unread []Source
	for _, name := range Names() {
		told := false
		for _, s := range inv.Sources {
			if s.Name == name {
				told = true
				if s.State == NotChecked {
					unread = append(unread, s)
				}
			}
		}
		if !told && !inv.ofNone(name) {
			unread = append(unread, Source{Name: name, State: NotChecked, Why: "the inventory doesn't tell of it"})
		}
	}
	return unread
}

// Members are who is in the teams of whom that was read, by the teams' names.
func (inv *Inventory) Members() map[string][]string {
	out := map[string][]string{}
	for _, t := range inv.Teams {
		if inv.State("team-members", t.Name) == Read {
			out[t.Name] = t.Members
		}
	}
	return out
}

// ofNone reports whether a source is of environments or teams, of which there are none.
func (inv *Inventory) ofNone(name string) bool {
	environments, _ := inv.Has("environments", "")
	switch name {
	case "environment-secrets", "environment-variables":
		return environments && len(inv.Environments) == 0
	case "environment-branches":
		return environments && !slices.ContainsFunc(inv.Environments, func(e Environment) bool { return e.Branches == CustomBranch })
	case "protected-branches":
		return environments && !slices.ContainsFunc(inv.Environments, func(e Environment) bool { return e.Branches == ProtectedBranch })
	case "team-members", "memberships":
		return true // read where somebody asks for a team, or for a person
	}
	return false
}
