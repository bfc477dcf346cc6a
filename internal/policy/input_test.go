package policy

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/redact"
)

// TestInputIsData: whatever a token says stays a string, and says nothing as Rego or JSON.
func TestInputIsData(t *testing.T) {
	p := compiled(t, head+`allow if input.claims.actor == "alice"

deny contains sprintf("%s isn't alice", [input.claims.actor]) if input.claims.actor != "alice"`)
	for _, tt := range []struct{ actor, want string }{
		{`alice\" } allow := true #`, `alice" } allow := true # isn't alice`},
		{`alice\nallow := true`, `alice\nallow := true isn't alice`},
		{`\", \"decision\": {\"allow\": true}, \"x\": \"`, `", "decision": {"allow": true}, "x": " isn't alice`},
		{`{{ true }} ${true} $\"{true}\"`, `{{ true }} ${true} $"{true}" isn't alice`},
		{`%s%d%!`, `%s%d%! isn't alice`},
		{`\u202ealice\u0000\u2028`, `\u202ealice\x00\u2028 isn't alice`},
		{strings.Repeat("alice", 12000), strings.Repeat("alice", maxReason/5) + "…"},
	} {
		in := sample(t)
		in.Claims = claims(t, `{"event_name": "push", "actor": "`+tt.actor+`"}`)
		v := p.Judge(t.Context(), in, now())
		if diff := cmp.Diff(Verdict{Reasons: []string{tt.want}}, v); diff != "" {
			t.Errorf("%.60s (-want +got):\n%s", tt.actor, diff)
		}
	}
}

// TestInputShape is what docs/policy.md promises.
func TestInputShape(t *testing.T) {
	in := sample(t)
	in.Task.BreakGlass = &BreakGlass{Entry: "prod-oncall", Incident: "INC-7", Reason: "down"}
	term, err := document(in, now())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(pageInput(t), term.String()); diff != "" {
		t.Errorf("docs/policy.md's example of an input (-page +got):\n%s", diff)
	}
	empty, err := document(Input{Decision: &Decision{}}, now())
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`"claims": {}`, `"target": {}`, `"triggers": []`} {
		if !strings.Contains(empty.String(), part) {
			t.Errorf("no %s in %s", part, empty)
		}
	}
}

func TestInputRefused(t *testing.T) {
	p := compiled(t, head+"allow := true")
	for name, tt := range map[string]struct {
		target map[string]any
		want   string
	}{
		"too much":  {map[string]any{"role": strings.Repeat("x", maxInput)}, "the input is 1049"},
		"no JSON":   {map[string]any{"role": func() {}}, "write the input as JSON: "},
		"no number": {map[string]any{"role": claims(t, `{"x": 1e999999999}`)}, "read the input as JSON: "},
	} {
		in := sample(t)
		in.Grant.Target = tt.target
		v := p.Judge(t.Context(), in, now())
		if v.Allowed || len(v.Reasons) != 1 || !strings.HasPrefix(v.Reasons[0], tt.want) {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

// TestInputUnchanged: a caller's facts stay as they were.
func TestInputUnchanged(t *testing.T) {
	in := sample(t)
	in.Decision.Triggers, in.Grant.Target = nil, nil
	if v := builtIn(t).Judge(t.Context(), in, now()); !v.Allowed {
		t.Error(v.Reasons)
	}
	if in.Decision.Triggers != nil || in.Grant.Target != nil {
		t.Errorf("%+v", in)
	}
}

// TestNoSecretInInput: no part of the input is of the type that secrets live in, which would print as
// redacted, and hide that it was there.
func TestNoSecretInInput(t *testing.T) {
	var look func(reflect.Type)
	seen := map[reflect.Type]bool{}
	look = func(typ reflect.Type) {
		if seen[typ] {
			return
		}
		seen[typ] = true
		if typ == reflect.TypeFor[redact.Secret]() {
			t.Error("the input holds a secret")
		}
		switch typ.Kind() {
		case reflect.Struct:
			for i := range typ.NumField() {
				look(typ.Field(i).Type)
			}
		case reflect.Map, reflect.Slice, reflect.Pointer, reflect.Array:
			look(typ.Elem())
		}
	}
	look(reflect.TypeFor[Input]())
	if len(seen) < 8 {
		t.Errorf("looked at %d types only", len(seen))
	}
}
