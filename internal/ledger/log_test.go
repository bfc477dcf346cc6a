package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/curfew-ci/curfew/internal/redact"
)

const origin = "acme.example/curfew"

// keyOf makes the same key in every run.
func keyOf(t testing.TB, name string, seed byte) (Signer, Verifiers) {
	t.Helper()
	private, public, err := note.GenerateKey(rand.NewChaCha8([32]byte{seed}), name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSigner(redact.New([]byte(private)))
	if err != nil {
		t.Fatal(err)
	}
	v, err := NewVerifiers(public)
	if err != nil {
		t.Fatal(err)
	}
	return s, v
}

func options(t testing.TB) LogOptions {
	s, v := keyOf(t, origin, 1)
	return LogOptions{Origin: origin, Signer: s, Verifiers: v}
}

// recordLines makes the same n records in every run, beginning with number first.
func recordLines(t testing.TB, first, n int) [][]byte {
	t.Helper()
	var out [][]byte
	for i := range n {
		r := denied()
		r.ID = fmt.Sprintf("01JD9Z6Q4T8K%014d", first+i)
		out = append(out, mustEncode(t, r))
	}
	return out
}

func open(t testing.TB, s Store) *Log {
	t.Helper()
	l, err := OpenLog(t.Context(), s, options(t))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func add(t testing.TB, l *Log, lines [][]byte) {
	t.Helper()
	if n, err := l.Append(t.Context(), lines); err != nil || n != len(lines) {
		t.Fatalf("added %d of %d: %v", n, len(lines), err)
	}
}

// grown is a log that grew in steps to sizes.
func grown(t testing.TB, s Store, sizes ...int) *Log {
	t.Helper()
	size := 0
	for _, next := range sizes {
		add(t, open(t, s), recordLines(t, size, next-size))
		size = next
	}
	return open(t, s)
}

func TestLog(t *testing.T) {
	for name, s := range map[string]Store{"memory": newMemory(), "folder": folder(t)} {
		ctx := t.Context()
		var older []Checkpoint
		size := 0
		for _, next := range []int{1, 2, 255, 256, 257, 600, 1025} {
			l := open(t, s)
			older = append(older, l.Checkpoint())
			add(t, l, recordLines(t, size, next-size))
			size = next
			if name == "memory" { // a reader sees the same as who wrote
				if r := open(t, s); r.Checkpoint() != l.Checkpoint() || !bytes.Equal(r.Signed(), l.Signed()) {
					t.Fatalf("%s: read as %v, written as %v", name, r.Checkpoint(), l.Checkpoint())
				}
			}
		}
		l := open(t, s)
		want := recordLines(t, 0, size)
		var got [][]byte
		for e, err := range l.Entries(ctx, 0) {
			if err != nil || e.Index != int64(len(got)) {
				t.Fatalf("%s: entry %d after %d: %v", name, e.Index, len(got), err)
			}
			got = append(got, e.Line)
		}
		if !slices.EqualFunc(got, want, bytes.Equal) {
			t.Errorf("%s: read back %d records that differ", name, len(got))
		}
		for _, i := range []int64{0, 1, 255, 256, 599, 1024} {
			p, err := l.ProveInclusion(ctx, i)
			if err == nil {
				err = p.Check(l.Checkpoint(), want[i])
			}
			if err != nil {
				t.Errorf("%s: record %d: %v", name, i, err)
			}
			if p.Check(l.Checkpoint(), want[(i+1)%1025]) == nil || p.Check(older[3], want[i]) == nil {
				t.Errorf("%s: the proof of record %d holds for another", name, i)
			}
		}
		r, err := Verify(ctx, s, options(t), older...)
		if err != nil || r.Checkpoint != l.Checkpoint() || r.Earlier != len(older)-1 || len(r.Uncommitted) != 0 {
			t.Errorf("%s: verify: %+v, %v", name, r, err)
		}
	}
}

func TestAppendIsIdempotent(t *testing.T) {
	m := newMemory()
	l := grown(t, m, 10)
	before := maps.Clone(m.objects)
	if n, err := l.Append(t.Context(), recordLines(t, 3, 5)); n != 0 || err != nil {
		t.Errorf("again: %d, %v", n, err)
	}
	if !maps.EqualFunc(before, m.objects, bytes.Equal) {
		t.Error("nothing new changed the log")
	}
	both := append(recordLines(t, 8, 4), recordLines(t, 11, 1)...)
	if n, err := l.Append(t.Context(), both); n != 2 || err != nil {
		t.Errorf("two new: %d, %v", n, err)
	}
	other := denied()
	other.ID = "01JD9Z6Q4T8K00000000000011"
	for _, lines := range [][][]byte{
		{mustEncode(t, other)}, {[]byte("{}")}, append(recordLines(t, 50, 1), bytes.Replace(recordLines(t, 50, 1)[0], []byte("deploy"), []byte("test"), 1)),
	} {
		if n, err := l.Append(t.Context(), lines); n != 0 && err == nil || err == nil && bytes.Contains(lines[0], []byte("{}")) {
			t.Errorf("taken: %d, %v", n, err)
		}
	}
	changed := bytes.Replace(recordLines(t, 3, 1)[0], []byte("deploy"), []byte("test"), 1)
	if _, err := l.Append(t.Context(), [][]byte{changed}); !errors.Is(err, ErrExists) || !strings.Contains(err.Error(), "is there with other content") {
		t.Errorf("a changed record: %v", err)
	}
	if open(t, m).Checkpoint().Size != 12 {
		t.Errorf("%d records", open(t, m).Checkpoint().Size)
	}
}

// TestLogCrash stops the machine at every write of an append, before it and after it: what was there is
// there, and appending again ends as if nothing had happened.
func TestLogCrash(t *testing.T) {
	for _, from := range []int{0, 3, 255} {
		start := newMemory()
		if from > 0 {
			grown(t, start, from)
		}
		whole := &memory{objects: maps.Clone(start.objects), fail: -1}
		add(t, open(t, whole), recordLines(t, from, 300))
		for at := 0; ; at++ {
			if at >= whole.writes {
				break
			}
			for _, done := range []bool{false, true} {
				m := &memory{objects: maps.Clone(start.objects), fail: at, done: done}
				n, err := open(t, m).Append(t.Context(), recordLines(t, from, 300))
				if !errors.Is(err, errDown) {
					t.Fatalf("from %d at %d: %d, %v", from, at, n, err)
				}
				m.fail = -1
				size := open(t, m).Checkpoint().Size
				if size != int64(from) && size != int64(from)+300 {
					t.Fatalf("from %d at %d: %d records", from, at, size)
				}
				if size > 0 { // what a crash left is right as it is
					if _, err := Verify(t.Context(), m, options(t)); err != nil {
						t.Fatalf("from %d at %d: %v", from, at, err)
					}
				}
				if _, err := open(t, m).Append(t.Context(), recordLines(t, from, 300)); err != nil {
					t.Fatalf("from %d at %d: again: %v", from, at, err)
				}
				if !maps.EqualFunc(m.objects, whole.objects, bytes.Equal) {
					t.Fatalf("from %d at %d: the log isn't what it would have been", from, at)
				}
			}
		}
	}
}

// TestCrashAndOthersRecords: after a crash before the commit, other records may come.
func TestCrashAndOthersRecords(t *testing.T) {
	m := newMemory()
	grown(t, m, 5)
	m.writes, m.fail = 0, 2 // the older checkpoint, the batch; not the checkpoint
	if _, err := open(t, m).Append(t.Context(), recordLines(t, 5, 5)); !errors.Is(err, errDown) {
		t.Fatal(err)
	}
	m.fail = -1
	add(t, open(t, m), recordLines(t, 100, 2))
	r, err := Verify(t.Context(), m, options(t))
	if err != nil || r.Checkpoint.Size != 7 || len(r.Uncommitted) != 1 {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestTwoWriters: of two that append at once one loses, whatever they wrote in which order.
func TestTwoWriters(t *testing.T) {
	for _, from := range []int{0, 3} {
		m := newMemory()
		if from > 0 {
			grown(t, m, from)
		}
		a, b := open(t, m), open(t, m)
		add(t, a, recordLines(t, 100, 2))
		if _, err := b.Append(t.Context(), recordLines(t, 200, 2)); !errors.Is(err, ErrChanged) {
			t.Errorf("the second: %v", err)
		}
		add(t, open(t, m), recordLines(t, 200, 2))
		if r, err := Verify(t.Context(), m, options(t)); err != nil || r.Checkpoint.Size != int64(from)+4 {
			t.Errorf("%+v, %v", r, err)
		}
	}
}

// TestEveryBitOfALogCounts flips each bit of each object, cuts each, and takes each away.
func TestEveryBitOfALogCounts(t *testing.T) {
	m := newMemory()
	kept, opt := grown(t, m, 1, 2).Checkpoint(), options(t)
	verify := func() error {
		_, err := Verify(t.Context(), m, opt, kept)
		return err
	}
	if err := verify(); err != nil {
		t.Fatal(err)
	}
	for name, data := range maps.Clone(m.objects) {
		for i := range data {
			for bit := range 8 {
				m.objects[name] = slices.Clone(data)
				m.objects[name][i] ^= 1 << bit
				if verify() == nil {
					t.Fatalf("%s: bit %d of byte %d doesn't count", name, bit, i)
				}
			}
			if m.objects[name] = data[:i]; verify() == nil {
				t.Fatalf("%s: taken when cut at %d", name, i)
			}
			if m.objects[name] = data[i+1:]; verify() == nil {
				t.Fatalf("%s: taken from byte %d on", name, i+1)
			}
		}
		m.objects[name] = data
	}
	now := m.objects[checkpointName]
	for what, change := range map[string]func(){
		"put back":    func() { m.objects[checkpointName] = m.objects[earlierName(1)] },
		"emptied":     func() { clear(m.objects) },
		"no records":  func() { delete(m.objects, "log/tile/8/data/000.p/2"); delete(m.objects, batchName(kept)) },
		"no hashes":   func() { delete(m.objects, "log/tile/8/0/000.p/2") },
		"odd object":  func() { m.objects["log/x"] = nil },
		"odd tile":    func() { m.objects["log/tile/8/0/001"] = nil },
		"far tile":    func() { m.objects["log/tile/8/7/x999/x999/x999/999"] = nil },
		"other tile":  func() { m.objects["log/tile/9/0/000.p/2"] = nil },
		"odd batch":   func() { m.objects["log/batches/x-1"] = nil },
		"renamed one": func() { m.objects[earlierName(7)] = m.objects[earlierName(1)] },
		"unsigned":    func() { m.objects[checkpointName] = now[:bytes.LastIndexByte(now[:len(now)-1], '\n')+1] },
	} {
		objects := maps.Clone(m.objects)
		change()
		if verify() == nil {
			t.Errorf("%s: not seen", what)
		}
		m.objects = objects
	}
	if err := verify(); err != nil {
		t.Fatal(err)
	}
}

// TestRewrittenLog is signed with the right key, and differs from what somebody kept.
func TestRewrittenLog(t *testing.T) {
	kept := grown(t, newMemory(), 3).Checkpoint()
	m := newMemory()
	add(t, open(t, m), recordLines(t, 1, 5))
	if _, err := Verify(t.Context(), m, options(t), kept); err == nil || !strings.Contains(err.Error(), "they were rewritten") {
		t.Errorf("rewritten: %v", err)
	}
	m = newMemory()
	grown(t, m, 2)
	if _, err := Verify(t.Context(), m, options(t), kept); err == nil || !strings.Contains(err.Error(), "records were dropped, or the store was put back") {
		t.Errorf("dropped: %v", err)
	}
	kept.Origin = "other"
	if _, err := Verify(t.Context(), m, options(t), kept); err == nil {
		t.Error("a checkpoint of another log")
	}
}

func TestOpenLogRefuses(t *testing.T) {
	m := newMemory()
	grown(t, m, 3)
	_, other := keyOf(t, origin, 2)
	for _, tt := range []struct {
		opt  LogOptions
		want string
	}{
		{LogOptions{Origin: origin, Verifiers: other}, `open log "acme.example/curfew": read checkpoint: no known key signed it: name the key of who writes this log`},
		{LogOptions{Origin: origin}, `open log "acme.example/curfew": read checkpoint: no known key signed it: name the key of who writes this log`},
		{LogOptions{Origin: "x", Verifiers: options(t).Verifiers}, `open log "x": the checkpoint is of the log "acme.example/curfew"`},
	} {
		if _, err := OpenLog(t.Context(), m, tt.opt); fmt.Sprint(err) != tt.want {
			t.Errorf("got  %v\nwant %s", err, tt.want)
		}
	}
	reader := options(t)
	reader.Signer = nil
	l, err := OpenLog(t.Context(), m, reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Append(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "opened without a signing key") {
		t.Errorf("append: %v", err)
	}
	wrong := options(t)
	wrong.Signer, _ = keyOf(t, origin, 2)
	if l, err = OpenLog(t.Context(), m, wrong); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Append(t.Context(), recordLines(t, 9, 1)); err == nil || !strings.Contains(err.Error(), "isn't among those whose checkpoints count") {
		t.Errorf("append with another key: %v", err)
	}
}

func TestCheckpoint(t *testing.T) {
	s, known := keyOf(t, origin, 1)
	c := Checkpoint{Origin: origin, Size: 3, Root: tlog.RecordHash([]byte("x"))}
	signed, err := c.Sign(s)
	if err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "checkpoint")
	if *update {
		if err := os.WriteFile(golden, signed, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(golden); err != nil || !bytes.Equal(want, signed) {
		t.Errorf("%v: got  %s\nwant %s", err, signed, want)
	}
	if back, err := ParseCheckpoint(signed, known); err != nil || back != c {
		t.Errorf("read back: %v, %v", back, err)
	}
	for i := range signed {
		for bit := range 8 {
			changed := slices.Clone(signed)
			changed[i] ^= 1 << bit
			if _, err := ParseCheckpoint(changed, known); err == nil {
				t.Fatalf("bit %d of byte %d doesn't count", bit, i)
			}
		}
		if _, err := ParseCheckpoint(signed[:i], known); err == nil {
			t.Fatalf("taken when cut at %d", i)
		}
	}
	twice := append(slices.Clone(signed), signed[bytes.Index(signed, []byte("—")):]...)
	other, _ := keyOf(t, origin, 2)
	n, _ := note.Open(signed, known)
	cosigned, err := note.Sign(n, other)
	if err != nil {
		t.Fatal(err)
	}
	stranger, strangers := keyOf(t, "other", 1)
	for what, src := range map[string][]byte{"twice": twice, "cosigned": cosigned, "long": make([]byte, maxCheckpoint+1)} {
		if _, err := ParseCheckpoint(src, known); err == nil {
			t.Errorf("%s: taken", what)
		}
	}
	if _, err := c.Sign(stranger); err == nil {
		t.Error("signed with another's key")
	}
	for _, text := range []string{origin + "\n3\n", origin + "\n03\n" + c.Root.String() + "\n", "x\n-1\n" + c.Root.String() + "\n", "other\n3\nx\n", "a\n3\n" + c.Root.String() + "\n", "other\n3\n" + c.Root.String() + "\nmore\n"} {
		src, err := note.Sign(&note.Note{Text: text}, stranger)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseCheckpoint(src, strangers); err == nil {
			t.Errorf("taken: %q", text)
		}
	}
	if _, err := NewSigner(redact.New([]byte("PRIVATE+KEY+x"))); err == nil || strings.Contains(err.Error(), "+x") {
		t.Errorf("a bad key: %v", err)
	}
	if _, err := NewVerifiers("x"); err == nil {
		t.Error("a bad verifier key")
	}
}

// TestProofsAsJSON: a proof can be handed on as text.
func TestProofsAsJSON(t *testing.T) {
	l := grown(t, newMemory(), 5)
	p, err := l.ProveInclusion(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var back Inclusion
	if err := json.Unmarshal(text, &back); err != nil || back.Check(l.Checkpoint(), recordLines(t, 2, 1)[0]) != nil {
		t.Errorf("%s: %v", text, err)
	}
}

// FuzzParseCheckpoint: what is taken is written again with the same bytes.
func FuzzParseCheckpoint(f *testing.F) {
	s, _ := keyOf(f, origin, 1)
	signed, err := Checkpoint{Origin: origin, Size: 3}.Sign(s)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(signed)
	f.Add([]byte("go.sum database tree\n3\nx\n\n— a b\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		c, err := ParseCheckpoint(src, anyKey{})
		if err != nil {
			return
		}
		if text, _, _ := strings.Cut(string(src), "\n\n"); text+"\n" != c.text() {
			t.Errorf("%q became %q", text, c.text())
		}
	})
}

// anyKey takes every signature: nobody forges one, so that the reading behind it would never be tried.
type anyKey struct {
	name string
	hash uint32
}

func (anyKey) Verifier(name string, hash uint32) (note.Verifier, error) {
	return anyKey{name, hash}, nil
}
func (k anyKey) Name() string          { return k.name }
func (k anyKey) KeyHash() uint32       { return k.hash }
func (anyKey) Verify(_, _ []byte) bool { return true }

// BenchmarkAppend adds 100,000 records to a log in memory, and proves one of them.
func BenchmarkAppend(b *testing.B) {
	lines := recordLines(b, 0, 100_000)
	for b.Loop() {
		l := open(b, newMemory())
		add(b, l, lines)
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(len(lines)), "ns/record")
}

func BenchmarkProof(b *testing.B) {
	l := open(b, newMemory())
	lines := recordLines(b, 0, 100_000)
	add(b, l, lines)
	start := time.Now()
	p, err := l.ProveInclusion(context.Background(), 77_777)
	if err != nil {
		b.Fatal(err)
	}
	proving := time.Since(start)
	for b.Loop() {
		if err := p.Check(l.Checkpoint(), lines[77_777]); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(p.Hashes)*tlog.HashSize), "proof-bytes")
	b.ReportMetric(float64(proving.Microseconds()), "µs-to-prove")
}

func BenchmarkVerify(b *testing.B) {
	m := newMemory()
	add(b, open(b, m), recordLines(b, 0, 100_000))
	for b.Loop() {
		if _, err := Verify(context.Background(), m, options(b)); err != nil {
			b.Fatal(err)
		}
	}
}
