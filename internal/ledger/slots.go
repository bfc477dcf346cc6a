package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/curfew-ci/curfew/internal/jsontree"
)

// Slots counts what is limited: concurrent leases, uses per day, tickets that may be used once, uses of
// break-glass. A slot is taken before the credential is asked for, by creating an object that nobody
// else can create, so that no number of parallel jobs takes more than there are. Nothing is overwritten
// or removed: a role that may only create is enough.
//
// A slot is free again when its time is over, by the clock of who asks; there is no giving back, since a
// job that dies can't. Of a slot's holders only the newest counts, so that who may create objects can free a
// slot before its time, by a holder after the one that has it. What is to be had once is safe from that: its
// slot is never taken again, whoever comes after.
type Slots struct {
	Store Store
	Now   func() time.Time
}

// Claim asks for a slot.
type Claim struct {
	// Key says what is limited, such as a repository's id, identity, grant and "per-day". Its first part
	// is its kind, and part of a name: "limits", "once", "break-glass".
	Key    []string
	Limit  int    // how many slots there are, from 1 to MaxSlots
	Holder string // id of the record that says why: lease.intent
	// NotAfter is when the slot is free again, never where it is zero: for a limit on parallel leases when
	// the credential ends, for one on uses per time that time from now.
	NotAfter time.Time
	// Use says of a use of break-glass what it was; nil for all else.
	Use *Use
}

// MaxSlots is the largest limit.
const MaxSlots = 10_000

// slot is the object of a taken slot.
type slot struct {
	Schema     int       `json:"schema"`
	Key        []string  `json:"key"`
	Slot       int       `json:"slot"`
	Generation int64     `json:"generation"`
	Holder     string    `json:"holder"`
	Taken      time.Time `json:"taken"`
	NotAfter   time.Time `json:"not_after,omitzero"`
	Use        *Use      `json:"use,omitempty"` // from schema 2 on
}

// FullError says that all slots are taken.
type FullError struct {
	Limit int
	Free  time.Time // when the first is free again; zero: never
}

// Error says when to try again.
func (e *FullError) Error() string {
	if e.Free.IsZero() {
		return fmt.Sprintf("the limit of %d is reached, and what took it doesn't end", e.Limit)
	}
	return fmt.Sprintf("the limit of %d is reached: try again after %s", e.Limit, e.Free.Format(time.RFC3339))
}

// Take takes a free slot and returns its object's name, or a *FullError. What it can't read counts as
// an error, never as free. Whoever lowers a limit waits for the slots above it to end by themselves.
func (s Slots) Take(ctx context.Context, c Claim) (string, error) {
	now := second(s.Now())
	if err := checkKey(c.Key); err != nil {
		return "", fmt.Errorf("take slot: %w", err)
	}
	switch {
	case c.Limit < 1 || c.Limit > MaxSlots:
		return "", fmt.Errorf("take slot: a limit of %d: expected 1 to %d", c.Limit, MaxSlots)
	case !ValidID(c.Holder):
		return "", errors.New("take slot: the holder must be a record's id")
	case !c.NotAfter.IsZero() && !c.NotAfter.After(now):
		return "", errors.New("take slot: its time is over before it begins")
	case c.Use != nil && c.Use.check() != nil:
		return "", fmt.Errorf("take slot: %w", c.Use.check())
	}
	full := &FullError{Limit: c.Limit}
	for n := range c.Limit {
		name, held, err := s.take(ctx, c, n, now)
		if err != nil {
			return "", fmt.Errorf("take slot: %w", err)
		}
		if name != "" {
			return name, nil
		}
		if full.Free.IsZero() || !held.IsZero() && held.Before(full.Free) {
			full.Free = held
		}
	}
	return "", full
}

// take takes the n'th slot, or says until when another holds it.
func (s Slots) take(ctx context.Context, c Claim, n int, now time.Time) (name string, held time.Time, err error) {
	prefix := slotsPrefix(c.Key) + slotNumber(n)
	// A lost race is looked at once more: who won it may have asked for less time than there is left.
	for range 2 {
		last, found, err := s.newest(ctx, prefix, c.Key, n)
		if err != nil {
			return "", time.Time{}, err
		}
		switch {
		case found && c.NotAfter.IsZero(): // and is over, which who holds one forever can't have said
			return "", time.Time{}, nil
		case found && last.taken(now):
			return "", last.NotAfter, nil
		}
		next := slot{
			Schema: version(c.Use), Key: c.Key, Slot: n, Holder: c.Holder, Taken: now, NotAfter: roundUp(c.NotAfter), Use: c.Use,
		}
		if found {
			next.Generation = last.Generation + 1
		}
		line, err := jsontree.Line(next)
		if err != nil {
			return "", time.Time{}, err
		}
		name := prefix + generation(next.Generation)
		err = s.Store.Create(ctx, name, append(line, '\n'))
		if !errors.Is(err, ErrExists) {
			return name, time.Time{}, err
		}
	}
	return "", time.Time{}, nil
}

// newest reads the last holder of a slot.
func (s Slots) newest(ctx context.Context, prefix string, key []string, n int) (slot, bool, error) {
	names, err := s.Store.List(ctx, prefix, "", 1)
	if err != nil || len(names) == 0 {
		return slot{}, false, err
	}
	last, err := s.read(ctx, names[0])
	if err == nil && (!slices.Equal(last.Key, key) || last.Slot != n) {
		err = notItself(names[0])
	}
	return last, err == nil, err
}

// read reads a slot's object, which must be what its name says.
func (s Slots) read(ctx context.Context, name string) (slot, error) {
	object, err := s.Store.Get(ctx, name)
	if err != nil {
		return slot{}, err
	}
	var got slot
	line, ended := bytes.CutSuffix(object.Data, []byte("\n"))
	if err := decodeInto(name, line, &got); err != nil {
		return slot{}, err
	}
	within := 0 <= got.Slot && got.Slot < MaxSlots && 0 <= got.Generation && got.Generation < generations
	fit := got.Schema == version(got.Use) && (got.Use == nil || got.Use.check() == nil)
	if !ended || !fit || checkKey(got.Key) != nil || !within || name != slotsPrefix(got.Key)+slotNumber(got.Slot)+generation(got.Generation) {
		return slot{}, notItself(name)
	}
	return got, nil
}

func notItself(name string) error {
	return fmt.Errorf("%s: not the slot that its name says: look at who wrote it", name)
}

// taken reports whether a holder holds the slot at that time.
func (s slot) taken(now time.Time) bool { return s.NotAfter.IsZero() || !now.After(s.NotAfter) }

// checkKey refuses a key that no name can be made of.
func checkKey(key []string) error {
	switch {
	case len(key) == 0 || key[0] == "" || safe(key[0]) != key[0]:
		return errors.New("the key's first part must be a plain word")
	case key[0] == BreakGlassKind && len(key) != 3:
		return errors.New("a key of break-glass names a project and an entry")
	case !utf8.ValidString(strings.Join(key, "")):
		return errors.New("the key isn't UTF-8")
	}
	return nil
}

// slotsPrefix is what the names of a key's slots begin with, and slotNumber the part after it. Those of break-glass stand
// together by their project, as they are listed by it.
func slotsPrefix(key []string) string {
	if key[0] == BreakGlassKind {
		return usesPrefix(key[1]) + keyDigest(key) + "/"
	}
	return "slots/" + key[0] + "/" + keyDigest(key) + "/"
}

func slotNumber(n int) string { return fmt.Sprintf("%05d/", n) }

// generations is one more than the last generation that a name can have.
const generations = 10_000_000_000

// generation is the last part of a name. It counts down, so that the newest comes first in a list.
func generation(n int64) string { return fmt.Sprintf("%010d", generations-1-n) }

// keyDigest is the hex SHA-256 of a key's parts, each ended by NUL.
func keyDigest(key []string) string {
	h := sha256.New()
	for _, part := range key {
		h.Write([]byte(part))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil))
}
