package scan_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/inventory"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/scan"
)

const glassManifest = `version: 1
owners:
  web: { team: "@acme/web" }
identities:
  deploy:
    owner: web
    purpose: Deploy the shop
    privilege: low
    expires: "2027-02-01"
    runs-as: { workflow: .github/workflows/deploy.yml, job: deploy }
    claims:
      repository_id: "987654"
      job_workflow_ref: acme/web/.github/workflows/deploy.yml@refs/heads/main
    grants:
      prod:
        vault: { address: "https://vault.acme.example", mount: jwt, role: deploy }
        ttl: 15m
        narrow: none
        limits: none
        when: always
break-glass:
  oncall:
    grants: [deploy/prod]
    activators: ["@alice"]
    requires: [incident, reason]
    ttl: 15m
    max-uses: { count: 3, per: 30d }
    review: { within: 1d, by: "@acme/appsec", on-missed: suspend }
`

// exportOf is what a ledger's export holds of a use of so long ago, reviewed by somebody unless nobody.
func exportOf(t *testing.T, ago time.Duration, by string) string {
	t.Helper()
	const use = "01JD9Z6Q4T8K0000000000000A"
	used := today.Add(-ago)
	task := ledger.Task{RunID: "1205", Attempt: 1, Job: "deploy"}
	of := ledger.Identity{ID: "deploy", Grant: "prod", RepositoryID: "987654"}
	records := []ledger.Record{
		{
			ID: "01JD9Z6Q4T8K0000000000000B", Plane: ledger.Issuance, Type: ledger.BreakGlassUsed, Outcome: ledger.Open, Links: ledger.Links{Tickets: []string{"acme/ops#12"}},
			BreakGlass: &ledger.BreakGlass{Use: use, RunID: "1205", Entry: "oncall", Activator: "@alice", ActivatorID: "1001", Used: used, Due: used.Add(24 * time.Hour)},
		},
		{
			ID: use, Plane: ledger.Issuance, Type: ledger.LeaseIntent, Outcome: ledger.Allow, Credential: &ledger.Credential{Provider: "vault"},
			Decision: &ledger.Decision{Engine: "manifest+opa", Reasons: []string{}},
		},
	}
	if by != "" {
		records = append(records, ledger.Record{
			ID: "01JD9Z6Q4T8K0000000000000C", Plane: ledger.Response, Type: ledger.BreakGlassReviewed, Outcome: ledger.Done,
			BreakGlass: &ledger.BreakGlass{Use: use, RunID: "1205", By: by, ByID: account(by), Verdict: ledger.Justified, Reason: "it was down"},
		})
	}
	var text strings.Builder
	for _, r := range records {
		r.Schema, r.Time, r.Task, r.Identity = ledger.Schema, used.Add(time.Hour), task, of
		r.Task.Trigger.Kind = "break-glass"
		line, err := r.Encode()
		if err != nil {
			t.Fatal(err)
		}
		text.Write(append(line, '\n'))
	}
	return text.String()
}

// account is the number of somebody's account.
func account(of string) string {
	return map[string]string{"@alice": "1001", "@zoe": "1003", "@mallory": "1004"}[of]
}

// TestEmergencies judges uses by what a ledger holds, and says where nobody gave it.
func TestEmergencies(t *testing.T) {
	inv := &inventory.Inventory{
		Schema: inventory.Schema, Taken: today, Repository: inventory.Repository{ID: 987654, Name: "acme/web", OwnerID: 4242, OwnerKind: "Organization"},
		Sources: []inventory.Source{{Name: "team-members", Of: "@acme/appsec", State: inventory.Read}},
		Teams:   []inventory.Team{{Name: "@acme/appsec", Members: []string{"@zoe"}}},
	}
	for name, tt := range map[string]struct {
		ledger string // "" for none
		want   finding.Severity
		says   string
	}{
		"no ledger":        {"", 0, "not checked"},
		"nothing used":     {"\n", 0, "records.jsonl: line 1"},
		"in time":          {exportOf(t, time.Hour, ""), finding.Note, "is to be reviewed until"},
		"overdue":          {exportOf(t, 30*time.Hour, ""), finding.High, "isn't reviewed"},
		"reviewed":         {exportOf(t, 30*time.Hour, "@zoe"), 0, ""},
		"by the activator": {exportOf(t, 30*time.Hour, "@alice"), finding.High, "isn't reviewed"},
		"by an outsider":   {exportOf(t, 30*time.Hour, "@mallory"), finding.High, "isn't reviewed"},
		"entry gone":       {strings.ReplaceAll(exportOf(t, 30*time.Hour, "@zoe"), `"oncall"`, `"gone"`), finding.High, "its entry \"gone\" is gone"},
		"cut off":          {strings.TrimSuffix(exportOf(t, time.Hour, ""), "\n"), 0, "cut off"},
	} {
		t.Run(name, func(t *testing.T) {
			dir, outside := t.TempDir(), t.TempDir()
			write(t, dir, ".github/curfew.yml", glassManifest)
			opt := scan.Options{Dir: dir, Live: inv, Now: today}
			if tt.ledger != "" {
				opt.Ledger = write(t, outside, "records.jsonl", tt.ledger)
			}
			r, err := scan.Run(t.Context(), opt)
			if err != nil {
				if tt.says == "" || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "@alice") {
					t.Errorf("%v", err)
				}
				return
			}
			i := slices.IndexFunc(r.Findings, func(f finding.Finding) bool { return f.Rule == "break-glass-unreviewed" })
			told := slices.ContainsFunc(r.NotChecked, func(n scan.NotChecked) bool { return strings.Contains(n.Fix, "--ledger") })
			if (i >= 0) != (tt.want != 0) || told != (tt.ledger == "") || i >= 0 && (r.Findings[i].Severity != tt.want || !strings.Contains(r.Findings[i].Message, tt.says)) {
				t.Errorf("%+v\n%+v", r.Findings, r.NotChecked)
			}
		})
	}
}

// TestReviewersUnread: where the inventory doesn't say who is in the reviewers' team, a review is neither believed nor called
// none. What nobody has reviewed, or who used it alone, is told as ever.
func TestReviewersUnread(t *testing.T) {
	inv := &inventory.Inventory{
		Schema: inventory.Schema, Taken: today, Repository: inventory.Repository{ID: 987654, Name: "acme/web", OwnerID: 4242, OwnerKind: "Organization"},
	}
	for by, reported := range map[string]bool{"@zoe": false, "": true, "@alice": true} {
		dir, outside := t.TempDir(), t.TempDir()
		write(t, dir, ".github/curfew.yml", glassManifest)
		r, err := scan.Run(t.Context(), scan.Options{Dir: dir, Live: inv, Now: today, Ledger: write(t, outside, "records.jsonl", exportOf(t, 30*time.Hour, by))})
		if err != nil {
			t.Fatal(err)
		}
		found := slices.ContainsFunc(r.Findings, func(f finding.Finding) bool { return f.Rule == "break-glass-unreviewed" })
		told := slices.ContainsFunc(r.NotChecked, func(n scan.NotChecked) bool { return strings.Contains(n.Reason, "who reviewed a use of break-glass") })
		if found != reported || told == reported {
			t.Errorf("reviewed by %q: %+v\n%+v", by, r.Findings, r.NotChecked)
		}
	}
}

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
