package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// history is a repository for one test.
type history struct {
	t   *testing.T
	dir string
}

func newHistory(t *testing.T) history {
	t.Helper()
	h := history{t, t.TempDir()}
	h.git("init", "--quiet", "--initial-branch", "main")
	h.git("config", "user.name", "test")
	h.git("config", "user.email", "test@example.com")
	h.commit("go.mod", "module x\n\ngo 1.26.0\n\ntoolchain go1.26.8\n")
	return h
}

func (h history) git(args ...string) string {
	h.t.Helper()
	out, err := git(h.t.Context(), h.dir, args...)
	if err != nil {
		h.t.Fatal(err)
	}
	return out
}

// commit writes a file, commits it and returns the commit.
func (h history) commit(name, content string) string {
	h.t.Helper()
	if err := os.MkdirAll(filepath.Dir(filepath.Join(h.dir, name)), 0o755); err != nil {
		h.t.Fatal(err)
	}
	write(h.t, filepath.Join(h.dir, name), content, 0o644)
	h.git("add", "--all")
	h.git("commit", "--quiet", "--message", "Change "+name)
	return h.git("rev-parse", "HEAD")
}

// table commits the table of a version that is built of a commit.
func (h history) table(version, commit string) {
	h.t.Helper()
	tab := sample(version)
	tab.Commit = commit
	h.commit(tableFile, string(encoded(h.t, tab)))
}

func TestTagged(t *testing.T) {
	h := newHistory(t)
	h.table("1.2.2", h.git("rev-parse", "HEAD")) // of the release before
	built := h.commit("main.go", "package main")
	h.table("1.2.3", built)
	h.git("tag", "v1.2.3")
	var out strings.Builder
	if err := tagged(t.Context(), &out, h.dir, "v1.2.3", "main"); err != nil {
		t.Fatal(err)
	}
	if want := "version=1.2.3\ncommit=" + built + "\n"; out.String() != want {
		t.Errorf("printed %q, want %q", out.String(), want)
	}
	h.git("tag", "--force", "--annotate", "--message", "1.2.3", "v1.2.3")
	if err := tagged(t.Context(), &out, h.dir, "v1.2.3", "main"); err != nil {
		t.Errorf("an annotated tag: %v", err)
	}
}

// TestTaggedMerged: the table came by a merge, which changes nothing besides.
func TestTaggedMerged(t *testing.T) {
	h := newHistory(t)
	built := h.commit("main.go", "package main")
	h.git("checkout", "--quiet", "-b", "table")
	h.table("1.2.3", built)
	h.git("checkout", "--quiet", "main")
	h.git("merge", "--quiet", "--no-ff", "--no-edit", "table")
	h.git("tag", "v1.2.3")
	if err := tagged(t.Context(), &strings.Builder{}, h.dir, "v1.2.3", "main"); err != nil {
		t.Error(err)
	}
}

func TestTaggedRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		tag  string
		make func(h history, built string)
		want string
	}{
		"no table": {"v1.2.3", func(h history, _ string) { h.git("tag", "v1.2.3") }, "there is none: make release-table makes it"},
		"a table of another version": {"v1.2.3", func(h history, built string) {
			h.table("1.2.2", built)
			h.git("tag", "v1.2.3")
		}, "is the table of version 1.2.2"},
		"another file beside the table": {"v1.2.3", func(h history, built string) {
			h.commit("dist/main.js", "evil()")
			h.table("1.2.3", built)
			h.git("tag", "v1.2.3")
		}, "dist/main.js"},
		"a file whose name holds the table's": {"v1.2.3", func(h history, built string) {
			h.commit("x/"+tableFile, "evil()")
			h.table("1.2.3", built)
			h.git("tag", "v1.2.3")
		}, "there may change"},
		"a commit that isn't before it": {"v1.2.3", func(h history, _ string) {
			h.git("checkout", "--quiet", "-b", "elsewhere")
			other := h.commit("evil.go", "package main")
			h.git("checkout", "--quiet", "main")
			h.table("1.2.3", other)
			h.git("tag", "v1.2.3")
		}, "doesn't come before the tag"},
		"a commit that isn't there": {"v1.2.3", func(h history, _ string) {
			h.table("1.2.3", testCommit)
			h.git("tag", "v1.2.3")
		}, "doesn't come before the tag"},
		"a tag off the branch": {"v1.2.3", func(h history, built string) {
			h.git("checkout", "--quiet", "-b", "elsewhere")
			h.table("1.2.3", built)
			h.git("tag", "v1.2.3")
		}, "isn't on main"},
		"another commit is checked out": {"v1.2.3", func(h history, built string) {
			h.table("1.2.3", built)
			h.git("tag", "v1.2.3")
			h.commit("later.go", "package main")
		}, "is checked out, and tag v1.2.3 is"},
		"an edited table": {"v1.2.3", func(h history, built string) {
			tab := sample("1.2.3")
			tab.Commit = built
			h.commit(tableFile, strings.ReplaceAll(string(encoded(h.t, tab)), "github.com", "evil.example"))
			h.git("tag", "v1.2.3")
		}, "evil.example"},
		"a branch's name": {"main", func(history, string) {}, `tag "main": expected one like v1.2.3`},
		"a flag":          {"--help", func(history, string) {}, "expected one like v1.2.3"},
		"no such tag":     {"v9.9.9", func(history, string) {}, "git rev-parse"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHistory(t)
			tt.make(h, h.commit("main.go", "package main"))
			var out strings.Builder
			err := tagged(t.Context(), &out, h.dir, tt.tag, "main")
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one that has %q", err, tt.want)
			}
			if out.Len() > 0 {
				t.Errorf("printed %q", out.String())
			}
		})
	}
}

func TestReady(t *testing.T) {
	h := newHistory(t)
	if err := ready(t.Context(), h.dir, "1.2.3", "go1.26.8"); err != nil {
		t.Error(err)
	}
	for _, tt := range []struct{ version, goVersion, want string }{
		{"v1.2.3", "go1.26.8", "without a v"},
		{"1.2.3", "go1.26.9", "this is go1.26.9, and go.mod says that go1.26.8 builds a release"},
	} {
		err := ready(t.Context(), h.dir, tt.version, tt.goVersion)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("error %v, want one that has %q", err, tt.want)
		}
	}
	write(t, filepath.Join(h.dir, "new.go"), "package main", 0o644)
	err := ready(t.Context(), h.dir, "1.2.3", "go1.26.8")
	if err == nil || !strings.Contains(err.Error(), "?? new.go") {
		t.Errorf("error %v, want one that names what isn't committed", err)
	}
}
