package ledger

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// maxObjects is how many objects of a log Verify looks at.
const maxObjects = 10_000_000

// Report is what Verify found right.
type Report struct {
	Checkpoint Checkpoint
	Signed     []byte // the checkpoint as it is signed, to be kept elsewhere; nil of an empty log
	Earlier    int    // checkpoints that the log had before and still agrees with
	// Uncommitted names batches without a checkpoint: of a writer that went down or lost. They are no
	// part of the log, and what they hold is proven by nothing.
	Uncommitted []string
}

// Verify reads all of a log and proves that nothing was dropped or rewritten: that the records are
// records, their ids unique in each run, the tree over them the checkpoint's; that every earlier checkpoint agrees
// with it, those in the store and those that the caller kept; and that each object is what it must be,
// to the bit. It needs the store and the keys, no network.
//
// A store that was put back to an earlier state as a whole is right in itself: only a checkpoint that
// was kept elsewhere shows it. Whoever holds the signing key can begin another log; the same shows it.
func Verify(ctx context.Context, store Store, opt LogOptions, kept ...Checkpoint) (Report, error) {
	l, err := OpenLog(ctx, store, opt)
	if err != nil {
		return Report{}, err
	}
	v := &verifier{log: l, hashes: &storedHashes{fresh: map[int64]Hash{}}, source: l.source(ctx)}
	if err := v.verify(ctx, kept); err != nil {
		if now, getErr := store.Get(ctx, checkpointName); getErr == nil && l.tag != "" && now.Tag != l.tag {
			err = fmt.Errorf("another process appended, verify again: %w", ErrChanged)
		}
		return Report{}, fmt.Errorf("verify log %q: %w", opt.Origin, err)
	}
	v.report.Checkpoint, v.report.Signed = l.at, l.signed
	return v.report, nil
}

type verifier struct {
	log    *Log
	hashes *storedHashes // of the whole tree, worked out from the records
	source tileSource
	report Report
}

func (v *verifier) verify(ctx context.Context, kept []Checkpoint) error {
	if err := v.records(ctx); err != nil {
		return err
	}
	for _, c := range kept {
		if c.Origin != v.log.opt.Origin {
			return fmt.Errorf("a checkpoint that was kept is of the log %q", c.Origin)
		}
		if err := v.grew(c); err != nil {
			return err
		}
	}
	names, err := listAll(ctx, v.log.store, logPrefix, maxObjects)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := v.object(ctx, name); err != nil {
			return err
		}
	}
	for _, t := range tlog.NewTiles(tileHeight, 0, v.log.at.Size) {
		data, err := v.source.read(tileName(t))
		if err != nil {
			return err
		}
		if err := v.tile(tileName(t), data); err != nil {
			return err
		}
	}
	return nil
}

// records reads all records and builds the tree over them.
func (v *verifier) records(ctx context.Context) error {
	seen := map[string]int64{}
	for e, err := range v.log.Entries(ctx, 0) {
		if err != nil {
			return err
		}
		if first, ok := seen[e.Record.key()]; ok {
			return fmt.Errorf("record %d has the id of record %d, of the same run", e.Index, first)
		}
		seen[e.Record.key()] = e.Index
		if err := v.hashes.add(e.Index, tlog.RecordHash(e.Line)); err != nil {
			return err
		}
	}
	if int64(len(seen)) != v.log.at.Size {
		return fmt.Errorf("%d records, the checkpoint has %d", len(seen), v.log.at.Size)
	}
	return v.grew(v.log.at)
}

// grew holds the tree to a checkpoint of the same log.
func (v *verifier) grew(c Checkpoint) error {
	if c.Size > v.log.at.Size {
		return fmt.Errorf("a checkpoint has %d records, the log has %d: records were dropped, or the store was put back", c.Size, v.log.at.Size)
	}
	root, err := tlog.TreeHash(c.Size, v.hashes)
	if err != nil {
		return err
	}
	if root != c.Root {
		return fmt.Errorf("the log's first %d records aren't those of the checkpoint of that size: they were rewritten", c.Size)
	}
	return nil
}

// object holds one object of the store to what it must be.
func (v *verifier) object(ctx context.Context, name string) error {
	object, err := v.log.store.Get(ctx, name)
	if err != nil {
		return err
	}
	kind, _, _ := strings.Cut(strings.TrimPrefix(name, logPrefix), "/")
	switch {
	case name == checkpointName:
		return nil // read by OpenLog
	case kind == "checkpoints":
		err = v.earlier(name, object.Data)
	case kind == "batches":
		err = v.batch(ctx, name, object.Data)
	case kind == "tile":
		return v.tile(name, object.Data)
	default:
		err = errors.New("no part of a log: remove what doesn't belong there")
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func (v *verifier) earlier(name string, src []byte) error {
	c, err := v.log.parse(src)
	if err != nil {
		return err
	}
	if name != earlierName(c.Size) {
		return errors.New("the checkpoint has another size than its name says")
	}
	v.report.Earlier++
	return v.grew(c)
}

// batch holds a batch to the records of the log, or counts it as uncommitted.
func (v *verifier) batch(ctx context.Context, name string, data []byte) error {
	digits, _, _ := strings.Cut(strings.TrimPrefix(name, logPrefix+"batches/"), "-")
	size, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || size < 1 || size > maxSize {
		return errors.New("no batch has such a name")
	}
	var root Hash
	if size <= v.log.at.Size {
		if root, err = tlog.TreeHash(size, v.hashes); err != nil {
			return err
		}
	}
	if name != batchName(Checkpoint{Size: size, Root: root}) {
		v.report.Uncommitted = append(v.report.Uncommitted, name)
		return nil
	}
	lines, err := split(data)
	if err != nil {
		return err
	}
	first := size - int64(len(lines))
	if len(lines) == 0 || first < 0 {
		return fmt.Errorf("%d records, which no batch of this name has", len(lines))
	}
	if first > 0 {
		// A batch that lost its beginning would else be a shorter one.
		if known, err := v.log.has(ctx, earlierName(first)); err != nil || !known {
			return errors.Join(fmt.Errorf("%d records, and no checkpoint was before them", len(lines)), err)
		}
	}
	return v.lines(first, lines)
}

// tile holds a tile to the tree.
func (v *verifier) tile(name string, data []byte) error {
	t, err := tlog.ParseTilePath(strings.TrimPrefix(name, logPrefix))
	if err != nil || t.H != tileHeight {
		return fmt.Errorf("%s: no tile has such a name", name)
	}
	if whole := v.log.at.Size >> (tileHeight * max(t.L, 0)); t.N > maxSize || t.N*tileWidth+int64(t.W) > whole {
		return fmt.Errorf("%s: beyond the log's end", name)
	}
	if t.L < 0 {
		lines, err := split(data)
		if err == nil && len(lines) != t.W {
			err = fmt.Errorf("%d records, expected %d", len(lines), t.W)
		}
		if err == nil {
			err = v.lines(t.N*tileWidth, lines)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	}
	want, err := tlog.ReadTileData(t, v.hashes)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if string(want) != string(data) {
		return fmt.Errorf("%s: not the hashes of the log's records", name)
	}
	return nil
}

// lines holds records to the tree, beginning with number first.
func (v *verifier) lines(first int64, lines [][]byte) error {
	for i, line := range lines {
		want, err := v.hashes.ReadHashes([]int64{tlog.StoredHashIndex(0, first+int64(i))})
		if err != nil {
			return err
		}
		if tlog.RecordHash(line) != want[0] {
			return fmt.Errorf("record %d isn't the tree's", first+int64(i))
		}
	}
	return nil
}
