package github

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/inventory"
	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/testservers"
)

// ruled is a fake whose branch has a rule of each of these kinds of owners, numbered from 1.
func ruled(t *testing.T, sources ...string) *testservers.GitHub {
	t.Helper()
	g := testservers.StartGitHub(t)
	g.Host(webID, "acme/web", acme)
	g.Commit(webID, "main", "bob", webFiles())
	for i, kind := range sources {
		source := map[string]string{"Repository": "acme/web", "Organization": "acme", "another": "acme-inc"}[kind]
		if kind == "another" {
			kind = "Organization"
		}
		g.Add(webID, "rules/branches/main", object{"type": "deletion", "ruleset_id": i + 1, "ruleset_source": source, "ruleset_source_type": kind})
	}
	return g
}

// rulesetOf is a ruleset as GitHub has it, with these actors; nil leaves them out.
func rulesetOf(id int, actors []object) object {
	o := object{"id": id, "name": "r", "source": "acme/web", "enforcement": "active"}
	if actors != nil {
		o["bypass_actors"] = actors
	}
	return o
}

// bypassed says of each rule who may bypass it.
func bypassed(inv *inventory.Inventory) []string {
	var all []string
	for _, r := range inv.Branch.Rules {
		said := "unknown"
		if r.Bypass != nil {
			said = fmt.Sprint(*r.Bypass)
		}
		all = append(all, said)
	}
	return all
}

// TestBypass: who may bypass rules in force is told by name; nobody is told from unknown.
func TestBypass(t *testing.T) {
	g := ruled(t, "Repository", "Repository", "Organization", "another")
	g.Add(webID, "rules/branches/main", object{"type": "pull_request", "ruleset_id": 1, "ruleset_source": "acme/web", "ruleset_source_type": "Repository"})
	g.Add(webID, "teams", object{"id": 61, "slug": "appsec"})
	g.User(10, "anna")
	g.Set(webID, "rulesets/1", rulesetOf(1, []object{
		{"actor_type": "Team", "actor_id": 61},
		{"actor_type": "Team", "actor_id": 62},
		{"actor_type": "User", "actor_id": 9},
		{"actor_type": "User", "actor_id": 10},
		{"actor_type": "RepositoryRole", "actor_id": 4},
		{"actor_type": "RepositoryRole", "actor_id": 77},
		{"actor_type": "OrganizationAdmin", "actor_id": 1},
		{"actor_type": "DeployKey", "actor_id": nil},
		{"actor_type": "Integration", "actor_id": 3},
		{"actor_type": "Integration", "actor_id": 3, "bypass_mode": "pull_request"},
	}))
	g.Set(webID, "rulesets/2", rulesetOf(2, []object{}))
	g.SetOrg("acme", "rulesets/3", rulesetOf(3, nil))
	inv := take(t, asks(t, g, nil), wanted())
	all := "[@acme/appsec @anna app:3 deploy keys organization admins role:77 role:write team:62 user:9]"
	if got := bypassed(inv); !slices.Equal(got, []string{all, "[]", "unknown", "unknown", all}) {
		t.Errorf("%q", got)
	}
	i := slices.IndexFunc(inv.Unread(), func(s inventory.Source) bool { return s.Name == "ruleset-bypass" })
	if i < 0 || !strings.Contains(inv.Unread()[i].Reason(), "may change it; needs administration: write") {
		t.Errorf("%v", inv.Unread())
	}
	asked := slices.DeleteFunc(g.Asked(), func(path string) bool { return !strings.Contains(path, "/rulesets/") })
	if want := []string{"/repos/acme/web/rulesets/1", "/repos/acme/web/rulesets/2", "/orgs/acme/rulesets/3"}; !slices.Equal(asked, want) {
		t.Errorf("asked %v", asked)
	}
}

// TestBypassUnread: what can't be read is unknown, never nobody.
func TestBypassUnread(t *testing.T) {
	for name, tt := range map[string]struct {
		alter func(g *testservers.GitHub)
		job   bool // no metadata token
		want  []string
		why   string
	}{
		"gone":            {func(g *testservers.GitHub) { g.Set(webID, "rulesets/1", nil) }, false, []string{"unknown", "[]"}, "404"},
		"a job's token":   {func(*testservers.GitHub) {}, true, []string{"unknown", "unknown"}, "may change it"},
		"another ruleset": {func(g *testservers.GitHub) { g.Set(webID, "rulesets/1", rulesetOf(7, []object{})) }, false, []string{"unknown", "[]"}, "another ruleset"},
		"the rate limit": {func(g *testservers.GitHub) {
			g.Break(testservers.Fault{Path: "/rulesets/1", Primary: true, Reset: 1e13})
		}, false, []string{"unknown", "unknown"}, "used up"},
		"which rules is known": {func(g *testservers.GitHub) { g.Break(testservers.Fault{Path: "/rules/branches/main", Status: 403}) }, false, nil, "which rulesets"},
	} {
		t.Run(name, func(t *testing.T) {
			g := ruled(t, "Repository", "Repository")
			g.Set(webID, "rulesets/1", rulesetOf(1, []object{}))
			g.Set(webID, "rulesets/2", rulesetOf(2, []object{}))
			tt.alter(g)
			inv := take(t, asks(t, g, func(cfg *Config) {
				if tt.job {
					cfg.Metadata = redact.Secret{}
				}
			}), wanted())
			if ok, why := inv.Has("ruleset-bypass", ""); ok || !strings.Contains(why, tt.why) {
				t.Errorf("%v %q", ok, why)
			}
			if inv.Branch == nil {
				inv.Branch = &inventory.Branch{}
			}
			if got := bypassed(inv); tt.want != nil && !slices.Equal(got, tt.want) {
				t.Errorf("%v", got)
			}
		})
	}
}

// TestNoRulesets: where no rule is in force, there is nothing to ask, and that is known.
func TestNoRulesets(t *testing.T) {
	inv := take(t, asks(t, ruled(t), nil), wanted())
	if ok, why := inv.Has("ruleset-bypass", ""); !ok {
		t.Error(why)
	}
}

// TestProtectedBranches is asked where an environment lets protected branches in, and nowhere else.
func TestProtectedBranches(t *testing.T) {
	g := ruled(t)
	for _, protected := range []any{nil, false, true} {
		if protected != nil {
			g.Add(webID, "environments", object{"name": fmt.Sprint(protected), "deployment_branch_policy": object{"protected_branches": true, "custom_branch_policies": false}})
		}
		if protected == true {
			g.Set(webID, "branches/main/protection", object{"enforce_admins": object{"enabled": true}})
		}
		inv := take(t, asks(t, g, nil), wanted())
		if (inv.Protected == nil) != (protected == nil) || inv.Protected != nil && *inv.Protected != protected {
			t.Errorf("%v: %v", protected, inv.Protected)
		}
		if slices.ContainsFunc(inv.Unread(), func(s inventory.Source) bool { return s.Name == "protected-branches" }) {
			t.Error("it is told as unread")
		}
	}
	g.Break(testservers.Fault{Path: "/environments", Status: 403})
	if ok, why := take(t, asks(t, g, nil), wanted()).Has("protected-branches", ""); ok || !strings.Contains(why, "which environments") {
		t.Errorf("%v %q", ok, why)
	}
}

// TestNobody: a team or a member that isn't there is told from one that the token may not see.
func TestNobody(t *testing.T) {
	for _, may := range []bool{true, false} {
		g := ruled(t)
		g.Team("acme/web", "alice")
		g.SetOrg("acme", "memberships/alice", object{"state": "active", "role": "member"})
		if !may {
			g.Break(testservers.Fault{Path: "/orgs/acme/teams", Status: 403})
		}
		w := wanted()
		w.Organization, w.Teams, w.People = true, []string{"@acme/gone", "@acme/web"}, []string{"@alice", "@bert"}
		inv := take(t, asks(t, g, nil), w)
		want := map[bool]inventory.State{true: inventory.Absent, false: inventory.NotChecked}[may]
		for of, name := range map[string]string{"@acme/gone": "team-members", "@bert": "memberships"} {
			if got := inv.State(name, of); got != want {
				t.Errorf("may list teams %v: %s is %s", may, of, got)
			}
		}
		if inv.State("team-members", "@acme/web") != inventory.Read || inv.State("memberships", "@alice") != inventory.Read {
			t.Errorf("%+v", inv.Sources)
		}
	}
}
