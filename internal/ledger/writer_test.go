package ledger

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/redact"
)

// testIDs makes the same ids in every run.
func testIDs(seed uint64) *IDs {
	var key [32]byte
	key[0], key[1] = byte(seed), byte(seed>>8)
	return NewIDs(at, rand.NewChaCha8(key))
}

func folder(t testing.TB) *Folder {
	t.Helper()
	f, err := OpenFolder(filepath.Join(t.TempDir(), "ledger"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func testJob() Job { return Job{RunID: "12055500123", Attempt: 1, Name: "deploy"} }

func writer(t testing.TB, dir *Folder, seed uint64) *Writer {
	t.Helper()
	w, err := NewWriter(dir, testJob(), WriterOptions{IDs: testIDs(seed), Now: at})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// fresh is a record as a caller hands it to a Writer, different for each n.
func fresh(n int) Record {
	r := issued()
	r.Schema, r.ID, r.Links.CausedBy = 0, "", nil
	r.Identity.Grant = fmt.Sprintf("prod-%d", n)
	return r
}

// filled writes n records and returns the file's content and where each record ends.
func filled(t testing.TB, w *Writer, n int) (content []byte, ends []int) {
	t.Helper()
	for i := range n {
		if _, err := w.Append(fresh(i)); err != nil {
			t.Fatal(err)
		}
		content = get(t, w.dir, w.name)
		ends = append(ends, len(content))
	}
	return content, ends
}

func get(t testing.TB, dir *Folder, name string) []byte {
	t.Helper()
	data, err := dir.read(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestWriter(t *testing.T) {
	dir := folder(t)
	w := writer(t, dir, 1)
	content, _ := filled(t, w, 3)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := ReadJobFile(w.Name(), content)
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Records) != 3 || f.Torn != 0 || f.Records[2].Identity.Grant != "prod-2" || !f.Records[2].Time.Equal(at()) {
		t.Errorf("read back: %+v", f)
	}
	if want := "12055500123-1-deploy-" + w.Name()[21:47] + ".jsonl"; w.Name() != want {
		t.Errorf("name: got %s, want %s", w.Name(), want)
	}
	info, err := os.Stat(filepath.Join(dir.path, w.Name()))
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("mode: %v, %v", info.Mode(), err)
	}
	if _, err := w.Append(fresh(9)); err == nil || !strings.Contains(err.Error(), "the file is closed") {
		t.Errorf("append after close: %v", err)
	}
	if err := w.Close(); err != nil {
		t.Errorf("closed again: %v", err)
	}
}

func TestWriterRefuses(t *testing.T) {
	dir := folder(t)
	value := "correct horse battery \"staple\""
	w, err := NewWriter(dir, Job{RunID: "../../etc", Attempt: 1, Name: ".a/b c"}, WriterOptions{
		IDs: testIDs(1), Now: at, Mask: redact.NewMasker(redact.New([]byte(value))).Mask,
	})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(w.Name(), ".._.._etc-1-_a_b_c-") && !strings.HasPrefix(w.Name(), "_._.._etc-1-_a_b_c-") {
		t.Errorf("name: %s", w.Name())
	}
	for _, tt := range []struct {
		want   string
		change func(*Record)
	}{
		{"the record is of another job: a seal would not hold for it", func(r *Record) { r.Task.RunID = "1" }},
		{"the record holds a secret's value: a record names a credential by its handle", func(r *Record) { r.Credential.Handle = value }},
		{"decision: missing, a lease.issued has one", func(r *Record) { r.Decision = nil }},
	} {
		r := fresh(1)
		r.Task = Task{}
		tt.change(&r)
		if r.Task.RunID != "" {
			r.Task.Attempt, r.Task.Job = 1, "x"
		}
		if _, err := w.Append(r); err == nil || !strings.HasSuffix(err.Error(), tt.want) {
			t.Errorf("got %v, want %s", err, tt.want)
		} else if strings.Contains(err.Error(), "horse") {
			t.Errorf("the value is in %v", err)
		}
	}
	r := fresh(1)
	r.Task = Task{}
	if _, err := w.Append(r); err != nil {
		t.Errorf("a refused record breaks the next: %v", err)
	}
	if content := get(t, dir, w.Name()); bytes.Count(content, []byte("\n")) != 1 {
		t.Errorf("the file holds %s", content)
	}
}

// brokenFile fails where it is told to.
type brokenFile struct {
	appender
	write, sync error
}

func (f *brokenFile) Write(p []byte) (int, error) {
	if f.write != nil {
		n, _ := f.appender.Write(p[:len(p)/2])
		return n, f.write
	}
	return f.appender.Write(p)
}

func (f *brokenFile) Sync() error { return errors.Join(f.sync, f.appender.Sync()) }

func TestWriterTakesNothingAfterAnErrorOfTheDisk(t *testing.T) {
	full := errors.New("no space left")
	for name, file := range map[string]*brokenFile{"write": {write: full}, "sync": {sync: full}} {
		dir := folder(t)
		w := writer(t, dir, 1)
		_, ends := filled(t, w, 2)
		file.appender = w.file
		w.file = file
		if id, err := w.Append(fresh(2)); !errors.Is(err, full) || id != "" {
			t.Errorf("%s: %q, %v", name, id, err)
		}
		file.write, file.sync = nil, nil
		if _, err := w.Append(fresh(3)); !errors.Is(err, full) {
			t.Errorf("%s: taken after the error: %v", name, err)
		}
		f, err := ReadJobFile(w.Name(), get(t, dir, w.Name()))
		if err != nil || len(f.Records) < 2 || name == "write" && (f.Torn == 0 || len(f.Records) != 2) {
			t.Errorf("%s: %d records, %d torn, %v; acknowledged to %d", name, len(f.Records), f.Torn, err, ends[1])
		}
	}
}

// TestCrashAtEveryByte cuts a file at each length: what was acknowledged by then is all there, and what
// follows is torn and no record.
func TestCrashAtEveryByte(t *testing.T) {
	dir := folder(t)
	w := writer(t, dir, 1)
	content, ends := filled(t, w, 4)
	for cut := range len(content) + 1 {
		whole, last := 0, 0
		for _, end := range ends {
			if end <= cut {
				whole, last = whole+1, end
			}
		}
		for name, tail := range map[string][]byte{
			"cut": nil, "zeros": make([]byte, len(content)-cut),
		} {
			if len(tail) > 0 && slices.ContainsFunc(ends, func(end int) bool { return end > cut && end < len(content) }) {
				continue // a disk loses the end of what was written last, and that is one record
			}
			got, err := ReadJobFile("f", slices.Concat(content[:cut], tail))
			if err != nil {
				t.Fatalf("%s at %d: %v", name, cut, err)
			}
			if len(got.Records) != whole || got.Torn != cut-last+len(tail) {
				t.Fatalf("%s at %d: %d records and %d torn, want %d and %d", name, cut, len(got.Records), got.Torn, whole, cut-last+len(tail))
			}
		}
	}
	// Blocks reach the disk in any order: the line's end may be there and its beginning not.
	holed := slices.Clone(content)
	clear(holed[ends[2] : ends[2]+100])
	got, err := ReadJobFile("f", holed)
	if err != nil || len(got.Records) != 3 || got.Torn != ends[3]-ends[2] {
		t.Errorf("hole: %d records, %d torn, %v", len(got.Records), got.Torn, err)
	}
}

func TestReadJobFileRefuses(t *testing.T) {
	a, b := string(mustEncode(t, denied())), string(mustEncode(t, issued()))
	for _, tt := range []struct{ name, src, want string }{
		{"no record in the middle", a + "\n{}\n" + b + "\n", "f:2:2: not in canonical form from here on: one line, names in their order, nothing empty, no space"},
		{"place", a + "\n" + strings.Replace(b, `"task"`, `"tusk"`, 1) + "\n", "f:2:438: unknown name: a newer curfew may have written it, read it with that one"},
		{"empty line", a + "\n\n", "f:2:1: expected a value, found the end"},
		{"NUL in the middle", a + "\n\x00\n" + b + "\n", "f:2:1: expected a value"},
		{"twice", a + "\n" + b + "\n" + a + "\n", "f:3: the record has the id of line 1"},
		{"oversize", strings.Repeat("x", MaxRecord+1) + "\n", "f:1: 65537 bytes: at most 65536 are read"},
	} {
		if _, err := ReadJobFile("f", []byte(tt.src)); fmt.Sprint(err) != tt.want {
			t.Errorf("%s: got  %v\nwant %s", tt.name, err, tt.want)
		}
	}
}

func TestFolderRefusesLinks(t *testing.T) {
	outside, base := t.TempDir(), t.TempDir()
	link := filepath.Join(base, "link")
	if err := os.Symlink(outside, link); err != nil {
		t.Skip("no symbolic links here")
	}
	for _, name := range []string{link, link + "/"} {
		if _, err := OpenFolder(name); err == nil || !strings.Contains(err.Error(), "is a link: name the folder itself") {
			t.Errorf("%s: %v", name, err)
		}
	}
	dir := folder(t)
	if err := os.WriteFile(filepath.Join(outside, "there"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{"out": outside, "file": filepath.Join(outside, "there"), "dangling": filepath.Join(outside, "new")} {
		if err := os.Symlink(target, filepath.Join(dir.path, name)); err != nil {
			t.Fatal(err)
		}
	}
	ctx := t.Context()
	if err := dir.Create(ctx, "out/x", nil); err == nil {
		t.Error("created through a link")
	}
	if err := dir.Create(ctx, "dangling", nil); !errors.Is(err, ErrExists) {
		t.Errorf("created over a link: %v", err)
	}
	for _, name := range []string{"file", "out/there", "out"} {
		if _, err := dir.Get(ctx, name); err == nil {
			t.Errorf("read %s through a link", name)
		}
	}
	if left, err := os.ReadDir(outside); err != nil || len(left) != 1 {
		t.Errorf("outside: %v, %v", left, err)
	}
	for _, name := range []string{"../x", "/x", "a//b", ".hidden", "a/../b", "a\\b", "", "a b", strings.Repeat("x", maxName+1)} {
		if err := dir.Create(ctx, name, nil); err == nil {
			t.Errorf("created %q", name)
		}
	}
}

func TestFolderCreate(t *testing.T) {
	dir, ctx := folder(t), t.Context()
	if err := dir.Create(ctx, "a/b/c", []byte("one")); err != nil {
		t.Fatal(err)
	}
	if err := dir.Create(ctx, "a/b/c", []byte("two")); !errors.Is(err, ErrExists) {
		t.Errorf("again: %v", err)
	}
	got, err := dir.Get(ctx, "a/b/c")
	if diff := cmp.Diff(Object{[]byte("one"), tagOf([]byte("one"))}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if _, err := dir.Get(ctx, "a/b/d"); !errors.Is(err, ErrNotFound) {
		t.Errorf("absent: %v", err)
	}
	if err := dir.Create(ctx, "large", make([]byte, MaxObject+1)); err == nil {
		t.Error("created too large an object")
	}
	left, err := fs.ReadDir(dir.root.FS(), temporaries)
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestProcessesOfOneJob runs itself several times over, as the steps of a job do.
func TestProcessesOfOneJob(t *testing.T) {
	const each, processes = 20, 4
	if path := os.Getenv("CURFEW_LEDGER_WRITER"); path != "" {
		dir, err := OpenFolder(path)
		if err != nil {
			t.Fatal(err)
		}
		w := writer(t, dir, uint64(os.Getpid()))
		filled(t, w, each)
		return
	}
	dir := folder(t)
	var wg sync.WaitGroup
	for range processes {
		wg.Go(func() {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestProcessesOfOneJob$")
			cmd.Env = append(os.Environ(), "CURFEW_LEDGER_WRITER="+dir.path)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
	wg.Wait()
	names, err := fs.Glob(dir.root.FS(), "*.jsonl")
	if err != nil || len(names) != processes {
		t.Fatalf("%d files, %v", len(names), err)
	}
	for _, name := range names {
		if f, err := ReadJobFile(name, get(t, dir, name)); err != nil || len(f.Records) != each || f.Torn != 0 {
			t.Errorf("%s: %d records, %v", name, len(f.Records), err)
		}
	}
}

// TestKilledWriter kills a process while it writes, as often as there is time for, and finds all that it
// was told is written.
func TestKilledWriter(t *testing.T) {
	if path := os.Getenv("CURFEW_LEDGER_KILLED"); path != "" {
		dir, err := OpenFolder(path)
		if err != nil {
			t.Fatal(err)
		}
		for w := writer(t, dir, uint64(os.Getpid())); ; {
			id, err := w.Append(fresh(0))
			if err != nil {
				t.Fatal(err)
			}
			fmt.Println("wrote", id)
		}
	}
	dir := folder(t)
	for n := range 5 {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledWriter$")
		cmd.Env = append(os.Environ(), "CURFEW_LEDGER_KILLED="+dir.path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var told []string
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if id, ok := strings.CutPrefix(lines.Text(), "wrote "); ok {
				told = append(told, id)
			}
			if len(told) == 7*n+1 {
				_ = cmd.Process.Kill()
			}
		}
		_ = cmd.Wait()
		written := map[string]bool{}
		names, err := fs.Glob(dir.root.FS(), "*.jsonl")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			f, err := ReadJobFile(name, get(t, dir, name))
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range f.Records {
				written[r.ID] = true
			}
		}
		if missing := slices.DeleteFunc(told, func(id string) bool { return written[id] }); len(names) != n+1 || len(missing) > 0 {
			t.Errorf("%d files; acknowledged and not there: %q", len(names), missing)
		}
	}
}

func TestWriterIsFullBeforeItsFileIsTooLarge(t *testing.T) {
	w := writer(t, folder(t), 1)
	w.size = MaxObject - 100
	if _, err := w.Append(fresh(0)); err == nil || !strings.Contains(err.Error(), "make a new Writer") {
		t.Errorf("taken: %v", err)
	}
}
