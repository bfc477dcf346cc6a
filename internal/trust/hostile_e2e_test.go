//go:build e2e

package trust

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// workflow is how the claims of a job name a workflow file of a repository at a ref.
func workflow(repository, file, ref string) map[string]any {
	at := repository + "/.github/workflows/" + file + "@" + ref
	return map[string]any{"workflow_ref": at, "job_workflow_ref": at, "ref": ref}
}

// with adds claims to claims.
func with(claims map[string]any, more ...any) map[string]any {
	for i := 0; i < len(more); i += 2 {
		claims[more[i].(string)] = more[i+1]
	}
	return claims
}

// TestE2EHostileJob: a job that isn't the entitled one gets nothing under rendered trust, with its true claims and
// the audience that the role wants. Under careless trust the same job reads the secret, of the same Vault, by the same
// ID token.
func TestE2EHostileJob(t *testing.T) {
	w := newHostileWorld(t)
	const main, deploy = "refs/heads/main", "deploy.yml"
	for _, tt := range []struct {
		name     string
		job      map[string]any
		role     string
		audience string
		said     string // by Vault
		careless bool   // lets it in
	}{
		{"another workflow", workflow("acme/web", "test.yml", main), "deploy", ownAudience, `"job_workflow_ref"`, true},
		{"another branch", with(workflow("acme/web", deploy, "refs/heads/wip"), "ref_protected", "false"), "deploy", ownAudience, `"job_workflow_ref"`, true},
		{"pull request", with(workflow("acme/web", deploy, "refs/pull/7/merge"), "event_name", "pull_request", "environment", nil,
			"sub", "repo:acme/web:pull_request", "base_ref", "main", "head_ref", "wip"), "deploy", ownAudience, "", true},
		// It runs in the base's context: nothing but the event tells it from a push.
		{"pull request target", map[string]any{"event_name": "pull_request_target"}, "deploy", ownAudience, `"event_name"`, true},
		{"comment", map[string]any{"event_name": "issue_comment"}, "deploy", ownAudience, `"event_name"`, true},
		{"another environment", map[string]any{"environment": "staging", "sub": "repo:acme/web:environment:staging"}, "deploy", ownAudience, `"environment"`, true},
		{"no environment", map[string]any{"environment": nil, "sub": "repo:acme/web:ref:refs/heads/main"}, "deploy", ownAudience, `"environment"`, true},
		{"fork in the organisation", with(workflow("acme/web-fork", deploy, main), "repository", "acme/web-fork", "repository_id", "111",
			"sub", "repo:acme/web-fork:environment:production"), "deploy", ownAudience, "", true},
		{"fork of somebody else", with(workflow("evil/web", deploy, main), "repository", "evil/web", "repository_id", "112", "repository_owner", "evil",
			"repository_owner_id", "6666", "sub", "repo:evil/web:environment:production"), "deploy", ownAudience, "", false},
		// Deleted and created again, or an account's old name taken: all names are right.
		{"name taken over", map[string]any{"repository_id": "113"}, "deploy", ownAudience, `"repository_id"`, true},
		{"owner's name taken over", map[string]any{"repository_owner_id": "6666"}, "deploy", ownAudience, `"repository_owner_id"`, true},
		{"not in the manifest", with(workflow("acme/tools", deploy, main), "repository", "acme/tools", "repository_id", "114",
			"sub", "repo:acme/tools:environment:production"), "deploy", ownAudience, "", true},
		{"role not in the manifest", nil, "migrate", ownAudience, `role "migrate" could not be found`, true},
		{"another identity's role", nil, "release", ownAudience, `"job_workflow_ref"`, true},
		// The entitled job may ask for the right audience as well (TestE2EHostileJobEntitled). The audience stops
		// a token that was made for somebody else, who then comes here with it.
		{"another audience", nil, "deploy", commonAudience, "audience", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			token := w.mint(t, tt.job, tt.audience)
			a := w.login(t, tt.role, token)
			if words := strings.Join(a.Errors, " "); a.status != 400 || a.Auth.Token != "" || !strings.Contains(words, tt.said) {
				t.Errorf("as rendered: %d %q, want %q", a.status, words, tt.said)
			}
			if got := w.read(t, a.Auth.Token, "kv/production"); got != "" {
				t.Errorf("as rendered, it reads %q", got)
			}
			if doc, ok := w.docs[tt.role+"/kv"]; ok && doc.Refusals(w.claims(t, token), time.Now()) == nil {
				t.Error("the document itself lets it in")
			}
			if tt.audience == ownAudience && w.entitled(t, token, tt.role+"/kv") {
				t.Error("the manifest entitles it")
			}
			if got := w.read(t, w.login(t, "careless", token).Auth.Token, "kv/production"); (got == production) != tt.careless {
				t.Errorf("by careless trust it reads %q", got)
			}
		})
	}
}

// TestE2EHostileJobEntitled: a step of the entitled job that goes past curfew is let in. Rendered trust knows
// jobs and no steps, so it can't stop that; what is left is what the role gives, and for how long.
func TestE2EHostileJobEntitled(t *testing.T) {
	w := newHostileWorld(t)
	token := w.mint(t, nil, ownAudience)
	if !w.entitled(t, token, "deploy/kv") {
		t.Fatal("the manifest doesn't entitle it")
	}
	a := w.login(t, "deploy", token)
	if got := w.read(t, a.Auth.Token, "kv/production"); got != production {
		t.Errorf("it reads %q: %d %q", got, a.status, a.Errors)
	}
	if why := w.docs["deploy/kv"].Refusals(w.claims(t, token), time.Now()); why != nil {
		t.Errorf("the document itself doesn't let it in: %v", why)
	}
	if got := w.read(t, a.Auth.Token, "kv/other"); got != "" {
		t.Errorf("it reads %q, which isn't the grant's", got)
	}
	if want := []string{"curfew/deploy/kv", "default"}; a.Auth.Seconds != 15*60 || !slices.Equal(slices.Sorted(slices.Values(a.Auth.Policies)), want) {
		t.Errorf("%d s, %v", a.Auth.Seconds, a.Auth.Policies)
	}
	if again := w.call(t, a.Auth.Token, "auth/token/renew-self", map[string]string{"increment": "24h"}); again.Auth.Seconds > 15*60 {
		t.Errorf("renewed to %d s", again.Auth.Seconds)
	}
	child := w.call(t, a.Auth.Token, "auth/token/create", map[string]any{"ttl": "24h", "no_parent": true, "policies": []string{"root"}})
	if child.Auth.Token != "" {
		t.Errorf("it makes itself another: %+v", child)
	}
	// Whoever reads the job's memory within the five minutes that an ID token lives can do the same once more.
	if again := w.login(t, "deploy", token); w.read(t, again.Auth.Token, "kv/production") != production || again.Auth.Token == a.Auth.Token {
		t.Errorf("an ID token isn't taken twice any more: %d %q; say so in docs/threat-model.md", again.status, again.Errors)
	}
	// The end of one token isn't the end of another: curfew ends what it has got itself.
	if r := w.call(t, a.Auth.Token, "auth/token/revoke-self", nil); r.status != 204 || w.read(t, a.Auth.Token, "kv/production") != "" {
		t.Errorf("a revoked token lives: %d", r.status)
	}
}

// TestE2EHostileJobAudited: what goes past curfew doesn't go past Vault's audit. There the rendered role says which job
// it was; the careless one doesn't, and its token lives for a month. Of who is refused, the audit says neither the job nor
// the reason. No token of either kind stands in it.
func TestE2EHostileJobAudited(t *testing.T) {
	w := newHostileWorld(t)
	job := map[string]any{"run_id": "777", "actor": "mallory", "jti": "its-id"}
	tokens := []string{w.mint(t, job, ownAudience), w.mint(t, job, ownAudience)}
	let := []answer{w.login(t, "deploy", tokens[0]), w.login(t, "careless", tokens[1])}
	for _, a := range let {
		if w.read(t, a.Auth.Token, "kv/production") != production {
			t.Fatalf("not let in: %d %q", a.status, a.Errors)
		}
	}
	tokens = append(tokens, w.mint(t, with(workflow("acme/web", "test.yml", "refs/heads/main"), "run_id", "778"), ownAudience))
	if refused := w.login(t, "deploy", tokens[2]); refused.Auth.Token != "" {
		t.Fatal("let in")
	}
	want := []audited{
		{"auth/jwt/login", "deploy", "777", "mallory", "its-id", 15 * 60},
		{"auth/jwt/login", "careless", "", "", "", 32 * 24 * 60 * 60},
		{"kv/production", "deploy", "777", "mallory", "its-id", 15 * 60},
		{"kv/production", "careless", "", "", "", 32 * 24 * 60 * 60},
		{"auth/jwt/login", "", "", "", "", 0},
	}
	if diff := cmp.Diff(want, w.seen(t, append(tokens, let[0].Auth.Token, let[1].Auth.Token, production, "\"778\"")), cmp.AllowUnexported(audited{})); diff != "" {
		t.Error(diff)
	}
}

// audited is what Vault's audit tells of an answer.
type audited struct {
	path, role, run, actor, id string
	seconds                    int
}

// seen reads what jobs did in Vault's audit, in which none of unseen may stand.
func (w *hostileWorld) seen(t *testing.T, unseen []string) []audited {
	t.Helper()
	text, err := os.ReadFile(w.audit)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range unseen {
		if strings.Contains(string(text), s) {
			t.Errorf("%.12s… stands in the audit", s)
		}
	}
	var out []audited
	for line := range strings.Lines(string(text)) {
		entry := decode[struct {
			Type string
			Auth struct {
				Name     string `json:"display_name"`
				Metadata map[string]string
				TTL      int `json:"token_ttl"`
			}
			Request struct{ Path string }
		}](t, []byte(line))
		if m := entry.Auth.Metadata; entry.Type == "response" && entry.Auth.Name != "root" {
			out = append(out, audited{entry.Request.Path, m["role"], m["run_id"], m["actor"], m["oidc_jti"], entry.Auth.TTL})
		}
	}
	return out
}
