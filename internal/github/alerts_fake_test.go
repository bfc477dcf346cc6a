package github

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/testservers"
)

// scanned is a fake GitHub's code scanning and a client of it that doesn't wait.
type scanned struct {
	*testing.T
	hub    *testservers.GitHub
	client *Client
	slept  time.Duration
}

func newScanned(t *testing.T) *scanned {
	t.Helper()
	s := &scanned{T: t, hub: testservers.StartGitHub(t)}
	s.hub.Host(1, "acme/shop", 1)
	var err error
	s.client, err = New(Config{API: s.hub.API(), Token: redact.New([]byte(s.hub.Token)), Sleep: func(_ context.Context, d time.Duration) error {
		s.slept += d
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// upload sends n findings, of which those at the lines that silenced picks are silenced.
func (s *scanned) upload(commit string, n int, silenced func(line int) bool) []*Parcel {
	s.Helper()
	var all []string
	for line := 1; line <= n; line++ {
		by := ""
		if silenced(line) {
			by = `{"kind":"external","status":"accepted","justification":"legacy","properties":{"by":"baseline","until":"2027-01-31"}}`
		}
		all = append(all, fmt.Sprintf(`{"ruleId":"r","message":{"text":"m"},"partialFingerprints":{"primaryLocationLineHash":"%x:1","curfew/v1":"%s"},"suppressions":[%s],`+
			`"locations":[{"physicalLocation":{"artifactLocation":{"uri":"dir%%20a/b.yml"},"region":{"startLine":%d,"startColumn":1,"endLine":%d,"endColumn":2}}}]}`,
			line, printOf(line), by, line, line))
	}
	src := `{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"curfew"}},"automationDetails":{"id":"curfew/workflows/"},"results":[` + strings.Join(all, ",") + `]}]}`
	parcels, err := Pack(Upload{Owner: "acme", Repo: "shop", Commit: strings.Repeat(commit, 40), Ref: "refs/heads/main", SARIF: []byte(src), Silenced: true})
	if err != nil {
		s.Fatal(err)
	}
	for _, p := range parcels {
		if _, err := send(s.Context(), s.client, p); err != nil {
			s.Fatal(err)
		}
	}
	return parcels
}

// bring plans and changes until it fails.
func (s *scanned) bring(parcels []*Parcel) (int, error) {
	s.Helper()
	plan, err := s.client.PlanAlerts(s.Context(), parcels, alertDay, false)
	if err != nil {
		return 0, err
	}
	if plan.Behind > 0 || len(plan.Unclear) > 0 {
		s.Errorf("%+v", plan)
	}
	for n, c := range plan.Changes {
		if err := s.client.ChangeAlert(s.Context(), parcels[0], c); err != nil {
			return n, err
		}
	}
	return len(plan.Changes), nil
}

func (s *scanned) dismissed() int {
	n := 0
	for _, a := range s.hub.Alerts(1, "refs/heads/main") {
		if a.State == "dismissed" {
			n++
		}
	}
	return n
}

// TestManyAlerts: lists have pages; what fails on the way is made up for by the next run, and then nothing is left.
func TestManyAlerts(t *testing.T) {
	const all = 1000
	s := newScanned(t)
	every := s.upload("a", all, func(int) bool { return true })
	patches := 0
	s.hub.Answer = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPatch {
			return false
		}
		patches++
		if patches == 400 {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"message":"no"}`))
		}
		return patches == 400
	}
	if n, err := s.bring(every); n != 399 || err == nil || s.dismissed() != n {
		t.Errorf("%d changed, %d dismissed: %v", n, s.dismissed(), err)
	}
	if n, err := s.bring(every); n != all-399 || err != nil || s.dismissed() != all {
		t.Errorf("%d changed, %d dismissed: %v", n, s.dismissed(), err)
	}
	if s.slept < all*writeGap {
		t.Errorf("slept %s: writes came too fast", s.slept)
	}
	if n, err := s.bring(every); n != 0 || err != nil {
		t.Errorf("once more: %d changed: %v", n, err)
	}
	some := s.upload("b", all, func(line int) bool { return line%10 > 0 })
	if n, err := s.bring(some); n != all/10 || err != nil || s.dismissed() != all-all/10 {
		t.Errorf("%d changed, %d dismissed: %v", n, s.dismissed(), err)
	}
}

// TestLaterUpload: by an upload that isn't the last one no alert is changed.
func TestLaterUpload(t *testing.T) {
	s := newScanned(t)
	first := s.upload("a", 3, func(int) bool { return true })
	s.upload("b", 3, func(int) bool { return false })
	plan, err := s.client.PlanAlerts(t.Context(), first, alertDay, false)
	if err != nil || len(plan.Changes) > 0 || plan.Behind != 3 {
		t.Errorf("%+v, %v", plan, err)
	}
	if plan, err = s.client.PlanAlerts(t.Context(), first, alertDay, true); err != nil || len(plan.Changes) != 3 {
		t.Errorf("rehearsed: %+v, %v", plan, err)
	}
}

// TestOtherToolsRun: another tool's run of the same category is asked about none of curfew's alerts.
func TestOtherToolsRun(t *testing.T) {
	s := newScanned(t)
	parcels := s.upload("a", 2, func(int) bool { return true })
	if n, err := s.bring(parcels); n != 2 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	other := *parcels[0]
	other.Run.Tool, other.results = "lint", nil
	if n, err := s.bring(append(parcels, &other)); n != 0 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

// TestRenewIsTwoSteps: one that was killed between them comes to the same when it is run again.
func TestRenewIsTwoSteps(t *testing.T) {
	s := newScanned(t)
	parcels := s.upload("a", 1, func(int) bool { return true })
	s.hub.DismissAlert(1, 1, "won't fix", "baseline until 2026-12-31 [curfew "+printOf(1)+"]")
	patches := 0
	s.hub.Answer = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPatch {
			return false
		}
		patches++
		if patches == 2 {
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(`{"message":"no"}`))
		}
		return patches == 2
	}
	if _, err := s.bring(parcels); err == nil || s.dismissed() != 0 {
		t.Errorf("%v", err)
	}
	if n, err := s.bring(parcels); n != 1 || err != nil || s.dismissed() != 1 {
		t.Errorf("%d, %v", n, err)
	}
}

// TestDefaultRef: the answer must be about the repository that was asked for.
func TestDefaultRef(t *testing.T) {
	s := newScanned(t)
	if ref, err := s.client.DefaultRef(t.Context(), "Acme", "shop"); ref != "refs/heads/main" || err != nil {
		t.Errorf("%q, %v", ref, err)
	}
	s.hub.Answer = func(w http.ResponseWriter, _ *http.Request) bool {
		_, _ = w.Write([]byte(`{"full_name":"acme/other","default_branch":"main"}`))
		return true
	}
	if _, err := s.client.DefaultRef(t.Context(), "acme", "shop"); err == nil || !strings.Contains(err.Error(), `"acme/other"`) {
		t.Error(err)
	}
	if _, err := s.client.DefaultRef(t.Context(), "..", "shop"); err == nil {
		t.Error("a path is taken for an owner")
	}
}
