package github

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/inventory"
	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/testservers"
)

type object = map[string]any

// hidden are values that stand in answers, and may stand in no inventory and no cache.
func hidden() []string {
	return []string{"value-of-a-variable", "token-in-an-address", "secret-of-a-hook", "what-was-found", "line-of-codeowners"}
}

// stocked is a fake GitHub with something of everything.
func stocked(t *testing.T) *testservers.GitHub {
	t.Helper()
	g := testservers.StartGitHub(t)
	g.Host(webID, "acme/web", acme)
	g.Commit(webID, "main", "bob", webFiles())
	at := func(o object) object {
		o["created_at"], o["updated_at"] = "2025-01-02T03:04:05Z", "2026-01-02T03:04:05Z"
		return o
	}
	g.Add(webID, "actions/secrets", at(object{"name": "NPM_TOKEN"}), at(object{"name": "AWS_KEY"}))
	g.Add(webID, "actions/organization-secrets", at(object{"name": "SHARED"}))
	g.Add(webID, "actions/variables", at(object{"name": "REGION", "value": hidden()[0]}))
	g.Add(webID, "actions/organization-variables", at(object{"name": "COMMON", "value": hidden()[0]}))
	g.Add(webID, "dependabot/secrets", at(object{"name": "PROXY"}))
	g.Add(webID, "codespaces/secrets", at(object{"name": "DEV"}))
	g.Add(webID, "environments", at(object{
		"name": "production",
		"protection_rules": []object{
			{"type": "wait_timer", "wait_timer": 30},
			{"type": "required_reviewers", "prevent_self_review": true, "reviewers": []object{
				{"type": "Team", "reviewer": object{"slug": "oncall", "name": "On call"}}, {"type": "User", "reviewer": object{"login": "alice"}},
			}},
			{"type": "branch_policy"},
		},
		"deployment_branch_policy": object{"protected_branches": false, "custom_branch_policies": true},
	}), at(object{"name": "eu/west"}))
	g.Add(webID, "environments/production/secrets", at(object{"name": "DEPLOY_KEY"}))
	g.Add(webID, "environments/production/deployment-branch-policies", object{"name": "release/*", "type": "branch"}, object{"name": "v*", "type": "tag"})
	g.Add(webID, "environments/eu/west/secrets", at(object{"name": "EU_KEY"}))
	g.Add(webID, "environments/eu/west/variables", at(object{"name": "EU", "value": hidden()[0]}))
	g.Set(webID, "actions/permissions/workflow", object{"default_workflow_permissions": "write", "can_approve_pull_request_reviews": true})
	g.Set(webID, "actions/oidc/customization/sub", object{"use_default": false, "include_claim_keys": []string{"repo", "context"}})
	g.Add(webID, "keys", object{"id": 7, "title": "build", "key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA==", "read_only": false, "added_by": "alice", "created_at": "2020-01-01T00:00:00Z", "last_used": "2026-01-01T00:00:00Z"})
	g.Add(webID, "hooks", at(object{"id": 3, "active": true, "events": []string{"push", "issues"}, "config": object{"url": "https://ci.example.com/hook?t=" + hidden()[1], "insecure_ssl": "0", "secret": hidden()[2]}}))
	g.Add(webID, "rules/branches/main", object{"type": "pull_request", "ruleset_id": 5, "ruleset_source": "acme", "ruleset_source_type": "Organization", "parameters": object{
		"required_approving_review_count": 2, "require_code_owner_review": true, "require_last_push_approval": true,
		"dismiss_stale_reviews_on_push": true, "required_review_thread_resolution": false,
	}}, object{"type": "deletion", "ruleset_id": 5, "ruleset_source": "acme", "ruleset_source_type": "Organization"})
	g.SetOrg("acme", "rulesets/5", object{"id": 5, "name": "all", "source": "acme", "enforcement": "active", "bypass_actors": []object{
		{"actor_id": 61, "actor_type": "Team", "bypass_mode": "pull_request"},
		{"actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "always"},
		{"actor_id": 22, "actor_type": "Integration", "bypass_mode": "exempt"},
		{"actor_id": nil, "actor_type": "DeployKey", "bypass_mode": "always"},
	}})
	g.Set(webID, "branches/main/protection", object{
		"enforce_admins": object{"enabled": true}, "required_pull_request_reviews": object{
			"required_approving_review_count": 1, "require_code_owner_reviews": true, "dismiss_stale_reviews": false,
			"bypass_pull_request_allowances": object{"users": []object{{"login": "root"}}, "teams": []object{{"slug": "admins"}}, "apps": []object{}},
		},
	})
	g.Set(webID, "codeowners/errors", object{"errors": []object{{"path": ".github/CODEOWNERS", "line": 3, "column": 1, "kind": "Unknown owner", "message": hidden()[4], "source": hidden()[4]}}})
	g.Add(webID, "teams", object{"id": 61, "slug": "web", "permission": "push"})
	g.Add(webID, "actions/runners", object{"id": 9, "name": "metal", "os": "linux", "labels": []object{{"name": "self-hosted"}, {"name": "gpu"}}})
	g.Add(webID, "secret-scanning/alerts", object{"number": 4, "state": "open", "secret_type": "github_personal_access_token", "validity": "active", "created_at": "2026-02-03T00:00:00Z", "secret": hidden()[3]})
	stockOrganization(g, at)
	return g
}

func stockOrganization(g *testservers.GitHub, at func(object) object) {
	g.AddOrg("acme", "actions/secrets", at(object{"name": "SHARED", "visibility": "all"}), at(object{"name": "OTHERS", "visibility": "selected"}))
	g.AddOrg("acme", "actions/variables", at(object{"name": "COMMON", "value": hidden()[0], "visibility": "private"}))
	g.AddOrg("acme", "dependabot/secrets", at(object{"name": "PROXY", "visibility": "all"}))
	g.AddOrg("acme", "codespaces/secrets", at(object{"name": "DEV", "visibility": "all"}))
	g.SetOrg("acme", "actions/permissions/workflow", object{"default_workflow_permissions": "read", "can_approve_pull_request_reviews": false})
	g.SetOrg("acme", "actions/oidc/customization/sub", object{"include_claim_keys": []string{"repo"}})
	token := object{
		"token_id": 11, "token_name": "laptop", "owner": object{"login": "alice"}, "repository_selection": "all", "access_granted_at": "2025-01-01T00:00:00Z",
		"permissions": object{"repository": object{"contents": "write"}, "organization": object{"members": "read"}}, "token_expires_at": nil, "token_last_used_at": "2026-01-01T00:00:00Z",
	}
	g.AddOrg("acme", "personal-access-tokens", token)
	g.AddOrg("acme", "personal-access-token-requests", object{"token_id": 12, "token_name": "new", "owner": object{"login": "bob"}, "repository_selection": "subset", "created_at": "2026-01-01T00:00:00Z"})
	g.AddOrg("acme", "installations", at(object{"id": 21, "app_id": 22, "app_slug": "deployer", "repository_selection": "all", "permissions": object{"contents": "write"}}))
	g.AddOrg("acme", "hooks", at(object{"id": 31, "active": true, "events": []string{"*"}, "config": object{"url": "http://old.example.com/" + hidden()[1], "insecure_ssl": "1"}}))
	g.AddOrg("acme", "rulesets", object{"id": 5, "name": "all", "target": "branch", "enforcement": "active"})
	g.AddOrg("acme", "actions/runners", object{"id": 41, "name": "pool", "os": "linux", "runner_group_id": 51, "labels": []object{}})
	g.AddOrg("acme", "actions/runner-groups", object{"id": 51, "name": "Default", "visibility": "all", "default": true, "allows_public_repositories": true})
	g.Team("acme/web", "zoe", "alice")
}

// asks is a client of a fake with both tokens, that doesn't really sleep.
func asks(t *testing.T, g *testservers.GitHub, change func(*Config)) *Client {
	t.Helper()
	cfg := Config{
		API: g.API(), Token: redact.New([]byte(g.Token)), Metadata: redact.New([]byte(g.Metadata)), Agent: "curfew/test",
		Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	}
	if change != nil {
		change(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func wanted() Wanted {
	return Wanted{Repository: "acme/web", Now: time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)}
}

func take(t *testing.T, c *Client, w Wanted) *inventory.Inventory {
	t.Helper()
	inv, err := c.Inventory(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

// TestInventory: all that there is, as the file has it. The file is what a reader of the format can look at, too.
func TestInventory(t *testing.T) {
	g := stocked(t)
	w := wanted()
	w.Organization, w.Teams = true, []string{"@acme/web"}
	c := asks(t, g, nil)
	inv := take(t, c, w)
	for _, s := range inv.Unread() {
		t.Errorf("%s wasn't checked: %s", s.Title(), s.Reason())
	}
	inv.API = "https://github.example.com/api/v3"
	got, err := inventory.Encode(inv)
	if err != nil {
		t.Fatal(err)
	}
	const file = "testdata/inventory.json"
	if os.Getenv("CURFEW_UPDATE") != "" {
		if err := os.WriteFile(file, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got), CURFEW_UPDATE=1 rewrites it:\n%s", file, diff)
	}
	cache, err := c.cache.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range hidden() {
		if bytes.Contains(got, []byte(value)) || bytes.Contains(cache, []byte(value)) {
			t.Errorf("%q is in the inventory or the cache", value)
		}
	}
	for _, token := range []string{g.Token, g.Metadata} {
		if bytes.Contains(cache, []byte(token)) {
			t.Error("a token is in the cache")
		}
	}
	if again, err := inventory.Parse(file, got); err != nil {
		t.Error(err)
	} else if twice, _ := inventory.Encode(again); !bytes.Equal(got, twice) {
		t.Errorf("reading and writing changes it:\n%s", cmp.Diff(string(got), string(twice)))
	}
}

// TestCost: at most 25 requests of a repository, and none that counts when nothing has changed, by the cache of
// another process.
func TestCost(t *testing.T) {
	g := stocked(t)
	c := asks(t, g, nil)
	first := take(t, c, wanted())
	sent, counted := c.Cost()
	if sent > MaxRequests || counted != g.Spent() || len(g.Asked()) != sent {
		t.Errorf("%d requests, %d counted; the server has %d and %d", sent, counted, len(g.Asked()), g.Spent())
	}
	src, err := c.cache.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	kept, err := ReadCache(bytes.NewReader(src))
	if err != nil {
		t.Fatal(err)
	}
	spent := g.Spent()
	c = asks(t, g, func(cfg *Config) { cfg.Cache = kept })
	second := take(t, c, wanted())
	if again, counted := c.Cost(); again != sent || counted != 0 || g.Spent() != spent {
		t.Errorf("nothing changed: %d requests, %d counted; the server counts %d", again, counted, g.Spent()-spent)
	}
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("the cache says something else:\n%s", diff)
	}
	g.Add(webID, "actions/secrets", object{"name": "NEW"})
	third := take(t, c, wanted())
	if _, counted := c.Cost(); counted != 1 || len(third.Secrets) != len(first.Secrets)+1 {
		t.Errorf("one list changed: %d counted, %d secrets", counted, len(third.Secrets))
	}
	t.Logf("an inventory of one repository with 2 environments: %d requests cold, 0 counted when nothing changed", sent)
}

// TestBudget: what would take more requests than are allowed is told as not checked.
func TestBudget(t *testing.T) {
	g := stocked(t)
	for i := range 20 {
		g.Add(webID, "environments", object{"name": fmt.Sprintf("e%d", i)})
	}
	c := asks(t, g, nil)
	inv := take(t, c, wanted())
	if sent, _ := c.Cost(); sent != MaxRequests {
		t.Errorf("%d requests", sent)
	}
	unread := inv.Unread()
	i := slices.IndexFunc(unread, func(s inventory.Source) bool { return s.Name == "environment-variables" && s.Of == "e19" })
	if i < 0 || !strings.Contains(unread[i].Why, "--max-requests") {
		t.Errorf("%v", unread)
	}
	w := wanted()
	w.MaxRequests = 100
	inv = take(t, asks(t, g, nil), w)
	for _, s := range inv.Unread() {
		if !strings.HasPrefix(s.Name, "org-") {
			t.Errorf("%s: %s", s.Title(), s.Reason())
		}
	}
}

// TestJobToken: a job's own token reads little, and the rest is told with what it needs.
func TestJobToken(t *testing.T) {
	g := stocked(t)
	inv := take(t, asks(t, g, func(cfg *Config) { cfg.Metadata = redact.Secret{} }), wanted())
	for name, want := range map[string]string{
		"environments": "", "branch-rules": "", "codeowners": "", "repository": "",
		"secrets": "needs secrets: read", "deploy-keys": "needs administration: read", "org-apps": "--organization", "environment-secrets": "needs environments: read",
	} {
		of := map[bool]string{true: "production"}[name == "environment-secrets"]
		if ok, why := inv.Has(name, of); ok != (want == "") || !strings.Contains(why, want) {
			t.Errorf("%s: %v, %q", name, ok, why)
		}
	}
	if len(inv.Secrets) != 0 {
		t.Errorf("%v", inv.Secrets)
	}
}

// TestPages: lists of more than one page, and of more than 1,000 items.
func TestPages(t *testing.T) {
	g := stocked(t)
	for i := range 1100 {
		g.Add(webID, "keys", object{"id": 100 + i, "title": "k", "created_at": "2026-01-01T00:00:00Z"})
		if i < 100 {
			g.Add(webID, "actions/variables", object{"name": fmt.Sprintf("V%d", i)})
		}
	}
	w := wanted()
	w.MaxRequests = 60
	inv := take(t, asks(t, g, nil), w)
	if ok, why := inv.Has("deploy-keys", ""); !ok || len(inv.DeployKeys) != 1101 {
		t.Errorf("%d keys, %s", len(inv.DeployKeys), why)
	}
	if n := len(inv.Variables); n != 100+3 { // with those of the environment and the organisation
		t.Errorf("%d variables", n)
	}
}

// TestUser: a user's repository has no organisation, which is known and not unknown.
func TestUser(t *testing.T) {
	g := testservers.StartGitHub(t)
	g.Host(1, "alice/web", 1001)
	kind := "User"
	g.Answer = func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/repos/alice/web") {
			return false
		}
		says(200, `{"id":1,"full_name":"alice/web","default_branch":"main","private":false,"owner":{"login":"alice","id":1001,"type":"`+kind+`"}}`)(w, r)
		return true
	}
	w := wanted()
	w.Repository, w.Organization = "alice/web", true
	inv := take(t, asks(t, g, nil), w)
	if inv.Repository.Visibility != "public" {
		t.Errorf("%+v", inv.Repository)
	}
	for _, name := range []string{"org-secrets", "organization-secrets", "teams"} {
		if ok, why := inv.Has(name, ""); !ok {
			t.Errorf("%s: %s", name, why)
		}
	}
	kind = "Enterprise"
	inv = take(t, asks(t, g, nil), w)
	for _, name := range []string{"org-secrets", "organization-secrets", "teams"} {
		if ok, why := inv.Has(name, ""); ok || !strings.Contains(why, "Enterprise") {
			t.Errorf("of an owner of a kind that nobody knows, %s: %v %s", name, ok, why)
		}
	}
}
