package github

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/inventory"
)

func takeRules(ctx context.Context, t *taker, _ string) error {
	said, err := list[struct {
		Type       string `json:"type"`
		Ruleset    int64  `json:"ruleset_id"`
		Source     string `json:"ruleset_source"`
		SourceType string `json:"ruleset_source_type"`
		Parameters struct {
			Count        int  `json:"required_approving_review_count"`
			CodeOwners   bool `json:"require_code_owner_review"`
			LastPush     bool `json:"require_last_push_approval"`
			DismissStale bool `json:"dismiss_stale_reviews_on_push"`
		} `json:"parameters"`
	}](ctx, t.c, t.ask("/rules/branches/%s", t.w.Branch), "", t.spend)
	if err != nil {
		return err
	}
	branch := t.branch()
	for _, r := range said {
		made := inventory.Rule{Kind: r.Type, Ruleset: r.Ruleset, Source: r.Source, SourceKind: r.SourceType}
		if p := r.Parameters; r.Type == "pull_request" {
			made.Reviews = &inventory.Reviews{Count: p.Count, CodeOwners: p.CodeOwners, LastPush: p.LastPush, DismissStale: p.DismissStale}
		}
		branch.Rules = append(branch.Rules, made)
	}
	return nil
}

// errWithheld is an answer without the list that was asked for.
var errWithheld = errors.New("GitHub tells who may bypass a ruleset only to a token that may change it")

// wireActor is one who may bypass a ruleset, as GitHub has it. However it may bypass, always or by a pull request of its
// own, it may without a review.
type wireActor struct {
	ID   *int64 `json:"actor_id"`
	Type string `json:"actor_type"`
}

// takeBypass reads who may bypass the rulesets whose rules are in force on the branch: each once, and one after another
// has failed, too. GitHub leaves the list out for a token that may not change the ruleset, which isn't a list with nobody
// in it.
func takeBypass(ctx context.Context, t *taker, _ string) error {
	if ok, _ := t.out.Has("branch-rules", ""); !ok {
		return errors.New("which rulesets are in force wasn't read")
	}
	var failed error
	for _, rule := range t.branch().Rules {
		if _, asked := t.bypass[rule.Ruleset]; asked {
			continue
		}
		bypass, err := t.bypassOf(ctx, rule)
		if errors.Is(err, errUsedUp) || ctx.Err() != nil {
			return err
		}
		if failed == nil {
			failed = err
		}
		t.bypass[rule.Ruleset] = bypass
	}
	for i, rule := range t.out.Branch.Rules {
		t.out.Branch.Rules[i].Bypass = t.bypass[rule.Ruleset]
	}
	return failed
}

// bypassOf asks for the ruleset of a rule.
func (t *taker) bypassOf(ctx context.Context, rule inventory.Rule) (*[]string, error) {
	id := strconv.FormatInt(rule.Ruleset, 10)
	var q question
	switch {
	case rule.Ruleset <= 0:
		return nil, errors.New("a rule in force doesn't say of which ruleset it is")
	case rule.SourceKind == "Repository":
		q = t.ask("/rulesets/%s", id)
	case rule.SourceKind == "Organization" && t.org != "" && strings.EqualFold(rule.Source, t.org):
		q = t.askOrg("/rulesets/%s", id)
	default:
		return nil, fmt.Errorf("ruleset %s is of %s %q, which can't be asked for", id, courier.Printable(rule.SourceKind, maxTold), courier.Printable(rule.Source, maxTold))
	}
	said, err := document[struct {
		ID     int64        `json:"id"`
		Bypass *[]wireActor `json:"bypass_actors"`
	}](ctx, t.c, q, t.spend)
	switch {
	case err != nil:
		return nil, err
	case said.ID != rule.Ruleset:
		return nil, fmt.Errorf("GET /%s: the answer is of another ruleset", q.url())
	case said.Bypass == nil:
		return nil, errWithheld
	}
	bypass := make([]string, len(*said.Bypass))
	for i, actor := range *said.Bypass {
		bypass[i] = t.actor(ctx, actor)
	}
	slices.Sort(bypass)
	bypass = slices.Compact(bypass)
	return &bypass, nil
}

// actor names one as the manifest and the organisation's policy do, as far as names for ids are to be had.
func (t *taker) actor(ctx context.Context, a wireActor) string {
	var id int64
	if a.ID != nil {
		id = *a.ID
	}
	switch a.Type {
	case "Team":
		if slug := t.teams[id]; slug != "" {
			return t.handle("", slug)
		}
		return fmt.Sprintf("team:%d", id)
	case "RepositoryRole":
		if name := map[int64]string{2: "maintain", 4: "write", 5: "admin"}[id]; name != "" {
			return "role:" + name
		}
		return fmt.Sprintf("role:%d", id) // one that an organisation made
	case "Integration":
		return fmt.Sprintf("app:%d", id)
	case "User":
		return t.user(ctx, id)
	case "DeployKey":
		return "deploy keys"
	case "OrganizationAdmin":
		return "organization admins"
	}
	return strings.ToLower(courier.Printable(a.Type, maxTold)) + ":" + strconv.FormatInt(id, 10)
}

// user asks for the name of an account; where it isn't told, the number names it.
func (t *taker) user(ctx context.Context, id int64) string {
	said, err := document[struct {
		ID    int64  `json:"id"`
		Login string `json:"login"`
	}](ctx, t.c, question{path: "user/%s", args: []string{strconv.FormatInt(id, 10)}, one: true, at: "GitHub"}, t.spend)
	if err != nil || said.ID != id || said.Login == "" {
		return fmt.Sprintf("user:%d", id)
	}
	return "@" + said.Login
}

// takeProtected asks whether any branch is protected. Where none is, GitHub lets every branch into an environment for
// protected branches.
func takeProtected(ctx context.Context, t *taker, _ string) error {
	said, err := document[[]struct {
		Name string `json:"name"`
	}](ctx, t.c, t.ask("/branches?protected=true&per_page=1"), t.spend)
	if err != nil {
		return err
	}
	t.out.Protected = new(len(said) > 0)
	return nil
}
