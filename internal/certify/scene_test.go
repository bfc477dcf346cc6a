package certify

import (
	"fmt"
	"iter"
	"os"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// now is the time of the tests.
func now() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }

// ago is a time some days before it.
func ago(days int) time.Time { return now().AddDate(0, 0, -days) }

const file = "testdata/curfew.yml"

// scene is a manifest with one identity for each case, the organisation's policy, when each was certified, and
// what was leased.
func scene(t testing.TB) (Input, []byte) {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	m, errs := manifest.Parse(file, src)
	if m == nil {
		t.Fatal(errs)
	}
	org, err := os.ReadFile("testdata/org.yml")
	if err != nil {
		t.Fatal(err)
	}
	p, errs := manifest.ParsePolicy("testdata/org.yml", org)
	if p == nil {
		t.Fatal(errs)
	}
	certified := map[string]manifest.Certified{}
	for id := range m.Identities {
		at := ago(30)
		switch id {
		case "due":
			at = ago(80)
		case "grace":
			at = ago(92)
		case "overdue":
			at = ago(98)
		case "left":
			at = ago(120)
		case "never":
			continue
		}
		certified[id] = manifest.Certified{Time: manifest.Instant{Time: at}}
	}
	in := Input{Manifest: m, Policy: p, Facts: manifest.Facts{Certified: certified}, Now: now()}
	in.Usage = usage(t, m, leased(m)...)
	return in, src
}

// leased are records of a lease of each grant but those that are named for not being used.
func leased(m *manifest.Manifest) []ledger.Record {
	out := []ledger.Record{record(0, ledger.LeaseIssued, "fresh", "prod", ago(200))}
	for _, id := range m.IdentityIDs() {
		for _, g := range m.GrantIDs(id) {
			if id == "asleep" || id == "reads" || g == "test" {
				continue
			}
			out = append(out, record(len(out), ledger.LeaseIssued, id, g, ago(3)))
		}
	}
	return append(out, record(len(out), ledger.LeaseDenied, "overdue", "prod", ago(1)))
}

func record(n int, kind ledger.Type, id, grant string, at time.Time) ledger.Record {
	return ledger.Record{
		ID: fmt.Sprintf("01JD9Z6Q4T8K%014d", n), Time: at, Plane: ledger.Issuance, Type: kind,
		Identity: ledger.Identity{ID: id, RepositoryID: "987654", Grant: grant},
	}
}

func usage(t testing.TB, m *manifest.Manifest, records ...ledger.Record) *Usage {
	t.Helper()
	u, err := NewUsage(m, all(records...), now())
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func all(records ...ledger.Record) iter.Seq2[ledger.Record, error] {
	return func(yield func(ledger.Record, error) bool) {
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
	}
}
