package github

import (
	"context"
	"errors"
	"slices"

	"github.com/curfew-ci/curfew/internal/inventory"
)

// repositorySources are read in this order: what is of many environments comes last, so that it is what is left out
// where too many requests would be needed.
func repositorySources() []source {
	actions, dependabot, codespaces := inventory.Actions, inventory.Dependabot, inventory.Codespaces
	return []source{
		{name: "repository", need: "metadata: read", read: takeRepository},
		{name: "secrets", need: "secrets: read", read: secretsOf(actions, inventory.OfRepository, "/actions/secrets")},
		{name: "organization-secrets", need: "secrets: read", ofOrg: true, read: secretsOf(actions, inventory.OfOrganization, "/actions/organization-secrets")},
		{name: "variables", need: "actions_variables: read", read: variablesOf(inventory.OfRepository, "/actions/variables")},
		{name: "organization-variables", need: "actions_variables: read", ofOrg: true, read: variablesOf(inventory.OfOrganization, "/actions/organization-variables")},
		{name: "dependabot-secrets", need: "dependabot_secrets: read", read: secretsOf(dependabot, inventory.OfRepository, "/dependabot/secrets")},
		{name: "codespaces-secrets", need: "codespaces_secrets: write", read: secretsOf(codespaces, inventory.OfRepository, "/codespaces/secrets")},
		{name: "environments", need: "actions: read", read: takeEnvironments},
		{name: "workflow-permissions", need: "administration: read", read: takeDefault},
		{name: "oidc-subject", need: "actions: read", read: takeSubject},
		{name: "deploy-keys", need: "administration: read", read: takeKeys},
		{name: "webhooks", need: "repository_hooks: read", read: takeHooks},
		{name: "branch-rules", need: "metadata: read", read: takeRules},
		{name: "branch-protection", need: "administration: read, contents: read", read: takeProtection},
		{name: "codeowners", need: "contents: read", read: takeOwnerFaults},
		{name: "teams", need: "administration: read", ofOrg: true, read: takeTeams},
		{name: "ruleset-bypass", need: "administration: write, of an organisation's rulesets organization_administration: write", read: takeBypass},
		{name: "runners", need: "administration: read", read: takeRunners},
		{name: "alerts", need: "secret_scanning_alerts: read", read: takeAlerts},
		{name: "environment-secrets", need: "environments: read", each: environments, read: takeEnvironmentSecrets},
		{name: "environment-branches", need: "actions: read", each: customEnvironments, read: takeEnvironmentBranches},
		{name: "protected-branches", need: "contents: read", each: byProtection, read: takeProtected},
		{name: "environment-variables", need: "environments: read", each: environments, read: takeEnvironmentVariables},
	}
}

func environments(t *taker) []string {
	var names []string
	for _, e := range t.out.Environments {
		names = append(names, e.Name)
	}
	return names
}

// customEnvironments are those with branches of their own, whose patterns stand elsewhere.
func customEnvironments(t *taker) []string {
	var names []string
	for i, e := range t.out.Environments {
		if e.Branches == inventory.CustomBranch {
			names = append(names, e.Name)
			t.out.Environments[i].PatternsUnknown = true // until they are read
		}
	}
	return names
}

// byProtection is one question, where an environment lets protected branches in.
func byProtection(t *taker) []string {
	if !slices.ContainsFunc(t.out.Environments, func(e inventory.Environment) bool { return e.Branches == inventory.ProtectedBranch }) {
		return nil
	}
	return []string{""}
}

// wireEnvironment is an environment as GitHub has it.
type wireEnvironment struct {
	Name         string `json:"name"`
	AdminsBypass *bool  `json:"can_admins_bypass"`
	Rules        []struct {
		Type         string `json:"type"`
		WaitTimer    int    `json:"wait_timer"`
		NoSelfReview bool   `json:"prevent_self_review"`
		Reviewers    []struct {
			Type     string `json:"type"`
			Reviewer struct {
				Login string `json:"login"`
				Slug  string `json:"slug"`
			} `json:"reviewer"`
		} `json:"reviewers"`
	} `json:"protection_rules"`
	Branches *struct {
		Protected bool `json:"protected_branches"`
		Custom    bool `json:"custom_branch_policies"`
	} `json:"deployment_branch_policy"`
}

func takeEnvironments(ctx context.Context, t *taker, _ string) error {
	said, err := list[wireEnvironment](ctx, t.c, t.ask("/environments"), "environments", t.spend)
	if err != nil {
		return err
	}
	for _, e := range said {
		made := inventory.Environment{Name: e.Name, AdminsBypass: e.AdminsBypass, Branches: inventory.AnyBranch}
		for _, rule := range e.Rules {
			switch rule.Type {
			case "wait_timer":
				made.WaitMinutes = rule.WaitTimer
			case "required_reviewers":
				made.NoSelfReview = rule.NoSelfReview
				for _, r := range rule.Reviewers {
					made.Reviewers = append(made.Reviewers, t.handle(r.Reviewer.Login, r.Reviewer.Slug))
				}
			case "branch_policy": // told by deployment_branch_policy
			default:
				made.OtherRules = append(made.OtherRules, rule.Type)
			}
		}
		slices.Sort(made.Reviewers)
		switch {
		case e.Branches == nil:
		case e.Branches.Custom:
			made.Branches = inventory.CustomBranch
		case e.Branches.Protected:
			made.Branches = inventory.ProtectedBranch
		}
		t.out.Environments = append(t.out.Environments, made)
	}
	return nil
}

// handle is how the manifest names a user or a team.
func (t *taker) handle(login, slug string) string {
	if slug != "" {
		return "@" + t.org + "/" + slug
	}
	return "@" + login
}

func takeEnvironmentBranches(ctx context.Context, t *taker, of string) error {
	said, err := list[struct {
		Name string `json:"name"`
		Type string `json:"type"`
	}](ctx, t.c, t.ask("/environments/%s/deployment-branch-policies", of), "branch_policies", t.spend)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(t.out.Environments, func(e inventory.Environment) bool { return e.Name == of })
	e := &t.out.Environments[i]
	e.PatternsUnknown = false
	for _, p := range said {
		e.BranchPatterns = append(e.BranchPatterns, map[bool]string{true: "refs/tags/", false: "refs/heads/"}[p.Type == "tag"]+p.Name)
	}
	slices.Sort(e.BranchPatterns)
	return nil
}

// wireProtection is a branch's protection as GitHub has it.
type wireProtection struct {
	Reviews *struct {
		Count        int  `json:"required_approving_review_count"`
		CodeOwners   bool `json:"require_code_owner_reviews"`
		LastPush     bool `json:"require_last_push_approval"`
		DismissStale bool `json:"dismiss_stale_reviews"`
		Bypass       struct {
			Users []struct {
				Login string `json:"login"`
			} `json:"users"`
			Teams []struct {
				Slug string `json:"slug"`
			} `json:"teams"`
			Apps []struct {
				Slug string `json:"slug"`
			} `json:"apps"`
		} `json:"bypass_pull_request_allowances"`
	} `json:"required_pull_request_reviews"`
	Admins       enabled         `json:"enforce_admins"`
	ForcePush    enabled         `json:"allow_force_pushes"`
	Deletion     enabled         `json:"allow_deletions"`
	Signatures   enabled         `json:"required_signatures"`
	Restrictions *map[string]any `json:"restrictions"`
}

type enabled struct {
	Enabled bool `json:"enabled"`
}

// takeProtection reads how the branch is protected, but for rulesets. Of a branch that isn't there is nothing to ask,
// and GitHub would answer 404, as it does to who may not know.
func takeProtection(ctx context.Context, t *taker, _ string) error {
	branch := t.branch()
	said, err := document[struct {
		Name      string `json:"name"`
		Protected bool   `json:"protected"`
	}](ctx, t.c, t.ask("/branches/%s", t.w.Branch), t.spend)
	if err != nil || !said.Protected {
		return err
	}
	p, err := document[wireProtection](ctx, t.c, t.ask("/branches/%s/protection", t.w.Branch), t.spend)
	var refusal *refusalError
	if errors.As(err, &refusal) && refusal.message == "Branch not protected" {
		return nil // by rulesets alone
	}
	if err != nil {
		return err
	}
	branch.Protection = p.inventory(t)
	return nil
}

func (p wireProtection) inventory(t *taker) *inventory.Protection {
	made := &inventory.Protection{
		Admins: p.Admins.Enabled, ForcePush: p.ForcePush.Enabled, Deletion: p.Deletion.Enabled,
		Signatures: p.Signatures.Enabled, RestrictedPushes: p.Restrictions != nil,
	}
	if r := p.Reviews; r != nil {
		made.Reviews, made.CodeOwners, made.LastPush, made.DismissStale = r.Count, r.CodeOwners, r.LastPush, r.DismissStale
		for _, u := range r.Bypass.Users {
			made.Bypass = append(made.Bypass, "@"+u.Login)
		}
		for _, team := range r.Bypass.Teams {
			made.Bypass = append(made.Bypass, t.handle("", team.Slug))
		}
		for _, app := range r.Bypass.Apps {
			made.Bypass = append(made.Bypass, "app "+app.Slug)
		}
		slices.Sort(made.Bypass)
	}
	return made
}

// branch is that of the inventory.
func (t *taker) branch() *inventory.Branch {
	if t.out.Branch == nil {
		t.out.Branch = &inventory.Branch{Name: t.w.Branch}
	}
	return t.out.Branch
}
