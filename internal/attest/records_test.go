package attest

import (
	"errors"
	"iter"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// certified is an owner's word on an identity of a repository, so many days ago.
func certified(repository, identity string, action ledger.Action, days int) ledger.Record {
	return ledger.Record{
		ID: "01JD9Z6Q4T8K0000000000000A", Time: at().AddDate(0, 0, -days), Plane: ledger.Entitlement, Type: ledger.CertificationMerged,
		Identity:      ledger.Identity{ID: identity, RepositoryID: repository, Owner: "payments"},
		Task:          ledger.Task{RunID: "1", Attempt: 1, Job: "collect"},
		Certification: &ledger.Certification{Action: action, By: []string{"@anna"}, Merged: at().AddDate(0, 0, -days)},
	}
}

func all(records []ledger.Record, last error) iter.Seq2[ledger.Record, error] {
	return func(yield func(ledger.Record, error) bool) {
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
		if last != nil {
			yield(ledger.Record{}, last)
		}
	}
}

func TestCertifications(t *testing.T) {
	lost := certified("987654", "build", ledger.Remove, 1) // a grant of it
	lost.Identity.Grant = "test"
	records := []ledger.Record{
		certified("987654", "deploy", ledger.Renew, 30),
		certified("987654", "deploy", ledger.Keep, 10),
		certified("987654", "deploy", ledger.Narrow, 20),
		certified("987654", "deploy", ledger.Suspend, 11), // was undone by what came after it
		certified("111", "deploy", ledger.Renew, 1),       // another repository's identity of that name
		certified("987654", "build", ledger.Renew, 40),
		certified("987654", "gone", ledger.Remove, 2),
		certified("987654", "gone", ledger.Renew, 3), // and may stand there again, under its old name
		certified("987654", "late", ledger.Suspend, 2),
		certified("987654", "late", ledger.Keep, 2), // at the same time
		lost,
		{Type: ledger.LeaseIssued, Identity: ledger.Identity{ID: "deploy", RepositoryID: "987654"}},
	}
	got, err := Certifications(all(records, nil), "987654")
	if err != nil || len(got) != 2 || got[0].Identity.ID != "build" || got[1].Identity.ID != "deploy" {
		t.Fatalf("%+v, %v", got, err)
	}
	if merged := got[1].Certification.Merged; !merged.Equal(at().AddDate(0, 0, -10)) || got[1].Identity.Owner != "payments" {
		t.Errorf("deploy was certified %s", merged)
	}
	for _, r := range got {
		if r.ID != "" || !r.Time.IsZero() || r.Task != (ledger.Task{}) {
			t.Errorf("%s is stated as another run did", r.Identity.ID)
		}
	}
	again, err := Certifications(all(got, nil), "987654") // what was stated anew is what it was
	if diff := cmp.Diff(got, again); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	broken := errors.New("cut off")
	if _, err := Certifications(all(records, broken), "987654"); !errors.Is(err, broken) {
		t.Errorf("records that end before their time: %v", err)
	}
}

func TestFacts(t *testing.T) {
	inv := taken()
	r := rule(2, true, true, []string{})
	inv.Branch.Rules = append(inv.Branch.Rules, r)
	got := FactsOf([]ledger.Record{
		certified("987654", "deploy", ledger.Renew, 5), certified("987654", "deploy", ledger.Keep, 7), certified("987654", "gone", ledger.Suspend, 1),
		Inventory(inv, []byte("x")),
	}, "collect.yml")
	want := Facts{
		Guard: &manifest.GuardFacts{
			Taken: manifest.Instant{Time: at()}, Collector: "collect.yml", Project: "987654", Ref: "refs/heads/main", DefaultBranch: true,
			Approvals: 2, CodeOwners: true, LastPushApproval: true, Bypass: []string{},
		},
		Certified: map[string]manifest.Certified{"deploy": {Time: manifest.Instant{Time: at().AddDate(0, 0, -5)}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	inv.Sources = nil
	if got := FactsOf([]ledger.Record{Inventory(inv, nil)}, "collect.yml"); got.Guard != nil {
		t.Errorf("of an inventory that can't tell: %+v", got.Guard)
	}
	*inv = *taken()
	inv.Branch.Rules = append(inv.Branch.Rules, rule(2, true, true, nil))
	if got := FactsOf([]ledger.Record{Inventory(inv, nil)}, "collect.yml"); got.Guard == nil || got.Guard.Bypass != nil {
		t.Errorf("a bypass that isn't known: %+v", got.Guard)
	}
}

func TestFresh(t *testing.T) {
	for age, fresh := range map[time.Duration]bool{
		0: true, 59 * time.Minute: true, 61 * time.Minute: false, -4 * time.Minute: true, -6 * time.Minute: false,
	} {
		if err := Fresh(taken(), at().Add(age)); (err == nil) != fresh {
			t.Errorf("%s: %v", age, err)
		}
	}
}
