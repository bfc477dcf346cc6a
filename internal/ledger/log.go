package ledger

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// checkpointName is the object that says what the log holds. All else follows from it.
const checkpointName = logPrefix + "checkpoint"

// Log is an append-only log of records in a store: a Merkle tree (RFC 6962) whose root a signed
// checkpoint holds. A Log isn't for use by several goroutines.
//
// Its objects are:
//
//	log/checkpoint              the newest checkpoint; the one object that is ever replaced
//	log/checkpoints/SIZE        each earlier one
//	log/batches/SIZE-ROOT       the records that made the log that large, with that root
//	log/tile/8/LEVEL/NUMBER     256 hashes, .p/WIDTH with fewer: https://c2sp.org/tlog-tiles
//	log/tile/8/data/NUMBER      256 records, one a line; the same
//
// An append writes its batch, then replaces the checkpoint if nobody else did: that is the moment at
// which the records are in the log. The tiles follow from checkpoint and batch, and whoever opens the log
// next writes those that a crash left out. So nothing is ever written that two writers could mean
// differently: of two at once one is told that it lost, and a batch without a checkpoint is no part of
// the log.
type Log struct {
	store Store
	opt   LogOptions

	at      Checkpoint
	signed  []byte // the checkpoint as it is stored
	tag     string
	pending []named // tiles that are committed and not yet written, in the order of writing
	index   *index  // of all records; nil until needed
}

// LogOptions are what a Log is handed.
type LogOptions struct {
	Origin    string    // the log's name: a URL without its scheme that nobody else uses
	Verifiers Verifiers // the keys whose checkpoints count
	Signer    Signer    // nil: the log is only read
}

// OpenLog opens the log in a store. Where there is none it is empty, and the first Append begins it.
func OpenLog(ctx context.Context, store Store, opt LogOptions) (*Log, error) {
	l := &Log{store: store, opt: opt}
	if err := l.load(ctx); err != nil {
		return nil, fmt.Errorf("open log %q: %w", opt.Origin, err)
	}
	return l, nil
}

// load reads the newest checkpoint and what it commits.
func (l *Log) load(ctx context.Context) error {
	l.at, l.signed, l.tag, l.pending, l.index = Checkpoint{Origin: l.opt.Origin}, nil, "", nil, nil
	object, err := l.store.Get(ctx, checkpointName)
	if errors.Is(err, ErrNotFound) {
		l.at.Root, err = tlog.TreeHash(0, nil)
		return err
	}
	if err != nil {
		return err
	}
	at, err := l.parse(object.Data)
	if err != nil {
		return err
	}
	if at.Size == 0 {
		return errors.New("a checkpoint of an empty log: none of ours writes one")
	}
	l.at, l.signed, l.tag = at, object.Data, object.Tag
	settled, err := l.has(ctx, lastTile(at.Size))
	if err == nil && !settled {
		l.pending, err = l.recover(ctx)
	}
	return err
}

// parse reads one of this log's checkpoints.
func (l *Log) parse(src []byte) (Checkpoint, error) {
	c, err := ParseCheckpoint(src, l.opt.Verifiers)
	if err == nil && c.Origin != l.opt.Origin {
		err = fmt.Errorf("the checkpoint is of the log %q", c.Origin)
	}
	return c, err
}

// lastTile names the tile that is written last for a log of some size.
func lastTile(size int64) string {
	tiles := dataTiles(size-1, size)
	return tileName(tiles[len(tiles)-1])
}

func (l *Log) has(ctx context.Context, name string) (bool, error) {
	names, err := l.store.List(ctx, name, "", 1)
	return len(names) == 1 && names[0] == name, err
}

// recover works out the tiles that a crash after the last commit left unwritten.
func (l *Log) recover(ctx context.Context) ([]named, error) {
	object, err := l.store.Get(ctx, batchName(l.at))
	if err != nil {
		return nil, err
	}
	lines, err := split(object.Data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", batchName(l.at), err)
	}
	before := Checkpoint{Origin: l.opt.Origin, Size: l.at.Size - int64(len(lines))}
	if before.Size > 0 {
		older, err := l.store.Get(ctx, earlierName(before.Size))
		if err != nil {
			return nil, err
		}
		if before, err = l.parse(older.Data); err != nil {
			return nil, err
		}
	}
	next, tiles, err := l.derive(ctx, before, lines)
	if err == nil && next != l.at {
		err = fmt.Errorf("%s: its records don't make the checkpoint's tree: the ledger was tampered with", batchName(l.at))
	}
	return tiles, err
}

// derive works out the checkpoint and the tiles of a log at before when lines are appended.
func (l *Log) derive(ctx context.Context, before Checkpoint, lines [][]byte) (Checkpoint, []named, error) {
	source := tileSource{ctx: ctx, store: l.store}
	hashes := &storedHashes{fresh: make(map[int64]Hash, 2*len(lines))}
	if before.Size > 0 {
		hashes.older = tlog.TileHashReader(before.tree(), source)
	}
	next := Checkpoint{Origin: before.Origin, Size: before.Size}
	for _, line := range lines {
		if err := hashes.add(next.Size, tlog.RecordHash(line)); err != nil {
			return Checkpoint{}, nil, err
		}
		next.Size++
	}
	var err error
	if next.Root, err = tlog.TreeHash(next.Size, hashes); err != nil {
		return Checkpoint{}, nil, err
	}
	var out []named
	for _, t := range tlog.NewTiles(tileHeight, before.Size, next.Size) {
		data, err := tlog.ReadTileData(t, hashes)
		if err != nil {
			return Checkpoint{}, nil, err
		}
		out = append(out, named{tileName(t), data})
	}
	begun, err := l.begun(source, hashes, before.Size)
	if err != nil {
		return Checkpoint{}, nil, err
	}
	all := append(begun, lines...)
	first := before.Size - int64(len(begun))
	for _, t := range dataTiles(before.Size, next.Size) {
		from := t.N*tileWidth - first
		out = append(out, named{tileName(t), joined(all[from : from+int64(t.W)])})
	}
	return next, out, nil
}

// begun reads the records of the last tile of a log of some size, where that tile isn't full.
func (l *Log) begun(source tileSource, hashes tlog.HashReader, size int64) ([][]byte, error) {
	width := size % tileWidth
	if width == 0 {
		return nil, nil
	}
	return provenLines(source, hashes, tlog.Tile{H: tileHeight, L: -1, N: size / tileWidth, W: int(width)})
}

// provenLines reads a tile of records and holds each record to its hash in the tree.
func provenLines(source tileSource, hashes tlog.HashReader, t tlog.Tile) ([][]byte, error) {
	name := tileName(t)
	data, err := source.read(name)
	if err != nil {
		return nil, err
	}
	lines, err := split(data)
	if err != nil || len(lines) != t.W {
		return nil, errors.Join(fmt.Errorf("%s: %d records, expected %d: the ledger was tampered with", name, len(lines), t.W), err)
	}
	indexes := make([]int64, t.W)
	for i := range indexes {
		indexes[i] = tlog.StoredHashIndex(0, t.N*tileWidth+int64(i))
	}
	want, err := hashes.ReadHashes(indexes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for i, line := range lines {
		if tlog.RecordHash(line) != want[i] {
			return nil, fmt.Errorf("%s:%d: the record isn't the tree's: the ledger was tampered with", name, i+1)
		}
	}
	return lines, nil
}

// batchName names the object with the records that made the log what a checkpoint says.
func batchName(c Checkpoint) string {
	return fmt.Sprintf("%sbatches/%019d-%x", logPrefix, c.Size, c.Root[:])
}

// earlierName names the checkpoint that the log once had at some size.
func earlierName(size int64) string { return fmt.Sprintf("%scheckpoints/%019d", logPrefix, size) }

// Checkpoint is what the log holds.
func (l *Log) Checkpoint() Checkpoint { return l.at }

// Signed is the checkpoint as it is signed; nil of an empty log.
func (l *Log) Signed() []byte { return l.signed }
