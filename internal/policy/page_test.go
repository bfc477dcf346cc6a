package policy

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/open-policy-agent/opa/v1/ast"
)

// page is docs/policy.md.
func page(t testing.TB) string {
	t.Helper()
	src, err := os.ReadFile("../../docs/policy.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(src)
}

// block is the page's one block that begins with this fence.
func block(t testing.TB, fence string) string {
	t.Helper()
	found := regexp.MustCompile("(?ms)^"+regexp.QuoteMeta("```"+fence)+"\n(.*?)^```$").FindAllStringSubmatch(page(t), -1)
	if len(found) != 1 {
		t.Fatalf("docs/policy.md has %d blocks ```%s", len(found), fence)
	}
	return found[0][1]
}

func pagePolicy(t testing.TB) string { t.Helper(); return block(t, "rego policy") }

// pageInput is the page's example of an input, as Rego prints it.
func pageInput(t testing.TB) string {
	t.Helper()
	v, err := ast.ValueFromReader(strings.NewReader(block(t, "json input")))
	if err != nil {
		t.Fatal(err)
	}
	return v.String()
}

// TestPagePolicy: the page's example does what the page says of it.
func TestPagePolicy(t *testing.T) {
	const hosted, hours = "critical and high grants are for GitHub's own runners", "prod is leased on working days, 06:00 to 22:00 UTC, or in an emergency"
	p := compiled(t, pagePolicy(t))
	for _, tt := range []struct {
		name   string
		change func(*Input)
		later  time.Duration
		want   []string
	}{
		{"in the hours", func(*Input) {}, 0, nil},
		{"at night", func(*Input) {}, 2 * time.Hour, []string{hours}},
		{"at the weekend", func(*Input) {}, 5 * 24 * time.Hour, []string{hours}},
		{"in an emergency", func(in *Input) { in.Task.BreakGlass = &BreakGlass{Entry: "prod-oncall"} }, 2 * time.Hour, nil},
		{"another grant", func(in *Input) { in.Grant.Name = "test" }, 2 * time.Hour, nil},
		{"another runner", func(in *Input) { in.Claims = claims(t, `{"runner_environment": "self-hosted"}`) }, 0, []string{hosted}},
		{"another runner for less", func(in *Input) { in.Claims, in.Grant.Privilege = claims(t, `{}`), "low" }, 0, nil},
		{"nothing known", func(in *Input) { *in = Input{} }, 2 * time.Hour, []string{hosted}},
		{"denied by the manifest", func(in *Input) { in.Decision.Allow = false }, 0, []string{"data.curfew.lease.allow is false, not true"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := sample(t)
			tt.change(&in)
			v := p.Judge(t.Context(), in, now().Add(tt.later))
			if diff := cmp.Diff(Verdict{Allowed: tt.want == nil, Reasons: tt.want}, v); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestPageRule: so does its example of a trigger.
func TestPageRule(t *testing.T) {
	p := compiled(t, block(t, "rego rule"))
	for author, want := range map[string]bool{"@bob": true, "@alice": false, "": false} {
		in := sample(t)
		in.Decision, in.Task.ChangeAuthor = nil, author
		if v := p.Rule(t.Context(), "data.curfew.deploy.allow", in, now()); v.Allowed != want {
			t.Errorf("%q: %+v", author, v)
		}
	}
}

// TestPageFunctions: the page lists all functions that a policy may use, and no other.
func TestPageFunctions(t *testing.T) {
	var want []string
	for _, name := range functions() {
		if b := ast.BuiltinMap[name]; b.Infix == "" && !strings.HasPrefix(name, "internal.") && name != "eq" {
			want = append(want, name)
		}
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, slices.Sorted(slices.Values(strings.Fields(block(t, "text functions"))))); diff != "" {
		t.Errorf("docs/policy.md (-functions +page):\n%s", diff)
	}
}
