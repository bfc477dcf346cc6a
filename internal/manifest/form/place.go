package form

import (
	"net/netip"
	"net/url"
	"path"
	"strings"
)

// cleanPath asks for the one way to write a path that stays inside of the repository.
func cleanPath(p string) string {
	for _, part := range strings.Split(p, "/") {
		if part == ".." {
			return "it may not leave the repository"
		}
	}
	if c := path.Clean(p); c != p || c == "." {
		return "write it without \".\", double slashes and a slash at its end"
	}
	if strings.ContainsAny(p, "\x00\n\r") {
		return "it holds a control character"
	}
	return ""
}

// trustedURL asks for https, since tokens travel there; only loopback does without.
func trustedURL(s string) string {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Hostname() == "":
		return "it doesn't parse"
	case u.User != nil:
		return "no user or password may stand in it"
	case u.Fragment != "" || strings.HasSuffix(s, "#"):
		return "no fragment may stand in it"
	case u.Scheme == "https" || isLoopback(u.Hostname()):
		return ""
	}
	return "http is for loopback addresses only"
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
