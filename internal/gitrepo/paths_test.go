package gitrepo

import (
	"bytes"
	"fmt"
	"testing"
)

// Paths are told apart by all their parts, found again as the table grows, and not made beyond the limit.
func TestPaths(t *testing.T) {
	p := newPaths()
	p.limit = 5000
	made := map[string]PathID{}
	for round := range 2 {
		for i := range 100 {
			dir := p.child(rootPath, fmt.Appendf(nil, "d%d", i))
			for j := range 30 {
				id := p.child(dir, fmt.Appendf(nil, "%d", i*j%17))
				text := p.String(id, nil)
				if old, ok := made[text]; ok && old != id || !ok && round == 1 {
					t.Fatalf("%s is %d, and was %d", text, id, old)
				}
				if want := fmt.Sprintf("d%d/%d", i, i*j%17); text != want {
					t.Fatalf("%d is %s, want %s", id, text, want)
				}
				made[text] = id
			}
		}
	}
	last := rootPath
	for last != noPath {
		if int(last) >= p.limit {
			t.Fatalf("path %d is beyond the limit", last)
		}
		last = p.child(last, []byte("x"))
	}
	if got, want := p.String(made["d7/7"], []string{"d7"}), "7"; got != want {
		t.Errorf("below the top: %s, want %s", got, want)
	}
}

// Few long names that repeat each other make paths that no memory and no patience holds, long before there are too many.
func TestPathsLong(t *testing.T) {
	p := newPaths()
	name := bytes.Repeat([]byte("x"), 1<<20)
	n := 0
	for last := p.child(rootPath, name); last != noPath; last = p.child(last, name) {
		n++
	}
	if n != 31 { // 1 + 2 + … + 31 MiB, and the slashes
		t.Errorf("%d paths were made", n)
	}
	if p.child(rootPath, []byte("short")) == noPath {
		t.Error("a path that fits wasn't made")
	}
}

// What a table holds is found again as it grows.
func TestTable(t *testing.T) {
	var table table
	for round := range 2 {
		for i := range int32(5000) {
			value, isNew := table.add(i%70, i, i+int32(round))
			if value != i || isNew != (round == 0) {
				t.Fatalf("(%d, %d) is %d, new %v", i%70, i, value, isNew)
			}
		}
	}
}
