package ledger

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// counted is a store that counts what it is asked for.
type counted struct {
	Store
	gets, lists int
}

func (c *counted) Get(ctx context.Context, name string) (Object, error) {
	c.gets++
	return c.Store.Get(ctx, name)
}

func (c *counted) List(ctx context.Context, prefix, after string, limit int) ([]string, error) {
	c.lists++
	return c.Store.List(ctx, prefix, after, limit)
}

// TestTaken: what was taken costs a list, and no object of the inbox is read again, whatever lies there by now.
func TestTaken(t *testing.T) {
	inbox, store, p, ctx := newMemory(), newMemory(), newPlatform(), t.Context()
	dir := folder(t)
	deposit := func(seed uint64) string {
		t.Helper()
		name := jobFile(t, dir, seed, 2, p.tokens(jobClaims()))
		if err := Deposit(ctx, dir, inbox, name); err != nil {
			t.Fatal(err)
		}
		return name
	}
	first, second := deposit(1), deposit(2)
	asked := &counted{Store: inbox}
	collect := func(want Collected) {
		t.Helper()
		asked.gets, asked.lists = 0, 0
		got, err := newCollector(t, asked, store).Collect(ctx)
		if err != nil || got.Before != want.Before || got.Added != want.Added || len(got.Refused) != len(want.Refused) {
			t.Fatalf("%+v, %v", got, err)
		}
	}
	collect(Collected{Added: 4})
	if collect(Collected{Before: 2}); asked.gets != 0 || asked.lists != 1 {
		t.Errorf("what was taken costs %d reads and %d lists of the inbox", asked.gets, asked.lists)
	}

	// Whoever can overwrite the inbox can't have anything taken twice, or taken back.
	inbox.objects[first] = inbox.objects[second]
	deposit(3)
	if collect(Collected{Before: 2, Added: 2}); asked.gets != 2 {
		t.Errorf("a new file costs %d reads of the inbox", asked.gets)
	}
	inbox.objects[first] = get(t, dir, first)

	// Each mark says where the archive has the file.
	for name, data := range store.objects {
		if rest, ok := strings.CutPrefix(name, takenPrefix); ok {
			file, _, _ := strings.Cut(rest, "/")
			if kept := strings.TrimSuffix(string(data), "\n"); string(store.objects[kept]) != string(inbox.objects[file]) {
				t.Errorf("%s says that %s is kept as %q", name, file, kept)
			}
		}
	}

	// In a log that was begun anew beside its archive no mark counts, nor in one in which other records stand in the place.
	maps.DeleteFunc(store.objects, func(name string, _ []byte) bool { return strings.HasPrefix(name, logPrefix) })
	hidden := map[string][]byte{}
	for _, name := range []string{first, first + sealSuffix} {
		hidden[name] = inbox.objects[name]
		delete(inbox.objects, name)
	}
	collect(Collected{Added: 4})
	maps.Copy(inbox.objects, hidden)
	collect(Collected{Before: 2, Added: 2})
	collect(Collected{Before: 3})
	if r, err := Verify(ctx, store, options(t)); err != nil || r.Checkpoint.Size != 6 {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestTakenInFolders: no name that somebody gives a file in a bucket stops collecting into a folder.
func TestTakenInFolders(t *testing.T) {
	inbox, dir, p, ctx := newMemory(), folder(t), newPlatform(), t.Context()
	archive := folder(t)
	plain := jobFile(t, dir, 1, 2, p.tokens(jobClaims()))
	if err := Deposit(ctx, dir, inbox, plain); err != nil {
		t.Fatal(err)
	}
	if got, err := newCollector(t, inbox, archive).Collect(ctx); err != nil || got.Added != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	marks, err := archive.List(ctx, takenPrefix, "", MaxList)
	if err != nil || len(marks) != 1 {
		t.Fatal(marks, err)
	}
	content := append(mustEncode(t, issued()), '\n')
	for i, name := range []string{
		strings.TrimPrefix(marks[0], takenPrefix) + "/below.jsonl", // of a file, as if it were a folder
		"a/b.jsonl",
	} {
		base := path.Base(name)
		if err := dir.Create(ctx, base, content); err != nil {
			t.Fatal(err)
		}
		if err := sealFile(ctx, dir, base, rand.NewChaCha8([32]byte{byte(i)}), p.tokens(jobClaims())); err != nil {
			t.Fatal(err)
		}
		sealed := newMemory()
		sealed.objects[name], sealed.objects[name+sealSuffix] = content, get(t, dir, base+sealSuffix)
		if got, err := newCollector(t, sealed, archive).Collect(ctx); err != nil || len(got.Files) != 1 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if again, err := archive.List(ctx, takenPrefix, "", MaxList); err != nil || !slices.Equal(again, marks) {
		t.Error(again, err)
	}
}

// TestTakenPages: marks are found for all of an inbox that has many pages, among the marks of what isn't there any more.
func TestTakenPages(t *testing.T) {
	archive, x := newMemory(), &index{places: map[string]int64{}}
	x.add("a", Hash{1})
	span := x.span(0, 1)
	var names []string
	want := 0
	for i := range 3 * MaxList {
		name := fmt.Sprintf("%05d.jsonl", i)
		if i%3 != 0 { // the others lie in the inbox no more
			names = append(names, name)
		}
		if i%2 == 0 {
			if err := archive.Create(t.Context(), takenPrefix+name+"/"+span, nil); err != nil {
				t.Fatal(err)
			}
			if i%3 != 0 {
				want++
			}
		}
	}
	c := &Collector{Archive: archive, Log: &Log{index: x}}
	got := 0
	for len(names) > 0 {
		page := names[:min(len(names), MaxList)]
		names = names[len(page):]
		taken, err := c.taken(t.Context(), page)
		if err != nil {
			t.Fatal(err)
		}
		got += len(taken)
	}
	if got != want {
		t.Errorf("%d of %d", got, want)
	}
}

// TestTakenBesideLonger: among the marks of a file's name stand those of longer ones, and none is passed over for that.
func TestTakenBesideLonger(t *testing.T) {
	archive, x := newMemory(), &index{places: map[string]int64{}}
	x.add("a", Hash{1})
	c, ctx := &Collector{Archive: archive, Log: &Log{index: x}}, t.Context()
	mark := func(name, kept string) {
		t.Helper()
		if err := c.mark(ctx, basketFile{CollectedFile: CollectedFile{Name: name, Records: 1}, kept: kept, keys: []string{"a"}}); err != nil {
			t.Fatal(err)
		}
	}
	page := []string{"a.jsonl", "a.jsonl-b.jsonl", "a.jsonl-b.jsonl.seal"}
	mark(page[0], "one")
	mark(page[1], "two")
	for i := range MaxList {
		mark(fmt.Sprintf("a.jsonl-c%04d.jsonl", i), "other")
	}
	if taken, err := c.taken(ctx, page); err != nil || len(taken) != 2 {
		t.Errorf("%v, %v", taken, err)
	}
	before := len(archive.objects)
	if mark(page[0], "under another seal"); len(archive.objects) != before {
		t.Error("marked twice")
	}
}

// FuzzSpan: a mark counts by just the name that the log gives to records that it has.
func FuzzSpan(f *testing.F) {
	x := &index{places: map[string]int64{}}
	source, right := rand.NewChaCha8([32]byte{1}), map[string]bool{}
	for i := range 4 {
		var h Hash
		_, _ = source.Read(h[:])
		x.add(strconv.Itoa(i), h)
	}
	for first := range int64(4) {
		for count := int64(1); first+count <= 4; count++ {
			right[x.span(first, count)] = true
			f.Add(x.span(first, count))
		}
	}
	for _, wrong := range []string{"", "-", "--", "0-1-", "-1-1-x", "9223372036854775807-9223372036854775807-x", "1-9223372036854775807-x"} {
		f.Add(wrong)
	}
	f.Fuzz(func(t *testing.T, span string) {
		if x.holds(span) != right[span] {
			t.Errorf("%q", span)
		}
	})
}
