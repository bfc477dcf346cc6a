package ledger

import (
	"context"
	"fmt"
	"slices"
)

// Count says how many slots of a key are taken now, whatever its limit is: those above one that was lowered
// count until they end. It only reads, two objects' worth of requests for each slot that ever was, and what it
// can't read is an error, never free.
func (s Slots) Count(ctx context.Context, key []string) (int, error) {
	n, err := s.count(ctx, key)
	if err != nil {
		return 0, fmt.Errorf("count slots: %w", err)
	}
	return n, nil
}

func (s Slots) count(ctx context.Context, key []string) (int, error) {
	if err := checkKey(key); err != nil {
		return 0, err
	}
	now, prefix, n := second(s.Now()), slotsPrefix(key), 0
	for after, seen := "", -1; ; {
		names, err := s.Store.List(ctx, prefix, after, 1)
		if err != nil || len(names) == 0 {
			return n, err
		}
		// The first name of a slot is its newest holder's.
		last, err := s.read(ctx, names[0])
		if err != nil {
			return 0, err
		}
		if !slices.Equal(last.Key, key) || last.Slot <= seen {
			return 0, notItself(names[0])
		}
		if last.taken(now) {
			n++
		}
		seen, after = last.Slot, prefix+slotNumber(last.Slot)+generation(0)
	}
}
