package policy

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestBuiltIn holds rules/policy/lease.rego to what it says, and to denying wherever a fact is missing.
func TestBuiltIn(t *testing.T) {
	const (
		undecided = "the manifest's decision doesn't allow it"
		long      = "a lease lives at most 12 hours, in whole seconds"
		eventless = "what started the run is unknown: the token has neither event_name nor pipeline_source"
		outsider  = "pull_request_target runs with the repository's rights on what an outsider may have written"
	)
	tests := []struct {
		name   string
		change func(*Input)
		want   []string
	}{
		{"allowed", func(*Input) {}, nil},
		{"allowed for twelve hours", func(in *Input) { in.Decision.TTLSeconds = 43200 }, nil},
		{"too long", func(in *Input) { in.Decision.TTLSeconds = 43201 }, []string{long}},
		{"no lifetime", func(in *Input) { in.Decision.TTLSeconds = 0 }, []string{long}},
		{"negative lifetime", func(in *Input) { in.Decision.TTLSeconds = -1 }, []string{long}},
		{"denied by the manifest", func(in *Input) { in.Decision.Allow = false }, []string{undecided}},
		{"undecided", func(in *Input) { in.Decision = nil }, []string{undecided}},
		{"GitLab", func(in *Input) { in.Claims = claims(t, `{"pipeline_source": "push"}`) }, nil},
		{"pull_request_target", func(in *Input) { in.Claims = claims(t, `{"event_name": "pull_request_target"}`) }, []string{outsider}},
		{"no event", func(in *Input) { in.Claims = claims(t, `{"actor": "alice"}`) }, []string{eventless}},
		{"empty event", func(in *Input) { in.Claims = claims(t, `{"event_name": ""}`) }, []string{"data.curfew.lease.allow is false, not true"}},
		{"event of another kind", func(in *Input) { in.Claims = claims(t, `{"event_name": ["push"]}`) }, []string{"data.curfew.lease.allow is false, not true"}},
		{"null event", func(in *Input) { in.Claims = claims(t, `{"event_name": null}`) }, []string{"data.curfew.lease.allow is false, not true"}},
		{"two events", func(in *Input) { in.Claims = claims(t, `{"event_name": "push", "pipeline_source": "web"}`) }, []string{
			`rules/policy/lease.rego:36:1: error: rule data.curfew.lease.event produced conflicting values: ` +
				`"push" at rules/policy/lease.rego:34; "web" at rules/policy/lease.rego:36`,
		}},
		{"nothing", func(in *Input) { *in = Input{} }, []string{undecided, eventless}},
	}
	p := builtIn(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := sample(t)
			tt.change(&in)
			v := p.Judge(t.Context(), in, now())
			if diff := cmp.Diff(Verdict{Allowed: tt.want == nil, Reasons: tt.want}, v); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
