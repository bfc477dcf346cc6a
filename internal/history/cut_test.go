//go:build linux

package history_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/curfew-ci/curfew/internal/gitrepo"
	"github.com/curfew-ci/curfew/internal/gitrepo/odb"
	"github.com/curfew-ci/curfew/internal/history"
	"github.com/curfew-ci/curfew/internal/secret"
	"github.com/curfew-ci/curfew/internal/secret/planted"
	"github.com/curfew-ci/curfew/rules"
)

// A pack that gets shorter while it is read ends the search with an error, and not the process.
func TestCutPack(t *testing.T) {
	s := newStore(t)
	found := planted.All(1)[0]
	s.commit(s.object("tree", s.entry("100644", "binary", s.object("blob", "\x00"))+s.entry("100644", "file", s.object("blob", found.Content))))
	s.git(nil, "repack", "-adq")
	packs, err := filepath.Glob(filepath.Join(s.dir, "objects", "pack", "*.pack"))
	if err != nil || len(packs) != 1 {
		t.Fatalf("got packs %v (%v)", packs, err)
	}
	tree, err := gitrepo.Open(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close() //nolint:errcheck // only read
	d, err := secret.New(rules.SecretRules())
	if err != nil {
		t.Fatal(err)
	}
	_, err = history.Search(t.Context(), tree, d, history.Options{Known: func(string, string) bool { // asked once all is searched
		if err := os.Chmod(packs[0], 0o600); err != nil {
			t.Error(err)
		}
		if err := os.Truncate(packs[0], 0); err != nil {
			t.Error(err)
		}
		return false
	}})
	if !errors.Is(err, odb.ErrCut) {
		t.Errorf("got %v", err)
	}
}
