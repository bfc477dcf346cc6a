//go:build unix

package odb

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// A pack that is cut short while it is read is an error, and doesn't end the process.
func TestGuardCut(t *testing.T) {
	dir := packed(t, part{id: "blob", kind: Blob, body: []byte(text)})
	db := openAt(t, dir)
	if !db.packs[0].file.mapped {
		t.Skip("files are not mapped here")
	}
	if err := os.Truncate(filepath.Join(dir, "pack", "pack-1.pack"), 0); err != nil {
		t.Fatal(err)
	}
	err := Guard(func() error {
		_, _, err := db.NewReader(0).Read(0)
		return err
	})
	if !errors.Is(err, ErrCut) {
		t.Errorf("got %v", err)
	}
}

// Errors are passed on, and so is every other panic: it is a fault of ours.
func TestGuardElse(t *testing.T) {
	if err := Guard(func() error { return os.ErrClosed }); !errors.Is(err, os.ErrClosed) {
		t.Errorf("got %v", err)
	}
	defer func() {
		if recover() == nil {
			t.Error("a fault of ours was taken for an error")
		}
	}()
	_ = Guard(func() error {
		_ = new(DB).ID(0) // there is none
		return nil
	})
}
