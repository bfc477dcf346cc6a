package policy

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSet: each policy is evaluated by itself, and all must allow.
func TestSet(t *testing.T) {
	all, none := compiled(t, head+"allow := true"), compiled(t, head+"default allow := false\n\ndeny contains \"never\"")
	silent := compiled(t, "package curfew.deploy\n\nallow := true")
	helper := compiled(t, head+"allow if data.curfew.lease.trusted\n\ntrusted if false")
	const denied, undefined = "acme/.github: never", "acme/.github: data.curfew.lease.allow is undefined, not true"
	tests := []struct {
		name string
		set  Set
		want []string
	}{
		{"all three", Set{builtIn(t), all, all}, nil},
		{"one", Set{builtIn(t)}, nil},
		{"the organisation allows all, the repository doesn't", Set{builtIn(t), all, none}, []string{denied}},
		{"the repository allows all, the organisation doesn't", Set{builtIn(t), none, all}, []string{denied}},
		{"both say why", Set{none, none}, []string{denied, denied}},
		{"one says nothing of leases", Set{builtIn(t), silent, all}, []string{undefined}},
		{"another's rule of the same name doesn't help", Set{helper, compiled(t, head+"allow := true\n\ntrusted := true")}, []string{undefined}},
		{"a conflict is one policy's own", Set{compiled(t, head+"allow := true"), compiled(t, head+"allow := false")}, []string{"acme/.github: data.curfew.lease.allow is false, not true"}},
		{"nothing", Set{}, []string{"there is no policy to ask"}},
		{"nil", nil, []string{"there is no policy to ask"}},
		{"one is missing", Set{all, nil}, []string{"missing: there is no policy to ask"}},
		{"one is empty", Set{all, {}}, []string{": there is no policy to ask"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := tt.set.Judge(t.Context(), sample(t), now())
			if diff := cmp.Diff(Verdict{Allowed: tt.want == nil, Reasons: tt.want}, v); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	in := sample(t)
	in.Decision.Allow = false
	if v := (Set{builtIn(t), all, all}).Judge(t.Context(), in, now()); v.Allowed {
		t.Error("allowed what the manifest denies")
	}
}

// TestRule: the manifest's trigger policy: {rule: …}.
func TestRule(t *testing.T) {
	const rules = "package curfew.deploy\n\nallow if input.claims.ref == \"refs/heads/main\"\n\nno := false\n\nword := \"true\"\n\n" +
		"on[name] if {\n\tsome name in [\"push\"]\n\tinput.claims.event_name == name\n}\n\nf(_) := true\n\nvague if not input.decision"
	org := compiled(t, rules)
	repo := compiled(t, "package curfew.deploy\n\nallow := true\n\nno := true\n\nown := true")
	tests := []struct {
		name, rule string
		set        Set
		want       []string
	}{
		{"true", "data.curfew.deploy.allow", Set{builtIn(t), org}, nil},
		{"true of a key", "data.curfew.deploy.on.push", Set{org}, nil},
		{"only one defines it", "data.curfew.deploy.own", Set{builtIn(t), org, repo}, nil},
		{"both define it", "data.curfew.deploy.allow", Set{org, repo}, nil},
		{"before a decision", "data.curfew.deploy.vague", Set{org}, nil},
		{"false", "data.curfew.deploy.no", Set{org}, []string{"acme/.github: data.curfew.deploy.no is false, not true"}},
		{"the repository can't overrule it", "data.curfew.deploy.no", Set{org, repo}, []string{"acme/.github: data.curfew.deploy.no is false, not true"}},
		{"a string", "data.curfew.deploy.word", Set{org}, []string{"acme/.github: data.curfew.deploy.word is not true but a string"}},
		{"a package", "data.curfew.deploy", Set{org}, []string{"acme/.github: data.curfew.deploy is not true but an object"}},
		{"a function", "data.curfew.deploy.f", Set{org}, []string{"acme/.github: data.curfew.deploy.f is undefined, not true"}},
		{"nobody's", "data.curfew.deploy.other", Set{org, repo}, []string{"no policy defines data.curfew.deploy.other"}},
		{"no policies", "data.curfew.deploy.allow", nil, []string{"no policy defines data.curfew.deploy.allow"}},
		{"a missing policy", "data.curfew.deploy.allow", Set{org, nil}, []string{"a policy is missing"}},
		{"not under curfew", "data.system.x", Set{org}, []string{`expected the path of a Rego rule under data.curfew, such as data.curfew.deploy.allow, found "data.system.x"`}},
		{"more than a path", "data.curfew.deploy.no or true", Set{org}, []string{`expected the path of a Rego rule under data.curfew, such as data.curfew.deploy.allow, found "data.curfew.deploy.no or true"`}},
		{"a line more", "data.curfew.deploy.allow\n", Set{org}, []string{`expected the path of a Rego rule under data.curfew, such as data.curfew.deploy.allow, found "data.curfew.deploy.allow\n"`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := sample(t)
			in.Decision = nil
			v := tt.set.Rule(t.Context(), tt.rule, in, now())
			if diff := cmp.Diff(Verdict{Allowed: tt.want == nil, Reasons: tt.want}, v); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
