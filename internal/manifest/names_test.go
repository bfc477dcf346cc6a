package manifest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNamesInTheFilesOrder(t *testing.T) {
	m, errs := Parse("curfew.yml", read(t, "testdata/valid/every-provider.yml"))
	if m == nil {
		t.Fatal(errs)
	}
	for what, got := range map[string][2][]string{
		"owners":      {m.OwnerIDs(), {"web", "anna", "bo"}},
		"identities":  {m.IdentityIDs(), {"release", "mirror"}},
		"grants":      {m.GrantIDs("release"), {"aws", "gcp", "azure", "vault", "github", "oauth", "npm", "pypi", "crates", "kubernetes"}},
		"no grants":   {m.GrantIDs("mirror"), nil},
		"exceptions":  {m.ExceptionIDs(), {"env", "org", "bot", "space", "file"}},
		"break-glass": {m.BreakGlassIDs(), {"all"}},
		"by name":     {(&Manifest{Owners: map[string]Owner{"b": {}, "a": {}}}).OwnerIDs(), {"a", "b"}},
	} {
		if diff := cmp.Diff(got[1], got[0]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	for _, name := range m.GrantIDs("release") {
		g := m.Identities["release"].Grants[name]
		if g.Provider() != name {
			t.Errorf("grant %s has the provider %q", name, g.Provider())
		}
	}
	if got := (&Grant{}).Provider(); got != "" {
		t.Errorf("no provider is %q", got)
	}
}

func TestOwnerOf(t *testing.T) {
	m := &Manifest{Owners: map[string]Owner{"web": {Team: "@acme/web"}, "ours": {Team: "@acme/ours"}}}
	p := &Policy{Owners: map[string]Owner{"web": {Team: "@acme/platform"}, "theirs": {Team: "@acme/theirs"}}}
	for id, want := range map[string]string{"web": "@acme/platform", "ours": "@acme/ours", "theirs": "@acme/theirs", "nobody": ""} {
		if got, ok := m.OwnerOf(id, p); got.Team != want || ok != (want != "") {
			t.Errorf("%s is %q, %v", id, got.Team, ok)
		}
	}
	if got, _ := m.OwnerOf("web", nil); got.Team != "@acme/web" {
		t.Errorf("without a policy web is %q", got.Team)
	}
}

// TestPositions looks up places by pointer, and the text there.
func TestPositions(t *testing.T) {
	src := read(t, "testdata/valid/every-provider.yml")
	m, errs := Parse("curfew.yml", src)
	if m == nil {
		t.Fatal(errs)
	}
	for _, tc := range []struct{ pointer, value, key string }{
		{"/version", "1", "version"},
		{"/identities/release/expires", "'2027-06-01'", "expires"},
		{"/identities/release/claims/repository_id/1", `"0"`, `"0"`},
		{"/identities/release/grants/vault/vault/read/secret~1data~1a", "TOKEN_A", "secret/data/a"},
		{"/identities/release/grants/npm/ttl", "1h", "ttl"}, // from the defaults
		{"/identities/release/grants/npm/limits", "none", "limits"},
		{"/identities/mirror/expires", "'2027-06-01'", "expires"}, // through a merge key
		{"/identities/mirror/claims/project_id", `"22"`, "project_id"},
		{"/identities/mirror/nothing", "", "mirror"}, // the nearest parent
		{"/exceptions/org/store", "actions-org", "store"},
	} {
		value, key := m.At(tc.pointer), m.KeyAt(tc.pointer)
		if got := string(src[value.Start.Offset:value.End.Offset]); got != tc.value && tc.value != "" {
			t.Errorf("%s is %q, not %q", tc.pointer, got, tc.value)
		}
		if got := string(src[key.Start.Offset:key.End.Offset]); got != tc.key {
			t.Errorf("the key of %s is %q, not %q", tc.pointer, got, tc.key)
		}
		if value.Path != "curfew.yml" || key.Path != "curfew.yml" {
			t.Errorf("%s is in %q", tc.pointer, value.Path)
		}
	}
	if at := (&Manifest{}).At("/owners/web"); !at.IsZero() {
		t.Errorf("a manifest from no file has a place: %s", at)
	}
}

func TestDefaultsReachTheGrants(t *testing.T) {
	m, errs := Parse("curfew.yml", []byte(`version: 1
owners: { web: { team: "@acme/web" } }
defaults: { narrow: policies/all.json, limits: { concurrent: 2, per-day: 9 } }
identities:
  a:
    owner: web
    purpose: Takes one default and says the rest
    privilege: low
    expires: "2027-06-01"
    runs-as: { workflow: a.yml, job: a }
    claims: { repository_id: "1", job_workflow_ref: acme/shop/.github/workflows/a.yml@refs/heads/main }
    grants:
      x: { npm: { package: x }, ttl: 15m, when: always }
      y: { npm: { package: y }, ttl: 1d, when: always }
`))
	if m == nil {
		t.Fatal(errs)
	}
	if m.Mode != Enforce || m.Identities["a"].Kind != Workload {
		t.Errorf("mode %q and kind %q are not what they are unless said", m.Mode, m.Identities["a"].Kind)
	}
	x, y := m.Identities["a"].Grants["x"], m.Identities["a"].Grants["y"]
	if x.TTL.String() != "15m" || y.TTL.String() != "1d" || *x.Narrow != (Narrow{File: "policies/all.json"}) || y.Limits.PerDay != 9 {
		t.Errorf("x %v %v %v, y %v %v %v", x.TTL, x.Narrow, x.Limits, y.TTL, y.Narrow, y.Limits)
	}
	if x.Limits == y.Limits || x.Narrow == y.Narrow {
		t.Error("two grants share one default: who changes one changes both")
	}
	if got, want := m.At("/identities/a/grants/y/limits/per-day"), m.At("/defaults/limits/per-day"); got != want {
		t.Errorf("the limit stands at %s, not at %s", got, want)
	}
}
