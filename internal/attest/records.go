package attest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"strconv"
	"time"

	"github.com/curfew-ci/curfew/internal/inventory"
	"github.com/curfew-ci/curfew/internal/ledger"
)

// Inventory is the record of an inventory that was just taken; src are the bytes of its file.
func Inventory(inv *inventory.Inventory, src []byte) ledger.Record {
	sum := sha256.Sum256(src)
	return ledger.Record{
		Plane: ledger.Persistence, Type: ledger.InventoryTaken, Outcome: ledger.Done,
		Identity:  ledger.Identity{RepositoryID: Repository(inv)},
		Inventory: &ledger.Inventory{SHA256: hex.EncodeToString(sum[:]), Taken: inv.Taken, Guard: guard(inv)},
	}
}

// Repository is the id of the repository that an inventory is of.
func Repository(inv *inventory.Inventory) string { return strconv.FormatInt(inv.Repository.ID, 10) }

// Fresh says what is wrong with recording an inventory at that time: one that isn't new would be found too old by
// whoever leases, and nobody knows whom one of the future comes from.
func Fresh(inv *inventory.Inventory, now time.Time) error {
	const most, skew = time.Hour, 5 * time.Minute
	age := now.Sub(inv.Taken)
	if age > most || age < -skew {
		return fmt.Errorf("the inventory was taken at %s, and it is %s: take a new one", inv.Taken.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))
	}
	return nil
}

// Certifications finds among records of whatever kind, in whatever order, the newest decision on each identity of a
// repository, and states those anew by which the identity is still needed: with no id, time or task, which are those of
// who states it. An error in the records ends it, as a newer decision may be behind it.
func Certifications(records iter.Seq2[ledger.Record, error], repository string) ([]ledger.Record, error) {
	newest := Decisions{}
	for r, err := range records {
		if err != nil {
			return nil, err
		}
		if r.Identity.RepositoryID == repository {
			newest.Add(r)
		}
	}
	out := newest.certifying()
	for i := range out {
		out[i].ID, out[i].Time, out[i].Task = "", time.Time{}, ledger.Task{}
	}
	return out, nil
}
