package scan

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/inventory"
)

// maxInventoryAge is how old an inventory may be without being told of. Secrets are made within a minute.
const maxInventoryAge = 7 * 24 * time.Hour

// platform takes the inventory that the caller gives or names. Of one that lies in the scanned repository a change
// can't judge itself by its own.
func (r *run) platform(ctx context.Context) error {
	inv := r.opt.Live
	if r.opt.Search.alone() {
		return nil
	}
	if inv == nil && r.opt.Inventory != "" {
		n, err := r.named(ctx, r.opt.Inventory)
		if err != nil {
			return err
		}
		src := n.judging()
		if src == nil {
			r.notChecked(Platform, "what the platform holds", "the change under scan adds the inventory", "name one that the change can't write")
			return nil
		}
		if inv, err = inventory.Parse(r.opt.Inventory, src); err != nil {
			return &InputError{err.Error()} // which quotes nothing of the file
		}
	}
	if inv == nil {
		return nil
	}
	inv, _, err := MaskInventory(ctx, inv)
	if err != nil {
		return err
	}
	if other := r.ofAnother(&inv.Repository, r.tree.Origin(ctx)); other != "" {
		r.notChecked(Platform, "what the platform holds", fmt.Sprintf("the inventory is of %s (%d), and %s", inv.Repository.Name, inv.Repository.ID, other), "take one of this repository")
		return nil
	}
	r.facts.Inventory = inv
	if age := r.opt.Now.Sub(inv.Taken); age > maxInventoryAge || age < -time.Hour {
		r.notChecked(Platform, "what has changed since", "the inventory was taken on "+inv.Taken.Format(time.DateOnly), "take it anew with curfew inventory")
	}
	if r.facts.Manifest == nil {
		r.notChecked(Platform, "how old stored secrets are, and what guards environments", "there is no "+r.opt.Manifest+" to judge by", "write one with `curfew init`")
	}
	return nil
}

// ofAnother says of which repository what is scanned is, where that isn't the inventory's. The platform's number tells,
// where the job or the manifest knows it: names are given up and taken by others. A job's is of what is scanned where that
// has the job's name; otherwise origin's name must do.
func (r *run) ofAnother(of *inventory.Repository, origin string) string {
	id := strconv.FormatInt(of.ID, 10)
	job := r.opt.Job
	if mine := r.repositoryIDs(); len(mine) > 0 && !slices.Contains(mine, id) {
		return "the manifest's claims are of repository_id " + strings.Join(mine, ", ")
	}
	switch {
	case job.RepositoryID != "" && (origin == "" || strings.EqualFold(origin, job.Repository)):
		if job.RepositoryID != id {
			return fmt.Sprintf("what is scanned is of %s (%s)", job.Repository, job.RepositoryID)
		}
	case origin != "" && !strings.EqualFold(origin, of.Name):
		return "what is scanned is of " + origin
	}
	return ""
}

// repositoryIDs are those that the manifest's claims name; none where one of them is a pattern.
func (r *run) repositoryIDs() []string {
	var ids []string
	if r.facts.Manifest == nil {
		return nil
	}
	for _, id := range r.facts.Manifest.IdentityIDs() {
		claim, ok := r.facts.Manifest.Identities[id].Claims["repository_id"]
		if ok && claim.IsGlob() {
			return nil
		}
		ids = append(ids, claim.Any...)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// MaskInventory hides what looks like a credential in names and titles, which are people's words, and returns the
// inventory with its file. Where what is left is no inventory, the error says so.
func MaskInventory(ctx context.Context, inv *inventory.Inventory) (*inventory.Inventory, []byte, error) {
	src, err := inventory.Encode(inv)
	if err != nil {
		return nil, nil, err
	}
	text, err := Mask(ctx, string(src), nil)
	if err != nil || text == string(src) {
		return inv, src, err
	}
	masked, err := inventory.Parse("the masked inventory", []byte(text))
	if err != nil {
		return nil, nil, fmt.Errorf("a name in the inventory looks like a credential, and what is left without it isn't one: %w", err)
	}
	return masked, []byte(text), nil
}

// unlisted says what of the platform the inventory hasn't that a check would look at, in one line for all that have
// the same reason.
func (r *run) unlisted() {
	type cause struct{ reason, fix string }
	var causes []cause
	names := map[cause][]string{}
	for _, m := range r.facts.Unlisted() {
		c := cause{m.Reason(), m.Fix}
		if names[c] == nil {
			causes = append(causes, c)
		}
		names[c] = append(names[c], m.Title())
	}
	for _, c := range causes {
		fix := cmp.Or(c.fix, "take the inventory with a token that may read it")
		if c.reason == inventory.NotAsked {
			fix = "add --organization, to curfew inventory or beside --github"
		}
		r.notChecked(Platform, some(names[c], len(names[c])), c.reason, fix)
	}
}

// platformRead reports whether all was read that a check would look at. Alerts of code scanning are closed by what was.
func (r *run) platformRead() bool {
	return r.facts.Inventory != nil && !slices.ContainsFunc(r.result.NotChecked, func(n NotChecked) bool { return n.Source == Platform })
}
