package manifest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/source"
)

// FuzzParse holds what is true of any input: it is decoded or refused, never both; every error and every
// fault has a place in the file; the same bytes give the same answer.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"valid/*.yml", "valid-org/*.yml", "bad/*.yml", "bad-org/*.yml", "faults/*.yml"} {
		for _, name := range files(f, pattern) {
			f.Add(read(f, name))
		}
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		text := source.NewText("x.yml", src)
		m, errs := Parse("x.yml", src)
		if (m == nil) != (len(errs) > 0) {
			t.Fatalf("manifest %v with %d errors", m != nil, len(errs))
		}
		placed(t, text, errs)
		_, again := Parse("x.yml", src)
		if diff := cmp.Diff(errs, again); diff != "" {
			t.Errorf("errors differ between two runs:\n%s", diff)
		}
		p, errs := ParsePolicy("x.yml", src)
		if (p == nil) != (len(errs) > 0) {
			t.Fatalf("policy %v with %d errors", p != nil, len(errs))
		}
		placed(t, text, errs)
		if m != nil {
			decoded(t, text, m)
		}
	})
}

// placed checks that errors have places in the file, and are in its order.
func placed(t *testing.T, text *source.Text, errs Errors) {
	t.Helper()
	last := 0
	for _, e := range errs {
		at := e.Region
		if at.Path != text.Path || at.Start != text.Pos(at.Start.Offset) || at.End != text.Pos(at.End.Offset) || at.End.Offset < at.Start.Offset {
			t.Errorf("%+v is no place in the file: %s", at, e.Message)
		}
		if at.Start.Offset < last {
			t.Errorf("%s stands before the error above it", at)
		}
		last = at.Start.Offset
		if e.Message == "" || e.Try == "" {
			t.Errorf("%s: %q, try %q", at, e.Message, e.Try)
		}
	}
}

// decoded checks what must be true of whatever was taken.
func decoded(t *testing.T, text *source.Text, m *Manifest) {
	t.Helper()
	for _, f := range Faults(m, nil, today()) {
		if f.Region.IsZero() || f.Region.Start != text.Pos(f.Region.Start.Offset) {
			t.Errorf("%+v is no place in the file: %s", f.Region, f.Message)
		}
	}
	for _, id := range m.IdentityIDs() {
		identity := m.Identities[id]
		if identity.Owner == "" || identity.Expires.IsZero() || identity.RunsAs.Job.IsZero() || identity.RunsAs.Workflow.IsZero() {
			t.Errorf("identity %q lacks what restricts it: %+v", id, identity)
		}
		for _, name := range m.GrantIDs(id) {
			g := identity.Grants[name]
			if g.Provider() == "" || g.TTL == nil || *g.TTL <= 0 || g.Narrow == nil || g.Limits == nil || g.When == nil ||
				identity.Privilege.rank() == 0 || len(identity.Claims) < 2 {
				t.Errorf("grant %q of %q lacks what restricts it: %+v", name, id, g)
			}
		}
	}
}
