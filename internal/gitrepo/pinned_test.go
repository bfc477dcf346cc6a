package gitrepo_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/gitrepo"
)

const rulesPath = ".github/curfew.yml"

// governed makes a repository whose rules are at commit id; its tip has changed them.
func governed(t *testing.T, init ...string) (dir, id string) {
	t.Helper()
	dir = t.TempDir()
	write(t, dir, map[string]string{rulesPath: "good\n", ".github/curfew/b.rego": "b", ".github/curfew/a.rego": "a", ".github/curfew/deep/c.rego": "c", "README": "x"})
	git(t, dir, append([]string{"init", "-q", "-b", "main"}, init...)...)
	git(t, dir, "add", ".")
	git(t, dir, "commit", "-qm", "first")
	id = gitSays(t, dir, "", "rev-parse", "HEAD")
	commit(t, dir, map[string]string{rulesPath: "changed\n"})
	return dir, strings.TrimSpace(id)
}

func readPinned(t *testing.T, dir, id, name string) ([]byte, error) {
	t.Helper()
	p, err := gitrepo.OpenPinned(t.Context(), dir, id)
	if err != nil {
		return nil, err
	}
	defer p.Close() //nolint:errcheck // only read
	return p.ReadFile(t.Context(), name, 1<<10)
}

func TestPinned(t *testing.T) {
	for name, change := range map[string]func(dir string){
		"loose":  func(string) {},
		"packed": func(dir string) { git(t, dir, "gc", "-q") },
		"moved refs": func(dir string) {
			git(t, dir, "checkout", "-q", "--orphan", "other")
			git(t, dir, "branch", "-D", "main")
		},
		"below": func(dir string) { write(t, dir, map[string]string{rulesPath: "of the workspace\n"}) },
	} {
		for _, hash := range []string{"sha1", "sha256"} {
			dir, id := governed(t, "--object-format="+hash)
			change(dir)
			p, err := gitrepo.OpenPinned(t.Context(), filepath.Join(dir, ".github"), id)
			if err != nil {
				t.Fatalf("%s, %s: %v", name, hash, err)
			}
			src, err := p.ReadFile(t.Context(), rulesPath, 5)
			if err != nil || string(src) != "good\n" {
				t.Errorf("%s, %s: got %q, %v", name, hash, src, err)
			}
			names, err := p.Names(t.Context(), ".github/curfew")
			if diff := cmp.Diff([]string{"a.rego", "b.rego"}, names); err != nil || diff != "" {
				t.Errorf("%s, %s: %v, names (-want +got):\n%s", name, hash, err, diff)
			}
			if err := p.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// An alternate may hold anything: what it says is proven all the same.
func TestPinnedAlternates(t *testing.T) {
	dir, id := governed(t)
	clone := filepath.Join(t.TempDir(), "clone")
	git(t, dir, "clone", "-q", "--shared", dir, clone)
	if src, err := readPinned(t, clone, id, rulesPath); err != nil || string(src) != "good\n" {
		t.Errorf("got %q, %v", src, err)
	}
}

func TestPinnedRefuses(t *testing.T) {
	dir, id := governed(t)
	git(t, dir, "tag", "-am", "annotated", "v1", id)
	for name, tt := range map[string]struct{ id, path, want string }{
		"a branch":         {"main", rulesPath, "no full commit id"},
		"HEAD":             {"HEAD", rulesPath, "no full commit id"},
		"nothing":          {"", rulesPath, "no full commit id"},
		"an abbreviation":  {id[:12], rulesPath, "no full commit id"},
		"capitals":         {strings.ToUpper(id), rulesPath, "no full commit id"},
		"another hash":     {id + id[:24], rulesPath, "isn't in"},
		"a tag":            {strings.TrimSpace(gitSays(t, dir, "", "rev-parse", "v1")), rulesPath, "isn't the commit"},
		"a tree":           {strings.TrimSpace(gitSays(t, dir, "", "rev-parse", id+"^{tree}")), rulesPath, "isn't the commit"},
		"an unknown":       {strings.Repeat("ab", 20), rulesPath, "isn't in"},
		"a folder":         {id, ".github/curfew", "not a regular file"},
		"a file as folder": {id, "README/x", "not a folder"},
		"climbing":         {id, "../x", "not the path of a file"},
		"the root":         {id, ".", "not the path of a file"},
		"absolute":         {id, "/etc/passwd", "not the path of a file"},
		"other case":       {id, ".github/Curfew.yml", fs.ErrNotExist.Error()},
	} {
		if src, err := readPinned(t, dir, tt.id, tt.path); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %q, %v, want %q", name, src, err, tt.want)
		}
	}
	p, err := gitrepo.OpenPinned(t.Context(), dir, id)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close() //nolint:errcheck // only read
	var skip *gitrepo.Skip
	if _, err := p.ReadFile(t.Context(), rulesPath, 4); !errors.As(err, &skip) {
		t.Errorf("too large a file: %v", err)
	}
	if _, err := p.Names(t.Context(), ".github/none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
	if _, err := gitrepo.OpenPinned(t.Context(), t.TempDir(), id); err == nil {
		t.Error("a folder without a repository was read")
	}
}

// Links and submodules lead elsewhere.
func TestPinnedLinks(t *testing.T) {
	dir, _ := governed(t)
	module := gitSays(t, dir, "", "rev-parse", "HEAD")
	for _, link := range []string{rulesPath, ".github/curfew"} {
		if err := errors.Join(os.RemoveAll(filepath.Join(dir, link)), os.Symlink("../README", filepath.Join(dir, link))); err != nil {
			t.Fatal(err)
		}
	}
	git(t, dir, "add", ".")
	git(t, dir, "update-index", "--add", "--cacheinfo", "160000,"+strings.TrimSpace(module)+",module")
	git(t, dir, "commit", "-qm", "links")
	id := strings.TrimSpace(gitSays(t, dir, "", "rev-parse", "HEAD"))
	for _, name := range []string{rulesPath, ".github/curfew/a.rego", "module", "module/a"} {
		var skip *gitrepo.Skip
		if src, err := readPinned(t, dir, id, name); !errors.As(err, &skip) {
			t.Errorf("%s: got %q, %v", name, src, err)
		}
	}
}

// TestPinnedForgeries: an earlier step of the job can write into .git what it likes.
func TestPinnedForgeries(t *testing.T) {
	// under puts the object that forged names in the place of the one that honest names.
	under := func(dir, honest, forged string) {
		loose := func(rev string) string {
			id := strings.TrimSpace(gitSays(t, dir, "", "rev-parse", rev))
			return filepath.Join(dir, ".git/objects", id[:2], id[2:])
		}
		at := loose(honest)
		src, err := os.ReadFile(loose(forged))
		if err := errors.Join(err, os.Remove(at), os.WriteFile(at, src, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	for name, forge := range map[string]func(dir, id string){
		"commit": func(dir, id string) { under(dir, id, "HEAD") },
		"root":   func(dir, id string) { under(dir, id+"^{tree}", "HEAD^{tree}") },
		"folder": func(dir, id string) { under(dir, id+":.github", "HEAD:.github") },
		"file":   func(dir, id string) { under(dir, id+":"+rulesPath, "HEAD:"+rulesPath) },
		"packed": func(dir, id string) {
			under(dir, id+":"+rulesPath, "HEAD:"+rulesPath)
			git(t, dir, "config", "core.compression", "9")
			pack := gitSays(t, dir, gitSays(t, dir, "", "rev-parse", id+":"+rulesPath), "pack-objects", "-q", ".git/objects/pack/pack")
			if pack == "" {
				t.Fatal("no pack")
			}
		},
	} {
		dir, id := governed(t)
		forge(dir, id)
		if src, err := readPinned(t, dir, id, rulesPath); err == nil || !strings.Contains(err.Error(), "changed the object database") {
			t.Errorf("%s: got %q, %v", name, src, err)
		}
	}
	for name, forge := range map[string]func(dir, id string){
		"replacement": func(dir, id string) { git(t, dir, "replace", id, "HEAD") },
		"file replaced": func(dir, id string) {
			git(t, dir, "replace", "-f", id+":"+rulesPath, "HEAD:"+rulesPath)
		},
		"graft": func(dir, id string) {
			write(t, dir, map[string]string{".git/info/grafts": id + " " + id + "\n"})
		},
		"branch of the id": func(dir, id string) {
			write(t, dir, map[string]string{".git/refs/heads/" + id: gitSays(t, dir, "", "rev-parse", "HEAD")})
		},
	} {
		dir, id := governed(t)
		forge(dir, id)
		if src, err := readPinned(t, dir, id, rulesPath); err != nil || string(src) != "good\n" {
			t.Errorf("%s: got %q, %v", name, src, err)
		}
	}
}

func TestNames(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"sub/b": "x", "sub/a": "x", "sub/deep/c": "x", "file": "x"})
	if err := errors.Join(os.Symlink("/etc/passwd", filepath.Join(dir, "sub/link")), os.Symlink("sub", filepath.Join(dir, "linked"))); err != nil {
		t.Fatal(err)
	}
	tree := open(t, dir)
	names, err := tree.Names("sub")
	if diff := cmp.Diff([]string{"a", "b", "link"}, names); err != nil || diff != "" {
		t.Errorf("%v, names (-want +got):\n%s", err, diff)
	}
	if _, err := tree.Names("none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
	for _, dir := range []string{"linked", "file", "../x"} {
		if names, err := tree.Names(dir); err == nil {
			t.Errorf("%s: %v", dir, names)
		}
	}
}
