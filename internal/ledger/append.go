package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// maxBatch is how many bytes of records one checkpoint commits; more are committed in steps.
const maxBatch = MaxObject

// Append adds records, each in its canonical encoding without a line break, and returns how many were
// new: a record whose id is in the log for its run with the same bytes is left out, one with other bytes
// is an error, and then nothing is added. When it returns without error, the records are in the log. After an
// error some may be; appending them again does no harm. It reads the whole log once for the ids.
//
// Of two at once one fails with ErrChanged: open the log again and append again.
func (l *Log) Append(ctx context.Context, lines [][]byte) (int, error) {
	added, err := l.append(ctx, lines)
	if err != nil {
		return added, fmt.Errorf("append to log %q: %w", l.opt.Origin, err)
	}
	return added, nil
}

func (l *Log) append(ctx context.Context, lines [][]byte) (int, error) {
	if l.opt.Signer == nil {
		return 0, errors.New("opened without a signing key")
	}
	if err := l.settle(ctx); err != nil {
		return 0, err
	}
	fresh, keys, err := l.unknown(ctx, lines)
	if err != nil {
		return 0, err
	}
	added := 0
	for len(fresh) > 0 {
		n := fits(fresh)
		if err := l.commit(ctx, fresh[:n]); err != nil {
			l.index = nil // whatever it holds may be in the log or not
			return added, err
		}
		for i, line := range fresh[:n] {
			l.index.add(keys[added+i], tlog.RecordHash(line))
		}
		fresh, added = fresh[n:], added+n
		if err := l.settle(ctx); err != nil {
			return added, err
		}
	}
	return added, nil
}

// fits is how many of lines make one batch, at least one.
func fits(lines [][]byte) int {
	size := 0
	for i, line := range lines {
		if size += len(line) + 1; size > maxBatch && i > 0 {
			return i
		}
	}
	return len(lines)
}

// settle writes the tiles that are committed.
func (l *Log) settle(ctx context.Context) error {
	for len(l.pending) > 0 {
		if err := createSame(ctx, l.store, l.pending[0].name, l.pending[0].data); err != nil {
			return err
		}
		l.pending = l.pending[1:]
	}
	return nil
}

// unknown picks the records that aren't in the log, with their keys.
func (l *Log) unknown(ctx context.Context, lines [][]byte) (out [][]byte, keys []string, err error) {
	if err := l.learn(ctx); err != nil {
		return nil, nil, err
	}
	fresh := map[string]Hash{}
	for i, line := range lines {
		r, err := Decode("record", line)
		if err != nil {
			return nil, nil, moved(err, i+1, 0)
		}
		hash := tlog.RecordHash(line)
		have, ok := l.index.hash(r.key())
		if !ok {
			have, ok = fresh[r.key()]
		}
		switch {
		case !ok:
			fresh[r.key()] = hash
			out, keys = append(out, line), append(keys, r.key())
		case have != hash:
			return nil, nil, fmt.Errorf("record %s is there with other content: %w", r.ID, ErrExists)
		}
	}
	return out, keys, nil
}

// learn reads which records are in the log.
func (l *Log) learn(ctx context.Context) error {
	if l.index != nil {
		return nil
	}
	index := &index{places: map[string]int64{}}
	for e, err := range l.Entries(ctx, 0) {
		if err != nil {
			return err
		}
		index.add(e.Record.key(), tlog.RecordHash(e.Line))
	}
	l.index = index
	return nil
}

// commit puts records into the log.
func (l *Log) commit(ctx context.Context, lines [][]byte) error {
	next, tiles, err := l.derive(ctx, l.at, lines)
	if err != nil {
		return err
	}
	signed, err := next.Sign(l.opt.Signer)
	if err != nil {
		return err
	}
	if back, err := l.parse(signed); err != nil || back != next {
		return errors.Join(errors.New("the signing key isn't among those whose checkpoints count"), err)
	}
	if l.at.Size > 0 {
		if err := createSame(ctx, l.store, earlierName(l.at.Size), l.signed); err != nil {
			return err
		}
	}
	if err := createSame(ctx, l.store, batchName(next), joined(lines)); err != nil {
		return err
	}
	if l.at.Size == 0 {
		err = l.store.Create(ctx, checkpointName, signed)
	} else {
		err = l.store.Replace(ctx, checkpointName, l.tag, signed)
	}
	if errors.Is(err, ErrExists) || errors.Is(err, ErrChanged) {
		return fmt.Errorf("another process appended meanwhile, open the log again: %w", ErrChanged)
	}
	if err != nil {
		return err
	}
	object, err := l.store.Get(ctx, checkpointName)
	if err != nil {
		return err
	}
	if !bytes.Equal(object.Data, signed) {
		return fmt.Errorf("another process appended at once, open the log again: %w", ErrChanged)
	}
	l.at, l.signed, l.tag, l.pending = next, signed, object.Tag, tiles
	return nil
}
