package manifest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// changes is the effect, message and place of each change that the edits make.
func changes(t *testing.T, before, after []edit) []string {
	t.Helper()
	parse := func(edits []edit) (*scene, *Manifest) {
		s := loadScene(t)
		s.apply(t, edits)
		m, errs := Parse(Path, []byte(s.manifest))
		if errs != nil {
			t.Fatal(errs)
		}
		return s, m
	}
	_, old := parse(before)
	s, m := parse(after)
	var out []string
	for _, c := range Diff(old, m) {
		out = append(out, string(c.Effect)+": "+c.Message+" @ "+s.text(c.Region))
	}
	return out
}

func TestDiff(t *testing.T) {
	const prodTicket = "{ system: jira, project: CHG, status: [Approved, Done], references: sha, use: once }"
	const prodWords = "a ticket in jira CHG, Approved or Done, that names the sha"
	m := func(before, after string) []edit { return []edit{{"manifest", before, after}} }
	for _, tt := range []struct {
		name   string
		before []edit
		after  []edit
		want   []string
	}{
		{"nothing", nil, nil, nil},
		{"a comment", nil, m("version: 1\n", "version: 1 # one\n"), nil},
		{"mode", nil, m("owners:\n", "mode: observe\nowners:\n"), []string{"widens: mode is now observe: a scan's findings fail nothing any more @ observe"}},
		{"mode back", m("owners:\n", "mode: observe\nowners:\n"), nil, []string{"narrows: mode is now enforce: a scan's findings fail it again @ version: 1"}},
		{"extends gone", nil, m("extends: acme/.github\n", ""), []string{
			`widens: the manifest doesn't extend "acme/.github" any more: the organisation's limits are gone @ version: 1`,
		}},
		{"extends new", m("extends: acme/.github\n", ""), nil, []string{
			`narrows: the manifest now extends "acme/.github": the organisation's limits hold @ acme/.github`,
		}},
		{"extends other", nil, m("extends: acme/.github", "extends: evil/.github"), []string{
			`widens: the manifest now extends "evil/.github", not "acme/.github": other limits hold @ evil/.github`,
		}},

		{"owner's team", nil, m(`"@acme/payments"`, `"@acme/web"`), []string{
			`widens: team of owner "payments" is now "@acme/web", was "@acme/payments": others certify, and get the tickets @ "@acme/web"`,
		}},
		{"owner new", nil, m("owners:\n", "owners:\n  web: { team: \"@acme/web\" }\n"), []string{`neutral: owner "web" is new @ web`}},
		{
			"owner for whom something waits", m("  deploy:\n    owner: payments", "  deploy:\n    owner: web"),
			append(m("  deploy:\n    owner: payments", "  deploy:\n    owner: web"), m("owners:\n", "owners:\n  web: { team: \"@acme/web\" }\n")...),
			[]string{`widens: owner "web" is new: identity "deploy", for which nobody answered, has an owner @ web`},
		},
		{"owner gone", m("owners:\n", "owners:\n  web: { team: \"@acme/web\" }\n"), nil, []string{
			`narrows: owner "web" is removed: nobody answers for what names it @ owners`,
		}},
		{"escalation", nil, m(`{ team: "@acme/payments" }`, `{ team: "@acme/payments", escalate: "@zoe" }`), []string{
			`neutral: escalate of owner "payments": others hear of missed deadlines @ "@zoe"`,
		}},

		{"identity new", nil, m("identities:\n", "identities:\n  scan:\n    owner: payments\n    purpose: Scan\n    expires: \"2027-01-01\"\n    runs-as: { workflow: .github/workflows/scan.yml, job: scan }\n    token: { contents: read, security-events: write }\n    secrets: [ftp]\n"), []string{
			`widens: identity "scan" is new, for job scan of .github/workflows/scan.yml, entitled to contents: read, security-events: write and secret ftp @ scan`,
		}},
		{"identity gone", m("identities:\n", "identities:\n  scan:\n    owner: payments\n    purpose: Scan\n    expires: \"2027-01-01\"\n    runs-as: { workflow: .github/workflows/scan.yml, job: scan }\n"), nil, []string{
			`narrows: identity "scan" is removed, with all that it was entitled to @ identities`,
		}},
		{"owner of an identity", nil, append(m("owners:\n", "owners:\n  web: { team: \"@acme/web\" }\n"), m("  deploy:\n    owner: payments", "  deploy:\n    owner: web")...), []string{
			`neutral: owner "web" is new @ web`, `widens: owner of identity "deploy" is now "web", was "payments": others certify it @ web`,
		}},
		{"purpose", nil, m("Migrate the database", "Migrate it"), []string{`neutral: purpose of identity "other": it says otherwise what it is for @ Migrate it`}},
		{"later", nil, m(`"2027-06-01"`, `"2027-07-01"`), []string{`widens: expires of identity "deploy" is now "2027-07-01", was "2027-06-01": it holds for longer @ "2027-07-01"`}},
		{"earlier", nil, m(`"2027-06-01"`, `"2027-05-01"`), []string{`narrows: expires of identity "deploy" is now "2027-05-01", was "2027-06-01": it holds for a shorter time @ "2027-05-01"`}},
		{"privilege lower", nil, m("privilege: high", "privilege: low"), []string{
			`widens: privilege of identity "deploy" is now "low", was "high": it is reviewed less often, and ceilings are higher @ low`,
		}},
		{"privilege higher", nil, m("privilege: high", "privilege: critical"), []string{
			`narrows: privilege of identity "deploy" is now "critical", was "high": it is reviewed more often, and ceilings are lower @ critical`,
		}},
		{"no contractor any more", nil, append(m("kind: contractor", "kind: workload"), m("    sponsor: { person: \"@maria\", company: Initech, ends: \"2027-02-01\" }\n", "")...), []string{
			`widens: identity "other" has no sponsor any more: no engagement's end ends it @ other`, `widens: kind of identity "other" is now workload, was contractor @ workload`,
		}},
		{"an agent", nil, m("    privilege: high", "    kind: ai-agent\n    privilege: high"), []string{`narrows: kind of identity "deploy" is now ai-agent, was workload @ ai-agent`}},
		{"sponsor", nil, m(`person: "@maria", company: Initech, ends: "2027-02-01"`, `person: "@eve", company: Initech, ends: "2027-03-01"`), []string{
			`widens: identity "other" is now sponsored by @eve for Initech, was by @maria for Initech @ { person: "@eve", company: Initech, ends: "2027-03-01" }`,
			`widens: identity "other"'s engagement now ends on 2027-03-01, was 2027-02-01 @ { person: "@eve", company: Initech, ends: "2027-03-01" }`,
		}},
		{"another job", nil, m("job: deploy }", "job: release }"), []string{
			`widens: runs-as.job of identity "deploy" is now release, was deploy: other jobs are taken for it @ release`,
		}},
		{"more jobs", nil, m("job: deploy }", "job: [deploy, release] }"), []string{
			`widens: runs-as.job of identity "deploy" is now [deploy, release], was deploy: more jobs are taken for it @ [deploy, release]`,
		}},

		{"claim gone", nil, m("      runner_environment: { glob: \"github-*\" }\n", ""), []string{
			`widens: claims.runner_environment of identity "deploy" needn't be proven any more: more tokens prove it @ claims`,
		}},
		{"claim new", m("      runner_environment: { glob: \"github-*\" }\n", ""), nil, []string{
			`narrows: claims.runner_environment of identity "deploy" must now be {glob: github-*}: fewer tokens prove it @ { glob: "github-*" }`,
		}},
		{"environment where its approval counts", m("      environment: [production, staging]\n", ""), nil, []string{
			`widens: claims.environment of identity "deploy" must now be [production, staging]: what was impossible without it may now pass @ [production, staging]`,
		}},
		{"environment where it doesn't", nil, m("workflows/migrate.yml@refs/heads/main\n", "workflows/migrate.yml@refs/heads/main\n      environment: x\n"), []string{
			`narrows: claims.environment of identity "other" must now be x: fewer tokens prove it @ x`,
		}},
		{"issuer", nil, m("      environment: [production, staging]\n", "      environment: [production, staging]\n      iss: https://ghes.acme.example\n"), []string{
			`widens: claims.iss of identity "deploy" must now be https://ghes.acme.example: what was impossible without it may now pass @ https://ghes.acme.example`,
		}},
		{"list longer", nil, m("[production, staging]", "[production, staging, test]"), []string{
			`widens: claims.environment of identity "deploy" is now [production, staging, test], was [production, staging]: more tokens prove it @ [production, staging, test]`,
		}},
		{"list shorter", nil, m("[production, staging]", "production"), []string{
			`narrows: claims.environment of identity "deploy" is now production, was [production, staging]: fewer tokens prove it @ production`,
		}},
		{"list turned round", nil, m("[production, staging]", "[staging, production]"), []string{
			`neutral: claims.environment of identity "deploy" is now [staging, production], was [production, staging]: the same tokens prove it @ [staging, production]`,
		}},
		{"other literal", nil, m("[production, staging]", "test"), []string{
			`widens: claims.environment of identity "deploy" is now test, was [production, staging]: other tokens prove it @ test`,
		}},
		{"glob instead of literals", nil, m("[production, staging]", `{ glob: "*" }`), []string{
			`widens: claims.environment of identity "deploy" is now {glob: *}, was [production, staging]: a pattern stands where names were listed, and more tokens prove it @ { glob: "*" }`,
		}},
		{"glob that is wider", nil, m(`{ glob: "github-*" }`, `{ glob: "g*" }`), []string{
			`widens: claims.runner_environment of identity "deploy" is now {glob: g*}, was {glob: github-*}: more tokens prove it @ { glob: "g*" }`,
		}},
		{"glob that is narrower", nil, m(`{ glob: "github-*" }`, `{ glob: "github-h*" }`), []string{
			`narrows: claims.runner_environment of identity "deploy" is now {glob: github-h*}, was {glob: github-*}: fewer tokens prove it @ { glob: "github-h*" }`,
		}},
		{"literal instead of a glob", nil, m(`{ glob: "github-*" }`, `github-hosted`), []string{
			`narrows: claims.runner_environment of identity "deploy" is now github-hosted, was {glob: github-*}: fewer tokens prove it @ github-hosted`,
		}},
		{"event that is always allowed", nil, m("      environment: [", "      event_name: push\n      environment: ["), []string{
			`narrows: claims.event_name of identity "deploy" is now push, was [push, schedule, workflow_dispatch, release]: fewer tokens prove it @ push`,
		}},
		{"event that isn't", nil, m("      environment: [", "      event_name: pull_request_target\n      environment: ["), []string{
			`widens: claims.event_name of identity "deploy" is now pull_request_target, was [push, schedule, workflow_dispatch, release]: other tokens prove it @ pull_request_target`,
		}},
		{"event gone", m("      environment: [", "      event_name: push\n      environment: ["), nil, []string{
			`widens: claims.event_name of identity "deploy" is now [push, schedule, workflow_dispatch, release], was push: more tokens prove it @ claims`,
		}},

		{"token scope new", nil, m("token: { contents: read, id-token", "token: { contents: read, packages: write, id-token"), []string{
			`widens: identity "deploy": the job's GITHUB_TOKEN may do more: packages: write is new @ { contents: read, packages: write, id-token: write }`,
		}},
		{"token scope higher", nil, m("token: { contents: read, id-token", "token: { contents: write, id-token"), []string{
			`widens: identity "deploy": the job's GITHUB_TOKEN may do more: contents is now write, was read @ { contents: write, id-token: write }`,
		}},
		{"token scope lower and gone", nil, m("token: { contents: read, id-token: write }", "token: { id-token: read }"), []string{
			`narrows: identity "deploy": the job's GITHUB_TOKEN may do less: contents is gone @ { id-token: read }`,
			`narrows: identity "deploy": the job's GITHUB_TOKEN may do less: id-token is now read, was write @ { id-token: read }`,
		}},
		{"token gone", nil, m("    token: { contents: read, id-token: write }\n", ""), []string{
			`narrows: identity "deploy": the job's GITHUB_TOKEN may do less: contents is gone @ deploy`,
			`narrows: identity "deploy": the job's GITHUB_TOKEN may do less: id-token is gone @ deploy`,
		}},
		{"secret", nil, m("token: { contents: read,", "secrets: [ftp]\n    token: { contents: read,"), []string{`widens: identity "deploy": its job may read "ftp" @ [ftp]`}},
		{"secret gone", m("token: { contents: read,", "secrets: [ftp]\n    token: { contents: read,"), nil, []string{
			`narrows: identity "deploy": its job may not read any more "ftp" @ deploy`,
		}},

		{"grant new", m("      standing:\n        vault: { address: \"https://vault.acme.example\", mount: jwt, role: deploy }\n        ttl: 30m\n        narrow: none\n        limits: none\n        when: always\n", ""), nil, []string{
			`widens: grant "deploy/standing" is new: vault for 30m, when always @ standing`,
		}},
		{"grant gone", nil, m("      standing:\n        vault: { address: \"https://vault.acme.example\", mount: jwt, role: deploy }\n        ttl: 30m\n        narrow: none\n        limits: none\n        when: always\n", ""), []string{
			`narrows: grant "deploy/standing" is removed @ grants`,
		}},
		{"ttl longer", nil, m("ttl: 15m", "ttl: 1h"), []string{`widens: ttl of grant "deploy/prod" is now "1h", was "15m": leases live longer @ 1h`}},
		{"ttl shorter", nil, m("ttl: 4h", "ttl: 3h"), []string{`narrows: ttl of grant "other/migrate" is now "3h", was "4h": leases live shorter @ 3h`}},
		{"role", nil, m("role/deploy\"", "role/admin\""), []string{
			`widens: aws.role of grant "deploy/prod" is now "arn:aws:iam::123456789012:role/admin", was "arn:aws:iam::123456789012:role/deploy": review what that means @ "arn:aws:iam::123456789012:role/admin"`,
		}},
		{"endpoint", nil, m("region: eu-west-1 }\n        ttl: 15m", "region: eu-west-1, endpoint: \"https://sts.example\" }\n        ttl: 15m"), []string{
			`widens: aws.endpoint of grant "deploy/prod" is new: review what it means @ "https://sts.example"`,
		}},
		{"names", nil, m("region: eu-west-1 }\n        ttl: 15m", "region: eu-west-1, names: { AWS_REGION: R } }\n        ttl: 15m"), []string{
			`neutral: aws.names of grant "deploy/prod": the credential is handed over under other names @ { AWS_REGION: R }`,
		}},
		{"another provider", nil, m(`npm: { package: "@acme/api" }`, `crates: { package: acme-api }`), []string{
			`widens: npm of grant "deploy/tag" is gone: review what that means @ tag`,
			`widens: crates of grant "deploy/tag" is new: review what it means @ { package: acme-api }`,
		}},
		{"vault reads", nil, m("mount: jwt, role: deploy }", "mount: jwt, role: deploy, read: { secret/db: DB } }"), []string{
			`widens: grant "deploy/standing" also reads "secret/db" into DB @ DB`,
		}},
		{"narrowed", nil, m("ttl: 15m\n        narrow: none", "ttl: 15m\n        narrow: policies/p.json"), []string{
			`narrows: narrow of grant "deploy/prod" is now "policies/p.json", was "none": less than the role may be done @ policies/p.json`,
		}},
		{"not narrowed any more", m("ttl: 15m\n        narrow: none", "ttl: 15m\n        narrow: policies/p.json"), nil, []string{
			`widens: narrow of grant "deploy/prod" is now "none", was "policies/p.json": nothing is taken off what the role may do @ none`,
		}},
		{"limits", nil, m("concurrent: 2, per-day: 20", "concurrent: 3, per-day: 10"), []string{
			`widens: limits.concurrent of grant "deploy/prod" is now 3, was 2 @ 3`, `narrows: limits.per-day of grant "deploy/prod" is now 10, was 20 @ 10`,
		}},
		{"limits gone", nil, m("limits: { concurrent: 2, per-day: 20 }", "limits: none"), []string{`widens: limits of grant "deploy/prod" are gone: any number of leases @ none`}},
		{"a default", nil, append(m("owners:\n", "defaults: { ttl: 30m }\nowners:\n"), m("        ttl: 15m\n", "")[0], m("@acme/api\" }\n        ttl: 30m\n", "@acme/api\" }\n")[0],
			m("pypi: { package: acme }\n        ttl: 30m\n", "pypi: { package: acme }\n")[0], m("crates: { package: acme }\n        ttl: 30m\n", "crates: { package: acme }\n")[0],
			m("role: deploy }\n        ttl: 30m\n", "role: deploy }\n")[0], m("        ttl: 4h\n", "")[0]), []string{
			`neutral: defaults: what they mean is listed at each grant that they hold for @ { ttl: 30m }`,
			`widens: ttl of grant "deploy/prod" is now "30m", was "15m": leases live longer @ 30m`,
			`narrows: ttl of grant "other/migrate" is now "30m", was "4h": leases live shorter @ 30m`,
		}},

		{"no task", nil, m("when: { signed-tag: { keys: [keys/release.pub] } }", "when: always"), []string{
			`widens: when of grant "deploy/tag" is now always, was a tag signed by keys/release.pub: no task is needed any more @ always`,
		}},
		{"one way more", nil, m("{ signed-tag: { keys: [keys/release.pub] } }", "{ signed-tag: { keys: [keys/release.pub, keys/b.pub] } }"), []string{
			`widens: when of grant "deploy/tag" is now a tag signed by keys/release.pub or keys/b.pub, was a tag signed by keys/release.pub: less is needed for a lease @ { signed-tag: { keys: [keys/release.pub, keys/b.pub] } }`,
		}},
		{"fewer approvals", nil, m("environment-approval: { min: 2 }", "environment-approval: { min: 1 }"), []string{
			"widens: when of grant \"deploy/prod\" is now " + prodWords + " or 1 approval of the job's environment, was " + prodWords + " or 2 approvals of the job's environment: less is needed for a lease @ any:",
		}},
		{"reusable", nil, m(prodTicket, "{ system: jira, project: CHG, status: [Approved, Done], references: sha, use: reusable }"), []string{
			"widens: when of grant \"deploy/prod\" is now " + prodWords + " or 2 approvals of the job's environment, was " + prodWords + " or 2 approvals of the job's environment: less is needed for a lease @ any:",
		}},
		{"all instead of any", nil, m("          any:\n            - ticket", "          all:\n            - ticket"), []string{
			"narrows: when of grant \"deploy/prod\" is now " + prodWords + " and 2 approvals of the job's environment, was " + prodWords + " or 2 approvals of the job's environment: more is needed for a lease @ all:",
		}},
		{"any instead of all", m("          any:\n            - ticket", "          all:\n            - ticket"), nil, []string{
			"widens: when of grant \"deploy/prod\" is now " + prodWords + " or 2 approvals of the job's environment, was " + prodWords + " and 2 approvals of the job's environment: less is needed for a lease @ any:",
		}},
		{"another task", nil, m("when: { signed-tag: { keys: [keys/release.pub] } }", "when: { policy: { rule: data.curfew.x } }"), []string{
			`widens: when of grant "deploy/tag" is now the rule data.curfew.x to be true, was a tag signed by keys/release.pub: another task triggers it @ { policy: { rule: data.curfew.x } }`,
		}},
		{"window", nil, m("window: 2h", "window: 1h"), []string{
			`narrows: when of grant "deploy/nightly" is now a run by the schedule 0 3 * * 1, at most 1h late, was a run by the schedule 0 3 * * 1, at most 2h late: more is needed for a lease @ { schedule: { cron: "0 3 * * 1", window: 1h } }`,
		}},
		{"in another order", nil, m("            - policy: { rule: data.curfew.deploy.allow }\n            - ticket: { system: github, project: acme/changes, status: [approved], references: run, use: reusable }\n",
			"            - ticket: { system: github, project: acme/changes, status: [approved], references: run, use: reusable }\n            - policy: { rule: data.curfew.deploy.allow }\n"), []string{
			`neutral: when of grant "deploy/ruled" is now a ticket in github acme/changes, approved, that names the run and the rule data.curfew.deploy.allow to be true, was the rule data.curfew.deploy.allow to be true and a ticket in github acme/changes, approved, that names the run: the same is needed for a lease @ all:`,
		}},

		{"exception new", nil, m("exceptions:\n", "exceptions:\n  x: { secret: X, store: actions, owner: payments, reason: y, accepted-by: \"@a\", rotate-every: 1d, expires: \"2027-01-01\" }\n"), []string{
			`widens: exception "x" is new: a long-lived secret is lawful @ x`,
		}},
		{"exception gone", m("exceptions:\n", "exceptions:\n  x: { secret: X, store: actions, owner: payments, reason: y, accepted-by: \"@a\", rotate-every: 1d, expires: \"2027-01-01\" }\n"), nil, []string{
			`narrows: exception "x" is removed: its secret isn't lawful any more @ exceptions`,
		}},
		{"exception extended", nil, m(`"2027-01-31"`, `"2027-02-20"`), []string{
			`widens: expires of exception "ftp" is now "2027-02-20", was "2027-01-31": the secret is lawful for longer @ "2027-02-20"`,
		}},
		{"exception for another secret", nil, m("FTP_TOKEN", "PROD_TOKEN"), []string{
			`widens: secret of exception "ftp" is now "PROD_TOKEN", was "FTP_TOKEN": review what that means @ PROD_TOKEN`,
		}},
		{"exception in another store", nil, m("store: actions", "store: actions-org"), []string{
			`widens: store of exception "ftp" is now "actions-org", was "actions": review what that means @ actions-org`,
		}},
		{"rotation", nil, m("rotate-every: 30d", "rotate-every: 60d"), []string{
			`widens: rotate-every of exception "ftp" is now "60d", was "30d": the secret may get older @ 60d`,
		}},

		{"break-glass gone", nil, m(`break-glass:
  oncall:
    grants: [deploy/prod]
    activators: ["@acme/oncall", "@dora"]
    requires: [incident, reason]
    ttl: 30m
    max-uses: { count: 2, per: 30d }
    review: { within: 24h, by: "@acme/appsec", on-missed: suspend }
`, ""), []string{`narrows: break-glass "oncall" is removed: this emergency access is gone @ version: 1`}},
		{"break-glass grants", nil, m("grants: [deploy/prod]", "grants: [deploy/prod, deploy/tag]"), []string{`widens: break-glass "oncall": it opens "deploy/tag" @ [deploy/prod, deploy/tag]`}},
		{"break-glass activators", nil, m(`["@acme/oncall", "@dora"]`, `["@acme/oncall", "@eve"]`), []string{
			`widens: break-glass "oncall": it may be used by "@eve" @ ["@acme/oncall", "@eve"]`, `narrows: break-glass "oncall": it may not be used any more by "@dora" @ ["@acme/oncall", "@eve"]`,
		}},
		{"break-glass requires", nil, m("[incident, reason]", "[reason]"), []string{`widens: break-glass "oncall": it doesn't ask any more for "incident" @ [reason]`}},
		{"break-glass uses", nil, m("count: 2, per: 30d", "count: 3, per: 7d"), []string{
			`widens: max-uses.count of break-glass "oncall" is now 3, was 2: it may be used more often @ 3`,
			`widens: max-uses.per of break-glass "oncall" is now "7d", was "30d": it may be used more often @ 7d`,
		}},
		{"break-glass period longer", nil, m("count: 2, per: 30d", "count: 2, per: 60d"), []string{
			`narrows: max-uses.per of break-glass "oncall" is now "60d", was "30d": it may be used less often @ 60d`,
		}},
		{"break-glass review", nil, m(`within: 24h, by: "@acme/appsec"`, `within: 7d, by: "@me"`), []string{
			`widens: review.within of break-glass "oncall" is now "7d", was "1d": its review has more time @ 7d`,
			`widens: review.by of break-glass "oncall" is now "@me", was "@acme/appsec": others review its use @ "@me"`,
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, changes(t, tt.before, tt.after)); diff != "" {
				t.Errorf("changes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDiffOfNothing(t *testing.T) {
	s := loadScene(t)
	m, _, _, _, _ := s.parse(t)
	if got := Diff(nil, nil); got != nil {
		t.Errorf("nothing and nothing: %+v", got)
	}
	if got := Diff(nil, m); len(got) != 1 || got[0].Effect != Widens {
		t.Errorf("a new manifest: %+v", got)
	}
	if got := Diff(m, nil); len(got) != 1 || got[0].Effect != Widens {
		t.Errorf("a removed manifest: %+v", got)
	}
}
