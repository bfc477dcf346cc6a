package scan

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"

	"github.com/curfew-ci/curfew/internal/attest"
	"github.com/curfew-ci/curfew/internal/ledger"
)

// emergencies takes what an exported ledger says of uses of break-glass. Who may review is known by an inventory alone,
// and of which repository the records are to be. Of a file that lies in the scanned repository a change can't judge
// itself by its own.
func (r *run) emergencies(ctx context.Context) error {
	if r.opt.Ledger == "" || r.opt.Search.alone() || r.facts.Inventory == nil {
		return nil
	}
	n, err := r.named(ctx, r.opt.Ledger)
	if err != nil {
		return err
	}
	src := n.judging()
	if src == nil {
		r.notChecked(Platform, "uses of break-glass", "the change under scan adds the ledger's records", "name a file that the change can't write")
		return nil
	}
	stated, err := attest.BreakGlass(exported(r.opt.Ledger, src), strconv.FormatInt(r.facts.Inventory.Repository.ID, 10))
	if err != nil {
		return &InputError{err.Error()} // which quotes nothing of the file
	}
	r.facts.Emergencies = attest.Reviewed(nil, stated)
	return nil
}

// exported reads records, one a line, as curfew ledger export writes them.
func exported(name string, src []byte) iter.Seq2[ledger.Record, error] {
	return func(yield func(ledger.Record, error) bool) {
		for n := 1; len(src) > 0; n++ {
			line, rest, ended := bytes.Cut(src, []byte("\n"))
			r, err := ledger.Decode(name, line)
			if !ended {
				err = errors.New("the line has no end: the export was cut off")
			}
			if err != nil {
				err = fmt.Errorf("%s: line %d: %w", name, n, err)
			}
			if !yield(r, err) || err != nil {
				return
			}
			src = rest
		}
	}
}
