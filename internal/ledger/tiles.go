package ledger

import (
	"bytes"
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// Tiles have 2^tileHeight hashes or records.
const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
)

// logPrefix is what all of a log's objects' names begin with.
const logPrefix = "log/"

// named is an object with its name.
type named struct {
	name string
	data []byte
}

// tileName is the name of a tile's object: log/tile/8/LEVEL/NUMBER, with .p/WIDTH where it isn't full.
func tileName(t tlog.Tile) string { return logPrefix + t.Path() }

// dataTiles lists the tiles of records that a log of size now has and one of size before hadn't.
func dataTiles(before, now int64) []tlog.Tile {
	var tiles []tlog.Tile
	for n := before / tileWidth; n*tileWidth < now; n++ {
		width := int(min(tileWidth, now-n*tileWidth))
		if n*tileWidth+int64(width) > before {
			tiles = append(tiles, tlog.Tile{H: tileHeight, L: -1, N: n, W: width})
		}
	}
	return tiles
}

// joined is the content of a tile of records or a batch: each with a line break.
func joined(lines [][]byte) []byte {
	var b bytes.Buffer
	for _, line := range lines {
		b.Write(line)
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// split is the inverse of joined.
func split(data []byte) ([][]byte, error) {
	if len(data) == 0 {
		return nil, nil
	}
	whole, ended := bytes.CutSuffix(data, []byte("\n"))
	if !ended {
		return nil, fmt.Errorf("cut short after %d bytes", len(data))
	}
	return bytes.Split(whole, []byte("\n")), nil
}

// storedHashes are the hashes of a tree by their index in the library's order, over those of an older
// tree that a HashReader knows.
type storedHashes struct {
	fresh map[int64]Hash
	older tlog.HashReader // nil where there is no older tree
}

// ReadHashes implements tlog.HashReader.
func (s *storedHashes) ReadHashes(indexes []int64) ([]Hash, error) {
	var missing []int64
	for _, i := range indexes {
		if _, ok := s.fresh[i]; !ok {
			missing = append(missing, i)
		}
	}
	if len(missing) > 0 {
		if s.older == nil {
			return nil, fmt.Errorf("%d hashes are not in the tree", len(missing))
		}
		found, err := s.older.ReadHashes(missing)
		if err != nil {
			return nil, err
		}
		for i, h := range found {
			s.fresh[missing[i]] = h
		}
	}
	out := make([]Hash, len(indexes))
	for i, index := range indexes {
		out[i] = s.fresh[index]
	}
	return out, nil
}

// add appends a record to a tree of n.
func (s *storedHashes) add(n int64, record Hash) error {
	hashes, err := tlog.StoredHashesForRecordHash(n, record, s)
	if err != nil {
		return err
	}
	first := tlog.StoredHashIndex(0, n)
	for i, h := range hashes {
		s.fresh[first+int64(i)] = h
	}
	return nil
}

// tileSource reads the tiles of a log for the library, which proves each by the tree's root.
type tileSource struct {
	ctx     context.Context //nolint:containedctx // the library's interface has none
	store   Store
	pending map[string][]byte // what is committed and not yet written
}

// Height implements tlog.TileReader.
func (tileSource) Height() int { return tileHeight }

// ReadTiles implements tlog.TileReader.
func (s tileSource) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	out := make([][]byte, len(tiles))
	for i, t := range tiles {
		data, err := s.read(tileName(t))
		if err != nil {
			return nil, err
		}
		out[i] = data
	}
	return out, nil
}

// SaveTiles implements tlog.TileReader. There is no cache.
func (tileSource) SaveTiles([]tlog.Tile, [][]byte) {}

func (s tileSource) read(name string) ([]byte, error) {
	if data, ok := s.pending[name]; ok {
		return data, nil
	}
	object, err := s.store.Get(s.ctx, name)
	return object.Data, err
}
