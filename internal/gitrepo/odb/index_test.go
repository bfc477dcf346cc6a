package odb

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// TestLargeOffsets reads an index that names offsets of more than 31 bits in its second table.
func TestLargeOffsets(t *testing.T) {
	_, data := makePack(part{id: "a", kind: Blob, body: []byte("a")}, part{id: "b", kind: Blob, body: []byte("b")}, part{id: "c", kind: Blob, body: []byte("c")})
	trail := bytes.Clone(data[len(data)-40:])
	data = data[:len(data)-40]
	table := data[len(data)-12:]
	binary.BigEndian.PutUint32(table, 1<<31|1)
	binary.BigEndian.PutUint32(table[4:], 1<<31-1)
	binary.BigEndian.PutUint32(table[8:], 1<<31)
	for _, off := range []uint64{5 << 40, 1 << 31} {
		data = binary.BigEndian.AppendUint64(data, off)
	}
	x, err := parseIndex(append(data, trail...), 20)
	if err != nil {
		t.Fatal(err)
	}
	for pos, want := range []int64{1 << 31, 1<<31 - 1, 5 << 40} {
		if got, ok := x.offset(pos); !ok || got != want {
			t.Errorf("object %d begins at %d (%t), want %d", pos, got, ok, want)
		}
	}
	binary.BigEndian.PutUint32(table[8:], 1<<31|2)
	if got, ok := x.offset(2); ok {
		t.Errorf("an offset that isn't there is %d", got)
	}
}
