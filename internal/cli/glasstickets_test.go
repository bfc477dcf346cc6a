package cli

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/github"
	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/testservers"
)

// glassJob is a job whose environment has a token for each tracker.
func glassJob(t *testing.T, hub *testservers.GitHub, env map[string]string) glassTickets {
	t.Helper()
	client, err := github.New(github.Config{API: hub.API(), Token: redact.New([]byte(hub.Token))})
	if err != nil {
		t.Fatal(err)
	}
	e := &Env{Getenv: func(name string) string { return env[name] }, Now: time.Now, Stderr: io.Discard}
	j := &job{env: e, veil: &veil{}, stderr: &speaker{to: io.Discard}, client: newClient()}
	t.Cleanup(j.stderr.wait)
	return glassTickets{j, client}
}

func glass(tickets *manifest.OwnerTickets, systems manifest.Systems) issuance.Glass {
	at := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	return issuance.Glass{
		Use: "987654/1205/01JD9Z6Q4T8K0000000000000A", Repository: "acme/web", Run: "1205", Job: "deploy", Entry: "oncall", Grant: "deploy/prod",
		Activator: "@alice", Incident: "INC-7", Reason: "down", TTL: time.Minute, Used: at, Due: at.Add(time.Hour), Reviewer: "@acme/appsec",
		OwnerID: "web", Owner: manifest.Owner{Team: "@acme/web", Tickets: tickets}, Systems: systems,
	}
}

// TestGlassTickets opens the ticket where the owner's tickets go, and nowhere where that isn't allowed.
func TestGlassTickets(t *testing.T) {
	hub := testservers.StartGitHub(t)
	hub.Host(987654, "acme/web", 1)
	hub.Host(2, "acme/ops", 1)
	var sent string
	tracker := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		sent = r.Method + " " + r.URL.Path + " " + string(body)
		w.WriteHeader(http.StatusCreated)
		_ = json.NewEncoder(w).Encode(map[string]any{"key": "PAY-7", "result": map[string]any{"sys_id": "f00d"}})
	}))
	t.Cleanup(tracker.Close)
	systems := manifest.Systems{
		Jira:       &manifest.System{URL: tracker.URL, Projects: []string{"PAY"}},
		ServiceNow: &manifest.System{URL: tracker.URL, Projects: []string{"Payments"}},
		GitHub:     &manifest.System{Projects: []string{"acme/ops"}},
	}
	env := map[string]string{"JIRA_TOKEN": "made-up-for-jira", "SERVICENOW_TOKEN": "made-up-for-servicenow"}
	for name, tt := range map[string]struct {
		tickets *manifest.OwnerTickets
		systems manifest.Systems
		env     map[string]string
		want    string // the key, or words of the error
		sent    string
	}{
		"the repository's issues": {nil, manifest.Systems{}, env, "acme/web#1", ""},
		"another repository's":    {&manifest.OwnerTickets{GitHub: "acme/ops"}, systems, env, "acme/ops#1", ""},
		"one that isn't allowed":  {&manifest.OwnerTickets{GitHub: "evil/ops"}, systems, env, "isn't one that tickets may be in", ""},
		"Jira":                    {&manifest.OwnerTickets{Jira: "PAY"}, systems, env, "PAY-7", "POST /rest/api/2/issue "},
		"a project that isn't":    {&manifest.OwnerTickets{Jira: "EVIL"}, systems, env, "isn't one of the policy's", ""},
		"ServiceNow":              {&manifest.OwnerTickets{ServiceNow: "Payments"}, systems, env, "f00d", "POST /api/now/table/incident "},
		"no token":                {&manifest.OwnerTickets{Jira: "PAY"}, systems, nil, "expected JIRA_TOKEN", ""},
		"no such system":          {&manifest.OwnerTickets{Jira: "PAY"}, manifest.Systems{}, env, "a system that the organisation's policy doesn't know", ""},
	} {
		sent = ""
		key, err := glassJob(t, hub, tt.env).Notify(t.Context(), glass(tt.tickets, tt.systems))
		if err != nil {
			key = err.Error()
		}
		if !strings.Contains(key, tt.want) || !strings.HasPrefix(sent, tt.sent) || tt.sent == "" && sent != "" || tt.sent != "" && !strings.Contains(sent, "01JD9Z6Q4T8K0000000000000A") {
			t.Errorf("%s: %s\nsent %s", name, key, sent)
		}
	}
	if n := len(hub.Issues(987654)); n != 1 {
		t.Errorf("%d issues", n)
	}
	hub.Answer = func(w http.ResponseWriter, r *http.Request) bool {
		_, _ = w.Write([]byte(`{"full_name":"acme/web","private":false,"visibility":"public"}`))
		return !strings.HasSuffix(r.URL.Path, "/issues")
	}
	if key, err := glassJob(t, hub, env).Notify(t.Context(), glass(nil, systems)); err == nil || !strings.Contains(err.Error(), "is public") {
		t.Errorf("told everybody in %s: %v", key, err)
	}
}
