package custody_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/custody"
)

// TestRecord: a recording has its name once it is whole, for its owner alone; until then what there is of it can be read.
func TestRecord(t *testing.T) {
	path := filepath.Join(t.TempDir(), "session.cast")
	r, err := custody.Record(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Write([]byte("one\n")); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadFile(r.Left())
	if _, none := os.Stat(path); err != nil || string(left) != "one\n" || !os.IsNotExist(none) {
		t.Errorf("%q, %v, %v", left, err, none)
	}
	if err := r.Finish(); err != nil {
		t.Fatal(err)
	}
	src, err := os.ReadFile(path)
	info, _ := os.Stat(path)
	if err != nil || string(src) != "one\n" || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%q, %v, %v", src, info.Mode(), err)
	}
	if _, err := os.Stat(r.Left()); !os.IsNotExist(err) {
		t.Errorf("%s is left: %v", r.Left(), err)
	}
}

// TestRecordReplacesNothing: neither a file nor a link is written through, whenever it appears.
func TestRecordReplacesNothing(t *testing.T) {
	dir := t.TempDir()
	victim := filepath.Join(dir, "victim")
	if err := os.WriteFile(victim, []byte("as it was"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, put := range map[string]func(path string) error{
		"a file":               func(path string) error { return os.WriteFile(path, nil, 0o600) },
		"a link":               func(path string) error { return os.Symlink(victim, path) },
		"a link to nowhere":    func(path string) error { return os.Symlink(filepath.Join(dir, "nowhere"), path) },
		"a folder":             func(path string) error { return os.Mkdir(path, 0o700) },
		"one that isn't whole": func(path string) error { return os.WriteFile(path+".part", nil, 0o600) },
		"a link in its place":  func(path string) error { return os.Symlink(victim, path+".part") },
	} {
		path := filepath.Join(t.TempDir(), "session.cast")
		if err := put(path); err != nil {
			t.Fatal(err)
		}
		if _, err := custody.Record(path); err == nil || !strings.Contains(err.Error(), "there already") {
			t.Errorf("%s: %v", name, err)
		}
		if err := custody.Recordable(path); err == nil {
			t.Errorf("%s: nothing is said beforehand", name)
		}
	}
	path := filepath.Join(dir, "session.cast")
	r, err := custody.Record(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(victim, path); err != nil { // meanwhile
		t.Fatal(err)
	}
	if err := r.Finish(); err == nil || !strings.Contains(err.Error(), "there already") {
		t.Errorf("finished over what appeared meanwhile: %v", err)
	}
	if src, err := os.ReadFile(victim); err != nil || string(src) != "as it was" {
		t.Errorf("%q, %v", src, err)
	}
	if _, err := custody.Record(filepath.Join(dir, "none", "session.cast")); err == nil || !strings.Contains(err.Error(), "folder can't be opened") {
		t.Errorf("%v", err)
	}
}

// TestRecordUnfinished: what isn't whole is left under its own name, and what shows nothing is removed.
func TestRecordUnfinished(t *testing.T) {
	path := filepath.Join(t.TempDir(), "session.cast")
	if err := custody.Recordable(path); err != nil {
		t.Fatal(err)
	}
	r, err := custody.Record(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Discard(); err != nil {
		t.Fatal(err)
	}
	if r, err = custody.Record(path); err != nil {
		t.Fatal(err)
	}
	if err := r.Leave(); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 || entries[0].Name() != "session.cast.part" {
		t.Errorf("%v, %v", entries, err)
	}
}
