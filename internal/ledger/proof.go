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
