package supervise

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/redact"
)

// TestEnviron: what a command inherits, is given and isn't.
func TestEnviron(t *testing.T) {
	tests := []struct {
		name   string
		parent []string
		add    []string // name, value
		keep   []string
		want   []string
	}{
		{"nothing", nil, nil, nil, []string{}},
		{"inherited", []string{"A=1", "B=", "C=x=y"}, nil, nil, []string{"A=1", "B=", "C=x=y"}},
		{"added", []string{"A=1"}, []string{"T", "v"}, nil, []string{"A=1", "T=v"}},
		{"added before inherited", []string{"T=old", "A=1", "T=older"}, []string{"T", "v"}, nil, []string{"A=1", "T=v"}},
		{"the last counts", []string{"A=1", "B=2", "A=3"}, nil, nil, []string{"B=2", "A=3"}},
		{"what gives rights", []string{"ACTIONS_ID_TOKEN_REQUEST_TOKEN=t", "GITHUB_TOKEN=t", "A=1", "GITHUB_TOKEN=u", "VAULT_TOKEN=t"}, nil, nil, []string{"A=1"}},
		{
			"GitLab's tokens",
			[]string{"CURFEW_ID_TOKEN=t", "CURFEW_ID_TOKEN_AWS=t", "CURFEW_ID=1", "CI_JOB_TOKEN=t", "CI_JOB_JWT_V2=t", "CI_JOB_ID=7"},
			nil, nil,
			[]string{"CURFEW_ID=1", "CI_JOB_ID=7"},
		},
		{"one of several kept", []string{"CURFEW_ID_TOKEN=t", "CURFEW_ID_TOKEN_AWS=t"}, nil, []string{"CURFEW_ID_TOKEN_AWS"}, []string{"CURFEW_ID_TOKEN_AWS=t"}},
		{"kept", []string{"GITHUB_TOKEN=t", "GH_TOKEN=t"}, nil, []string{"GITHUB_TOKEN", "NEVER_HEARD_OF"}, []string{"GITHUB_TOKEN=t"}},
		{"rights of the grant's own", []string{"VAULT_TOKEN=theirs"}, []string{"VAULT_TOKEN", "ours"}, nil, []string{"VAULT_TOKEN=ours"}},
		{"a shell's functions", []string{"BASH_FUNC_f%%=() {  :;\n}"}, nil, nil, []string{"BASH_FUNC_f%%=() {  :;\n}"}},
		{"what has no name", []string{"", "x", "=y"}, nil, nil, []string{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Environ(tt.parent, vars(tt.add), tt.keep)
			if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
				t.Errorf("%v\n%s", err, diff)
			}
		})
	}
}

func vars(pairs []string) []Var {
	var out []Var
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, Var{pairs[i], redact.New([]byte(pairs[i+1]))})
	}
	return out
}

// TestEnvironRefuses: what no command could use isn't handed over, and no value is told.
func TestEnvironRefuses(t *testing.T) {
	const value = "never-told"
	tests := []struct {
		parent, add []string
		want        string
	}{
		{nil, []string{"", value}, "has no name"},
		{nil, []string{"A=B", value}, `"A=B": expected letters`},
		{nil, []string{"1A", value}, "no digit first"},
		{nil, []string{"A\x00", value}, "expected letters"},
		{nil, []string{"A\nB", value}, "expected letters"},
		{nil, []string{"A", ""}, "A: the value to be set is empty"},
		{nil, []string{"A", value + "\x00"}, "A: the value to be set has a NUL byte"},
		{nil, []string{"A", value + "\n"}, "A: the value to be set has a line break"},
		{nil, []string{"A", value, "A", value}, "A is to be set twice"},
		{[]string{"A=" + value + "\x00"}, nil, `"A": its value has a NUL byte`},
	}
	for _, tt := range tests {
		got, err := Environ(tt.parent, vars(tt.add), nil)
		if got != nil || err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), value) {
			t.Errorf("%q and %q: %v, want %q", tt.parent, tt.add, err, tt.want)
		}
	}
}

// TestRights: each has a reason, and stands once.
func TestRights(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Rights() {
		if seen[r.Name] || r.Why == "" || r.Name != strings.ToUpper(r.Name) {
			t.Errorf("%+v", r)
		}
		seen[r.Name] = true
	}
}
