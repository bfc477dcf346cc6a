package trust

import (
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/manifest"
)

// TestMissing: what has no exact form has no document, and the gap says why.
func TestMissing(t *testing.T) {
	const named = `repository: acme/app, repository_id: "987", job_workflow_ref: acme/app/.github/workflows/d.yml@refs/heads/main, `
	const ghes = "https://ghes.example:8443/_services/token"
	for name, tt := range map[string]struct {
		claims, org string
		aws, vault  string // of the gap; "" where there is a document
	}{
		"no context":     {claims: `repository: acme/app, repository_id: "987", job_workflow_ref: acme/app/.github/workflows/d.yml@refs/heads/main`, aws: "neither environment nor ref"},
		"no name":        {claims: `environment: prod, repository_id: "987", job_workflow_ref: acme/app/.github/workflows/d.yml@refs/heads/main`, aws: "doesn't list the claim repository"},
		"glob":           {claims: named + `environment: { glob: "prod-*" }`, aws: "environment is a pattern", vault: "environment is a pattern"},
		"subject glob":   {claims: named + `sub: { glob: "repo:acme/app:*" }`, aws: "sub is a pattern", vault: "sub is a pattern"},
		"star":           {claims: named + `environment: "*"`, aws: "may take for a pattern"},
		"variable":       {claims: named + `environment: "${aws:username}"`, aws: "may take for a pattern or a variable"},
		"other variable": {claims: named + `environment: "&{aws:username}"`, aws: "may take for a pattern or a variable"},
		"two ways":       {claims: named + "environment: e\u0301", aws: "Unicode writes in several ways", vault: "Unicode writes in several ways"},
		"one way":        {claims: named + "environment: \u00e9\u4e2d\ud55c"},
		"comma":          {claims: named + `environment: "a,b", event_name: [push, release]`, vault: "Terraform's provider would part it"},
		"one with comma": {claims: named + `environment: "a,b", event_name: push`},
		"never leased":   {claims: named + `environment: prod, event_name: pull_request_target`, aws: "no lease is given", vault: "no lease is given"},
		"unknown":        {claims: `repository: acme/app, repository_id: "0", job_workflow_ref: acme/app/.github/workflows/d.yml@refs/heads/main, environment: prod`, aws: "project's id yet", vault: "project's id yet"},
		"foreign issuer": {claims: named + `environment: prod, iss: "https://evil.example"`, aws: "the issuer isn't one", vault: "the issuer isn't one"},
		"odd issuer": {
			claims: named + `environment: prod`, aws: "AWS takes no issuer",
			org: "version: 1\norganization: { name: acme, id: \"4242\" }\nissuers: [" + `"` + ghes + `"` + "]\n",
		},
		"two issuers": {
			claims: named + `environment: prod`, aws: "the issuer isn't one", vault: "the issuer isn't one",
			org: "version: 1\norganization: { name: acme, id: \"4242\" }\nissuers: [\"https://a.example\", \"https://b.example\"]\n",
		},
		"other owner": {
			claims: named + `environment: prod, repository_owner_id: "1"`, aws: "different owners", vault: "different owners",
			org: "version: 1\norganization: { name: acme, id: \"4242\" }\n",
		},
		"subject of another project": {claims: named + `sub: "repo:acme@1/app@986:environment:prod"`, aws: "leave no subject"},
		"gitlab, no ref":             {claims: `project_id: "7", ci_config_ref_uri: x, project_path: a/b`, aws: "both project_path and ref_path"},
		"gitlab, odd ref":            {claims: `project_id: "7", ci_config_ref_uri: x, project_path: a/b, ref_path: main`, aws: "leave no subject"},
	} {
		t.Run(name, func(t *testing.T) {
			src := manifestWith("{ " + tt.claims + " }")
			var p *manifest.Policy
			if tt.org != "" {
				var errs manifest.Errors
				if p, errs = manifest.ParsePolicy("org.yml", []byte(tt.org)); len(errs) > 0 {
					t.Fatal(errs)
				}
			}
			docs, gaps := Render(parse(t, src), p, Options{})
			for grant, want := range map[string]string{"deploy/aws": tt.aws, "deploy/vault": tt.vault} {
				missing := ""
				for _, g := range gaps {
					if g.Grant == grant && g.Kind == Missing {
						missing += g.Message
						if g.Region.Start.Line == 0 || g.Fix == "" {
							t.Errorf("no place or no way out: %+v", g)
						}
					}
				}
				has := false
				for _, d := range docs {
					has = has || d.Grant == grant
				}
				if has != (want == "") || !strings.Contains(missing, want) || want == "" && missing != "" {
					t.Errorf("%s: document %v, gap %q, want %q", grant, has, missing, want)
				}
			}
		})
	}
}

// TestSharedRole: two grants of one role would overwrite each other's document.
func TestSharedRole(t *testing.T) {
	src := manifestWith(`{ repository: acme/app, repository_id: "987", job_workflow_ref: acme/app/.github/workflows/d.yml@refs/heads/main, environment: prod }`)
	src += `      other:
        aws: { role: "arn:aws:iam::123456789012:role/deploy", audience: sts.amazonaws.com, region: us-east-1 }
        when: always
      again:
        vault: { address: "https://vault.example", mount: jwt, role: DEPLOY }
        when: always
      Vault:
        vault: { address: "https://vault.example", mount: jwt, role: third }
        when: always
      long:
        aws: { role: "arn:aws:iam::123456789012:role/a/", audience: sts.amazonaws.com, region: us-east-1 }
        when: always
      odd:
        vault: { address: "https://vault.example", mount: jwt, role: "a/b" }
        when: always
`
	docs, gaps := Render(parse(t, src), nil, Options{})
	if len(docs) != 0 {
		t.Errorf("documents: %+v", docs)
	}
	text := describe(gaps)
	for _, want := range []string{
		"deploy/aws: another grant leads to the same role", "deploy/other: another grant leads", "deploy/vault: another grant leads", "deploy/again: another grant leads",
		"deploy/Vault: another grant's name differs in its case alone", "deploy/long: the role's ARN has no account or name", "deploy/odd: the name of the role, its mount or its namespace can't be",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

// TestLabels: no two grants have one label.
func TestLabels(t *testing.T) {
	seen := map[string]string{}
	for _, grant := range []string{"a/b", "a_b/c", "a.b/c", "a-b/c", "a/b_c", "a_/b", "a/_b", "a__b/c", "a/b.c", "a_2eb/c", "A/b"} {
		l := label(grant)
		if other, ok := seen[l]; ok {
			t.Errorf("%s and %s are both %s", grant, other, l)
		}
		seen[l] = grant
	}
}

// TestDifferences: what a document leaves open or turns away is said, by the claim that asks for it.
func TestDifferences(t *testing.T) {
	const named = `repository: acme/app, repository_id: "987", job_workflow_ref: acme/app/.github/workflows/d.yml@refs/heads/main, `
	const org = "version: 1\norganization: { name: acme, id: \"4242\" }\n"
	const own = org + "issuers: [\"https://ghes.example/_services/token\"]\n"
	for name, tt := range map[string]struct {
		claims, org string
		grant       string
		want        []string // kind and a part of the message, of all gaps in order
	}{
		"environment": {named + `environment: prod, repository_owner_id: "4242"`, "", "deploy/aws", []string{
			"elsewhere: AWS can't bind event_name", "elsewhere: AWS binds repository_owner_id in subjects with ids alone",
		}},
		"ids alone": {named + `environment: prod, repository_owner_id: "4242", sub: "repo:acme@4242/app@987:environment:prod"`, "", "deploy/aws", []string{
			"elsewhere: AWS can't bind event_name",
		}},
		"event": {named + `environment: prod, event_name: push`, "", "deploy/aws", []string{
			"narrower: a subject with ids", "elsewhere: AWS can't bind event_name: not only push but",
		}},
		"ref": {named + `ref: refs/heads/main`, "", "deploy/aws", []string{
			"narrower: a job that names an environment", "narrower: a subject with ids", "wider: AWS can't bind event_name: not only push, schedule",
		}},
		"runner": {named + `environment: prod, runner_environment: github-hosted`, "", "deploy/aws", []string{
			"narrower: a subject with ids", "elsewhere: AWS can't bind event_name", "wider: AWS can't bind the claim runner_environment",
		}},
		"policy": {named + `environment: prod`, org, "deploy/aws", []string{
			"elsewhere: AWS can't bind event_name", "elsewhere: AWS binds repository_owner_id",
		}},
		"own issuer": {named + `environment: prod, ref: refs/heads/main`, own, "deploy/aws", []string{
			"elsewhere: AWS can't bind event_name", "wider: AWS can't bind the claim job_workflow_ref", "wider: AWS can't bind the claim ref ",
			"wider: AWS can't bind the claim repository_id", "wider: AWS can't bind the claim repository_owner_id",
		}},
		"two environments with one subject": {named + `environment: "a:b"`, own, "deploy/aws", []string{
			"elsewhere: AWS can't bind event_name", "wider: AWS can't bind the claim environment", "wider: AWS can't bind the claim job_workflow_ref",
			"wider: AWS can't bind the claim repository_id", "wider: AWS can't bind the claim repository_owner_id",
		}},
		"vault": {named + `environment: prod, runner_environment: github-hosted`, own, "deploy/vault", []string{"elsewhere: Vault takes no end"}},
	} {
		t.Run(name, func(t *testing.T) {
			var p *manifest.Policy
			if tt.org != "" {
				var errs manifest.Errors
				if p, errs = manifest.ParsePolicy("org.yml", []byte(tt.org)); len(errs) > 0 {
					t.Fatal(errs)
				}
			}
			docs, gaps := Render(parse(t, manifestWith("{ "+tt.claims+" }")), p, Options{Grant: tt.grant})
			ok := len(docs) == 1 && len(gaps) == len(tt.want)
			for i := 0; ok && i < len(gaps); i++ {
				ok = strings.HasPrefix(string(gaps[i].Kind)+": "+gaps[i].Message, tt.want[i])
			}
			if !ok {
				t.Errorf("%d documents, want gaps %q, got\n%s", len(docs), tt.want, describe(gaps))
			}
		})
	}
}

// TestEmergencies: a role whose credentials end before the emergency may is said to.
func TestEmergencies(t *testing.T) {
	src := manifestWith(`{ repository: acme/app, repository_id: "987", job_workflow_ref: acme/app/.github/workflows/d.yml@refs/heads/main, environment: prod }`) + `
break-glass:
  oncall:
    grants: [deploy/aws, deploy/vault]
    activators: ["@anna"]
    requires: [incident]
    ttl: 2h
    max-uses: { count: 1, per: 30d }
    review: { within: 24h, by: "@bob", on-missed: suspend }
`
	_, gaps := Render(parse(t, src), nil, Options{})
	if n := strings.Count(describe(gaps), "break-glass oncall may last 2h"); n != 2 {
		t.Errorf("%d:\n%s", n, describe(gaps))
	}
}

// TestNeverLeased: a manifest may list the event by whose runs nobody gets a lease, and no document has it.
func TestNeverLeased(t *testing.T) {
	m := parse(t, manifestOfAll(`{ repository: acme/app, repository_id: "987", job_workflow_ref: acme/app/.github/workflows/d.yml@refs/heads/main, environment: prod, event_name: [push, pull_request_target] }`))
	docs, gaps := Render(m, nil, Options{})
	if len(docs) < 7 {
		t.Fatalf("%d documents: %s", len(docs), describe(gaps))
	}
	for _, d := range docs {
		for _, form := range d.Forms() {
			if src, _ := d.Write(form); strings.Contains(string(src), "pull_request_target") {
				t.Errorf("%s lets it in:\n%s", d.Grant, src)
			}
		}
	}
	if n := strings.Count(describe(gaps), "narrower deploy/gcp: no lease is given to a run of pull_request_target"); n != 1 {
		t.Errorf("%d times: %s", n, describe(gaps))
	}
}
