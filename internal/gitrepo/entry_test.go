package gitrepo

import (
	"math/rand/v2"
	"testing"
)

// makeTree writes an entry for each byte, which decides on its name and id. Names and ids look like parts of
// entries, so that what seems to begin one may not.
func makeTree(shape []byte, idSize int) []byte {
	var raw []byte
	for _, b := range shape {
		raw = append(raw, "100644 "...)
		raw = append(raw, "a100644 b"[:1+int(b>>3)%9]...)
		raw = append(raw, 0)
		id := make([]byte, idSize)
		copy(id, " b\x00100644 b\x00")
		id[idSize-1] = b & 7
		raw = append(raw, id...)
	}
	return raw
}

// entriesOf cuts a tree into its entries.
func entriesOf(raw []byte, idSize int) []string {
	var out []string
	for at := 0; at < len(raw); {
		end := entryEnd(raw, at, idSize)
		if end == 0 {
			break
		}
		out = append(out, string(raw[at:end]))
		at = end
	}
	return out
}

// checkFresh holds appendFresh against its promise: whatever isn't in last as it is comes up, each entry once,
// and in the order of raw.
func checkFresh(t *testing.T, last, raw []byte, idSize int) int {
	t.Helper()
	had := map[string]bool{}
	for _, e := range entriesOf(last, idSize) {
		had[e] = true
	}
	fresh, whole := appendFresh([]int32{-1}, last, raw, idSize)
	told := map[int]bool{}
	for i := 1; i < len(fresh); i++ {
		if fresh[i] <= fresh[i-1] {
			t.Fatalf("not in order: %v", fresh)
		}
		told[int(fresh[i])] = true
	}
	at := 0
	for _, e := range entriesOf(raw, idSize) {
		if !had[e] && !told[at] {
			t.Fatalf("entry %q at %d is new and not told: %v", e, at, fresh)
		}
		delete(told, at)
		at += len(e)
	}
	if len(told) > 0 {
		t.Fatalf("no entries begin at %v", told)
	}
	if whole != (at == len(raw)) {
		t.Fatalf("whole is %v of %d bytes, of which %d are entries", whole, len(raw), at)
	}
	return len(fresh) - 1
}

func FuzzAppendFresh(f *testing.F) {
	f.Add([]byte("abc"), []byte("abd"), []byte(nil), true)
	f.Add([]byte("\x08\x40"), []byte("\x40"), []byte("100644 x"), false)
	f.Fuzz(func(t *testing.T, a, b, garbage []byte, wide bool) {
		idSize := 20
		if wide {
			idSize = 32
		}
		checkFresh(t, makeTree(a, idSize), append(makeTree(b, idSize), garbage...), idSize)
	})
}

func TestAppendFresh(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		a := make([]byte, rng.IntN(12))
		for i := range a {
			a[i] = byte(rng.IntN(72))
		}
		b := append([]byte(nil), a...)
		for range rng.IntN(4) {
			at := rng.IntN(len(b) + 1)
			b = append(b[:at:at], append([]byte{byte(rng.IntN(72))}, b[min(len(b), at+rng.IntN(3)):]...)...)
		}
		checkFresh(t, makeTree(a, 20), makeTree(b, 20), 20)
	}
}

// Of trees that are in order, as git's are, only the entries that differ are looked at.
func TestAppendFreshLooksAtLittle(t *testing.T) {
	tree := func(ids string) []byte { // one entry for each letter but "-", named by its place
		var raw []byte
		for i, id := range []byte(ids) {
			if id != '-' {
				raw = append(raw, "100644 "...)
				raw = append(raw, byte('a'+i), 0)
				raw = append(raw, append(make([]byte, 19), id)...)
			}
		}
		return raw
	}
	for _, tt := range []struct {
		last, raw string
		fresh     int
	}{
		{"", "1234", 4},
		{"1234", "1234", 0},
		{"1234", "1294", 1},
		{"1234", "9239", 2},
		{"12-45678", "12345678", 1},
		{"12345678", "12-45-78", 0},
		{"12345678", "-9345679", 2},
		{"1234-", "-2345", 1},
	} {
		if got := checkFresh(t, tree(tt.last), tree(tt.raw), 20); got != tt.fresh {
			t.Errorf("%s → %s: %d entries looked at, want %d", tt.last, tt.raw, got, tt.fresh)
		}
	}
}
