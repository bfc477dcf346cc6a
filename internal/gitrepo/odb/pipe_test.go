//go:build unix

package odb

import (
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Pipes in place of folders and files are told, and not waited for: nothing could end that wait.
func TestPipes(t *testing.T) {
	for _, test := range []struct{ name, what string }{
		{"ab", "not a directory"},
		{"pack", "not a directory"},
		{"info/alternates", "not a regular file"},
		{"pack/pack-1.idx", "not a regular file"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := store(t, map[string][]byte{"info/packs": nil})
			pipe := filepath.Join(dir, test.name)
			if filepath.Dir(test.name) == "pack" {
				writeFile(t, filepath.Join(dir, "pack", "pack-1.pack"), nil)
			}
			if err := syscall.Mkfifo(pipe, 0o600); err != nil {
				t.Fatal(err)
			}
			opened := make(chan []Fault)
			go func() {
				db, err := Open(dir, SHA1)
				if err != nil {
					t.Error(err)
					close(opened)
					return
				}
				opened <- db.Faults()
				_ = db.Close()
			}()
			select {
			case got := <-opened:
				if diff := cmp.Diff([]Fault{{Path: pipe, What: test.what}}, got, cmp.AllowUnexported(ID{})); diff != "" {
					t.Error(diff)
				}
			case <-time.After(10 * time.Second):
				t.Fatal("it waits for the pipe")
			}
		})
	}
}
