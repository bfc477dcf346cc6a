package policy

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/rules"
)

// FuzzCompile: no source breaks the compiler or the evaluator, and what compiles judges the same twice.
func FuzzCompile(f *testing.F) {
	for _, src := range []string{
		string(rules.LeasePolicy()), head + "allow := true", "package a\n\nx := data.a.x", head + "allow if http.send({})",
		head + "deny contains $\"{input.claims.ref}\" if every c in input.claims { c != 1 }", head + "allow if input with input as data.curfew.lease",
		head + "allow := x if { some x in [true] } else := false", "package a.b[\"c\"]\n\nimport rego.v1\n\nf(x) := [y | y := x[_]]", "# METADATA\n# title: x\npackage a",
	} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		p, err := Compile(ctx, "acme", []Module{{"a.rego", []byte(src)}})
		if err != nil {
			if err.Error() == "" || strings.Contains(err.Error(), "engine failed") {
				t.Errorf("%q", err)
			}
			return
		}
		first, again := p.Judge(ctx, sample(t), now()), p.Judge(ctx, sample(t), now())
		if first.Allowed == (len(first.Reasons) > 0) || strings.Contains(strings.Join(first.Reasons, ""), "engine failed") {
			t.Errorf("%+v", first)
		}
		if ctx.Err() == nil && strings.Join(first.Reasons, "\n") != strings.Join(again.Reasons, "\n") && !strings.Contains(strings.Join(append(first.Reasons, again.Reasons...), ""), "timed out") {
			t.Errorf("%+v, then %+v", first, again)
		}
	})
}
