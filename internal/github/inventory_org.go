package github

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/inventory"
)

// organizationSources are what the repository's organisation holds.
func organizationSources() []source {
	return []source{
		{name: "org-secrets", need: "organization_secrets: read", read: orgSecretsOf(inventory.Actions, "/actions/secrets")},
		{name: "org-variables", need: "organization_actions_variables: read", read: takeOrgVariables},
		{name: "org-dependabot-secrets", need: "organization_dependabot_secrets: read", read: orgSecretsOf(inventory.Dependabot, "/dependabot/secrets")},
		{name: "org-codespaces-secrets", need: "organization_codespaces_secrets: read, of a personal token", read: orgSecretsOf(inventory.Codespaces, "/codespaces/secrets")},
		{name: "org-workflow-permissions", need: "organization_administration: read", read: takeOrgDefault},
		{name: "org-oidc-subject", need: "organization_administration: read", read: takeOrgSubject},
		{name: "org-access-tokens", need: "organization_personal_access_tokens: read, of a GitHub App", read: takeTokens},
		{name: "org-access-token-requests", need: "organization_personal_access_token_requests: read, of a GitHub App", read: takeTokenRequests},
		{name: "org-apps", need: "organization_administration: read", read: takeApps},
		{name: "org-webhooks", need: "organization_hooks: read", read: takeOrgHooks},
		{name: "org-rulesets", need: "organization_administration: write", read: takeRulesets},
		{name: "org-runners", need: "organization_self_hosted_runners: read", read: takeOrgRunners},
		{name: "org-runner-groups", need: "organization_self_hosted_runners: read", read: takeRunnerGroups},
		{name: "team-members", need: "members: read", each: func(t *taker) []string { return t.w.Teams }, read: takeMembers},
		{name: "memberships", need: "members: read", each: func(t *taker) []string { return t.w.People }, read: takeMembership},
	}
}

func takeOrgDefault(ctx context.Context, t *taker, _ string) error {
	return t.addDefault(ctx, inventory.OfOrganization, t.askOrg("/actions/permissions/workflow"))
}

func takeOrgSubject(ctx context.Context, t *taker, _ string) error {
	return t.addSubject(ctx, inventory.OfOrganization, t.askOrg("/actions/oidc/customization/sub"))
}

func takeOrgHooks(ctx context.Context, t *taker, _ string) error {
	return t.addHooks(ctx, inventory.OfOrganization, t.askOrg("/hooks"))
}

func takeOrgRunners(ctx context.Context, t *taker, _ string) error {
	return t.addRunners(ctx, inventory.OfOrganization, t.askOrg("/actions/runners"))
}

// wireToken is a fine-grained personal access token as GitHub has it, granted or asked for.
type wireToken struct {
	ID    int64  `json:"token_id"`
	Name  string `json:"token_name"`
	Owner struct {
		Login string `json:"login"`
	} `json:"owner"`
	Selection   string `json:"repository_selection"`
	Permissions struct {
		Organization map[string]string `json:"organization"`
		Repository   map[string]string `json:"repository"`
		Other        map[string]string `json:"other"`
	} `json:"permissions"`
	Granted  *time.Time `json:"access_granted_at"`
	Asked    *time.Time `json:"created_at"`
	Expires  *time.Time `json:"token_expires_at"`
	LastUsed *time.Time `json:"token_last_used_at"`
	Expired  bool       `json:"token_expired"`
}

func takeTokens(ctx context.Context, t *taker, _ string) error {
	return t.addTokens(ctx, t.askOrg("/personal-access-tokens"), false)
}

func takeTokenRequests(ctx context.Context, t *taker, _ string) error {
	return t.addTokens(ctx, t.askOrg("/personal-access-token-requests"), true)
}

func (t *taker) addTokens(ctx context.Context, q question, pending bool) error {
	said, err := list[wireToken](ctx, t.c, q, "", t.spend)
	if err != nil {
		return err
	}
	for _, w := range said {
		made := inventory.Token{
			ID: w.ID, Pending: pending, Name: w.Name, Owner: "@" + w.Owner.Login, Repositories: w.Selection, Permissions: map[string]string{},
			Granted: w.Granted, Expires: w.Expires, LastUsed: w.LastUsed, Expired: w.Expired,
		}
		if pending {
			made.Granted = w.Asked
		}
		for of, all := range map[string]map[string]string{"organization/": w.Permissions.Organization, "repository/": w.Permissions.Repository, "other/": w.Permissions.Other} {
			for name, level := range all {
				made.Permissions[of+name] = level
			}
		}
		t.out.Tokens = append(t.out.Tokens, made)
	}
	return nil
}

func takeApps(ctx context.Context, t *taker, _ string) error {
	said, err := list[struct {
		ID          int64             `json:"id"`
		App         int64             `json:"app_id"`
		Slug        string            `json:"app_slug"`
		Selection   string            `json:"repository_selection"`
		Permissions map[string]string `json:"permissions"`
		Created     time.Time         `json:"created_at"`
		Updated     time.Time         `json:"updated_at"`
		Suspended   *time.Time        `json:"suspended_at"`
	}](ctx, t.c, t.askOrg("/installations"), "installations", t.spend)
	if err != nil {
		return err
	}
	for _, a := range said {
		t.out.Apps = append(t.out.Apps, inventory.App{
			ID: a.ID, App: a.App, Name: a.Slug, Repositories: a.Selection, Permissions: maps.Clone(a.Permissions),
			Created: a.Created.UTC(), Updated: a.Updated.UTC(), Suspended: a.Suspended != nil,
		})
	}
	return nil
}

func takeRulesets(ctx context.Context, t *taker, _ string) error {
	said, err := list[struct {
		ID      int64  `json:"id"`
		Name    string `json:"name"`
		Target  string `json:"target"`
		Enforce string `json:"enforcement"`
	}](ctx, t.c, t.askOrg("/rulesets"), "", t.spend)
	for _, r := range said {
		t.out.Rulesets = append(t.out.Rulesets, inventory.Ruleset{ID: r.ID, Name: r.Name, Target: r.Target, Enforce: r.Enforce, Bypass: t.bypass[r.ID]})
	}
	return err
}

func takeRunnerGroups(ctx context.Context, t *taker, _ string) error {
	said, err := list[struct {
		ID         int64    `json:"id"`
		Name       string   `json:"name"`
		Visibility string   `json:"visibility"`
		Default    bool     `json:"default"`
		Public     bool     `json:"allows_public_repositories"`
		Restricted bool     `json:"restricted_to_workflows"`
		Workflows  []string `json:"selected_workflows"`
	}](ctx, t.c, t.askOrg("/actions/runner-groups"), "runner_groups", t.spend)
	if err != nil {
		return err
	}
	for _, g := range said {
		t.out.RunnerGroups = append(t.out.RunnerGroups, inventory.RunnerGroup(g))
	}
	return nil
}

// errNobody says of a team or a member that it is known not to be there.
var errNobody = errors.New("there is no such team or member")

// orNobody tells what isn't there from what the token may not see: GitHub answers 404 to both, and lists teams to who may
// see an organisation's members.
func (t *taker) orNobody(ctx context.Context, err error) error {
	var refusal *refusalError
	if !errors.As(err, &refusal) || refusal.status != http.StatusNotFound {
		return err
	}
	if _, listed := document[[]struct {
		ID int64 `json:"id"`
	}](ctx, t.c, t.askOrg("/teams?per_page=1"), t.spend); listed != nil {
		return err
	}
	return errNobody
}

// takeMembers lists the members of a team, "@acme/web". One of another organisation can't be asked for here.
func takeMembers(ctx context.Context, t *taker, of string) error {
	org, slug, _ := strings.Cut(strings.TrimPrefix(of, "@"), "/")
	if err := checkTeam(org, slug, t.org); err != nil {
		return err
	}
	said, err := list[struct {
		Login string `json:"login"`
	}](ctx, t.c, t.askOrg("/teams/%s/members", slug), "", t.spend)
	if err != nil {
		return t.orNobody(ctx, err)
	}
	members := make([]string, len(said))
	for i, u := range said {
		members[i] = "@" + u.Login
	}
	slices.Sort(members)
	i := slices.IndexFunc(t.out.Teams, func(team inventory.Team) bool { return strings.EqualFold(team.Name, of) })
	if i < 0 {
		t.out.Teams = append(t.out.Teams, inventory.Team{Name: of, Members: members})
		return nil
	}
	t.out.Teams[i].Members = members
	return nil
}

// takeMembership asks whether somebody is a member of the organisation, or invited to be. What is kept is the source's
// state.
func takeMembership(ctx context.Context, t *taker, of string) error {
	q := t.askOrg("/memberships/%s", strings.TrimPrefix(of, "@"))
	said, err := document[struct {
		State string `json:"state"`
	}](ctx, t.c, q, t.spend)
	switch {
	case err != nil:
		return t.orNobody(ctx, err)
	case said.State == "":
		return fmt.Errorf("GET /%s: the answer doesn't say whether it is a member", q.url())
	}
	return nil
}
