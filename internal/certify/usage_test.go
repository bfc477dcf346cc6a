package certify

import (
	"errors"
	"iter"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/ledger"
)

func TestUsage(t *testing.T) {
	in, _ := scene(t)
	elsewhere := record(5, ledger.LeaseIssued, "asleep", "prod", ago(4))
	elsewhere.Identity.RepositoryID = "1"
	old := record(6, ledger.LeaseIssued, "asleep", "prod", ago(91))
	u := usage(t, in.Manifest,
		record(1, ledger.LeaseIssued, "fresh", "prod", ago(2)),
		record(2, ledger.LeaseRenewed, "fresh", "prod", ago(1)),
		record(2, ledger.LeaseRenewed, "fresh", "prod", ago(1)), // the same record, from another place
		record(3, ledger.LeaseIntent, "fresh", "prod", ago(0)),
		record(4, ledger.LeaseRevoked, "fresh", "prod", ago(0)),
		elsewhere, old,
		record(7, ledger.LeaseIssued, "asleep", "prod", now().Add(time.Hour)), // from the future
		record(8, ledger.LeaseIssued, "nobody", "prod", ago(1)),
		record(9, ledger.LeaseDenied, "due", "prod", ago(3)),
		record(10, ledger.LeaseFailed, "due", "prod", ago(2)),
	)
	if got := u.of("fresh", "prod"); got != (Use{Leases: 2, Last: ago(1)}) {
		t.Errorf("%+v", got)
	}
	if got := u.of("asleep", "prod"); got.wanted() {
		t.Errorf("%+v", got)
	}
	if got := u.of("due", "prod"); got != (Use{Refused: 2, LastRefused: ago(2)}) || got.String() != "no lease, 2 refused, last 2026-11-21" {
		t.Errorf("%s", got)
	}
	if !u.Since.Equal(ago(91)) || !u.covers(now()) {
		t.Errorf("since %s", u.Since)
	}
}

// TestOthersUsageIsNoUse: an organisation's ledger has other repositories' records, which show neither that a grant
// was used nor that the records go back far enough.
func TestOthersUsageIsNoUse(t *testing.T) {
	in, _ := scene(t)
	r := record(1, ledger.LeaseIssued, "asleep", "prod", ago(200))
	r.Identity.RepositoryID = "1"
	if u := usage(t, in.Manifest, r); !u.Since.IsZero() || u.covers(now()) {
		t.Errorf("since %s", u.Since)
	}
}

// TestCertified: the newest word of an owner on an identity of this repository counts, however old, and says nothing of
// leases.
func TestCertified(t *testing.T) {
	in, _ := scene(t)
	word := func(n int, repository, id string, action ledger.Action, at time.Time) ledger.Record {
		r := record(n, ledger.CertificationMerged, id, "", now())
		r.Plane, r.Identity.RepositoryID = ledger.Entitlement, repository
		r.Certification = &ledger.Certification{Action: action, Merged: at}
		return r
	}
	inventory := record(9, ledger.InventoryTaken, "", "", ago(300))
	inventory.Plane = ledger.Persistence
	u := usage(t, in.Manifest,
		word(1, "987654", "fresh", ledger.Keep, ago(200)), word(2, "987654", "fresh", ledger.Renew, ago(100)), word(3, "987654", "fresh", ledger.Narrow, ago(150)),
		word(4, "987654", "due", ledger.Suspend, ago(1)), word(5, "987654", "due", ledger.Remove, ago(1)),
		word(6, "1", "asleep", ledger.Keep, ago(1)), word(7, "987654", "nobody", ledger.Keep, ago(1)), inventory,
	)
	if at := u.Certified["fresh"].Time.Time; len(u.Certified) != 1 || !at.Equal(ago(100)) {
		t.Errorf("%v", u.Certified)
	}
	if !u.Since.IsZero() || u.covers(now()) {
		t.Errorf("leases are known since %s", u.Since)
	}
}

func TestUnreadUsage(t *testing.T) {
	in, _ := scene(t)
	unread := errors.New("unread")
	var records iter.Seq2[ledger.Record, error] = func(yield func(ledger.Record, error) bool) {
		_ = yield(record(1, ledger.LeaseIssued, "fresh", "prod", ago(200)), nil) && yield(ledger.Record{}, unread)
	}
	if u, err := NewUsage(in.Manifest, records, now()); u != nil || !errors.Is(err, unread) {
		t.Errorf("%v, %v", u, err)
	}
}
