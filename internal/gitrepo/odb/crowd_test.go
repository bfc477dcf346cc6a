package odb

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A repository can have more packs than a process may map: those beyond the limit are told, and the rest is read.
func TestManyPacks(t *testing.T) {
	p, x := makePack(part{id: "good", kind: Blob, body: []byte(text)})
	dir := store(t, map[string][]byte{"pack/pack-0.pack": p, "pack/pack-0.idx": x})
	for n := range maxPacks {
		for _, ending := range []string{".pack", ".idx"} {
			from, to := filepath.Join(dir, "pack", "pack-0"+ending), filepath.Join(dir, "pack", fmt.Sprintf("pack-%d%s", n+1, ending))
			if err := os.Link(from, to); err != nil {
				t.Skip("no hard links here:", err)
			}
		}
	}
	db := openAt(t, dir)
	want := []Fault{{Path: filepath.Join(dir, "pack"), What: "more packs than are read: 10000"}}
	if diff := cmp.Diff(want, db.Faults(), cmp.AllowUnexported(ID{})); diff != "" {
		t.Error(diff)
	}
	if _, ok := db.Find(idOf("good")); !ok || db.Len() != maxPacks {
		t.Errorf("%d objects are there, found: %v", db.Len(), ok)
	}
}

// Folders that are borrowed from are read up to a limit.
func TestManyAlternates(t *testing.T) {
	dir := t.TempDir()
	var list []byte
	for n := range maxFolders + 1 {
		name := filepath.Join(dir, strconv.Itoa(n))
		if err := os.Mkdir(name, 0o755); err != nil {
			t.Fatal(err)
		}
		list = fmt.Appendln(list, name)
	}
	path := filepath.Join(dir, "objects", "info", "alternates")
	writeFile(t, path, list)
	want := []Fault{{Path: path, What: "more alternates than are read: 100"}}
	if diff := cmp.Diff(want, openAt(t, filepath.Join(dir, "objects")).Faults(), cmp.AllowUnexported(ID{})); diff != "" {
		t.Error(diff)
	}
}

// An index can claim any number of objects: a sparse file takes no space. None is made room for that the pack can't have.
func TestIndexOfNothing(t *testing.T) {
	p, x := makePack(part{id: "good", kind: Blob, body: []byte(text)})
	dir := store(t, map[string][]byte{"pack/pack-1.pack": p})
	const n = 1 << 20
	index := make([]byte, 8+fanBytes+n*28+40)
	copy(index, x[:8])
	copy(index[8+fanBytes-4:], []byte{0, n >> 16, 0, 0})
	copy(index[len(index)-40:], x[len(x)-40:])
	writeFile(t, filepath.Join(dir, "pack", "pack-1.idx"), index)
	db := openAt(t, dir)
	want := []Fault{{Path: filepath.Join(dir, "pack", "pack-1.pack"), What: "the pack is too short for the objects that its index has"}}
	if diff := cmp.Diff(want, db.Faults(), cmp.AllowUnexported(ID{})); diff != "" || db.Len() > 0 {
		t.Errorf("%d objects: %s", db.Len(), diff)
	}
}
