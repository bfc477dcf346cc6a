package trust

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/manifest"
)

const github = "https://token.actions.githubusercontent.com"

// token is what a platform would sign: its subject agrees with its claims.
type token map[string]string

// repository is one that tokens come from; several may have had one name after the other.
type repository struct{ owner, ownerID, name, id string }

// tokens are those of the jobs that are meant and of all that look like them.
func tokens(issuer string) []token {
	var out []token
	for _, r := range []repository{
		{"acme", "4242", "app", "987"},
		{"acme", "4242", "lib", "988"},
		{"acme", "6666", "app", "666"},
		{"acme", "4242", "app", "666"},
		{"acme", "6666", "app", "987"}, // names taken over
		{"ACME", "4242", "app", "987"},
		{"acme", "4242", "App", "987"},
		{"acme", "4242", "app2", "9870"},
		{"acme-evil", "6666", "app", "98"},
		{"evil", "6666", "acme", "987"},
	} {
		for _, environment := range []string{"", "prod: eu", "prod%3A eu", "Prod: eu", "prod: eu2", "prod", "staging", "*"} {
			for _, ref := range []string{"refs/heads/main", "refs/heads/main2", "refs/heads/Main", "refs/tags/main", "refs/pull/7/merge"} {
				for _, event := range []string{"push", "workflow_dispatch", "pull_request_target", "issue_comment"} {
					for _, workflow := range []string{"acme/app/.github/workflows/d.yml@refs/heads/main", "acme/app/.github/workflows/d.yml@" + ref, "evil/app/.github/workflows/d.yml@refs/heads/main"} {
						out = append(out, signed(issuer, r, environment, ref, event, workflow)...)
					}
				}
			}
		}
	}
	return out
}

// signed are one job's tokens in both formats of subject.
func signed(issuer string, r repository, environment, ref, event, workflow string) []token {
	context := "ref:" + ref
	switch {
	case environment != "":
		context = "environment:" + strings.ReplaceAll(environment, ":", "%3A")
	case strings.HasPrefix(event, "pull_request"):
		context = "pull_request"
	}
	var out []token
	for _, path := range []string{r.owner + "/" + r.name, r.owner + "@" + r.ownerID + "/" + r.name + "@" + r.id} {
		t := token{
			"iss": issuer, "aud": "sts.amazonaws.com", "sub": "repo:" + path + ":" + context,
			"repository": r.owner + "/" + r.name, "repository_owner": r.owner, "repository_id": r.id, "repository_owner_id": r.ownerID,
			"ref": ref, "event_name": event, "job_workflow_ref": workflow, "actor": "alice", "runner_environment": "github-hosted",
		}
		if environment != "" {
			t["environment"] = environment
		}
		out = append(out, t)
	}
	return out
}

// manifestWith is a manifest with one identity, whose claims are given, and a grant of each kind.
func manifestWith(claims string) string {
	return `version: 1
defaults: { narrow: none, limits: none, ttl: 1h }
owners: { web: { team: "@acme/web" } }
identities:
  deploy:
    owner: web
    purpose: Deploy
    privilege: high
    expires: "2027-06-01"
    runs-as: { workflow: .github/workflows/d.yml, job: deploy }
    claims: ` + claims + `
    grants:
      aws:
        aws: { role: "arn:aws:iam::123456789012:role/deploy", audience: sts.amazonaws.com, region: eu-west-1 }
        when: always
      vault:
        vault: { address: "https://vault.example", mount: jwt, role: deploy, audience: sts.amazonaws.com }
        when: always
`
}

func (tok token) claims(t testing.TB) identity.Claims {
	t.Helper()
	src, err := json.Marshal(tok)
	if err != nil {
		t.Fatal(err)
	}
	c, err := identity.ParseClaims("claims.json", src)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// trustPolicy is what a rendered document says to IAM.
type trustPolicy struct{ Statement []trustStatement }

type trustStatement struct {
	Effect, Action string
	Principal      struct{ Federated string }
	Condition      map[string]map[string][]string
}

// roleParameters is what a rendered document says to Vault.
type roleParameters struct {
	Audiences  []string            `json:"bound_audiences"`
	Subject    string              `json:"bound_subject"`
	Claims     map[string][]string `json:"bound_claims"`
	ClaimsType string              `json:"bound_claims_type"`
}

func decode[T any](t testing.TB, src []byte) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(src, &v); err != nil {
		t.Fatalf("%v in %s", err, src)
	}
	return v
}

// assumes evaluates a rendered trust policy by IAM's rules: a statement holds where every key of every
// operator does, and a key where the token has one of its values, byte by byte.
func (tok token) assumes(p trustPolicy, now time.Time) bool {
	provider := strings.TrimPrefix(tok["iss"], "https://")
	return slices.ContainsFunc(p.Statement, func(s trustStatement) bool {
		if s.Effect != "Allow" || s.Action != "sts:AssumeRoleWithWebIdentity" || len(s.Condition) != 2 ||
			s.Principal.Federated != "arn:aws:iam::123456789012:oidc-provider/"+provider {
			return false
		}
		for key, values := range s.Condition["StringEquals"] {
			claim, ok := strings.CutPrefix(key, provider+":")
			if got := tok[claim]; !ok || got == "" || !slices.Contains(values, got) {
				return false
			}
		}
		end, err := time.Parse(time.RFC3339, s.Condition["DateLessThan"]["aws:CurrentTime"][0])
		return err == nil && now.Before(end)
	})
}

// logsIn evaluates a rendered Vault role as Vault's JWT plugin does.
func (tok token) logsIn(r roleParameters) bool {
	if r.ClaimsType != "string" || !slices.Contains(r.Audiences, tok["aud"]) || r.Subject != "" && r.Subject != tok["sub"] {
		return false
	}
	for claim, values := range r.Claims {
		if got, ok := tok[claim]; !ok || !slices.Contains(values, got) {
			return false
		}
	}
	return true
}

// TestRenderedIsDecided: what is rendered lets in exactly the tokens that Decide allows, and otherwise
// a gap says so.
func TestRenderedIsDecided(t *testing.T) {
	const named = `repository: acme/app, repository_id: "987", job_workflow_ref: acme/app/.github/workflows/d.yml@refs/heads/main`
	now := time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		claims, org string
		issuer      string
	}{
		"environment": {claims: named + `, repository_owner_id: "4242", environment: "prod: eu"`},
		"ref":         {claims: named + `, ref: refs/heads/main, event_name: [push, workflow_dispatch]`},
		"both":        {claims: named + `, repository_owner_id: "4242", environment: prod, ref: [refs/heads/main, refs/tags/main]`},
		"lists": {claims: `repository: [acme/app, acme/lib], repository_id: ["987", "988"], repository_owner_id: "4242", environment: [prod, staging],
      job_workflow_ref: acme/app/.github/workflows/d.yml@refs/heads/main`},
		"owner":   {claims: named + `, repository_owner: acme, environment: prod`},
		"subject": {claims: `sub: ["repo:acme/app:environment:prod", "repo:acme@4242/app@987:environment:prod"], repository_id: "987", job_workflow_ref: acme/app/.github/workflows/d.yml@refs/heads/main`},
		"policy": {claims: named + `, environment: prod`, org: `version: 1
organization: { name: acme, id: "4242" }
`},
		"own issuer": {claims: named + `, environment: prod`, issuer: "https://ghes.example/_services/token", org: `version: 1
organization: { name: acme, id: "4242" }
issuers: ["https://ghes.example/_services/token"]
`},
	} {
		t.Run(name, func(t *testing.T) {
			src := manifestWith("{ " + tt.claims + " }")
			var p *manifest.Policy
			if tt.org != "" {
				src = "extends: acme/.github\n" + src
				var errs manifest.Errors
				if p, errs = manifest.ParsePolicy("org.yml", []byte(tt.org)); len(errs) > 0 {
					t.Fatal(errs)
				}
			}
			compare(t, parse(t, src), p, tokens(issuerOr(tt.issuer)), now)
		})
	}
}

func issuerOr(issuer string) string {
	if issuer == "" {
		return github
	}
	return issuer
}

func compare(t *testing.T, m *manifest.Manifest, p *manifest.Policy, tokens []token, now time.Time) {
	t.Helper()
	docs, gaps := Render(m, p, Options{})
	if len(docs) != 2 {
		t.Fatalf("%d documents\n%s", len(docs), describe(gaps))
	}
	said := func(kinds ...GapKind) bool {
		return slices.ContainsFunc(gaps, func(g Gap) bool { return g.Grant == "deploy/aws" && slices.Contains(kinds, g.Kind) })
	}
	trust, role := decode[trustPolicy](t, docs[0].JSON()), decode[roleParameters](t, docs[1].JSON())
	allowed := 0
	for _, tok := range tokens {
		claims := tok.claims(t)
		allow := manifest.Decide(m, p, manifest.Question{Claims: claims, Grant: "deploy/aws"}, manifest.Facts{}, now).Allow
		if vault := tok.logsIn(role); vault != allow {
			t.Fatalf("Decide says %v, Vault %v of %v", allow, vault, tok)
		}
		aws := tok.assumes(trust, now)
		switch {
		case aws != (docs[0].Refusals(claims, now) == nil), allow != (docs[1].Refusals(claims, now) == nil):
			t.Fatalf("the documents' own word is another: %v, %v of %v", docs[0].Refusals(claims, now), docs[1].Refusals(claims, now), tok)
		case docs[0].Refusals(claims, now.AddDate(1, 0, 0)) == nil:
			t.Fatalf("not refused after the identity's end: %v", tok)
		case allow && !aws && !said(Narrower):
			t.Fatalf("AWS turns away %v", tok)
		case aws && !allow && !said(Wider, Elsewhere):
			t.Fatalf("AWS lets in %v", tok)
		case aws && !allow && !said(Wider) && slices.Contains([]string{"push", "workflow_dispatch"}, tok["event_name"]) && tok["repository_owner_id"] == "4242":
			t.Fatalf("AWS lets in, and not by the event or a recycled owner, %v", tok)
		case aws && tok.assumes(trust, now.AddDate(1, 0, 0)):
			t.Fatalf("AWS lets in %v after the identity's end", tok)
		}
		if allow && aws {
			allowed++
		}
	}
	if allowed == 0 {
		t.Error("no token is let in")
	}
}
