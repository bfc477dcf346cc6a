package odb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestTooLarge(t *testing.T) {
	const mib = 1 << 20
	big := strings.Repeat("0123456789abcde\n", mib/16+1)
	part1 := []part{
		{id: "fits", kind: Blob, body: []byte(big[:mib])},
		{id: "big", kind: Blob, body: []byte(big)},
		{id: "of big", kind: offsetDelta, base: "big", body: deltaOf(len(big), 20, 0x90, 20)},
		{id: "of that", kind: offsetDelta, base: "of big", body: deltaOf(20, 20, 0x90, 20)},
		{id: "made big", kind: offsetDelta, base: "fits", body: deltaOf(mib, 2*mib, 0xc0, 0x10, 0xc0, 0x10)},
		{id: "made", kind: offsetDelta, base: "fits", body: deltaOf(mib, 20, 0x90, 20)},
	}
	dir := packed(t, part1...)
	name, content := looseFile("loose", fmt.Sprintf("blob %d\x00%s", len(big), big))
	writeFile(t, dir+"/"+name, content)
	db := openAt(t, dir)
	names := []string{"fits", "big", "of big", "of that", "made big", "made", "loose"}
	got := walkNames(t, db, WalkerOptions{MaxBytes: mib}, names...)
	const large, ofLarge = "larger than 1 MiB", "made of something that is larger than 1 MiB"
	want := seen{
		Data:    map[string]string{"fits": big[:mib], "made": big[:20]},
		Omitted: map[string]string{"big": large, "of big": ofLarge, "of that": ofLarge, "made big": large, "loose": large},
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
	reader := db.NewReader(0)
	reader.MaxBytes = mib
	for _, name := range names {
		n, _ := db.Find(idOf(name))
		_, data, err := reader.Read(n)
		if text, ok := want.Data[name]; ok && (err != nil || string(data) != text) || !ok && !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s is read with error %v", name, err)
		}
	}
}

// comb is a chain of deltas, each with a twig beside it, of objects of some size.
func comb(depth, size int) (parts []part, want map[string]string) {
	base := strings.Repeat("0123456789abcde\n", size/16)
	want = map[string]string{"blob 0": base}
	parts = []part{{id: "blob 0", kind: Blob, body: []byte(base)}}
	for n := range depth {
		// Both begin with their number and take over the rest.
		for _, id := range []string{"blob", "twig"} {
			name := fmt.Sprintf("%s %d", id, n+1)
			of := fmt.Sprintf("blob %d", n)
			number := fmt.Sprintf("%s %06d\n", id, n+1)
			rest := size - len(number)
			ops := append([]byte{byte(len(number))}, number...)
			ops = append(ops, 0xf1, byte(len(number)), byte(rest), byte(rest>>8), byte(rest>>16))
			parts = append(parts, part{id: name, kind: offsetDelta, base: of, body: deltaOf(size, int64(size), ops...)})
			want[name] = number + want[of][len(number):]
		}
	}
	return parts, want
}

// TestBudget walks a deep chain of large objects, back up which there is always one more to make.
func TestBudget(t *testing.T) {
	const size = 64 << 10
	parts, want := comb(60, size)
	db := openAt(t, packed(t, parts...))
	forest, err := db.Forest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, budget := range []int64{1, 3 * size, 10 * size, DefaultBudget} {
		walker := forest.NewWalker(WalkerOptions{Budget: budget})
		got := map[ID]string{}
		var most int64
		for _, root := range forest.Roots(Blob) {
			err := Walk(t.Context(), walker, root, func(v Version, base []byte, hasBase bool) ([]byte, error) {
				got[db.ID(v.Num)] = string(v.Data)
				most = max(most, walker.buffers.held)
				checkCopies(t, v, base, hasBase) // what a visit keeps of its data outlives the buffers
				return v.Data, nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if len(got) != len(want) || len(walker.Faults()) > 0 {
			t.Errorf("%d objects are visited, want %d; %v", len(got), len(want), walker.Faults())
		}
		for name, content := range want {
			if got[idOf(name)] != content {
				t.Errorf("with a budget of %d, %s is another", budget, name)
			}
		}
		if limit := max(budget, 3*size); most > limit {
			t.Errorf("%d bytes are held, want %d", most, limit)
		}
	}
}

func TestWalkEnds(t *testing.T) {
	parts, _ := comb(10, 1024)
	db := openAt(t, packed(t, parts...))
	forest, err := db.Forest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	walker := forest.NewWalker(WalkerOptions{})
	root := forest.Roots(Blob)[0]
	stop := errors.New("stop")
	visits := 0
	visit := func(Version, int, bool) (int, error) {
		if visits++; visits == 5 {
			return 0, stop
		}
		return 0, nil
	}
	if err := Walk(t.Context(), walker, root, visit); !errors.Is(err, stop) || visits != 5 {
		t.Errorf("got %v after %d visits", err, visits)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	visits = 10
	if err := Walk(ended, walker, root, visit); !errors.Is(err, context.Canceled) || visits != 10 {
		t.Errorf("got %v and %d visits of a walk that is not to be", err, visits)
	}
	if _, err := db.Forest(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v of a forest that is not to be", err)
	}
	visits = 10
	if err := Walk(t.Context(), walker, root, visit); err != nil || visits != 31 {
		t.Errorf("got %v and %d visits after an interrupted walk", err, visits-10)
	}
}

// What was dropped is not read again for a walk that is to end.
func TestRestoreEnds(t *testing.T) {
	parts, _ := comb(20, 1024)
	db := openAt(t, packed(t, parts...))
	forest, err := db.Forest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	walker := forest.NewWalker(WalkerOptions{Budget: 1})
	walker.begin(forest.Roots(Blob)[0])
	for walker.depth() < 10 {
		if more, err := walker.next(t.Context()); !more || err != nil {
			t.Fatalf("got %v, %v at depth %d", more, err, walker.depth())
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	const level = 5
	if err := walker.restore(ended, level); !errors.Is(err, context.Canceled) || !walker.dropped(level) {
		t.Errorf("got %v", err)
	}
	if err := walker.restore(t.Context(), level); err != nil || walker.dropped(level) {
		t.Errorf("got %v of one that goes on", err)
	}
}

// TestWalkFromWithin begins with an object that is no root.
func TestWalkFromWithin(t *testing.T) {
	parts, want := comb(3, 1024)
	db := openAt(t, packed(t, parts...))
	forest, err := db.Forest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	n, _ := db.Find(idOf("blob 2"))
	got := map[string]bool{}
	err = Walk(t.Context(), forest.NewWalker(WalkerOptions{}), n, func(v Version, _ int, hasBase bool) (int, error) {
		got[string(v.Data)] = hasBase
		return 0, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	expected := map[string]bool{want["blob 2"]: false, want["blob 3"]: true, want["twig 3"]: true}
	if diff := cmp.Diff(expected, got); diff != "" {
		t.Error(diff)
	}
}

// TestReadUnmapped reads as where files can't be mapped.
func TestReadUnmapped(t *testing.T) {
	r := newRepo(t, SHA1)
	r.fill(20, 1)
	r.git(nil, "repack", "-adfq")
	want := r.all()
	db := r.openDB(SHA1)
	for _, p := range db.packs {
		unmapFile(t, p.file)
		unmapFile(t, p.table)
		content, err := p.table.whole()
		if err != nil {
			t.Fatal(err)
		}
		if p.idx, err = parseIndex(content, SHA1.Size()); err != nil {
			t.Fatal(err)
		}
	}
	readAll(t, db, db.NewReader(1000), want)
	walkAll(t, db, WalkerOptions{}, want)
}

// unmapFile turns a file into one that is read piece by piece.
func unmapFile(t *testing.T, f *file) {
	t.Helper()
	if f.f != nil {
		return
	}
	if err := unmap(f.data); err != nil {
		t.Fatal(err)
	}
	var err error
	if f.f, err = os.Open(f.path); err != nil {
		t.Fatal(err)
	}
	f.data, f.mapped = nil, false
}

// TestUnload reads on when what was mapped is taken out of memory.
func TestUnload(t *testing.T) {
	db := openAt(t, packed(t, part{id: "blob", kind: Blob, body: []byte(text)}))
	db.packs[0].file.unload()
	reader := db.NewReader(0)
	reader.inflater.passed = unloadAfter
	for range 2 {
		if _, data, err := reader.Read(0); err != nil || string(data) != text {
			t.Errorf("got %q (%v)", data, err)
		}
	}
	if reader.inflater.passed == 0 || reader.inflater.passed >= unloadAfter {
		t.Errorf("%d bytes are counted", reader.inflater.passed)
	}
}
