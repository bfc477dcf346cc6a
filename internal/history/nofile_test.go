package history_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/gitrepo"
	"github.com/curfew-ci/curfew/internal/history"
	"github.com/curfew-ci/curfew/internal/secret"
	"github.com/curfew-ci/curfew/rules"
)

// store is a repository that is made object by object.
type store struct {
	t   *testing.T
	dir string
}

func newStore(t *testing.T) *store {
	t.Helper()
	s := &store{t, t.TempDir()}
	s.git(nil, "init", "-q", "--bare", ".")
	return s
}

func (s *store) git(stdin []byte, args ...string) string {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), "git", args...)
	cmd.Dir, cmd.Stdin = s.dir, bytes.NewReader(stdin)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("git %v: %v", args, err)
	}
	return strings.TrimSpace(string(out))
}

// object stores what git would refuse to.
func (s *store) object(kind, content string) string {
	s.t.Helper()
	return s.git([]byte(content), "hash-object", "-w", "--literally", "-t", kind, "--stdin")
}

// entry is one of a tree's.
func (s *store) entry(mode, name, id string) string {
	s.t.Helper()
	raw, err := hex.DecodeString(id)
	if err != nil {
		s.t.Fatal(err)
	}
	return mode + " " + name + "\x00" + string(raw)
}

// commit makes main a commit of a tree.
func (s *store) commit(tree string) {
	s.t.Helper()
	const who = "a <a@example.org> 1 +0000"
	s.git(nil, "update-ref", "refs/heads/main", s.object("commit", fmt.Sprintf("tree %s\nauthor %s\ncommitter %s\n\nx\n", tree, who, who)))
}

func (s *store) search() *history.Result {
	s.t.Helper()
	tree, err := gitrepo.Open(s.dir)
	if err != nil {
		s.t.Fatal(err)
	}
	defer tree.Close() //nolint:errcheck // only read
	d, err := secret.New(rules.SecretRules())
	if err != nil {
		s.t.Fatal(err)
	}
	r, err := history.Search(s.t.Context(), tree, d, history.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// What a tree names as a file, and no walk over files comes by, is told.
func TestFilesThatAreNone(t *testing.T) {
	s := newStore(t)
	blob := s.object("blob", "text\n")
	inner := s.object("tree", s.entry("100644", "a", blob))
	damaged := s.object("blob", "to be damaged\n")
	tree := s.object("tree", s.entry("100644", "damaged", damaged)+s.entry("100644", "file", blob)+s.entry("100644", "tree", inner)+s.entry("120000", "tree link", inner))
	s.commit(tree)
	path := filepath.Join(s.dir, "objects", damaged[:2], damaged[2:])
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("none"), 0o600); err != nil {
		t.Fatal(err)
	}
	want := []history.Skipped{
		{Reason: "damaged", Fix: "run git fsck, and clone the repository anew", Count: 1, Examples: []string{"damaged"}},
		{Reason: "named as a file, and a tree", Fix: "run git fsck; git show prints what is there", Count: 2, Examples: []string{"tree", "tree link"}},
	}
	if diff := cmp.Diff(want, s.search().Skipped); diff != "" {
		t.Errorf("skipped (-want +got):\n%s", diff)
	}
}
