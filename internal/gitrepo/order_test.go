package gitrepo

import (
	"bytes"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/gitrepo/odb"
)

// Commits can name themselves as their parent where nobody checks their ids: each is told, in time that goes by how many there
// are, and an interrupt ends it.
func TestManyLoops(t *testing.T) {
	const commits = 12_000
	objects := t.TempDir()
	for i := range 256 {
		if err := os.Mkdir(filepath.Join(objects, fmt.Sprintf("%02x", i)), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	z := zlib.NewWriter(nil)
	for i := range commits {
		id := fmt.Sprintf("%02x%038x", i%256, i)
		raw := fmt.Sprintf("tree %s\nparent %s\ncommitter c <c@example.com> 1 +0000\n\nx\n", emptyTreeSHA1, id)
		out.Reset()
		z.Reset(&out)
		_, _ = fmt.Fprintf(z, "commit %d\x00%s", len(raw), raw)
		if err := errors.Join(z.Close(), os.WriteFile(filepath.Join(objects, id[:2], id[2:]), out.Bytes(), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	db, err := odb.Open(objects, odb.SHA1)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // only read
	ctx, cancel := context.WithCancel(t.Context())
	g := newGrower(ctx, db, db.NewReader(0), nil, &gaps{})
	var tips []tip
	for n := range odb.Num(db.Len()) {
		if slot, ok := g.add(n, -1, "a ref"); ok {
			tips = append(tips, tip{slot: slot})
		}
	}
	if err := g.grow(tips, nil); err != nil {
		t.Fatal(err)
	}
	started := time.Now()
	order, err := g.ordered()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("it took %s", time.Since(started))
	if told := g.gaps.found[wrongKind].Count; len(order) != commits || told != commits || !slices.IsSortedFunc(order, g.compare) {
		t.Errorf("%d commits are listed, %d told", len(order), told)
	}
	cancel()
	if _, err := g.ordered(); !errors.Is(err, context.Canceled) {
		t.Errorf("an interrupted one: %v", err)
	}
}
