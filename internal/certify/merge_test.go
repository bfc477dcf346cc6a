package certify

import (
	"errors"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// TestModest: what Plan proposes is taken for curfew's, for every owner; what gives anybody more isn't.
func TestModest(t *testing.T) {
	in, src := scene(t)
	groups := Plan(in, file, src)
	for i := range groups {
		if !Modest(file, src, groups[i].Source) {
			t.Errorf("what is proposed to %s isn't modest", groups[i].Owner)
		}
	}
	together, _ := Together(in, file, src, groups)
	if !Modest(file, src, together) {
		t.Error("all together isn't")
	}
	for name, change := range map[string]func(string) string{
		"more rights":  func(s string) string { return strings.Replace(s, "contents: read", "contents: write", 1) },
		"a longer ttl": func(s string) string { return strings.Replace(s, "ttl: 15m", "ttl: 24h", 1) },
		"broken":       func(s string) string { return s + "\n???" },
		"nothing":      func(string) string { return "" },
	} {
		after := change(string(src))
		if after == string(src) {
			t.Fatalf("%s: nothing changes", name)
		}
		if Modest(file, src, []byte(after)) {
			t.Errorf("%s is modest", name)
		}
	}
	if Modest(file, nil, src) {
		t.Error("a first manifest is modest")
	}
}

// webSite is a manifest with one identity.
func webSite(last string) []byte {
	return []byte("version: 1\nowners:\n  web: { team: \"@acme/web\" }\nidentities:\n" +
		"  site: { owner: web, purpose: x, expires: \"" + last + "\", runs-as: { workflow: .github/workflows/a.yml, job: a } }\n")
}

// merge is one in which an identity of owner web was renewed.
func merge(t *testing.T) *Merge {
	t.Helper()
	return &Merge{
		PullRequest: "acme/shop#1", Repository: "987654", Commit: strings.Repeat("c", 40), Merged: now(), Path: "m.yml",
		Before: webSite("2026-11-25"), Onto: [][]byte{webSite("2026-11-25")}, Approved: webSite("2027-02-21"), After: webSite("2027-02-21"), Approvals: []string{"wendy"},
	}
}

// TestMergePolicy: the organisation says who an owner is, whatever the repository says.
func TestMergePolicy(t *testing.T) {
	members := func(team string) ([]string, error) {
		return map[string][]string{"@acme/web": {"@wendy"}, "@acme/appsec": {"@anna"}}[team], nil
	}
	policy, errs := manifest.ParsePolicy("org.yml", []byte("version: 1\norganization: { name: acme, id: \"1\" }\nowners: { web: { team: \"@acme/appsec\" } }\n"))
	if policy == nil {
		t.Fatal(errs)
	}
	if records, not, err := merge(t).Certified(nil, members); err != nil || len(records) != 1 || len(not) > 0 || records[0].Certification.Action != ledger.Renew {
		t.Errorf("%+v %+v %v", records, not, err)
	}
	if records, not, err := merge(t).Certified(policy, members); err != nil || len(records) > 0 || len(not) != 1 {
		t.Errorf("%+v %+v %v", records, not, err)
	}
	m := merge(t)
	m.Approvals = []string{"Anna"}
	if records, _, err := m.Certified(policy, members); err != nil || len(records) != 1 {
		t.Errorf("%+v %v", records, err)
	}
	broken := errors.New("broken")
	if _, _, err := m.Certified(policy, func(string) ([]string, error) { return nil, broken }); !errors.Is(err, broken) {
		t.Error(err)
	}
}

// TestMergeOfOldBranch: who owned it once certifies nothing by a branch from then, whatever he approves. Who owns it by now can't
// by that branch either, as it says that he doesn't.
func TestMergeOfOldBranch(t *testing.T) {
	members := func(team string) ([]string, error) {
		return map[string][]string{"@acme/web": {"@wendy"}, "@acme/shop": {"@sam"}}[team], nil
	}
	moved := func(src []byte) []byte { return []byte(strings.Replace(string(src), "@acme/web", "@acme/shop", 1)) }
	for who, want := range map[string]string{
		"wendy": "who approved it was owner web where its branch began, and wasn't any more where it was merged",
		"sam":   "nobody of owner web approved the commit that was merged",
	} {
		m := merge(t)
		m.Onto, m.After, m.Approvals = [][]byte{m.Onto[0], moved(m.Onto[0])}, moved(m.After), []string{who}
		if records, not, err := m.Certified(nil, members); err != nil || len(records) > 0 || len(not) != 1 || not[0].Why != want {
			t.Errorf("%s: %+v %+v %v", who, records, not, err)
		}
	}
	m := merge(t)
	m.Onto[0] = []byte(strings.Replace(string(m.Onto[0]), "  web:", "  other:", 1))
	if records, not, err := m.Certified(nil, members); err != nil || len(records) > 0 || len(not) != 1 {
		t.Errorf("%+v %+v %v", records, not, err)
	}
	m = merge(t)
	m.Onto[0] = []byte(strings.Replace(strings.Replace(string(m.Onto[0]), "{ owner: web", "{ owner: shop", 1), "owners:\n", "owners:\n  shop: { team: \"@acme/shop\" }\n", 1))
	if records, not, err := m.Certified(nil, members); err != nil || len(records) > 0 || len(not) != 1 || !strings.Contains(not[0].Why, "its owner was shop") {
		t.Errorf("given to another owner meanwhile: %+v %+v %v", records, not, err)
	}
	m.Onto[0] = nil
	if records, _, err := m.Certified(nil, members); err != nil || len(records) > 0 {
		t.Errorf("%+v %v", records, err)
	}
}

// FuzzCertified: whatever the manifests say, nothing is certified that nobody approved, and a record can be written.
func FuzzCertified(f *testing.F) {
	src := string(webSite("2026-11-25"))
	f.Add([]byte(src), webSite("2027-02-21"), true)
	f.Add([]byte(src), []byte(strings.Replace(src, "owner: web", "owner: ops", 1)), true)
	f.Add([]byte(src), []byte(strings.Replace(src, "  site:", "  \"a/b\":", 1)), false)
	f.Fuzz(func(t *testing.T, before, approved []byte, approves bool) {
		m := merge(t)
		m.Before, m.Onto, m.Approved, m.After = before, [][]byte{before}, approved, approved
		if !approves {
			m.Approvals = nil
		}
		records, _, err := m.Certified(nil, func(string) ([]string, error) { return []string{"@wendy"}, nil })
		if err != nil || !approves && len(records) > 0 {
			t.Fatalf("%+v %v", records, err)
		}
		for _, r := range records {
			r.Schema, r.ID, r.Time, r.Task = ledger.Schema, "01JD9Z6Q4T8K0000000000000A", now(), ledger.Task{RunID: "1", Attempt: 1, Job: "record"}
			if _, err := r.Encode(); err != nil {
				t.Error(err)
			}
		}
	})
}
