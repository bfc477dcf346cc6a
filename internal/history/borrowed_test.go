package history_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/curfew-ci/curfew/internal/secret/planted"
)

// An objects folder that is borrowed from may be somebody else's: of what it has nothing is told but what a commit of
// this repository holds.
func TestBorrowedObjects(t *testing.T) {
	found := planted.All(1)[0]
	theirs, ours := newStore(t), newStore(t)
	held := theirs.object("tree", theirs.entry("100644", "file", theirs.object("blob", found.Content)))
	theirs.commit(held)
	theirs.git(nil, "repack", "-adq")
	ours.commit(ours.object("tree", ours.entry("100644", "a", ours.object("blob", "text\n"))))
	list := filepath.Join(ours.dir, "objects", "info", "alternates")
	if err := os.WriteFile(list, []byte(filepath.Join(theirs.dir, "objects")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := ours.search(); len(r.Found) > 0 || r.Commits != 1 || r.Blobs != 1 {
		t.Errorf("of somebody else's %d are found, of %d commits and %d files", len(r.Found), r.Commits, r.Blobs)
	}
	ours.commit(held)
	if r := ours.search(); len(r.Found) != 1 {
		t.Errorf("%d are found of what a commit holds", len(r.Found))
	}
}
