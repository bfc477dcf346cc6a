package manifest

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type denial struct {
	name, grant string
	edits       []edit
	want        []string // briefs of the reasons
}

func TestDecideDenies(t *testing.T) {
	for _, group := range [][]denial{
		denialsOfTokens(), denialsOfPolicy(), denialsOfStanding(), denialsOfTickets(), denialsOfTriggers(),
		denialsOfLimits(), denialsOfGuard(), denialsOfBreakGlass(),
	} {
		for _, tt := range group {
			t.Run(tt.name, func(t *testing.T) {
				s := loadScene(t)
				s.apply(t, tt.edits)
				d := s.decide(t, tt.grant)
				if d.Allow || d.TTL != 0 || !d.Ends.IsZero() || d.Triggers != nil {
					t.Errorf("allowed: %+v", d)
				}
				if diff := cmp.Diff(tt.want, s.briefs(d.Reasons)); diff != "" {
					t.Errorf("reasons (-want +got):\n%s\n%s", diff, d.Text())
				}
				for _, r := range d.Reasons {
					if r.Message == "" || r.Received == "" || r.Expected == "" || r.Fix == "" {
						t.Errorf("a reason lacks words: %+v", r)
					}
				}
			})
		}
	}
}

func claim(name, old, new string) []edit {
	return []edit{{"claims", `"` + name + `": "` + old + `"`, `"` + name + `": "` + new + `"`}}
}

func noClaim(name, value string) []edit {
	return []edit{{"claims", `  "` + name + `": "` + value + `",` + "\n", ""}}
}

func denialsOfTokens() []denial {
	const workflow = "acme/payments-api/.github/workflows/deploy.yml@refs/heads/main"
	const issuer = "https://token.actions.githubusercontent.com"
	return []denial{
		{"no slash", "deploy", nil, []string{"grant-unknown @ deploy:"}},
		{"no such identity", "nobody/prod", nil, []string{"grant-unknown @ deploy:"}},
		{"no such grant", "deploy/test", nil, []string{"grant-unknown @ grants"}},
		{"case of a grant", "Deploy/prod", nil, []string{"grant-unknown @ deploy:"}},

		{"other issuer", "deploy/standing", claim("iss", issuer, "https://gitlab.com"), []string{"issuer-not-allowed @ [https://token.actions.githubusercontent.com]"}},
		{"issuer with a slash", "deploy/standing", claim("iss", issuer, issuer+"/"), []string{"issuer-not-allowed @ [https://token.actions.githubusercontent.com]"}},
		{"no issuer", "deploy/standing", noClaim("iss", issuer), []string{"issuer-not-allowed @ [https://token.actions.githubusercontent.com]"}},
		{
			"issuer of a list", "deploy/standing",
			[]edit{{"claims", `"iss": "` + issuer + `"`, `"iss": ["` + issuer + `"]`}},
			[]string{"issuer-not-allowed @ [https://token.actions.githubusercontent.com]"},
		},
		{"one issuer of several", "deploy/standing", append(claim("iss", issuer, "https://ghes.acme.example/_services/token"),
			edit{"org", "issuers: [", "issuers: [https://ghes.acme.example/_services/token, "}), []string{"issuer-not-allowed @ claims"}},

		{
			"no project", "deploy/standing", noClaim("repository_id", "987654"),
			[]string{"token-unclear @ claims", `claim-mismatch @ "987654"`},
		},
		{"two projects", "deploy/standing", []edit{{"claims", `"repository_id"`, `"project_id": "1", "repository_id"`}}, []string{"token-unclear @ claims"}},
		{"subject of another repository", "deploy/standing", claim("sub", "repo:acme@4242/payments-api@987654:environment:production",
			"repo:acme@4242/payments-api@1:environment:production"), []string{"token-unclear @ claims"}},
		{
			"other repository", "deploy/standing", append(claim("repository_id", "987654", "987655"), claim("sub",
				"repo:acme@4242/payments-api@987654:environment:production", "repo:acme/payments-api:x")...),
			[]string{`claim-mismatch @ "987654"`, "guard-unverified @ guard"},
		},
		{
			"unknown project", "deploy/standing",
			[]edit{{"manifest", "    claims:\n      repository_id: \"987654\"\n      job_workflow_ref: acme/payments-api/.github/workflows/deploy.yml", "    claims:\n      repository_id: \"0\"\n      job_workflow_ref: acme/payments-api/.github/workflows/deploy.yml"}},
			[]string{`project-unknown @ "0"`},
		},
		{
			"unknown project in a list", "deploy/standing",
			[]edit{{"manifest", "    claims:\n      repository_id: \"987654\"\n      job_workflow_ref: acme/payments-api/.github/workflows/deploy.yml", "    claims:\n      repository_id: [\"987654\", \"0\"]\n      job_workflow_ref: acme/payments-api/.github/workflows/deploy.yml"}},
			[]string{`project-unknown @ ["987654", "0"]`},
		},
		{"project zero", "deploy/standing", []edit{
			{"manifest", "    claims:\n      repository_id: \"987654\"\n      job_workflow_ref: acme/payments-api/.github/workflows/deploy.yml", "    claims:\n      repository_id: \"0\"\n      job_workflow_ref: acme/payments-api/.github/workflows/deploy.yml"},
			{"claims", `"repository_id": "987654"`, `"repository_id": "0"`},
			{"claims", `"sub": "repo:acme@4242/payments-api@987654:environment:production",`, ``},
			{"facts", `"project": "987654"`, `"project": "0"`},
		}, []string{`project-unknown @ "0"`}},

		{
			"other workflow", "deploy/standing", claim("job_workflow_ref", workflow, "acme/payments-api/.github/workflows/test.yml@refs/heads/main"),
			[]string{"claim-mismatch @ " + workflow},
		},
		{
			"other ref of the workflow", "deploy/standing", claim("job_workflow_ref", workflow, "acme/payments-api/.github/workflows/deploy.yml@refs/heads/evil"),
			[]string{"claim-mismatch @ " + workflow},
		},
		{"workflow with more", "deploy/standing", claim("job_workflow_ref", workflow, workflow+"2"), []string{"claim-mismatch @ " + workflow}},
		{
			"look-alike", "deploy/standing", claim("job_workflow_ref", workflow, "асme/payments-api/.github/workflows/deploy.yml@refs/heads/main"),
			[]string{"claim-mismatch @ " + workflow},
		},
		{"case", "deploy/standing", claim("environment", "production", "Production"), []string{"claim-mismatch @ [production, staging]"}},
		{"environment absent", "deploy/standing", noClaim("environment", "production"), []string{"claim-mismatch @ [production, staging]"}},
		{"environment empty", "deploy/standing", claim("environment", "production", ""), []string{"claim-mismatch @ [production, staging]"}},
		{"environment null", "deploy/standing", []edit{{"claims", `"environment": "production"`, `"environment": null`}}, []string{"claim-mismatch @ [production, staging]"}},
		{
			"environment in a list", "deploy/standing",
			[]edit{{"claims", `"environment": "production"`, `"environment": ["production"]`}},
			[]string{"claim-mismatch @ [production, staging]"},
		},
		{"glob across a slash", "deploy/standing", claim("runner_environment", "github-hosted", "github-a/b"), []string{`claim-mismatch @ { glob: "github-*" }`}},
		{"glob within", "deploy/standing", claim("runner_environment", "github-hosted", "not-github-hosted"), []string{`claim-mismatch @ { glob: "github-*" }`}},
		{
			"two claims", "deploy/standing", append(claim("environment", "production", "test"), claim("runner_environment", "github-hosted", "self-hosted")...),
			[]string{"claim-mismatch @ [production, staging]", `claim-mismatch @ { glob: "github-*" }`},
		},

		{"pull_request_target", "deploy/standing", claim("event_name", "push", "pull_request_target"), []string{"event-not-allowed @ claims"}},
		{"issue_comment", "deploy/standing", claim("event_name", "push", "issue_comment"), []string{"event-not-allowed @ claims"}},
		{"event absent", "deploy/standing", noClaim("event_name", "push"), []string{"event-not-allowed @ claims"}},
		{"event not among those named", "deploy/standing", []edit{{
			"manifest", `environment: [production, staging]`,
			"environment: [production, staging]\n      event_name: release",
		}}, []string{"claim-mismatch @ release"}},
	}
}

func denialsOfPolicy() []denial {
	return []denial{
		{"policy unknown", "deploy/standing", []edit{{"org", "", ""}}, []string{"policy-unknown @ acme/.github?"}},
		{
			"bound, policy unknown, no extends", "deploy/standing",
			[]edit{{"org", "", ""}, {"manifest", "extends: acme/.github\n", ""}},
			[]string{"extends-mismatch @ version: 1", "policy-unknown @ version: 1?"},
		},
		{"no extends", "deploy/standing", []edit{{"manifest", "extends: acme/.github\n", ""}}, []string{"extends-mismatch @ version: 1"}},
		{
			"no extends, not bound", "deploy/standing",
			[]edit{{"manifest", "extends: acme/.github\n", ""}, {"facts", `"org": "acme/.github"`, ""}},
			[]string{"extends-mismatch @ version: 1"},
		},
		{"bound to another", "deploy/standing", []edit{{"facts", `"org": "acme/.github"`, `"org": "evil/.github"`}}, []string{"extends-mismatch @ acme/.github"}},
		{
			"another organisation's policy", "deploy/standing",
			[]edit{{"manifest", "extends: acme/", "extends: evil/"}, {"facts", `"org": "acme/.github"`, ""}},
			[]string{"extends-mismatch @ evil/.github / acme"},
		},
		{"owned by another", "deploy/standing", []edit{
			{"claims", `"repository_owner_id": "4242"`, `"repository_owner_id": "1"`},
			{"claims", `"sub": "repo:acme@4242/`, `"sub": "repo:acme@1/`},
		}, []string{`organization-mismatch @ "4242"`}},
		{"owner absent", "deploy/standing", []edit{
			{"claims", `  "repository_owner_id": "4242",`, ``},
			{"claims", `"sub": "repo:acme@4242/payments-api@987654:`, `"sub": "repo:acme/payments-api:`},
		}, []string{`organization-mismatch @ "4242"`}},
		{"organisation zero", "deploy/standing", []edit{
			{"org", `id: "4242"`, `id: "0"`},
			{"claims", `"repository_owner_id": "4242"`, `"repository_owner_id": "0"`},
			{"claims", `"sub": "repo:acme@4242/`, `"sub": "repo:acme@0/`},
		}, []string{`organization-mismatch @ "0"`}},
		{"ttl beyond the ceiling", "deploy/standing", []edit{{"org", "high: 30m", "high: 20m"}}, []string{"exceeds-ceiling @ 30m / 20m"}},
		{
			"ttl beyond the floor's ceiling", "deploy/prod",
			[]edit{{"manifest", "role/deploy\"", "role/admin/x\""}, {"manifest", "ttl: 15m", "ttl: 30m"}},
			[]string{"exceeds-ceiling @ 30m / 15m"},
		},
		{"ttl beyond the ceiling of a floor for what the grant leaves out", "deploy/standing", []edit{{
			"org", "privilege-floor:\n",
			"privilege-floor:\n  - { vault: { namespace: prod }, privilege: critical }\n",
		}}, []string{"exceeds-ceiling @ 30m / 15m"}},
		{"term beyond the ceiling", "deploy/standing", []edit{{"manifest", `"2027-06-01"`, `"2027-11-24"`}}, []string{`exceeds-ceiling @ "2027-11-24" / 365d`}},
		{
			"system not the organisation's", "deploy/prod",
			[]edit{{"manifest", "system: jira", "system: servicenow"}, {"facts", `"system": "jira"`, `"system": "servicenow"`}},
			[]string{"system-not-allowed @ servicenow / jira: { url: https://acme.atlassian.net, projects: [CHG, PAY] }"},
		},
		{
			"project not the organisation's", "deploy/prod",
			[]edit{{"manifest", "project: CHG", "project: TOY"}, {"facts", `"project": "CHG"`, `"project": "TOY"`}},
			[]string{"system-not-allowed @ TOY / [CHG, PAY]"},
		},
		{
			"issues not the organisation's", "deploy/ruled",
			[]edit{{"org", "systems:\n", "systems:\n  github: { url: https://github.com, projects: [acme/ops] }\n"}},
			[]string{"system-not-allowed @ acme/changes / [acme/ops]"},
		},
		{
			"grants in one hand", "deploy/standing",
			[]edit{{"org", "conflict: [prod, migrate]", "conflict: [standing, tag]"}},
			[]string{"separation-of-duties @ standing / { conflict: [standing, tag] }"},
		},
		{
			"grants in two identities that one token proves", "deploy/prod",
			[]edit{{"manifest", "workflows/migrate.yml@refs", "workflows/deploy.yml@refs"}},
			[]string{"separation-of-duties @ prod / { conflict: [prod, migrate] }"},
		},
		{"asked for too long", "deploy/standing", []edit{{"facts", `"org": "acme/.github"`, `"org": "acme/.github", "ttl": "31m"`}}, []string{"ttl-too-long @ 30m"}},
	}
}

func denialsOfStanding() []denial {
	certified := `"deploy": { "time": "2026-11-01T09:00:00Z" }`
	use := func(use string) edit {
		return edit{"facts", `"break-glass": []`, `"break-glass": [` + use + `]`}
	}
	const missed = "review-missed @ { within: 24h, by: \"@acme/appsec\", on-missed: suspend }"
	return []denial{
		{"owner unknown", "deploy/standing", []edit{{"manifest", "  deploy:\n    owner: payments", "  deploy:\n    owner: nobody"}}, []string{"owner-unknown @ nobody"}},
		{"expired", "deploy/standing", []edit{{"manifest", `"2027-06-01"`, `"2026-11-22"`}}, []string{`expired @ "2026-11-22"`}},
		{"sponsor ended", "other/migrate", []edit{
			{"manifest", `ends: "2027-02-01"`, `ends: "2026-11-22"`},
			{"claims", "deploy.yml@", "migrate.yml@"},
		}, []string{`sponsor-ended @ "2026-11-22"`}},
		{"never certified", "deploy/standing", []edit{{"facts", certified + ",", ""}}, []string{"certification-unknown @ deploy / 90d?"}},
		{
			"certified in the future", "deploy/standing",
			[]edit{{"facts", certified, `"deploy": { "time": "2026-11-23T04:06:00Z" }`}},
			[]string{"certification-unknown @ deploy / 90d?"},
		},
		{
			"certification overdue", "deploy/standing",
			[]edit{{"facts", certified, `"deploy": { "time": "2026-08-18T04:00:00Z" }`}},
			[]string{"certification-overdue @ deploy / 90d"},
		},
		{
			"certification overdue by the floor", "deploy/standing",
			[]edit{{"manifest", "role/deploy\"", "role/admin/x\""}, {"facts", certified, `"deploy": { "time": "2026-10-17T04:00:00Z" }`}},
			[]string{"certification-overdue @ deploy / 30d"},
		},
		{"review missed", "deploy/standing", []edit{use(`{ "entry": "oncall", "grant": "deploy/prod", "time": "2026-11-22T04:00:00Z", "activator": "@alice", "activator-id": "1001" }`)}, []string{missed}},
		{
			"reviewed by the activator", "deploy/standing",
			[]edit{use(`{ "entry": "oncall", "grant": "deploy/prod", "time": "2026-11-22T04:00:00Z", "activator": "@alice", "activator-id": "1001", "review": { "by": "@Alice", "by-id": "1009", "time": "2026-11-22T05:00:00Z" } }`)},
			[]string{missed},
		},
		{
			"reviewed by the activator, who has another name by now", "deploy/standing",
			[]edit{use(`{ "entry": "oncall", "grant": "deploy/prod", "time": "2026-11-22T04:00:00Z", "activator": "@alice", "activator-id": "1001", "review": { "by": "@zoe", "by-id": "1001", "time": "2026-11-22T05:00:00Z" } }`)},
			[]string{missed},
		},
		{
			"reviewed by nobody knows which account", "deploy/standing",
			[]edit{use(`{ "entry": "oncall", "grant": "deploy/prod", "time": "2026-11-22T04:00:00Z", "activator": "@alice", "activator-id": "1001", "review": { "by": "@zoe", "time": "2026-11-22T05:00:00Z" } }`)},
			[]string{missed},
		},
		{
			"reviewed, and used by nobody knows which account", "deploy/standing",
			[]edit{use(`{ "entry": "oncall", "grant": "deploy/prod", "time": "2026-11-22T04:00:00Z", "activator": "@alice", "review": { "by": "@zoe", "by-id": "1003", "time": "2026-11-22T05:00:00Z" } }`)},
			[]string{missed},
		},
		{
			"reviewed by somebody", "deploy/standing",
			[]edit{use(`{ "entry": "oncall", "grant": "deploy/prod", "time": "2026-11-22T04:00:00Z", "activator": "@alice", "activator-id": "1001", "review": { "by": "@bob", "by-id": "1004", "time": "2026-11-22T05:00:00Z" } }`)},
			[]string{missed},
		},
		{
			"reviewed before it happened", "deploy/standing",
			[]edit{use(`{ "entry": "oncall", "grant": "deploy/prod", "time": "2026-11-22T04:00:00Z", "activator": "@alice", "activator-id": "1001", "review": { "by": "@zoe", "by-id": "1003", "time": "2026-11-21T05:00:00Z" } }`)},
			[]string{missed},
		},
		{"used in the future", "deploy/standing", []edit{use(`{ "entry": "oncall", "grant": "deploy/prod", "time": "2027-11-22T04:00:00Z", "activator": "@alice", "activator-id": "1001" }`)}, []string{missed}},
		{
			"entry gone, use not reviewed", "deploy/standing",
			[]edit{use(`{ "entry": "gone", "grant": "deploy/prod", "time": "2026-11-22T05:00:00Z", "activator": "@alice", "activator-id": "1001" }`)},
			[]string{"review-missed @ deploy"},
		},
		{
			"uses unknown, entry gone", "deploy/standing",
			[]edit{{"facts", `, "break-glass": []`, ""}, {"manifest", "grants: [deploy/prod]", "grants: [other/migrate]"}},
			[]string{"review-unknown @ deploy?"},
		},
		{"uses unknown", "deploy/standing", []edit{{"facts", `, "break-glass": []`, ""}}, []string{"review-unknown @ oncall?"}},
	}
}

func denialsOfTickets() []denial {
	ticket := func(old, new string) []edit { return []edit{{"facts", old, new}} }
	// Of the alternatives, the other one always says that there is no proof of it.
	and := func(rs ...string) []string {
		return append(rs, `trigger-unproven @ environment-approval: { min: 2 }?`)
	}
	return []denial{
		{"no ticket", "deploy/standing2", nil, []string{"grant-unknown @ grants"}},
		{"other run", "deploy/prod", ticket(`"id": "1205", "attempt"`, `"id": "1206", "attempt"`), []string{
			`run-unclear @ ticket: { system: jira, project: CHG, status: [Approved, Done], references: sha, use: once }`, `run-unclear @ environment-approval: { min: 2 }`,
		}},
		{"other attempt", "deploy/nightly", append(forSchedule(), edit{"facts", `"attempt": "1"`, `"attempt": "2"`}), []string{`run-unclear @ { schedule: { cron: "0 3 * * 1", window: 2h } }`}},
		{
			"run unknown", "deploy/nightly", append(forSchedule(), edit{"facts", `"run": { "id": "1205", "attempt": "1", "triggering-actor": "@alice", "change-author": "@bob" },`, ""}),
			[]string{`run-unclear @ { schedule: { cron: "0 3 * * 1", window: 2h } }?`},
		},
		{"attempt absent from the token", "deploy/nightly", append(forSchedule(), noClaim("run_attempt", "1")...), []string{`run-unclear @ { schedule: { cron: "0 3 * * 1", window: 2h } }`}},
		{"other system", "deploy/prod", ticket(`"system": "jira"`, `"system": "servicenow"`), and("trigger-unproven @ jira")},
		{"other project", "deploy/prod", ticket(`"project": "CHG"`, `"project": "PAY"`), and("trigger-unproven @ CHG")},
		{"not approved", "deploy/prod", ticket(`"status": "Approved"`, `"status": "approved"`), and("trigger-unproven @ [Approved, Done]")},
		{"other sha", "deploy/prod", ticket(`"sha": "9f2c41e", "approvers"`, `"sha": "9f2c41f", "approvers"`), and("trigger-unproven @ sha")},
		{"no sha", "deploy/prod", ticket(`"sha": "9f2c41e", "approvers"`, `"approvers"`), and("trigger-unproven @ sha")},
		{"run instead of sha", "deploy/prod", ticket(`"sha": "9f2c41e", "approvers"`, `"run": "9f2c41e", "approvers"`), and("trigger-unproven @ sha")},
		{"other run named", "deploy/ruled", ticket(`"run": "1205", "approvers"`, `"run": "1204", "approvers"`), []string{"trigger-unproven @ run"}},
		{"nobody approved", "deploy/prod", ticket(`"approvers": ["@anna"], "used"`, `"used"`), and("trigger-unproven @ [Approved, Done]")},
		{"approved by the actor", "deploy/prod", append(ticket(`"approvers": ["@anna"], "used"`, `"approvers": ["@Alice"], "used"`),
			edit{"facts", `"triggering-actor": "@alice"`, `"triggering-actor": "@carl"`}), and("trigger-unproven @ [Approved, Done]")},
		{"approved by who ran it again", "deploy/prod", append(ticket(`"approvers": ["@anna"], "used"`, `"approvers": ["@carl"], "used"`),
			edit{"facts", `"triggering-actor": "@alice"`, `"triggering-actor": "carl"`}), and("trigger-unproven @ [Approved, Done]")},
		{"approved by the author", "deploy/prod", ticket(`"approvers": ["@anna"], "used"`, `"approvers": ["@bob"], "used"`), and("trigger-unproven @ [Approved, Done]")},
		{"author unknown", "deploy/prod", ticket(`, "change-author": "@bob"`, ``), and("trigger-unproven @ [Approved, Done]?")},
		{"triggering actor unknown", "deploy/prod", ticket(`"triggering-actor": "@alice", `, ``), and("trigger-unproven @ [Approved, Done]?")},
		{"actor absent from the token", "deploy/prod", noClaim("actor", "alice"), and("trigger-unproven @ [Approved, Done]?")},
		{"used before", "deploy/prod", ticket(`"used": 0`, `"used": 1`), and("trigger-unproven @ once")},
		{"use unknown", "deploy/prod", ticket(`, "used": 0`, ``), and("trigger-unproven @ once?")},
		{"once without a store", "deploy/prod", []edit{{"org", "ledger:\n  store: \"s3://acme-curfew/ledger\"", "ledger:\n  store: \"s3://acme-curfew/other\""}}, []string{
			"no-shared-store @ once / \"s3://acme-curfew/other\"", `trigger-unproven @ environment-approval: { min: 2 }?`,
			"no-shared-store @ { concurrent: 2, per-day: 20 } / \"s3://acme-curfew/other\"", "no-shared-store @ guard / \"s3://acme-curfew/other\"",
		}},
	}
}

func denialsOfTriggers() []denial {
	approval := func(approvers string) []edit {
		return []edit{
			{"facts", `"triggers": [`, `"triggers": [{ "environment-approval": { "environment": "production", "approvers": [` + approvers + `] } },`},
			{"facts", `"project": "CHG"`, `"project": "PAY"`},
		}
	}
	const min = "trigger-unproven @ 2"
	return []denial{
		{"too few", "deploy/prod", approval(`"@anna"`), []string{"trigger-unproven @ CHG", min}},
		{"one twice", "deploy/prod", approval(`"@anna", "@Anna"`), []string{"trigger-unproven @ CHG", min}},
		{"one is the actor", "deploy/prod", approval(`"@anna", "@alice"`), []string{"trigger-unproven @ CHG", min}},
		{"one is nobody", "deploy/prod", approval(`"@anna", "@"`), []string{"trigger-unproven @ CHG", min}},
		{
			"other environment", "deploy/prod", append(approval(`"@anna", "@carl"`), claim("environment", "production", "staging")...),
			[]string{"trigger-unproven @ CHG", "trigger-unproven @ { min: 2 }"},
		},
		{
			"environment not listed", "deploy/prod", append(approval(`"@anna", "@carl"`), edit{"manifest", "      environment: [production, staging]\n", ""}),
			[]string{"trigger-unproven @ CHG", "trigger-unproven @ { min: 2 }"},
		},

		{"a branch", "deploy/tag", nil, []string{"trigger-unproven @ { keys: [keys/release.pub] }"}},
		{"a branch that is named in the proof", "deploy/tag", []edit{{"facts", "refs/tags/v1.2", "refs/heads/main"}}, []string{"trigger-unproven @ { keys: [keys/release.pub] }"}},
		{"tag moved", "deploy/tag", append(forTag(), edit{"facts", `"sha": "9f2c41e", "key"`, `"sha": "0000000", "key"`}), []string{"trigger-unproven @ { keys: [keys/release.pub] }"}},
		{"other key", "deploy/tag", append(forTag(), edit{"facts", "keys/release.pub", "keys/mine.pub"}), []string{"trigger-unproven @ [keys/release.pub]"}},

		{"not scheduled", "deploy/nightly", nil, []string{"trigger-unproven @ { cron: \"0 3 * * 1\", window: 2h }"}},
		{"other schedule", "deploy/nightly", append(forSchedule(), edit{"facts", "0 3 * * 1", "0 3 * * 2"}), []string{`trigger-unproven @ "0 3 * * 1"`}},
		{"late", "deploy/nightly", append(forSchedule(), edit{"facts", "2026-11-23T03:00:00Z", "2026-11-23T01:59:00Z"}), []string{"trigger-unproven @ 2h"}},
		{"early", "deploy/nightly", append(forSchedule(), edit{"facts", "2026-11-23T03:00:00Z", "2026-11-23T04:06:00Z"}), []string{"trigger-unproven @ 2h"}},

		{"rule false", "deploy/ruled", []edit{{"facts", `"allow": true`, `"allow": false`}}, []string{"trigger-unproven @ data.curfew.deploy.allow"}},
		{"other rule", "deploy/ruled", []edit{{"facts", "data.curfew.deploy.allow", "data.curfew.other.allow"}}, []string{"trigger-unproven @ data.curfew.deploy.allow"}},
		{"one of all", "deploy/ruled", []edit{{
			"facts", `{ "policy": { "rule": "data.curfew.deploy.allow", "allow": true } }`,
			`{ "schedule": { "cron": "0 3 * * 1", "due": "2026-11-23T03:00:00Z" } }`,
		}}, []string{"trigger-unproven @ policy: { rule: data.curfew.deploy.allow }?"}},
		{
			"triggers unknown", "deploy/tag", append(forTag(), edit{"facts", `{ "signed-tag": { "ref": "refs/tags/v1.2", "sha": "9f2c41e", "key": "keys/release.pub" } },`, ``}),
			[]string{"trigger-unproven @ { signed-tag: { keys: [keys/release.pub] } }?"},
		},
	}
}

func denialsOfLimits() []denial {
	count := func(new string) []edit {
		return []edit{{"facts", `{ "alive": 1, "last-day": 3 }`, new}}
	}
	return []denial{
		{"too many alive", "deploy/prod", count(`{ "alive": 2, "last-day": 3 }`), []string{"limit-reached @ 2"}},
		{"too many in a day", "deploy/prod", count(`{ "alive": 1, "last-day": 20 }`), []string{"limit-reached @ 20"}},
		{"both", "deploy/prod", count(`{ "alive": 3, "last-day": 30 }`), []string{"limit-reached @ 2", "limit-reached @ 20"}},
		{"count unknown", "deploy/prod", []edit{{"facts", `"deploy/prod": {`, `"deploy/tag": {`}}, []string{"limit-reached @ { concurrent: 2, per-day: 20 }?"}},
		{
			"counts unknown", "deploy/prod",
			[]edit{{"facts", `"leases": { "deploy/prod": { "alive": 1, "last-day": 3 } }, `, ""}},
			[]string{"limit-reached @ { concurrent: 2, per-day: 20 }?"},
		},
		{"limits in the defaults", "deploy/prod", append(count(`{ "alive": 3, "last-day": 3 }`),
			edit{"manifest", "        limits: { concurrent: 2, per-day: 20 }\n        when:\n          any:\n            - ticket", "        when:\n          any:\n            - ticket"},
			edit{"manifest", "owners:\n", "defaults: { limits: { concurrent: 3, per-day: 9 } }\nowners:\n"},
			edit{"manifest", "        npm: { package: \"@acme/api\" }\n        ttl: 30m\n        narrow: none\n        limits: none\n", "        npm: { package: \"@acme/api\" }\n        ttl: 30m\n        narrow: none\n"},
			edit{"manifest", "        pypi: { package: acme }\n        ttl: 30m\n        narrow: none\n        limits: none\n", "        pypi: { package: acme }\n        ttl: 30m\n        narrow: none\n"},
			edit{"manifest", "        crates: { package: acme }\n        ttl: 30m\n        narrow: none\n        limits: none\n", "        crates: { package: acme }\n        ttl: 30m\n        narrow: none\n"},
			edit{"manifest", "role: deploy }\n        ttl: 30m\n        narrow: none\n        limits: none\n", "role: deploy }\n        ttl: 30m\n        narrow: none\n"},
			edit{"manifest", "        ttl: 4h\n        narrow: none\n        limits: none\n", "        ttl: 4h\n        narrow: none\n"},
		), []string{"limit-reached @ 3"}},
	}
}

func denialsOfGuard() []denial {
	guard := func(old, new string) []edit { return []edit{{"facts", old, new}} }
	return []denial{
		{"guard unknown", "deploy/standing", guard(`"guard": { "taken": "2026-11-23T01:00:00Z", "collector": "acme/.github/.github/workflows/collect.yml@refs/heads/main",
             "project": "987654", "ref": "refs/heads/main", "default-branch": true, "approvals": 2,
             "code-owners": true, "last-push-approval": true, "bypass": [] },`, ``), []string{"guard-unverified @ guard?"}},
		{"inventory old", "deploy/standing", guard("2026-11-23T01:00:00Z", "2026-11-22T03:59:59Z"), []string{"guard-unverified @ 24h"}},
		{"inventory of tomorrow", "deploy/standing", guard("2026-11-23T01:00:00Z", "2026-11-23T04:05:01Z"), []string{"guard-unverified @ 24h"}},
		{
			"signed by another", "deploy/standing", guard(`"collector": "acme/.github/.github/workflows/collect.yml@refs/heads/main"`, `"collector": "acme/x/.github/workflows/collect.yml@refs/heads/main"`),
			[]string{"guard-unverified @ guard"},
		},
		{"of another project", "deploy/standing", guard(`"project": "987654"`, `"project": "1"`), []string{"guard-unverified @ guard"}},
		{"other branch", "deploy/standing", guard(`, "default-branch": true`, ``), []string{"guard-unverified @ default-branch"}},
		{"other ref", "deploy/standing", []edit{{"org", "ref: default-branch", "ref: refs/heads/prod"}}, []string{"guard-unverified @ refs/heads/prod"}},
		{"approvals", "deploy/standing", guard(`"approvals": 2`, `"approvals": 0`), []string{"guard-unverified @ 1"}},
		{"code owners", "deploy/standing", guard(`"code-owners": true`, `"code-owners": false`), []string{"guard-unverified @ true"}},
		{"last push", "deploy/standing", guard(`, "last-push-approval": true`, ``), []string{"guard-unverified @ true"}},
		{"bypass", "deploy/standing", guard(`"bypass": []`, `"bypass": ["@acme/admins", "@bob"]`), []string{`guard-unverified @ ["@acme/admins"]`}},
		{
			"bypass where none may", "deploy/standing", append(guard(`"bypass": []`, `"bypass": ["@acme/admins"]`), edit{"org", `bypass: ["@acme/admins"]`, `bypass: none`}),
			[]string{`guard-unverified @ none`},
		},
		{"bypass unknown", "deploy/standing", guard(`, "bypass": []`, ``), []string{`guard-unverified @ ["@acme/admins"]`}},
		{"several", "deploy/standing", guard(`"approvals": 2,
             "code-owners": true`, `"approvals": 0,
             "code-owners": false`), []string{"guard-unverified @ 1", "guard-unverified @ true"}},
		{
			"store not read", "deploy/standing",
			[]edit{{"facts", `"store": "s3://acme-curfew/ledger"`, `"store": "s3://evil/ledger"`}},
			[]string{`no-shared-store @ guard / "s3://acme-curfew/ledger"`},
		},
	}
}

func denialsOfBreakGlass() []denial {
	with := func(es ...edit) []edit { return append(inEmergency(), es...) }
	uses := func(times ...string) edit {
		all := ""
		for i, at := range times {
			if i > 0 {
				all += ","
			}
			all += `{ "entry": "oncall", "grant": "deploy/prod", "time": "` + at + `", "activator": "@alice", "activator-id": "1001", "review": { "by": "@zoe", "by-id": "1003", "time": "` + at + `" } }`
		}
		return edit{"facts", `"break-glass": []`, `"break-glass": [` + all + `]`}
	}
	return []denial{
		{"no such entry", "deploy/prod", with(edit{"facts", `"entry": "oncall"`, `"entry": "other"`}), []string{"break-glass-refused @ oncall:"}},
		{"other grant", "deploy/standing", with(), []string{"break-glass-refused @ [deploy/prod]"}},
		{"no incident", "deploy/prod", with(edit{"facts", `"incident": "INC-7", `, ``}), []string{"break-glass-refused @ incident"}},
		{"no reason", "deploy/prod", with(edit{"facts", `, "reason": "db down"`, ``}), []string{"break-glass-refused @ reason"}},
		{
			"not an activator", "deploy/prod", with(edit{"facts", `"@acme/oncall": ["@alice"]`, `"@acme/oncall": ["@eve"]`}),
			[]string{`break-glass-refused @ ["@acme/oncall", "@dora"]`},
		},
		{"members unknown", "deploy/prod", with(edit{"facts", `"@acme/oncall": ["@alice"], `, ``}), []string{`break-glass-refused @ ["@acme/oncall", "@dora"]`}},
		{
			"run again by another", "deploy/prod", with(edit{"facts", `"triggering-actor": "@alice"`, `"triggering-actor": "@eve"`}),
			[]string{`break-glass-refused @ ["@acme/oncall", "@dora"]`},
		},
		{"activator unknown", "deploy/prod", with(edit{"facts", `"triggering-actor": "@alice", `, ``}), []string{`break-glass-refused @ ["@acme/oncall", "@dora"]?`}},
		{"run unknown", "deploy/prod", with(edit{"facts", `"id": "1205", "attempt"`, `"id": "7", "attempt"`}), []string{"run-unclear @ oncall"}},
		{"activator is the reviewer", "deploy/prod", with(edit{"manifest", `by: "@acme/appsec"`, `by: "@alice"`}), []string{`break-glass-refused @ ["@acme/oncall", "@dora"]`}},
		{"used up", "deploy/prod", with(uses("2026-11-01T00:00:00Z", "2026-11-20T00:00:00Z")), []string{"break-glass-refused @ { count: 2, per: 30d }"}},
		{"uses unknown", "deploy/prod", with(edit{"facts", `, "break-glass": []`, ``}), []string{"review-unknown @ oncall?", "break-glass-refused @ { count: 2, per: 30d }?"}},
		{"no store", "deploy/prod", with(edit{"facts", `"store": "s3://acme-curfew/ledger"`, `"store": "s3://evil/ledger"`}), []string{
			`no-shared-store @ oncall / "s3://acme-curfew/ledger"`, `no-shared-store @ { concurrent: 2, per-day: 20 } / "s3://acme-curfew/ledger"`,
			`no-shared-store @ guard / "s3://acme-curfew/ledger"`,
		}},
		{"lives too long", "deploy/prod", with(edit{"org", "break-glass: { ttl: 1h,", "break-glass: { ttl: 20m,"}), []string{"exceeds-ceiling @ 30m / 20m"}},
		{"used too often", "deploy/prod", with(edit{"org", "count: 3, per: 30d", "count: 1, per: 30d"}), []string{"exceeds-ceiling @ { count: 2, per: 30d } / { count: 1, per: 30d }"}},
		{"used too often, by the period", "deploy/prod", with(edit{"org", "count: 3, per: 30d", "count: 3, per: 60d"}), []string{"exceeds-ceiling @ { count: 2, per: 30d } / { count: 3, per: 60d }"}},
		{"asked for too long", "deploy/prod", with(edit{"facts", `"org": "acme/.github"`, `"org": "acme/.github", "ttl": "31m"`}), []string{"ttl-too-long @ 30m"}},
		{"limits hold as well", "deploy/prod", with(edit{"facts", `"alive": 1`, `"alive": 2`}), []string{"limit-reached @ 2"}},
	}
}

func TestDecideWithoutLedger(t *testing.T) {
	s := loadScene(t)
	i := len(s.org) - len("ledger:\n  store: \"s3://acme-curfew/ledger\"\n  role: arn:aws:iam::123456789012:role/curfew-ledger\n"+
		"  audience: sts.amazonaws.com\n  region: eu-west-1\n  collector: acme/.github/.github/workflows/collect.yml@refs/heads/main\n")
	s.org = s.org[:i]
	for _, tt := range []struct {
		grant string
		edits []edit
		want  []string
	}{
		{"deploy/standing", nil, []string{"no-shared-store @ guard"}},
		{"deploy/prod", nil, []string{
			"no-shared-store @ once", "trigger-unproven @ environment-approval: { min: 2 }?",
			"no-shared-store @ { concurrent: 2, per-day: 20 }", "no-shared-store @ guard",
		}},
		{"deploy/prod", inEmergency(), []string{"no-shared-store @ oncall", "no-shared-store @ { concurrent: 2, per-day: 20 }", "no-shared-store @ guard"}},
	} {
		here := *s
		here.apply(t, tt.edits)
		if diff := cmp.Diff(tt.want, here.briefs(here.decide(t, tt.grant).Reasons)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.grant, diff)
		}
	}
}

// TestDecideAtTheEdges walks now over the ends of terms: a day that is named is the last one.
func TestDecideAtTheEdges(t *testing.T) {
	for _, tt := range []struct {
		now  string
		want string
	}{
		{"2027-05-31T23:50:00Z", "30m0s"},
		{"2027-06-01T23:50:00Z", "10m0s"},
		{"2027-06-01T23:59:59Z", "1s"},
		{"2027-06-01T23:59:59.5Z", "denied"},
		{"2027-06-02T00:00:00Z", "denied"},
		{"2027-06-02T01:30:00+02:00", "30m0s"},
	} {
		s := loadScene(t)
		s.apply(t, []edit{
			{"facts", `"deploy": { "time": "2026-11-01T09:00:00Z" }`, `"deploy": { "time": "2027-05-01T00:00:00Z" }`},
			{"org", "required: true", "required: false"},
		})
		now, err := time.Parse(time.RFC3339, tt.now)
		if err != nil {
			t.Fatal(err)
		}
		s.now = now
		d := s.decide(t, "deploy/standing")
		got := d.TTL.String()
		if !d.Allow {
			got = "denied"
		}
		for _, r := range d.Reasons {
			if r.Code != CodeExpired && r.Code != CodeTTL {
				t.Errorf("%s: %s", tt.now, r.Text())
			}
		}
		if got != tt.want {
			t.Errorf("%s: %s, want %s\n%s", tt.now, got, tt.want, d.Text())
		}
	}
}

// TestDecideExplainsSubjects: a subject that differs in its format only is denied, and the answer says so.
func TestDecideExplainsSubjects(t *testing.T) {
	for _, tt := range []struct {
		listed string
		hint   bool
	}{
		{"repo:acme/payments-api:environment:production", true},
		{"repo:acme/payments-api:environment:staging", false},
		{"repo:acme/payments:environment:production", false},
		{"repo:acme@1/payments-api@987654:environment:production", false},
		{"production", false},
	} {
		s := loadScene(t)
		s.apply(t, []edit{{"manifest", "environment: [production, staging]", "environment: [production, staging]\n      sub: " + tt.listed}})
		d := s.decide(t, "deploy/standing")
		if len(d.Reasons) != 1 || d.Reasons[0].Code != CodeClaimMismatch {
			t.Fatalf("%s: %s", tt.listed, d.Text())
		}
		if got := strings.Contains(d.Reasons[0].Fix, "both forms"); got != tt.hint {
			t.Errorf("%s: fix is %q", tt.listed, d.Reasons[0].Fix)
		}
	}
}
