package odb

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// twoPacks is a store of two packs.
func twoPacks(t *testing.T, one, two []part) string {
	t.Helper()
	p1, x1 := makePack(one...)
	p2, x2 := makePack(two...)
	return store(t, map[string][]byte{"pack/pack-1.pack": p1, "pack/pack-1.idx": x1, "pack/pack-2.pack": p2, "pack/pack-2.idx": x2})
}

// looseFile is the path and the content of a loose object.
func looseFile(name, content string) (string, []byte) {
	digits := idOf(name).String()
	var out bytes.Buffer
	z := zlib.NewWriter(&out)
	_, _ = z.Write([]byte(content))
	_ = z.Close()
	return digits[:2] + "/" + digits[2:], out.Bytes()
}

func TestSeveralStores(t *testing.T) {
	blob := part{id: "blob", kind: Blob, body: []byte(text)}
	damaged := part{id: "blob", kind: Blob, body: []byte(text), size: 7}
	cut := part{id: "blob", kind: 5, body: []byte(text)}
	looseName, looseBlob := looseFile("blob", fmt.Sprintf("blob %d\x00%s", len(text), text))
	child := part{id: "child", kind: offsetDelta, base: "blob", body: whole("!")}
	both := map[string]string{"blob": text, "child": text + "!"}
	for _, test := range []struct {
		name     string
		one, two []part
		loose    bool
		want     seen
	}{
		{"base in an earlier pack", []part{blob}, []part{{id: "child", kind: refDelta, base: "blob", body: whole("!")}}, false, seen{Data: both}},
		{"base in a later pack", []part{{id: "child", kind: refDelta, base: "blob", body: whole("!")}}, []part{blob}, false, seen{Data: both}},
		{"base loose", []part{{id: "child", kind: refDelta, base: "blob", body: whole("!")}}, nil, true, seen{Data: both}},
		{"stored thrice", []part{blob}, []part{blob, child}, true, seen{Data: both}},
		{"delta here, whole there", []part{{id: "child", kind: Blob, body: []byte(text + "!")}}, []part{blob, child}, false, seen{Data: both}},
		{"first copy damaged", []part{damaged, child}, []part{blob}, false, seen{Data: both, Faults: []string{"blob: the object is longer than it says"}}},
		{"first copy's header damaged", []part{cut, child}, nil, true, seen{Data: both, Faults: []string{"blob: the object is of a type that git doesn't have"}}},
		{"both copies damaged", []part{damaged, child}, []part{damaged}, false, seen{Faults: []string{
			"blob: the object is longer than it says", "child: the object that it is a delta of is damaged",
		}}},
		{"child saved by a copy", []part{damaged, child}, []part{{id: "child", kind: Blob, body: []byte(text + "!")}}, false, seen{
			Data: map[string]string{"child": text + "!"}, Faults: []string{"blob: the object is longer than it says", "child: the object that it is a delta of is damaged"},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := twoPacks(t, test.one, test.two)
			if test.loose {
				writeFile(t, filepath.Join(dir, looseName), looseBlob)
			}
			db := openAt(t, dir)
			got := walkNames(t, db, WalkerOptions{}, "blob", "child")
			if diff := cmp.Diff(test.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
			for name, want := range test.want.Data {
				n, _ := db.Find(idOf(name))
				for _, cacheBytes := range []int{0, 1000} {
					if _, data, err := db.NewReader(cacheBytes).Read(n); err != nil || string(data) != want {
						t.Errorf("%s is read as %q (%v), want %q", name, data, err, want)
					}
				}
			}
		})
	}
}

// Damage in several packs leads from one to the other and back: not every way is tried, and a copy that is whole is found.
func TestManyDamagedCopies(t *testing.T) {
	const depth = 96
	chain := func(damaged bool) []part {
		parts := []part{{id: "0", kind: Blob, body: []byte(text)}}
		for n := range depth {
			size := len(text) + n
			if damaged {
				size++
			}
			ops := []byte{0x90, byte(len(text) + n), 1, '!'} // all that the base has, and one more
			parts = append(parts, part{id: strconv.Itoa(n + 1), kind: offsetDelta, base: strconv.Itoa(n), body: deltaOf(size, int64(len(text)+n+1), ops...)})
		}
		return parts
	}
	files := map[string][]byte{}
	for pack := range 6 {
		name := fmt.Sprintf("pack/pack-%d", pack)
		files[name+".pack"], files[name+".idx"] = makePack(chain(true)...)
	}
	top := strconv.Itoa(depth)
	db := openAt(t, store(t, files))
	n, _ := db.Find(idOf(top))
	if _, _, err := db.NewReader(0).Read(n); err == nil || !strings.Contains(err.Error(), "base of another length") {
		t.Errorf("without a copy that is whole: %v", err)
	}
	files["pack/pack-5.pack"], files["pack/pack-5.idx"] = makePack(chain(false)...)
	db = openAt(t, store(t, files))
	if _, data, err := db.NewReader(0).Read(n); err != nil || string(data) != text+strings.Repeat("!", depth) {
		t.Errorf("got %q (%v)", data, err)
	}
	got := walkNames(t, db, WalkerOptions{}, top)
	if got.Data[top] != text+strings.Repeat("!", depth) {
		t.Errorf("walked to %q", got.Data[top])
	}
}

func writeFile(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestLooseDamaged(t *testing.T) {
	for _, test := range []struct{ content, want string }{
		{"blob 3\x00abc", ""},
		{"blob 0\x00", ""},
		{"blob 3\x00abcd", errLonger.Error()},
		{"blob 100\x00" + strings.Repeat("a", 101), errLonger.Error()},
		{"blob 4\x00abc", errTooFew.Error()},
		{"blob 4", errLooseHeader.Error()},
		{"", errLooseHeader.Error()},
		{"blob  3\x00abc", errLooseHeader.Error()},
		{"blob +3\x00abc", errLooseHeader.Error()},
		{"blob 03\x00abc", errLooseHeader.Error()},
		{"blub 3\x00abc", errLooseHeader.Error()},
		{"blob -3\x00abc", errLooseHeader.Error()},
		{"blob 99999999999999\x00abc", errEnds.Error()},
		{"blob 99999999999999999999999999999999999\x00abc", errLooseHeader.Error()},
	} {
		name, data := looseFile("it", test.content)
		got := walkNames(t, openAt(t, store(t, map[string][]byte{name: data})), WalkerOptions{}, "it")
		want := seen{Faults: []string{"it: " + test.want}}
		if test.want == "" {
			_, content, _ := strings.Cut(test.content, "\x00")
			want = seen{Data: map[string]string{"it": content}}
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%q: %s", test.content, diff)
		}
	}
	name, data := looseFile("it", "blob 3\x00abc")
	got := walkNames(t, openAt(t, store(t, map[string][]byte{name: append(data, 0)})), WalkerOptions{}, "it")
	if diff := cmp.Diff(seen{Faults: []string{"it: " + errLooseTail.Error()}}, got, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
	for _, cut := range []int{0, 1, 2, 5, len(data) - 1} {
		got := walkNames(t, openAt(t, store(t, map[string][]byte{name: data[:cut]})), WalkerOptions{}, "it")
		if diff := cmp.Diff(seen{Faults: []string{"it: " + errEnds.Error()}}, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("cut at %d: %s", cut, diff)
		}
	}
}

func TestAlternates(t *testing.T) {
	a, b, c := newRepo(t, SHA1), newRepo(t, SHA1), newRepo(t, SHA1)
	a.fill(5, 1)
	b.fill(5, 2)
	b.loosen()
	c.fill(5, 3)
	relative, err := filepath.Rel(b.objects(), c.objects())
	if err != nil {
		t.Fatal(err)
	}
	// A loop, a relative path, a comment, and a path that is quoted.
	writeFile(t, filepath.Join(a.objects(), "info", "alternates"), []byte("# borrowed\n\n"+b.objects()+"\n"))
	writeFile(t, filepath.Join(b.objects(), "info", "alternates"), []byte(relative+"\n"))
	writeFile(t, filepath.Join(c.objects(), "info", "alternates"), fmt.Appendf(nil, "%q\n", a.objects()))
	want := b.all()
	for id, object := range c.all() {
		want[id] = object
	}
	for id, object := range a.all() {
		want[id] = object
	}
	db := a.openDB(SHA1)
	readAll(t, db, db.NewReader(1000), want)
	walkAll(t, db, WalkerOptions{}, want)
}

func TestAlternatesWrong(t *testing.T) {
	dir := t.TempDir()
	for n := range 9 {
		writeFile(t, filepath.Join(dir, strconv.Itoa(n), "info", "alternates"), fmt.Appendf(nil, "../%d\n", n+1))
	}
	writeFile(t, filepath.Join(dir, "nowhere", "info", "alternates"), []byte("missing\n../file\n"))
	writeFile(t, filepath.Join(dir, "file"), nil)
	writeFile(t, filepath.Join(dir, "long", "info", "alternates"), bytes.Repeat([]byte("/\n"), maxAlternatesBytes))
	if err := os.MkdirAll(filepath.Join(dir, "folder", "info", "alternates"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]Fault{
		"0": {{Path: filepath.Join(dir, "6", "info", "alternates"), What: "alternates nest too deep: expected at most 6 levels"}},
		"nowhere": {
			{Path: filepath.Join(dir, "nowhere", "missing"), What: "an alternate that can't be read: no such file or directory"},
			{Path: filepath.Join(dir, "file"), What: "an alternate that is not a folder"},
		},
		"long":   {{Path: filepath.Join(dir, "long", "info", "alternates"), What: "too long a list of alternates"}},
		"folder": {{Path: filepath.Join(dir, "folder", "info", "alternates"), What: "not a regular file"}},
	} {
		got := openAt(t, filepath.Join(dir, name)).Faults()
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(ID{})); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestPromised(t *testing.T) {
	p, x := makePack(part{id: "blob", kind: Blob, body: []byte(text)})
	files := map[string][]byte{"pack/pack-1.pack": p, "pack/pack-1.idx": x}
	if openAt(t, store(t, files)).Promised() {
		t.Error("a full clone is taken for a partial one")
	}
	files["pack/pack-1.promisor"] = nil
	if !openAt(t, store(t, files)).Promised() {
		t.Error("a partial clone is taken for a full one")
	}
}

func TestID(t *testing.T) {
	for _, digits := range []string{strings.Repeat("0f", 20), strings.Repeat("a7", 32)} {
		id, err := ParseID(digits)
		if err != nil || id.String() != digits || id.IsZero() {
			t.Errorf("got %s (%v), want %s", id, err, digits)
		}
	}
	for _, digits := range []string{"", "ab", strings.Repeat("g", 40), strings.Repeat("a", 41), strings.Repeat("ab", 21)} {
		if id, err := ParseID(digits); err == nil || !id.IsZero() {
			t.Errorf("%q is taken for the id %s", digits, id)
		}
	}
	db := openAt(t, packed(t, part{id: "blob", kind: Blob, body: []byte(text)}))
	sha256, _ := ParseID(strings.Repeat("a7", 32))
	for _, id := range []ID{{}, sha256, idOf("other")} {
		if n, ok := db.Find(id); ok {
			t.Errorf("object %q is found as %d", id, n)
		}
	}
}
