package manifest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// standing is the scene without a job: as a scan sees it, knowing nothing, or with the facts.
func (s *scene) standing(t *testing.T, knowing bool) Standing {
	t.Helper()
	m, p, _, _, facts := s.parse(t)
	if !knowing {
		facts = Facts{}
	}
	return Standing{Manifest: m, Policy: p, Facts: facts, Now: s.now}
}

func TestStandingOfIdentities(t *testing.T) {
	unknown := []string{"certification-unknown @ deploy / 90d?", "review-unknown @ oncall?"}
	for _, tt := range []struct {
		name    string
		edits   []edit
		knowing bool
		want    []string
	}{
		{"good", nil, true, nil},
		{"a scan knows no facts", nil, false, unknown},
		{"without a policy there are none to know", []edit{{"org", "", ""}}, false, nil},
		{"expired", []edit{{"manifest", `"2027-06-01"`, `"2026-11-22"`}}, false, append([]string{`expired @ "2026-11-22"`}, unknown...)},
		{"the last day", []edit{{"manifest", `"2027-06-01"`, `"2026-11-23"`}}, true, nil},
		{"owner of the organisation's", []edit{{"manifest", "  deploy:\n    owner: payments", "  deploy:\n    owner: appsec"}}, true, nil},
		{
			"owner unknown, no policy",
			[]edit{{"manifest", "  deploy:\n    owner: payments", "  deploy:\n    owner: appsec"}, {"org", "", ""}},
			true,
			[]string{"owner-unknown @ appsec"},
		},
		{"term", []edit{{"manifest", `"2027-06-01"`, `"2027-11-24"`}}, true, []string{`exceeds-ceiling @ "2027-11-24" / 365d`}},
		{"term just so", []edit{{"manifest", `"2027-06-01"`, `"2027-11-23"`}}, true, nil},
		{"everything", []edit{
			{"manifest", "  deploy:\n    owner: payments", "  deploy:\n    owner: x"},
			{"manifest", `"2027-06-01"`, `"2026-11-22"`},
			{"facts", `"deploy": { "time": "2026-11-01T09:00:00Z" }`, `"deploy": { "time": "2025-11-01T09:00:00Z" }`},
			{"facts", `"break-glass": []`, `"break-glass": [{ "entry": "oncall", "grant": "deploy/prod", "time": "2026-11-01T00:00:00Z", "activator": "@alice", "activator-id": "1001" }]`},
		}, true, []string{
			"owner-unknown @ x", `expired @ "2026-11-22"`, "certification-overdue @ deploy / 90d",
			`review-missed @ { within: 24h, by: "@acme/appsec", on-missed: suspend }`,
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := loadScene(t)
			s.apply(t, tt.edits)
			if diff := cmp.Diff(tt.want, s.briefs(s.standing(t, tt.knowing).Identity("deploy"))); diff != "" {
				t.Errorf("reasons (-want +got):\n%s", diff)
			}
		})
	}
}

func TestStandingSaysWhatIsNotThere(t *testing.T) {
	s := loadScene(t)
	st := s.standing(t, true)
	for _, tt := range []struct {
		name string
		got  []Reason
		want string
	}{
		{"identity", st.Identity("nobody"), "grant-unknown @ deploy:"},
		{"grant", st.Grant("deploy", "none"), "grant-unknown @ grants"},
		{"grant of nobody", st.Grant("nobody", "none"), "grant-unknown @ identities"},
		{"exception", st.Exception("none"), "grant-unknown @ ftp:"},
	} {
		if diff := cmp.Diff([]string{tt.want}, s.briefs(tt.got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// TestStandingOfIncompleteGrants is about what Parse doesn't let pass: it must not pass here either.
func TestStandingOfIncompleteGrants(t *testing.T) {
	s := loadScene(t)
	st := s.standing(t, true)
	zero := Duration(0)
	for name, spoil := range map[string]func(*Grant){
		"no provider": func(g *Grant) { g.Vault = nil },
		"no ttl":      func(g *Grant) { g.TTL = nil },
		"ttl zero":    func(g *Grant) { g.TTL = &zero },
		"no narrow":   func(g *Grant) { g.Narrow = nil },
		"narrow zero": func(g *Grant) { g.Narrow = &Narrow{} },
		"no limits":   func(g *Grant) { g.Limits = nil },
		"no when":     func(g *Grant) { g.When = nil },
	} {
		g := st.Manifest.Identities["deploy"].Grants["standing"]
		spoil(&g)
		st.Manifest.Identities["deploy"].Grants["spoilt"] = g
		if got := st.Grant("deploy", "spoilt"); len(got) != 1 || got[0].Code != CodeGrantIncomplete {
			t.Errorf("%s: %+v", name, got)
		}
		_, p, claims, task, facts := s.parse(t)
		d := Decide(st.Manifest, p, Question{Claims: claims, Grant: "deploy/spoilt", Task: task}, facts, s.now)
		if d.Allow || len(d.Reasons) == 0 {
			t.Errorf("%s: allowed, or denied in silence", name)
		}
	}
	g := st.Manifest.Identities["deploy"].Grants["standing"]
	for name, spoil := range map[string]func(*Grant){
		"when zero":   func(g *Grant) { g.When = &When{} },
		"limits zero": func(g *Grant) { g.Limits = &Limits{} },
	} {
		spoilt := g
		spoil(&spoilt)
		st.Manifest.Identities["deploy"].Grants["spoilt"] = spoilt
		_, p, claims, task, facts := s.parse(t)
		d := Decide(st.Manifest, p, Question{Claims: claims, Grant: "deploy/spoilt", Task: task}, facts, s.now)
		if d.Allow || len(d.Reasons) == 0 {
			t.Errorf("%s: allowed, or denied in silence", name)
		}
	}
}

// TestDecideOfIncompleteIdentities is about identities that Parse doesn't let pass.
func TestDecideOfIncompleteIdentities(t *testing.T) {
	s := loadScene(t)
	for name, spoil := range map[string]func(*Identity){
		"no claims":      func(x *Identity) { x.Claims = nil },
		"no project":     func(x *Identity) { delete(x.Claims, "repository_id") },
		"no definition":  func(x *Identity) { delete(x.Claims, "job_workflow_ref") },
		"an empty match": func(x *Identity) { x.Claims["environment"] = Match{} },
		"no owner":       func(x *Identity) { x.Owner = "" },
		"no end":         func(x *Identity) { x.Expires = Date{} },
		"no sponsor":     func(x *Identity) { x.Kind = Contractor },
	} {
		m, p, claims, task, facts := s.parse(t)
		x := m.Identities["deploy"]
		spoil(&x)
		m.Identities["deploy"] = x
		d := Decide(m, p, Question{Claims: claims, Grant: "deploy/standing", Task: task}, facts, s.now)
		if d.Allow || len(d.Reasons) == 0 {
			t.Errorf("%s: allowed, or denied in silence", name)
		}
	}
}

// TestPrivilegeUnsaid: saying nothing gains nothing.
func TestPrivilegeUnsaid(t *testing.T) {
	s := loadScene(t)
	s.apply(t, []edit{
		{"manifest", "identities:\n", "identities:\n  scan:\n    owner: payments\n    purpose: Scan\n    expires: \"2027-01-01\"\n" +
			"    runs-as: { workflow: .github/workflows/scan.yml, job: scan }\n"},
		{"facts", `"certified": {`, `"certified": { "scan": { "time": "2026-10-17T04:00:00Z" },`},
	})
	want := []string{"certification-overdue @ scan / 30d"}
	if diff := cmp.Diff(want, s.briefs(s.standing(t, true).Identity("scan"))); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}
}

func TestStandingOfExceptions(t *testing.T) {
	for _, tt := range []struct {
		name  string
		edits []edit
		want  []string
	}{
		{"good", nil, nil},
		{"expired", []edit{{"manifest", `"2027-01-31"`, `"2026-11-22"`}}, []string{`expired @ "2026-11-22"`}},
		{"the last day", []edit{{"manifest", `"2027-01-31"`, `"2026-11-23"`}}, nil},
		{"too long", []edit{{"manifest", `"2027-01-31"`, `"2027-02-22"`}}, []string{`exceeds-ceiling @ "2027-02-22" / 90d`}},
		{"just so", []edit{{"manifest", `"2027-01-31"`, `"2027-02-21"`}}, nil},
		{"too long without a policy", []edit{{"org", "", ""}, {"manifest", `"2027-01-31"`, `"2027-02-22"`}}, []string{`exceeds-ceiling @ "2027-02-22"`}},
		{"longer by the policy", []edit{{"org", "exception-term: 90d", "exception-term: 180d"}, {"manifest", `"2027-01-31"`, `"2027-02-22"`}}, nil},
		{"owner", []edit{{"manifest", "store: actions\n    owner: payments", "store: actions\n    owner: gone"}}, []string{"owner-unknown @ gone"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := loadScene(t)
			s.apply(t, tt.edits)
			if diff := cmp.Diff(tt.want, s.briefs(s.standing(t, false).Exception("ftp"))); diff != "" {
				t.Errorf("reasons (-want +got):\n%s", diff)
			}
		})
	}
}

// TestReviewWithin: no manifest gives a review more time than the organisation, neither for uses to come nor for those that
// were.
func TestReviewWithin(t *testing.T) {
	used := edit{"facts", `"break-glass": []`, `"break-glass": [{ "entry": "oncall", "grant": "deploy/prod", "time": "2026-11-21T00:00:00Z", "activator": "@alice", "activator-id": "1001" }]`}
	longer := edit{"manifest", "within: 24h", "within: 30d"}
	ceiling := edit{"org", "break-glass: { ttl: 1h, max-uses: { count: 3, per: 30d } }", "break-glass: { ttl: 1h, max-uses: { count: 3, per: 30d }, review-within: 2d }"}
	const missed, above = `review-missed @ { within: 30d, by: "@acme/appsec", on-missed: suspend }`, "exceeds-ceiling @ 30d / 2d"
	for _, tt := range []struct {
		name      string
		edits     []edit
		identity  []string
		emergency []string
	}{
		{"no ceiling", []edit{used, longer}, nil, nil},
		{"above the ceiling", []edit{used, longer, ceiling}, []string{missed}, []string{above}},
		{"below the ceiling", []edit{ceiling}, nil, nil},
	} {
		sc := loadScene(t)
		sc.apply(t, tt.edits)
		s := sc.standing(t, true)
		entry := s.Manifest.BreakGlass["oncall"]
		if diff := cmp.Diff(tt.identity, sc.briefs(s.Identity("deploy"))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
		if diff := cmp.Diff(tt.emergency, sc.briefs(s.emergencyCeiling("oncall", &entry))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestCertificationDue(t *testing.T) {
	sc := loadScene(t)
	s := sc.standing(t, true)
	at := s.Facts.Certified["deploy"].Time
	if due, ok := s.CertificationDue("deploy"); !ok || !due.Equal(at.AddDate(0, 0, 90)) {
		t.Errorf("due %v, %v", due, ok)
	}
	if _, ok := s.CertificationDue("nobody"); ok {
		t.Error("nobody is certified")
	}
	if _, ok := sc.standing(t, false).CertificationDue("deploy"); ok {
		t.Error("certified by nothing that is known")
	}
	s.Policy = nil
	if _, ok := s.CertificationDue("deploy"); ok {
		t.Error("due, but nobody asks for it")
	}
}
