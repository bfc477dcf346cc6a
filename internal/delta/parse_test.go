package delta

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// write makes a delta of a base of length baseLen that makes a text of length made.
func write(baseLen, made int, instructions ...byte) []byte {
	return append(number(number(nil, baseLen), made), instructions...)
}

func number(d []byte, n int) []byte {
	for n >= 0x80 {
		d = append(d, byte(n)|0x80)
		n >>= 7
	}
	return append(d, byte(n))
}

func TestApply(t *testing.T) {
	const base = "the quick brown fox jumps over the lazy dog, and the dog says so"
	long := strings.Repeat("x", 0x10000+5)
	for _, test := range []struct {
		name   string
		base   string
		delta  []byte
		want   string
		copies []Copy
		err    error
	}{
		{"nothing", "", write(0, 0), "", nil, nil},
		{"insert", "", write(0, 3, 3, 'a', 'b', 'c'), "abc", nil, nil},
		{"copy", base, write(len(base), 17, 0x91, 4, 17), base[4:21], []Copy{{0, 4, 17}}, nil},
		{"copy from the beginning", base, write(len(base), 16, 0x90, 16), base[:16], []Copy{{0, 0, 16}}, nil},
		{"too short to tell", base, write(len(base), 15, 0x90, 15), base[:15], []Copy{}, nil},
		{"short ones joined", base, write(len(base), 20, 0x90, 10, 0x91, 10, 10), base[:20], []Copy{{0, 0, 20}}, nil},
		{"short one between", base, write(len(base), 37, 0x90, 16, 0x90, 5, 0x90, 16), base[:16] + base[:5] + base[:16], []Copy{{0, 0, 16}, {21, 0, 16}}, nil},
		{"apart in the text", base, write(len(base), 41, 0x90, 20, 1, '-', 0x91, 20, 20), base[:20] + "-" + base[20:40], []Copy{{0, 0, 20}, {21, 20, 20}}, nil},
		{"apart in the base", base, write(len(base), 40, 0x90, 20, 0x90, 20), base[:20] + base[:20], []Copy{{0, 0, 20}, {20, 0, 20}}, nil},
		{"64 KiB by no length", long, write(len(long), 0x10000, 0x81, 5), long[5:], []Copy{{0, 5, 0x10000}}, nil},
		{"length of three bytes", long, write(len(long), 0x10005, 0xf0, 5, 0, 1), long, []Copy{{0, 0, 0x10005}}, nil},
		{"no sizes", base, nil, "", nil, errSize},
		{"endless size", base, bytes.Repeat([]byte{0xff}, 12), "", nil, errSize},
		{"other base", base, write(3, 3, 0x90, 3), "", nil, errBase},
		{"cut within an insert", base, write(len(base), 3, 3, 'a'), "", nil, errTruncate},
		{"cut within a copy", base, write(len(base), 3, 0x91, 1), "", nil, errTruncate},
		{"reserved", base, write(len(base), 3, 0), "", nil, errReserved},
		{"beyond the base", base, write(len(base), 5, 0x91, byte(len(base)-4), 5), "", nil, errBeyond},
		{"begins beyond the base", base, write(len(base), 1, 0x9f, 0xff, 0xff, 0xff, 0xff, 1), "", nil, errBeyond},
		{"inserts more than it says", base, write(len(base), 1, 2, 'a', 'b'), "", nil, errLong},
		{"copies more than it says", base, write(len(base), 1, 0x90, 2), "", nil, errLong},
		{"less than it says", base, write(len(base), 9, 0x90, 2), "", nil, errShort},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, made, _, _ := Sizes(test.delta)
			buf := make([]byte, made)
			copies, err := Apply(buf, []byte(test.base), test.delta, nil)
			if !errors.Is(err, test.err) {
				t.Fatalf("got error %v, want %v", err, test.err)
			}
			if err != nil {
				return
			}
			if string(buf) != test.want {
				t.Errorf("got %.40q, want %.40q", buf, test.want)
			}
			if diff := cmp.Diff(test.copies, copies); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestApplyAppendsCopies(t *testing.T) {
	before := []Copy{{Dst: -3, Src: -3, Len: 3}} // short, and continued by what follows, but another text's
	copies, err := Apply(make([]byte, 16), make([]byte, 16), write(16, 16, 0x90, 16), before)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Copy{{Dst: -3, Src: -3, Len: 3}, {Dst: 0, Src: 0, Len: 16}}, copies); diff != "" {
		t.Error(diff)
	}
}

func TestApplyWantsItsBuffer(t *testing.T) {
	if _, err := Apply(make([]byte, 4), nil, write(0, 3, 3, 'a', 'b', 'c'), nil); !errors.Is(err, errSize) {
		t.Errorf("got %v for a buffer of another length, want %v", err, errSize)
	}
}

// check says where copies contradict the two texts.
func check(t *testing.T, text, base []byte, copies []Copy) {
	t.Helper()
	end := int32(0)
	for i, c := range copies {
		if c.Len < MinCopy || c.Src < 0 || c.Dst < end {
			t.Fatalf("copy %d of %v isn't in order", i, copies)
		}
		end = c.Dst + c.Len
		if !bytes.Equal(text[c.Dst:end], base[c.Src:c.Src+c.Len]) {
			t.Fatalf("copy %v says what isn't so", c)
		}
		if i > 0 && copies[i-1].Dst+copies[i-1].Len == c.Dst && copies[i-1].Src+copies[i-1].Len == c.Src {
			t.Fatalf("copies %v and %v aren't joined", copies[i-1], c)
		}
	}
}

// TestApplyRandom applies instructions of which it knows the text that they make.
func TestApplyRandom(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		base := make([]byte, 1+random.IntN(3000))
		for i := range base {
			base[i] = byte(random.IntN(4))
		}
		var want, ops []byte
		for range random.IntN(20) {
			if random.IntN(2) == 0 {
				n := 1 + random.IntN(127)
				ops = append(ops, byte(n))
				for range n {
					ops = append(ops, byte(random.IntN(256)))
				}
				want = append(want, ops[len(ops)-n:]...)
				continue
			}
			src := random.IntN(len(base))
			n := 1 + random.IntN(len(base)-src)
			ops = append(ops, 0xb3, byte(src), byte(src>>8), byte(n), byte(n>>8))
			want = append(want, base[src:src+n]...)
		}
		buf := make([]byte, len(want))
		copies, err := Apply(buf, base, write(len(base), len(want), ops...), nil)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(buf, want) {
			t.Fatal("another text")
		}
		check(t, buf, base, copies)
	}
}

func FuzzDelta(f *testing.F) {
	f.Add([]byte("the quick brown fox"), write(19, 10, 0x90, 4, 1, '-', 0x91, 4, 5))
	f.Add([]byte("the quick brown fox"), write(19, 9, 0x90, 4, 0x91, 4, 5))
	f.Add([]byte{}, write(0, 3, 3, 'a', 'b', 'c'))
	f.Add([]byte("x"), []byte{1, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, base, d []byte) {
		_, made, _, err := Sizes(d)
		if err != nil || made > 1<<20 {
			return
		}
		buf := make([]byte, made)
		copies, err := Apply(buf, base, d, nil)
		if err != nil {
			return
		}
		check(t, buf, base, copies)
	})
}
