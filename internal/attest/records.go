package attest

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"slices"
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
		Inventory: &ledger.Inventory{SHA256: hex.EncodeToString(sum[:]), Taken: inv.Taken, Guard: Guard(inv)},
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

// Certifications finds the newest word of an owner on each identity of a repository that it is still needed, among
// records of whatever kind and in whatever order, and states it anew: with no id, time or task, which are those of who
// states it. An error in the records ends it, as a newer one may be behind it.
func Certifications(records iter.Seq2[ledger.Record, error], repository string) ([]ledger.Record, error) {
	newest := map[string]ledger.Record{}
	for r, err := range records {
		if err != nil {
			return nil, err
		}
		if r.Type != ledger.CertificationMerged || r.Identity.RepositoryID != repository || !r.Certification.Action.Certifies() {
			continue
		}
		if have, ok := newest[r.Identity.ID]; ok && !r.Certification.Merged.After(have.Certification.Merged) {
			continue
		}
		newest[r.Identity.ID] = r
	}
	out := make([]ledger.Record, 0, len(newest))
	for _, r := range newest {
		r.ID, r.Time, r.Task = "", time.Time{}, ledger.Task{}
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b ledger.Record) int { return cmp.Compare(a.Identity.ID, b.Identity.ID) })
	return out, nil
}
