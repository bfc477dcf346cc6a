package ledger

import (
	"context"
	"fmt"
	"io"
	"iter"
	"time"
)

// Filter picks records; the zero Filter picks all. What is set must match exactly.
type Filter struct {
	Identity string    // the manifest's name
	Run      string    // id of the run
	Type     Type      // "lease.issued"
	Since    time.Time // the record's own time, not before this
}

// Match reports whether a record is picked.
func (f Filter) Match(r *Record) bool {
	return (f.Identity == "" || f.Identity == r.Identity.ID) &&
		(f.Run == "" || f.Run == r.Task.RunID) &&
		(f.Type == "" || f.Type == r.Type) &&
		(f.Since.IsZero() || !r.Time.Before(f.Since))
}

// Select reads the records that a filter picks, in the log's order, which is the order in which they were
// collected. It reads all of the log: times aren't in order there. An error ends it.
func (l *Log) Select(ctx context.Context, f Filter) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for e, err := range l.Entries(ctx, 0) {
			if err == nil && !f.Match(&e.Record) {
				continue
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// Export writes the records that a filter picks, one a line, as they stand in the log: the bytes that
// proofs are about. It returns how many there were.
func (l *Log) Export(ctx context.Context, w io.Writer, f Filter) (int, error) {
	n := 0
	for e, err := range l.Select(ctx, f) {
		if err == nil {
			_, err = w.Write(append(e.Line[:len(e.Line):len(e.Line)], '\n'))
		}
		if err != nil {
			return n, fmt.Errorf("export log %q: %w", l.opt.Origin, err)
		}
		n++
	}
	return n, nil
}

// Shown is a record with all that proves it without the store: checkpoint and proof.
type Shown struct {
	Entry
	Proof  Inclusion
	Signed []byte // the checkpoint
}

// Show finds the records of an id, and proves them; ErrNotFound where the log has none. There is one but where a run
// copied another's id: each says of which run it is, which its seal proved.
func (l *Log) Show(ctx context.Context, id string) ([]Shown, error) {
	var out []Shown
	for e, err := range l.Entries(ctx, 0) {
		if err == nil && e.Record.ID != id {
			continue
		}
		var p Inclusion
		if err == nil {
			p, err = l.ProveInclusion(ctx, e.Index)
		}
		if err != nil {
			return nil, fmt.Errorf("show record %q: %w", id, err)
		}
		out = append(out, Shown{e, p, l.signed})
	}
	if out == nil {
		return nil, fmt.Errorf("show record %q: %w in log %q: it may not be collected yet", id, ErrNotFound, l.opt.Origin)
	}
	return out, nil
}
