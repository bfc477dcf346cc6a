package manifest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/source"
)

// scene is everything that a decision looks at, as text. That of testdata/decide is allowed for each of
// its grants that the event and the ref fit.
type scene struct {
	manifest, org, claims, facts string
	now                          time.Time
}

func loadScene(t *testing.T) *scene {
	t.Helper()
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join("testdata/decide", name))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	return &scene{
		read("manifest.yml"), read("org.yml"), read("claims.json"), read("facts.json"),
		time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC),
	}
}

// edit replaces what must be in a file exactly once. An org edited to nothing is no policy.
type edit struct{ file, old, new string }

func (s *scene) apply(t *testing.T, edits []edit) {
	t.Helper()
	files := map[string]*string{"manifest": &s.manifest, "org": &s.org, "claims": &s.claims, "facts": &s.facts}
	for _, e := range edits {
		text := files[e.file]
		if e.old == "" {
			*text = e.new
			continue
		}
		if n := strings.Count(*text, e.old); n != 1 {
			t.Fatalf("%q is in %s %d times", e.old, e.file, n)
		}
		*text = strings.Replace(*text, e.old, e.new, 1)
	}
}

func (s *scene) parse(t *testing.T) (*Manifest, *Policy, identity.Claims, Task, Facts) {
	t.Helper()
	m, errs := Parse(Path, []byte(s.manifest))
	if errs != nil {
		t.Fatal(errs)
	}
	var p *Policy
	if s.org != "" {
		if p, errs = ParsePolicy(PolicyPath, []byte(s.org)); errs != nil {
			t.Fatal(errs)
		}
	}
	claims, err := identity.ParseClaims("claims.json", []byte(s.claims))
	if err != nil {
		t.Fatal(err)
	}
	task, facts, errs := ParseFacts("facts.json", []byte(s.facts))
	if errs != nil {
		t.Fatal(errs)
	}
	return m, p, claims, task, facts
}

func (s *scene) decide(t *testing.T, grant string) Decision {
	t.Helper()
	m, p, claims, task, facts := s.parse(t)
	return Decide(m, p, Question{Claims: claims, Grant: grant, Task: task}, facts, s.now)
}

// brief is a reason's code and the text that its region points to; a reason for lack of a fact ends in
// "?".
func (s *scene) brief(r Reason) string {
	out := string(r.Code) + " @ " + s.text(r.Region)
	if !r.Policy.IsZero() {
		out += " / " + s.text(r.Policy)
	}
	if r.Unknown {
		out += "?"
	}
	return out
}

func (s *scene) text(r source.Region) string {
	src := s.manifest
	if r.Path == PolicyPath {
		src = s.org
	}
	line, _, _ := strings.Cut(src[r.Start.Offset:r.End.Offset], "\n")
	return line
}

func (s *scene) briefs(rs []Reason) []string {
	var out []string
	for _, r := range rs {
		out = append(out, s.brief(r))
	}
	return out
}

// forSchedule and forTag make the scene's run one that the grants nightly and tag are for.
func forSchedule() []edit {
	return []edit{{"claims", `"event_name": "push"`, `"event_name": "schedule"`}}
}

func forTag() []edit {
	return []edit{{"claims", `"ref": "refs/heads/main"`, `"ref": "refs/tags/v1.2"`}}
}

// inEmergency asks by break-glass.
func inEmergency() []edit {
	return []edit{{
		"facts", `"org": "acme/.github"`,
		`"org": "acme/.github", "break-glass": {"entry": "oncall", "incident": "INC-7", "reason": "db down"}`,
	}}
}

func TestDecideAllows(t *testing.T) {
	for _, tt := range []struct {
		name, grant string
		edits       []edit
		ttl         time.Duration
		taken       []Taken
	}{
		{"ticket", "deploy/prod", nil, 15 * time.Minute, []Taken{{"ticket", "CHG-4411", "Approved", true}}},
		{"environment approval", "deploy/prod", []edit{
			{"facts", `{ "signed-tag"`, `{ "environment-approval": { "environment": "production", "approvers": ["@anna", "@carl"] } }, { "signed-tag"`},
			{"facts", `"status": "Approved"`, `"status": "Open"`},
		}, 15 * time.Minute, []Taken{{"environment-approval", "production", "", false}}},
		{"signed tag", "deploy/tag", forTag(), 30 * time.Minute, []Taken{{"signed-tag", "refs/tags/v1.2", "", false}}},
		{"schedule", "deploy/nightly", forSchedule(), 30 * time.Minute, []Taken{{"schedule", "0 3 * * 1", "", false}}},
		{"all", "deploy/ruled", nil, 30 * time.Minute, []Taken{{"policy", "data.curfew.deploy.allow", "", false}, {"ticket", "#12", "approved", false}}},
		{"always", "deploy/standing", nil, 30 * time.Minute, []Taken{{"always", "", "", false}}},
		{
			"always in another run's facts", "deploy/standing",
			[]edit{{"facts", `"id": "1205", "attempt"`, `"id": "1", "attempt"`}},
			30 * time.Minute,
			[]Taken{{"always", "", "", false}},
		},
		{"second proof", "deploy/prod", []edit{
			{"facts", `"triggers": [`, `"triggers": [{ "ticket": { "system": "jira", "project": "CHG", "id": "CHG-1", "status": "Open" } },`},
		}, 15 * time.Minute, []Taken{{"ticket", "CHG-4411", "Approved", true}}},
		{
			"an approver beside the actor", "deploy/prod",
			[]edit{{"facts", `"approvers": ["@anna"], "used"`, `"approvers": ["@alice", "@anna"], "used"`}},
			15 * time.Minute,
			[]Taken{{"ticket", "CHG-4411", "Approved", true}},
		},
		{
			"asked for less", "deploy/prod",
			[]edit{{"facts", `"org": "acme/.github"`, `"org": "acme/.github", "ttl": "5m"`}},
			5 * time.Minute,
			[]Taken{{"ticket", "CHG-4411", "Approved", true}},
		},
		{"until its last day is over", "deploy/prod", []edit{
			{"manifest", `"2027-06-01"`, `"2026-11-23"`},
		}, 15 * time.Minute, []Taken{{"ticket", "CHG-4411", "Approved", true}}},
		{
			"within the grace", "deploy/prod",
			[]edit{{"facts", `"deploy": { "time": "2026-11-01T09:00:00Z" }`, `"deploy": { "time": "2026-08-18T05:00:00Z" }`}},
			15 * time.Minute,
			[]Taken{{"ticket", "CHG-4411", "Approved", true}},
		},
		{
			"until the grace is over", "deploy/prod",
			[]edit{{"facts", `"deploy": { "time": "2026-11-01T09:00:00Z" }`, `"deploy": { "time": "2026-08-18T04:10:00Z" }`}},
			10 * time.Minute,
			[]Taken{{"ticket", "CHG-4411", "Approved", true}},
		},
		{"no policy, no extends", "deploy/standing", []edit{
			{"org", "", ""}, {"manifest", "extends: acme/.github\n", ""}, {"facts", `"org": "acme/.github"`, ``},
		}, 30 * time.Minute, []Taken{{"always", "", "", false}}},
		{
			"guard not required", "deploy/standing",
			[]edit{{"org", "required: true", "required: false"}, {"facts", `"default-branch": true, `, ``}},
			30 * time.Minute,
			[]Taken{{"always", "", "", false}},
		},
		{
			"who may bypass is listed", "deploy/standing",
			[]edit{{"facts", `"bypass": []`, `"bypass": ["@acme/admins"]`}},
			30 * time.Minute,
			[]Taken{{"always", "", "", false}},
		},
		{"event named", "deploy/standing", []edit{
			{"manifest", `environment: [production, staging]`, "environment: [production, staging]\n      event_name: [push, repository_dispatch]"},
			{"claims", `"event_name": "push"`, `"event_name": "repository_dispatch"`},
		}, 30 * time.Minute, []Taken{{"always", "", "", false}}},
		{"break-glass", "deploy/prod", inEmergency(), 30 * time.Minute, []Taken{{"break-glass", "oncall", "", false}}},
		{
			"break-glass, reviewed use before", "deploy/prod", append(inEmergency(), edit{
				"facts", `"break-glass": []`,
				`"break-glass": [{ "entry": "oncall", "grant": "deploy/prod", "time": "2026-11-20T00:00:00Z", "activator": "@alice", "activator-id": "1001", "review": { "by": "@zoe", "by-id": "1003", "time": "2026-11-22T00:00:00Z" } }]`,
			}),
			30 * time.Minute,
			[]Taken{{"break-glass", "oncall", "", false}},
		},
		{
			"review pending", "deploy/standing",
			[]edit{{
				"facts", `"break-glass": []`,
				`"break-glass": [{ "entry": "oncall", "grant": "deploy/prod", "time": "2026-11-22T05:00:00Z", "activator": "@alice", "activator-id": "1001" }]`,
			}},
			30 * time.Minute,
			[]Taken{{"always", "", "", false}},
		},
		{
			"review of another identity", "deploy/standing",
			[]edit{{
				"facts", `"break-glass": []`,
				`"break-glass": [{ "entry": "oncall", "grant": "deploy2/prod", "time": "2026-11-01T05:00:00Z", "activator": "@alice", "activator-id": "1001" }]`,
			}},
			30 * time.Minute,
			[]Taken{{"always", "", "", false}},
		},
		{
			"several issuers, the public one", "deploy/standing",
			[]edit{{"org", "issuers: [", "issuers: [https://ghes.acme.example/_services/token, "}},
			30 * time.Minute,
			[]Taken{{"always", "", "", false}},
		},
		{"several issuers, one listed", "deploy/standing", []edit{
			{"org", "issuers: [", "issuers: [https://ghes.acme.example/_services/token, "},
			{"manifest", `environment: [production, staging]`, "environment: [production, staging]\n      iss: https://ghes.acme.example/_services/token"},
			{"claims", `"iss": "https://token.actions.githubusercontent.com"`, `"iss": "https://ghes.acme.example/_services/token"`},
		}, 30 * time.Minute, []Taken{{"always", "", "", false}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := loadScene(t)
			s.apply(t, tt.edits)
			d := s.decide(t, tt.grant)
			if !d.Allow || len(d.Reasons) > 0 {
				t.Fatal(d.Text())
			}
			if d.TTL != tt.ttl || !d.Ends.Equal(s.now.Add(tt.ttl)) {
				t.Errorf("ttl is %s until %s, want %s", d.TTL, d.Ends, tt.ttl)
			}
			if diff := cmp.Diff(tt.taken, d.Triggers); diff != "" {
				t.Errorf("triggers (-want +got):\n%s", diff)
			}
		})
	}
}
