package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/scan"
)

// checkWriters refuses flags that don't say whose seals count, or say it in vain.
func (f *ledgerVerifyFlags) checkWriters() error {
	said := len(f.owners) + len(f.repositories) + len(f.events) + len(f.recorders)
	if !f.seals {
		if said > 0 {
			return usageError("--owner, --repository, --event and --recorder say whose seals count: give --seals as well")
		}
		return nil
	}
	f.ofPolicy(f.policy)
	if len(f.owners)+len(f.repositories) == 0 {
		return usageError("--seals: whose jobs may write here? expected --owner ID or --repository ID, or --org-policy")
	}
	if err := f.named(f.issuers); err != nil {
		return err
	}
	return checkRecorders(f.recorders)
}

// proveSeals proves the log's records by the seals of the archive, and says so; "" where nobody asks for it.
func (f *ledgerVerifyFlags) proveSeals(ctx context.Context, env *Env, e *evidence) (string, error) {
	if !f.seals {
		return "", nil
	}
	if e.keys == nil {
		ring, err := f.ring(ctx, env, e.store, false)
		if err != nil {
			return "", err
		}
		e.keys = ring
	}
	l, err := ledger.OpenLog(ctx, e.store, e.opt)
	if err != nil {
		return "", e.failed(ctx, err)
	}
	c := ledger.Collector{
		Archive: e.store, Log: l, Verify: e.keys.verify,
		Issuers: f.issuers, Owners: f.mayOwn, Repositories: f.mayWrite, Events: f.events, Recorders: f.mayRecord(&f.ledgerFlags),
	}
	done, err := c.Audit(ctx)
	if err != nil {
		return "", e.failed(ctx, err)
	}
	if len(done.Alone) > 0 {
		return "", e.failed(ctx, unspoken(ctx, &done))
	}
	return fmt.Sprintf("each of its records is in one of %s that jobs have sealed\n", count(done.Files, "file", "files")), nil
}

// unspoken says which records no proven seal speaks for, and why that may be.
func unspoken(ctx context.Context, done *ledger.Audit) error {
	const most = 10
	var at []string
	for _, i := range done.Alone[:min(most, len(done.Alone))] {
		at = append(at, strconv.FormatInt(i, 10))
	}
	if more := len(done.Alone) - most; more > 0 {
		at = append(at, fmt.Sprintf("and %d more", more))
	}
	text := count(len(done.Alone), "record is", "records are") + " of no file whose seal is proven: number " + strings.Join(at, ", ")
	if n := len(done.Unproven); n > 0 {
		first := done.Unproven[0]
		text += fmt.Sprintf("; %s proven, the first is %s: %s", count(n, "archived file isn't", "archived files aren't"), first.Name, first.Reason)
	}
	safe, err := scan.Mask(ctx, text, nil) // who could write there chose words of it
	if err != nil {
		return err
	}
	return errors.New(printableLine(safe))
}
