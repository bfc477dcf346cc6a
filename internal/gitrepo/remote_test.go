package gitrepo

import "testing"

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
