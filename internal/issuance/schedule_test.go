package issuance

import (
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/manifest"
)

func TestLastTick(t *testing.T) {
	at := time.Date(2026, 11, 28, 12, 7, 31, 0, time.UTC) // a Saturday
	for _, tt := range []struct {
		cron string
		back time.Duration
		want string // "" for none
	}{
		{"*/15 * * * *", time.Hour, "2026-11-28T12:00:00Z"},
		{"7 12 * * *", time.Hour, "2026-11-28T12:07:00Z"},
		{"8 12 * * *", time.Hour, ""},
		{"0 3 * * *", 24 * time.Hour, "2026-11-28T03:00:00Z"},
		{"0 3 * * *", time.Hour, ""},
		{"30 23 * * MON-FRI", 48 * time.Hour, "2026-11-27T23:30:00Z"},
		{"0 6 1 * SAT", 24 * time.Hour, "2026-11-28T06:00:00Z"},
		{"0 6 1 JAN *", 10 * 365 * 24 * time.Hour, ""},
		{"5/20 10,11 * nov *", 4 * time.Hour, "2026-11-28T11:45:00Z"},
		{"* * * *", time.Hour, ""},
		{"x * * * *", time.Hour, ""},
	} {
		got, err := lastTick(tt.cron, at, tt.back)
		if (err == nil) != (tt.want != "") || err == nil && got.Format(time.RFC3339) != tt.want {
			t.Errorf("%s, %s back: %s, %v, want %q", tt.cron, tt.back, got, err, tt.want)
		}
	}
}

// TestSchedule lets a tick be proven only where nothing else can have started the run.
func TestSchedule(t *testing.T) {
	at := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	one := Schedule{Crons: []string{"30 11 * * *"}, Started: at.Add(-20 * time.Minute)}
	for name, tt := range map[string]struct {
		of             Schedule
		event, attempt string
		proven         bool
	}{
		"as it should":   {one, "schedule", "1", true},
		"another event":  {one, "workflow_dispatch", "1", false},
		"re-run":         {one, "schedule", "2", false},
		"start unknown":  {Schedule{Crons: one.Crons}, "schedule", "1", false},
		"start to come":  {Schedule{Crons: one.Crons, Started: at.Add(time.Hour)}, "schedule", "1", false},
		"two schedules":  {Schedule{Crons: []string{"30 11 * * *", "0 3 * * *"}, Started: one.Started}, "schedule", "1", false},
		"before a tick":  {Schedule{Crons: one.Crons, Started: at.Add(-40 * time.Minute)}, "schedule", "1", false},
		"none is known":  {Schedule{Started: one.Started}, "schedule", "1", false},
		"no such fields": {Schedule{Crons: []string{"@daily"}, Started: one.Started}, "schedule", "1", false},
	} {
		claims, err := identity.ParseClaims("claims", []byte(`{"repository_id":"1","event_name":"`+tt.event+`","run_attempt":"`+tt.attempt+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		who, err := identity.From(claims)
		if err != nil {
			t.Fatal(err)
		}
		trigger := manifest.Trigger{Schedule: &manifest.ScheduleTrigger{Cron: "30 11 * * *", Window: manifest.Duration(time.Hour)}}
		got, err := tt.of.Prove(t.Context(), Case{Who: who, Trigger: trigger, Now: at})
		if proven := err == nil && len(got) == 1 && got[0].Schedule.Due.Equal(at.Add(-30*time.Minute)); proven != tt.proven {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}
