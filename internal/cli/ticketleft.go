package cli

import (
	"context"
	"os"
	"strings"

	"github.com/curfew-ci/curfew/internal/gitrepo"
	"github.com/curfew-ci/curfew/internal/inventory"
	"github.com/curfew-ci/curfew/internal/ticket"
)

// leftovers reads what checklists are made from, and what proves that they are done.
func (f *ticketFlags) leftovers(ctx context.Context, in *ticket.Input) error {
	in.Archived = f.archived
	if f.inventory != "" {
		src, err := os.ReadFile(f.inventory)
		if err != nil {
			return usageError("read the inventory: %w", err)
		}
		if in.Inventory, err = inventory.Parse(f.inventory, src); err != nil {
			return usageError("%w", err)
		}
		if !strings.EqualFold(in.Inventory.Repository.Name, in.Repository) {
			return usageError("--inventory %s: it is of %s: expected one of %s", f.inventory, in.Inventory.Repository.Name, in.Repository)
		}
	}
	if f.removedSince == "" {
		return nil
	}
	tree, err := gitrepo.Open(".")
	if err != nil {
		return usageError("--removed-since: %w", err)
	}
	defer tree.Close() //nolint:errcheck // only read
	in.Before, err = (&diffFlags{manifest: f.manifest}).at(ctx, tree, f.removedSince)
	return err
}
