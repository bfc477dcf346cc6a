package gitrepo

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/gitrepo/odb"
)

// Commits with any number of parents take next to nothing in a pack: what is held of them is bounded, and the rest told.
func TestManyParents(t *testing.T) {
	dir := t.TempDir()
	db, err := odb.Open(dir, odb.SHA1)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // only read
	g := newGrower(t.Context(), db, db.NewReader(0), nil, &gaps{})
	g.limit = 12
	var got []string
	for _, parents := range []int{5, 0, 4, 4, 3} {
		raw := "tree " + emptyTreeSHA1 + "\n"
		for n := range parents {
			raw += "parent " + strings.Repeat(hex.EncodeToString([]byte{byte(n)}), 20) + "\n"
		}
		wrong, ok := g.read(0, []byte(raw+"\n"))
		got = append(got, fmt.Sprint(parents, ok, wrong == manyParents))
	}
	want := []string{"5 true false", "0 true false", "4 true false", "4 false true", "3 true false"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
