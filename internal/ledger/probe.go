package ledger

import (
	"context"
	"errors"
	"fmt"
)

// Probe finds out whether a store minds the conditions of writes: a server that takes their headers and
// overwrites all the same would let limits be exceeded and records be lost, in silence. It leaves one small
// object under probe/, named by id, which must be new.
func Probe(ctx context.Context, s Store, id string) error {
	name := "probe/" + safe(id)
	if err := s.Create(ctx, name, []byte("first\n")); err != nil {
		return fmt.Errorf("probe store: %w", err)
	}
	if err := s.Create(ctx, name, []byte("second\n")); !errors.Is(err, ErrExists) {
		return conditionless("created an object that was there", err)
	}
	have, err := s.Get(ctx, name)
	if err != nil {
		return fmt.Errorf("probe store: %w", err)
	}
	if err := s.Replace(ctx, name, have.Tag, []byte("third\n")); err != nil {
		return fmt.Errorf("probe store: %w", err)
	}
	if err := s.Replace(ctx, name, have.Tag, []byte("fourth\n")); !errors.Is(err, ErrChanged) {
		return conditionless("replaced an object that had changed", err)
	}
	return nil
}

// ProbeCreate finds out the half of it that limits hang on, by creating an object once more that was created
// just now, with what it holds: nothing is left behind, and nothing lost whatever the store does. It needs no
// more rights than slots do.
func ProbeCreate(ctx context.Context, s Store, name string) error {
	have, err := s.Get(ctx, name)
	if err != nil {
		return fmt.Errorf("probe store: %w", err)
	}
	if err := s.Create(ctx, name, have.Data); !errors.Is(err, ErrExists) {
		return conditionless("created an object that was there", err)
	}
	return nil
}

// conditionless is what a store did that should have refused, or why it can't be told.
func conditionless(what string, err error) error {
	if err != nil {
		return fmt.Errorf("probe store: %w", err)
	}
	return fmt.Errorf("probe store: it %s: it has no conditional writes, use another", what)
}
