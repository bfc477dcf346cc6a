package trust

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// manifestOfAll is a manifest with one identity, whose claims are given, and a grant of each provider but AWS and Vault.
func manifestOfAll(claims string) string {
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
      gcp:
        gcp: { provider: projects/1/locations/global/workloadIdentityPools/p/providers/x, service-account: a@b.iam.gserviceaccount.com, audience: sts.amazonaws.com, scopes: none, boundary: none }
        when: always
      azure:
        azure: { tenant: 6f9d1c1e-2b1f-4c0e-9a52-3f1f6f0f2d11, client: 0b7d1c1e-2b1f-4c0e-9a52-3f1f6f0f2d22, audience: sts.amazonaws.com }
        when: always
      kubernetes:
        kubernetes: { server: "https://k8s.example", ca: ca.pem, audience: sts.amazonaws.com }
        when: always
      github:
        github: { exchange: "https://sts.amazonaws.com", identity: x, repositories: [a/b], permissions: { contents: read } }
        when: always
      oauth:
        oauth: { token-url: "https://a.example/token", audience: sts.amazonaws.com, scope: none, resource: none }
        when: always
      pypi: { pypi: { package: x }, when: always }
      crates: { crates: { package: x }, when: always }
  other:
    owner: web
    purpose: Deploy something else to the same cluster
    privilege: high
    expires: "2027-01-01"
    runs-as: { workflow: .github/workflows/e.yml, job: other }
    claims: { repository_id: "987", job_workflow_ref: acme/app/.github/workflows/d.yml@refs/heads/main, environment: staging, event_name: push, actor: alice }
    grants:
      kubernetes:
        kubernetes: { server: "https://k8s.example", ca: ca.pem, audience: other }
        when: always
`
}

// door is a rendered document, read once, that lets in by its provider's rules.
type door func(tok token, now time.Time) bool

func doorOf(t *testing.T, d Document) door {
	t.Helper()
	src := d.JSON()
	switch d.Provider {
	case "gcp":
		return google(t, src)
	case "azure":
		all := decode[[]federated](t, src)
		return func(tok token, _ time.Time) bool {
			return slices.ContainsFunc(all, func(c federated) bool {
				return c.Issuer == tok["iss"] && c.Subject == tok["sub"] && slices.Equal(c.Audiences, []string{tok["aud"]})
			})
		}
	case "kubernetes":
		return cluster(t, src)
	case "github":
		return sts(t, src)
	case "oauth":
		e := decode[exchanged](t, src)
		return func(tok token, now time.Time) bool {
			return e.Audience == tok["aud"] && now.Format(time.RFC3339) < e.Until &&
				!slices.ContainsFunc(sortedKeys(e.Claims), func(name string) bool { return !slices.Contains(e.Claims[name], tok[name]) })
		}
	}
	return index(t, d.Provider, src)
}

func (tok token) vars(name string, now time.Time) map[string]any {
	fields := map[string]any{}
	for k, v := range tok {
		fields[k] = v
	}
	return map[string]any{name: fields, "request": map[string]any{"time": now}}
}

// google lets a token in by the provider's issuer and audiences, its condition, and a binding of what the provider maps.
func google(t *testing.T, src []byte) door {
	t.Helper()
	d := decode[struct {
		Provider struct {
			AttributeMapping   map[string]string
			AttributeCondition string
			OIDC               struct {
				IssuerURI        string
				AllowedAudiences []string
			}
		}
		Binding struct {
			Members   []string
			Condition struct{ Expression string }
		}
	}](t, src)
	p := d.Provider
	condition, subject, value := compileCEL(t, p.AttributeCondition), compileCEL(t, p.AttributeMapping["google.subject"]), compileCEL(t, p.AttributeMapping["attribute.curfew"])
	until := compileCEL(t, d.Binding.Condition.Expression)
	return func(tok token, now time.Time) bool {
		vars := tok.vars("assertion", now)
		if tok["iss"] != p.OIDC.IssuerURI || !slices.Contains(p.OIDC.AllowedAudiences, tok["aud"]) || condition(vars) != true {
			return false
		}
		if s, ok := subject(vars).(string); !ok || len(s) > 127 {
			t.Fatalf("Google takes no subject %q", s)
		}
		v, _ := value(vars).(string)
		return slices.Contains(d.Binding.Members, "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/attribute.curfew/"+v) &&
			until(vars) == true
	}
}

// cluster lets a token in by an API server's rules, where it gets a group that the binding names.
func cluster(t *testing.T, src []byte) door {
	t.Helper()
	d := decode[struct {
		AuthenticationConfiguration struct {
			JWT []struct {
				Issuer struct {
					URL       string
					Audiences []string
				}
				ClaimMappings struct {
					Username, Groups struct{ Expression string }
				}
			}
		}
		RoleBinding struct{ Subjects []struct{ Kind, Name string } }
	}](t, src)
	if n := len(d.AuthenticationConfiguration.JWT); n != 1 {
		t.Fatalf("%d authenticators: an issuer may occur once", n)
	}
	a := d.AuthenticationConfiguration.JWT[0]
	username, groups := compileCEL(t, a.ClaimMappings.Username.Expression), compileCEL(t, a.ClaimMappings.Groups.Expression)
	return func(tok token, now time.Time) bool {
		if tok["iss"] != a.Issuer.URL || !slices.Contains(a.Issuer.Audiences, tok["aud"]) {
			return false
		}
		vars := tok.vars("claims", now)
		if name, ok := username(vars).(string); !ok || !strings.HasPrefix(name, "repository_id:"+tok["repository_id"]+":run_id:") {
			t.Fatalf("the user's name is %q", name)
		}
		has, ok := groups(vars).([]any)
		if !ok {
			t.Fatalf("no groups of %v: one grant's error takes the others along", tok)
		}
		return slices.ContainsFunc(d.RoleBinding.Subjects, func(s struct{ Kind, Name string }) bool {
			return s.Kind == "Group" && slices.Contains(has, any(s.Name))
		})
	}
}

// sts lets a token in by the rules of octo-sts, in its versions that put no parentheses around a pattern.
func sts(t *testing.T, src []byte) door {
	t.Helper()
	p := decode[struct {
		Issuer, Subject, Audience string
		SubjectPattern            string            `json:"subject_pattern"`
		ClaimPattern              map[string]string `json:"claim_pattern"`
	}](t, src)
	patterns := map[string]*regexp.Regexp{"sub": regexp.MustCompile("^" + p.SubjectPattern + "$")}
	if p.Subject != "" {
		patterns["sub"] = regexp.MustCompile("^" + regexp.QuoteMeta(p.Subject) + "$")
	}
	for name, pattern := range p.ClaimPattern {
		patterns[name] = regexp.MustCompile("^" + pattern + "$")
	}
	return func(tok token, _ time.Time) bool {
		for name, pattern := range patterns {
			if got, ok := tok[name]; !ok || !pattern.MatchString(got) {
				return false
			}
		}
		return p.Issuer == tok["iss"] && p.Audience == tok["aud"] && stsSubject(tok["sub"])
	}
}

// index lets a token in as PyPI and crates.io do.
func index(t *testing.T, registry string, src []byte) door {
	t.Helper()
	d := decode[struct{ Publishers []publisher }](t, src)
	return func(tok token, _ time.Time) bool {
		return slices.ContainsFunc(d.Publishers, func(p publisher) bool {
			file := tok["workflow_ref"]
			if registry == "pypi" {
				file = tok["job_workflow_ref"]
			}
			return tok["iss"] == github && tok["repository"] == p.Owner+"/"+p.Repository && (p.Environment == "" || p.Environment == tok["environment"]) &&
				strings.HasPrefix(file, p.Owner+"/"+p.Repository+"/.github/workflows/"+p.Workflow+"@")
		})
	}
}

// TestProvidersAreDecided: of each provider, what is rendered lets in exactly the tokens that Decide allows, and otherwise a gap
// says so; what a provider can bind is exact.
func TestProvidersAreDecided(t *testing.T) {
	const named = `repository: acme/app, repository_id: "987", job_workflow_ref: acme/app/.github/workflows/d.yml@refs/heads/main`
	var near []token
	for i, tok := range tokens(github) {
		if i%11 == 0 || tok["repository_id"] == "987" && tok["ref"] == "refs/heads/main" && i%2 == 0 {
			near = append(near, tok)
		}
	}
	for name, claims := range map[string]string{
		"environment": named + `, repository_owner_id: "4242", environment: staging`,
		"colon":       named + `, repository_owner_id: "4242", environment: "prod: eu"`,
		"ref":         named + `, ref: refs/heads/main, event_name: [push, workflow_dispatch]`,
		"both":        named + `, repository_owner_id: "4242", environment: prod, ref: [refs/heads/main, refs/tags/main]`,
		"lists":       `repository: [acme/app, acme/lib], repository_id: ["987", "988"], repository_owner_id: "4242", environment: [prod, staging], job_workflow_ref: acme/app/.github/workflows/d.yml@refs/heads/main`,
		"actor":       named + `, environment: prod, actor: alice, runner_environment: github-hosted`,
		"subject":     `repository: acme/app, sub: ["repo:acme/app:environment:prod", "repo:acme@4242/app@987:environment:prod"], repository_id: "987", job_workflow_ref: acme/app/.github/workflows/d.yml@refs/heads/main`,
		"ids":         named + `, sub: "repo:acme@4242/app@987:environment:prod", environment: prod`,
	} {
		t.Run(name, func(t *testing.T) {
			m := parse(t, manifestOfAll("{ "+claims+" }"))
			docs, gaps := Render(m, nil, Options{})
			for _, d := range docs {
				if d.Grant != "other/kubernetes" {
					hold(t, m, d, gaps, near)
				}
			}
			for _, g := range gaps {
				if g.Kind == Missing && !(name == "colon" && g.Grant == "deploy/github") {
					t.Errorf("%s: %s", g.Grant, g.Message)
				}
			}
		})
	}
}

// hold compares a document with what Decide says of all tokens.
func hold(t *testing.T, m *manifest.Manifest, d Document, gaps []Gap, tokens []token) {
	t.Helper()
	now := time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)
	said := func(kinds ...GapKind) bool {
		return slices.ContainsFunc(gaps, func(g Gap) bool { return g.Grant == d.Grant && slices.Contains(kinds, g.Kind) })
	}
	exact := slices.Contains([]string{"gcp", "kubernetes", "github", "oauth"}, d.Provider)
	admits := doorOf(t, d)
	allowed := 0
	for _, tok := range tokens {
		tok["aud"] = "sts.amazonaws.com"
		tok["run_id"], tok["run_attempt"], tok["iat"], tok["workflow_ref"] = "1", "1", "1795406400", tok["repository"]+"/.github/workflows/d.yml@"+tok["ref"]
		if b, ok := d.body.(*registry); ok {
			tok["aud"] = b.kind.audience
		}
		claims := tok.claims(t)
		allow := manifest.Decide(m, nil, manifest.Question{Claims: claims, Grant: d.Grant}, manifest.Facts{}, now).Allow
		in := admits(tok, now)
		switch {
		case in != (d.Refusals(claims, now) == nil):
			t.Fatalf("%s: let in %v, its own word is %v of %v", d.Grant, in, d.Refusals(claims, now), tok)
		case in && !allow && (exact || !said(Wider, Elsewhere)):
			t.Fatalf("%s lets in %v", d.Grant, tok)
		case in && !allow && !said(Wider) && slices.Contains([]string{"push", "workflow_dispatch"}, tok["event_name"]) && tok["repository_owner_id"] == "4242" && tok["repository_id"] == "987" && tok["ref"] == "refs/heads/main" && tok["job_workflow_ref"] == tok["workflow_ref"]:
			t.Fatalf("%s lets in, and not by what a protected environment decides, %v", d.Grant, tok)
		case allow && !in && !said(Narrower):
			t.Fatalf("%s turns away %v", d.Grant, tok)
		}
		if allow && in {
			allowed++
		}
	}
	if allowed == 0 {
		t.Errorf("%s: no token is let in", d.Grant)
	}
}

// TestEnds: what can end with the entitlement does, and what can't says so.
func TestEnds(t *testing.T) {
	m := parse(t, manifestOfAll(`{ repository: acme/app, repository_id: "987", job_workflow_ref: acme/app/.github/workflows/d.yml@refs/heads/main, environment: prod }`))
	docs, gaps := Render(m, nil, Options{})
	tok := signed(github, repository{"acme", "4242", "app", "987"}, "prod", "refs/heads/main", "push", "acme/app/.github/workflows/d.yml@refs/heads/main")[0]
	tok["run_id"], tok["run_attempt"], tok["workflow_ref"] = "1", "1", "acme/app/.github/workflows/d.yml@refs/heads/main"
	late := time.Date(2027, 6, 2, 0, 0, 0, 0, time.UTC)
	for _, d := range docs {
		if d.Grant == "other/kubernetes" {
			continue
		}
		if b, ok := d.body.(*registry); ok {
			tok["aud"] = b.kind.audience
		}
		admits := doorOf(t, d)
		tok["iat"] = "1811894399"
		if !admits(tok, late.Add(-time.Second)) {
			t.Errorf("%s: not let in on the last day", d.Grant)
		}
		tok["iat"] = "1811894400"
		endless := slices.ContainsFunc(gaps, func(g Gap) bool {
			return g.Grant == d.Grant && strings.Contains(g.Message, "takes no end of an entitlement")
		})
		if in := admits(tok, late); in != endless || in != (d.Refusals(tok.claims(t), late) == nil) {
			t.Errorf("%s: let in after the end: %v; said so: %v", d.Grant, in, endless)
		}
	}
}

// TestForeignAudience: no document lets in a token for another audience, nor one for several.
func TestForeignAudience(t *testing.T) {
	docs, _ := Render(parse(t, manifestOfAll(`{ repository: acme/app, repository_id: "987", job_workflow_ref: acme/app/.github/workflows/d.yml@refs/heads/main, environment: prod }`)), nil, Options{})
	tok := signed(github, repository{"acme", "4242", "app", "987"}, "prod", "refs/heads/main", "push", "acme/app/.github/workflows/d.yml@refs/heads/main")[0]
	for _, d := range docs {
		for _, aud := range []any{"curfew", "", "sts.amazonaws.com.evil.example", []string{"sts.amazonaws.com", "x"}, []string{}, 3, nil} {
			all := map[string]any{"workflow_ref": "acme/app/.github/workflows/d.yml@refs/heads/main"}
			for k, v := range tok {
				all[k] = v
			}
			all["aud"] = aud
			src, err := json.Marshal(all)
			if err != nil {
				t.Fatal(err)
			}
			claims, err := identity.ParseClaims("claims.json", src)
			if err == nil && d.Refusals(claims, time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)) == nil {
				t.Errorf("%s takes the audience %v", d.Grant, aud)
			}
		}
	}
}
