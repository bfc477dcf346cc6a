package gitrepo

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/gitrepo/odb"
)

// Folders that repeat each other have a file at more paths than memory holds: each is known at some, and that there are more
// is told.
func TestManyRepeats(t *testing.T) {
	dir := t.TempDir()
	gitIn(t, dir, "", "init", "-q", "--bare", "--object-format=sha1", ".")
	var files strings.Builder
	for i := range 10 {
		fmt.Fprintf(&files, "100644 blob %s\t%d\n", gitIn(t, dir, strconv.Itoa(i), "hash-object", "-w", "--stdin"), i)
	}
	top := folderOf(t, dir, "040000 tree "+gitIn(t, dir, files.String(), "mktree"), 10)
	db, err := odb.Open(dir+"/objects", odb.SHA1)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // only read
	id, err := odb.ParseID(top)
	if err != nil {
		t.Fatal(err)
	}
	n, _ := db.Find(id)
	w := newTreeWalk(t.Context(), db, db.NewReader(0), nil)
	w.read.limit, w.blobs.limit = 4, 20
	if err := w.root(0, n); err != nil {
		t.Fatal(err)
	}
	different := map[odb.Num]bool{}
	for i, f := range w.found {
		different[f.blob] = true
		if isNew, room := w.blobs.add(f.blob, f.Path); isNew || !room {
			t.Errorf("pair %d is new %v, finds room %v", i, isNew, room)
		}
	}
	// Of ten folders five are read, of which two repeat all files of the first, and two find no room.
	if left := w.gaps.found[tooMany].Count; len(w.found) != 30 || len(different) != 10 || left != 5+20 {
		t.Errorf("%d pairs of %d files are found, %d are left out", len(w.found), len(different), left)
	}
}
