package ledger

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// Inclusion proves that a record is in a log: the hashes beside the way from it to the root (RFC 6962,
// section 2.1.1), 17 of them in a log of 100,000.
type Inclusion struct {
	Index  int64  `json:"index"`
	Size   int64  `json:"size"`
	Hashes []Hash `json:"hashes"`
}

// ProveInclusion proves that the log has its record number index.
func (l *Log) ProveInclusion(ctx context.Context, index int64) (Inclusion, error) {
	p, err := tlog.ProveRecord(l.at.Size, index, tlog.TileHashReader(l.at.tree(), l.source(ctx)))
	if err != nil {
		return Inclusion{}, fmt.Errorf("prove record %d of log %q: %w", index, l.opt.Origin, err)
	}
	return Inclusion{index, l.at.Size, p}, nil
}

// Check holds the proof to a checkpoint and to the bytes of a record, without its line break. It needs
// nothing else.
func (p Inclusion) Check(c Checkpoint, line []byte) error {
	if p.Size != c.Size {
		return fmt.Errorf("check inclusion: the proof is for %d records, the checkpoint has %d", p.Size, c.Size)
	}
	if tlog.CheckRecord(p.Hashes, c.Size, c.Root, p.Index, tlog.RecordHash(line)) != nil {
		return errors.New("check inclusion: the record isn't in the checkpoint's tree, not at that place")
	}
	return nil
}

// Consistency proves that a log grew out of what it was: that all it had is still there (RFC 6962,
// section 2.1.2).
type Consistency struct {
	Old    int64  `json:"old"`
	New    int64  `json:"new"`
	Hashes []Hash `json:"hashes"`
}

// ProveConsistency proves that the log begins with all of what it was at an older size, at least 1.
func (l *Log) ProveConsistency(ctx context.Context, old int64) (Consistency, error) {
	p, err := tlog.ProveTree(l.at.Size, old, tlog.TileHashReader(l.at.tree(), l.source(ctx)))
	if err != nil {
		return Consistency{}, fmt.Errorf("prove that log %q grew from %d records: %w", l.opt.Origin, old, err)
	}
	return Consistency{old, l.at.Size, p}, nil
}

// Check holds the proof to an older and a newer checkpoint of one log.
func (p Consistency) Check(older, newer Checkpoint) error {
	switch {
	case older.Origin != newer.Origin:
		return errors.New("check consistency: the checkpoints are of two logs")
	case p.Old != older.Size || p.New != newer.Size:
		return fmt.Errorf("check consistency: the proof is for %d and %d records, the checkpoints have %d and %d", p.Old, p.New, older.Size, newer.Size)
	case tlog.CheckTree(p.Hashes, newer.Size, newer.Root, older.Size, older.Root) != nil:
		return errors.New("check consistency: the newer log doesn't begin with the older: it was rewritten")
	}
	return nil
}
