package gitrepo

import (
	"os/exec"
	"testing"
)

func TestRepositoryOf(t *testing.T) {
	for remote, want := range map[string]string{
		"https://github.com/acme/shop.git":          "acme/shop",
		"https://github.com/acme/shop/":             "acme/shop",
		"https://x:pass@github.com/acme/shop":       "acme/shop",
		"ssh://git@github.com:22/acme/shop.git":     "acme/shop",
		"git@github.com:acme/shop.git":              "acme/shop",
		"github.com:acme/shop":                      "acme/shop",
		"https://gitlab.com/group/sub/shop.git":     "sub/shop",
		"https://pass@gist.github.com/0123.git":     "",
		"https://user:pass@host/shop.git":           "",
		"https://user:pa/ss@github.com/acme/shop":   "acme/shop",
		"https://github.com/acme/shop?token=secret": "",
		"https://github.com/ac me/shop":             "",
		"pass@host:shop.git":                        "",
		"/srv/git/shop.git":                         "",
		"":                                          "",
	} {
		if got := repositoryOf(remote); got != want {
			t.Errorf("repositoryOf(%q) = %q, want %q", remote, got, want)
		}
	}
}

// TestOriginAt: a repository of a forge that isn't known has no name, as another may be called so elsewhere.
func TestOriginAt(t *testing.T) {
	for remote, want := range map[string]string{
		"https://github.com/acme/shop.git":        "acme/shop",
		"https://x:pass@GitHub.com:443/acme/shop": "acme/shop",
		"git@github.com:acme/shop.git":            "acme/shop",
		"ssh://git@ghe.acme.example/acme/shop":    "acme/shop",
		"https://gitlab.com/acme/shop":            "",
		"https://github.com.evil.example/a/b":     "",
		"https://evil.example/github.com/a/b":     "",
		"https://github.com@evil.example/a/b":     "",
		"https://evil.example:a@github.com/a/b":   "a/b",
		"https://github.com/group/acme/shop":      "",
		"https://github.com/shop":                 "",
		"github.com/acme/shop":                    "",
		"/srv/github.com/acme/shop":               "",
		"git@work:acme/shop":                      "",
	} {
		tree := openWithOrigin(t, remote)
		if got := tree.OriginAt(t.Context(), "github.com", "ghe.acme.example", ""); got != want {
			t.Errorf("%s: %q, want %q", remote, got, want)
		}
	}
}

// TestOriginPath: a project of a group within a group isn't one of the same two names elsewhere.
func TestOriginPath(t *testing.T) {
	for remote, want := range map[string][2]string{
		"https://github.com/acme/shop.git":          {"github.com", "acme/shop"},
		"https://x:pass@github.com:443/acme/shop/":  {"github.com", "acme/shop"},
		"git@gitlab.com:acme/tools/mirror.git":      {"gitlab.com", "acme/tools/mirror"},
		"ssh://git@ssh.github.com:443/acme/shop":    {"ssh.github.com", "acme/shop"},
		"git@work:acme/shop":                        {"", "acme/shop"},
		"git@github.com-work:acme/shop":             {"", "acme/shop"},
		"git@git.example.xn--p1ai:acme/shop":        {"git.example.xn--p1ai", "acme/shop"},
		"file://server/share/acme/shop":             {},
		"../a:b/acme/shop":                          {},
		"https://user:pa/ss@github.com/acme/shop":   {},
		"https://github.com/acme/shop?token=secret": {},
		"https://github.com/shop":                   {},
		"https://github.com/../acme/shop":           {},
		"file:///srv/acme/shop":                     {},
		"C:/src/acme/shop":                          {},
		"/srv/acme/shop":                            {},
		"../acme/shop":                              {},
	} {
		host, path := openWithOrigin(t, remote).OriginPath(t.Context())
		if got := [2]string{host, path}; got != want {
			t.Errorf("%s: %q, want %q", remote, got, want)
		}
	}
}

// openWithOrigin opens a repository that has the remote.
func openWithOrigin(t *testing.T, remote string) *Tree {
	t.Helper()
	dir := t.TempDir()
	for _, args := range [][]string{{"init", "-q"}, {"remote", "add", "origin", remote}} {
		if out, err := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	tree, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tree.Close(); err != nil {
			t.Error(err)
		}
	})
	return tree
}
