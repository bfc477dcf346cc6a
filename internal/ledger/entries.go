package ledger

import (
	"context"
	"iter"

	"golang.org/x/mod/sumdb/tlog"
)

// Entry is a record with its place in a log.
type Entry struct {
	Index  int64
	Line   []byte // the record's bytes
	Record Record
}

// source reads the log's objects, those not yet written too.
func (l *Log) source(ctx context.Context) tileSource {
	pending := make(map[string][]byte, len(l.pending))
	for _, p := range l.pending {
		pending[p.name] = p.data
	}
	return tileSource{ctx: ctx, store: l.store, pending: pending}
}

// Entries reads the records from an index on, in their order. Each is proven to be in the checkpoint's
// tree before it is handed out; the first that can't be ends the reading with an error.
func (l *Log) Entries(ctx context.Context, from int64) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		if l.at.Size == 0 {
			return
		}
		source := l.source(ctx)
		hashes := tlog.TileHashReader(l.at.tree(), source)
		for _, t := range dataTiles(max(from, 0)/tileWidth*tileWidth, l.at.Size) {
			lines, err := provenLines(source, hashes, t)
			if err != nil {
				yield(Entry{}, err)
				return
			}
			for i, line := range lines {
				index := t.N*tileWidth + int64(i)
				if index < from {
					continue
				}
				r, err := Decode(tileName(t), line)
				if err != nil {
					yield(Entry{}, moved(err, i+1, 0))
					return
				}
				if !yield(Entry{index, line, r}, nil) {
					return
				}
			}
		}
	}
}
