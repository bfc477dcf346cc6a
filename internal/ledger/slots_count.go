package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// maxKeys is how many keys of one kind Keys lists.
const maxKeys = 10_000

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

// Keys lists the keys of a kind of which a slot was ever taken, in no order that means anything. It only
// reads, and as strictly as Count.
func (s Slots) Keys(ctx context.Context, kind string) ([][]string, error) {
	keys, err := s.keys(ctx, kind)
	if err != nil {
		return nil, fmt.Errorf("list keys of slots: %w", err)
	}
	return keys, nil
}

func (s Slots) keys(ctx context.Context, kind string) ([][]string, error) {
	if err := checkKey([]string{kind}); err != nil {
		return nil, err
	}
	var keys [][]string
	for after := ""; ; {
		names, err := s.Store.List(ctx, "slots/"+kind+"/", after, 1)
		if err != nil || len(names) == 0 {
			return keys, err
		}
		first, err := s.read(ctx, names[0])
		if err != nil {
			return nil, err
		}
		if len(keys) == maxKeys {
			return nil, errors.New("more than 10000")
		}
		keys = append(keys, first.Key)
		after = slotsPrefix(first.Key) + slotNumber(99_999) + generation(0) // behind all of this key's
	}
}
