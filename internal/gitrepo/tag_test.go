package gitrepo_test

import (
	"strings"
	"testing"
)

func TestTagObject(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		dir := t.TempDir()
		git(t, dir, "init", "-q", "--object-format="+format)
		git(t, dir, "commit", "-q", "--allow-empty", "-m", "first")
		git(t, dir, "tag", "-a", "-m", "one\n\nline\n", "v1")
		git(t, dir, "tag", "-a", "-m", "nested", "of/v1", "v1")
		git(t, dir, "tag", "light")
		git(t, dir, "tag", "branch")
		git(t, dir, "branch", "v2")
		tree := open(t, dir)
		for _, name := range []string{"v1", "of/v1"} {
			got, err := tree.TagObject(t.Context(), name)
			if want := gitSays(t, dir, "", "cat-file", "tag", "refs/tags/"+name); err != nil || string(got) != want {
				t.Errorf("%s: %q, %v, want %q", name, got, err, want)
			}
		}
		for name, want := range map[string]string{
			"light": "lightweight", "v2": "not in this repository", "v1^{}": "not in this", "v1^{tag}": "not in this", "v1@{0}": "not in this",
			"../heads/v2": "not in this", "": "not in this", "-d": "not in this", "v1\n": "not in this", "v*": "not in this", "\x1b[2J": "x1b[2J is not",
			"no": "git fetch --force origin refs/tags/no:refs/tags/no",
		} {
			if got, err := tree.TagObject(t.Context(), name); err == nil || !strings.Contains(err.Error(), want) || strings.ContainsAny(err.Error(), "\x1b\n") {
				t.Errorf("%q: %q, %v, want %q", name, got, err, want)
			}
		}
	}
	if _, err := open(t, t.TempDir()).TagObject(t.Context(), "v1"); err == nil {
		t.Error("there is no repository")
	}
}

// A replaced object isn't what the ref names, whatever refs/replace says.
func TestTagObjectIsNotReplaced(t *testing.T) {
	dir := t.TempDir()
	git(t, dir, "init", "-q")
	git(t, dir, "commit", "-q", "--allow-empty", "-m", "first")
	git(t, dir, "tag", "-a", "-m", "true", "v1")
	git(t, dir, "tag", "-a", "-m", "false", "v2")
	git(t, dir, "replace", "refs/tags/v1", "refs/tags/v2")
	if got, err := open(t, dir).TagObject(t.Context(), "v1"); err != nil || !strings.Contains(string(got), "true") {
		t.Errorf("%q, %v", got, err)
	}
}
