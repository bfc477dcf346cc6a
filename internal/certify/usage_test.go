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
	if got := u.Of("fresh", "prod"); got != (Use{Leases: 2, Last: ago(1)}) {
		t.Errorf("%+v", got)
	}
	if got := u.Of("asleep", "prod"); got.Wanted() {
		t.Errorf("%+v", got)
	}
	if got := u.Of("due", "prod"); got != (Use{Refused: 2, LastRefused: ago(2)}) || got.String() != "no lease, 2 refused, last 2026-11-21" {
		t.Errorf("%s", got)
	}
	if !u.Since.Equal(ago(91)) || !u.Covers(now()) {
		t.Errorf("since %s", u.Since)
	}
}

// TestOthersUsageIsNoUse: an organisation's ledger has other repositories' records, which show neither that a grant
// was used nor that the records go back far enough.
func TestOthersUsageIsNoUse(t *testing.T) {
	in, _ := scene(t)
	r := record(1, ledger.LeaseIssued, "asleep", "prod", ago(200))
	r.Identity.RepositoryID = "1"
	if u := usage(t, in.Manifest, r); !u.Since.IsZero() || u.Covers(now()) {
		t.Errorf("since %s", u.Since)
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
