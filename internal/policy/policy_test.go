package policy

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/identity"
)

// now is a Monday.
func now() time.Time { return time.Date(2026, 11, 23, 20, 41, 7, 0, time.UTC) }

// patience stands in for a judgement's limit, so that a machine which does much else fails no test.
const patience = time.Hour

// compiled is the policy of one module, or of several with their paths.
func compiled(t testing.TB, src string, more ...Module) *Policy {
	t.Helper()
	p, err := Compile(t.Context(), "acme/.github", append([]Module{{"lease.rego", []byte(src)}}, more...))
	if err != nil {
		t.Fatal(err)
	}
	p.limit = patience
	return p
}

func builtIn(t testing.TB) *Policy {
	t.Helper()
	p, err := BuiltIn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p.limit = patience
	return p
}

func claims(t testing.TB, src string) identity.Claims {
	t.Helper()
	c, err := identity.ParseClaims("claims.json", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// sample is a lease that the manifest allows, and the built-in policy with it.
func sample(t testing.TB) Input {
	t.Helper()
	return Input{
		Claims: claims(t, `{"iss": "https://token.actions.githubusercontent.com", "repository_id": "987654", "event_name": "push",
			"ref": "refs/heads/main", "environment": "production", "actor": "alice", "runner_environment": "github-hosted"}`),
		Grant: Grant{
			ID: "deploy/prod", Identity: "deploy", Name: "prod", Owner: "payments", Kind: "workload", Privilege: "high", Provider: "aws",
			Target:     map[string]any{"role": "arn:aws:iam::123456789012:role/deploy", "audience": "sts.amazonaws.com", "region": "eu-west-1"},
			TTLSeconds: 900,
		},
		Task: Task{RunID: "1205", Attempt: "1", TriggeringActor: "@alice"},
		Decision: &Decision{
			Allow: true, Guard: "verified", TTLSeconds: 900,
			Triggers: []Trigger{{Kind: "ticket", Ref: "CHG-4411", Status: "Approved", Once: true}},
		},
	}
}

const head = "package curfew.lease\n\n"

// TestExactlyTrue: nothing but the boolean true allows.
func TestExactlyTrue(t *testing.T) {
	const allow = "data.curfew.lease.allow is "
	tests := []struct {
		name, src string
		want      []string // reasons; nil where it is allowed
	}{
		{"true", "allow := true", nil},
		{"true of facts", `allow if input.claims.event_name == "push"`, nil},
		{"false", "allow := false", []string{allow + "false, not true"}},
		{"undefined by facts", `allow if input.claims.event_name == "release"`, []string{allow + "undefined, not true"}},
		{"undefined by a missing fact", `allow if input.claims.nothing == "x"`, []string{allow + "undefined, not true"}},
		{"no such rule", "other := true", []string{allow + "undefined, not true"}},
		{"a string", `allow := "true"`, []string{allow + "not true but a string"}},
		{"a number", `allow := 1`, []string{allow + "not true but a number"}},
		{"null", `allow := null`, []string{allow + "null, not true"}},
		{"an object", `allow := {"allow": true}`, []string{allow + "not true but an object"}},
		{"an array", `allow := [true]`, []string{allow + "not true but an array"}},
		{"a set", `allow contains true`, []string{allow + "not true but a set"}},
		{"a package", "other := true\nallow.x := true", []string{allow + "not true but an object"}},
		{"a function", "allow(_) := true", []string{allow + "undefined, not true"}},
		{
			"a conflict", "allow := true if input.grant.name == \"prod\"\n\nallow := false if input.grant.provider == \"aws\"",
			[]string{"lease.rego:5:1: error: rule data.curfew.lease.allow produced conflicting values: true at lease.rego:3; false at lease.rego:5"},
		},
		{"an error", `allow if to_number(input.claims.ref) > 0`, []string{`lease.rego:3:10: error: to_number: strconv.ParseFloat: parsing "refs/heads/main": invalid syntax`}},
		{"an error that is negated", `allow if not to_number(input.claims.ref) > 0`, []string{`lease.rego:3:14: error: to_number: strconv.ParseFloat: parsing "refs/heads/main": invalid syntax`}},

		{"denies too", "allow := true\n\ndeny contains \"no\"", []string{"no"}},
		{"denies nothing", "allow := true\n\ndeny contains \"no\" if input.grant.name == \"test\"", nil},
		{"says why", "default allow := false\n\ndeny contains \"b\"\n\ndeny contains \"a\"", []string{"a", "b"}},
		{"deny is no set", "allow := true\n\ndeny := false", []string{"data.curfew.lease.deny is false, not a set: give a set of strings"}},
		{"deny is a list", "allow := true\n\ndeny := []", []string{"data.curfew.lease.deny is not a set but an array: give a set of strings"}},
		{"deny holds others", "allow := true\n\ndeny contains 1", []string{"data.curfew.lease.deny holds number: give strings"}},
		{"deny is empty text", "allow := true\n\ndeny contains \"\"", []string{"no reason given"}},
		{"deny fails", "allow := true\n\ndeny contains \"x\" if 1 / input.task.ttl_seconds > 0", []string{"lease.rego:5:22: error: div: divide by zero"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := compiled(t, head+tt.src).Judge(t.Context(), sample(t), now())
			if diff := cmp.Diff(Verdict{Allowed: tt.want == nil, Reasons: tt.want}, v); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestConflictOfModules: two files of one policy are one document; where they contradict each other nobody
// knows what it says.
func TestConflictOfModules(t *testing.T) {
	p := compiled(t, head+"allow := true", Module{"more.rego", []byte(head + "allow := false if input.grant.name == \"prod\"")})
	v := p.Judge(t.Context(), sample(t), now())
	if v.Allowed || len(v.Reasons) != 1 || !strings.Contains(v.Reasons[0], "produced conflicting values: true at lease.rego:3; false at more.rego:3") {
		t.Errorf("%+v", v)
	}
}

func TestZeroPolicy(t *testing.T) {
	want := Verdict{Reasons: []string{"there is no policy to ask"}}
	for _, p := range []*Policy{nil, {}} {
		for _, v := range []Verdict{p.Judge(t.Context(), sample(t), now()), p.Rule(t.Context(), "data.curfew.x", sample(t), now())} {
			if diff := cmp.Diff(want, v); diff != "" {
				t.Error(diff)
			}
		}
	}
}

// TestConcurrent: a policy may be asked by many at once, each about its own facts.
func TestConcurrent(t *testing.T) {
	p := compiled(t, head+`allow if input.grant.name == "prod"`)
	var asking sync.WaitGroup
	for i := range 50 {
		asking.Go(func() {
			in := sample(t)
			in.Grant.Name = []string{"prod", "test"}[i%2]
			if v := p.Judge(t.Context(), in, now()); v.Allowed != (i%2 == 0) {
				t.Errorf("%s: %+v", in.Grant.Name, v)
			}
		})
	}
	asking.Wait()
}

func TestReasonsBounded(t *testing.T) {
	p := compiled(t, head+`deny contains sprintf("%v: %s", [i, input.claims.text]) if some i in numbers.range(10, 99)`)
	in := sample(t)
	in.Claims = claims(t, `{"text": "`+strings.Repeat(`é`, 30000)+`"}`)
	v := p.Judge(t.Context(), in, now())
	if v.Allowed || len(v.Reasons) != maxReasons+1 || v.Reasons[maxReasons] != "and 70 more" {
		t.Fatalf("%d reasons: %q", len(v.Reasons), v.Reasons[len(v.Reasons)-1])
	}
	if got, want := v.Reasons[0], "10: "+strings.Repeat("é", maxReason-4)+"…"; got != want {
		t.Errorf("%d bytes: %q", len(got), got)
	}
}

func TestVisible(t *testing.T) {
	tests := []struct{ in, want string }{
		{"plain é 漢", "plain é 漢"},
		{"a\nb\r\t\x00\x1b[31m\x7f", `a\nb\r\t\x00\x1b[31m\x7f`},
		{"\u202eevil\u2028\u200b", `\u202eevil\u2028\u200b`},
		{"\xff\ufffd", `\xff` + "\ufffd"},
		{`it's "so"`, `it's "so"`},
		{strings.Repeat("x", maxReason+1), strings.Repeat("x", maxReason) + "…"},
	}
	for _, tt := range tests {
		if got := visible(tt.in, maxReason); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.in, got, tt.want)
		}
	}
}
