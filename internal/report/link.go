package report

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/curfew-ci/curfew/internal/markup"
)

// escapePath percent-encodes a path for a URI, byte by byte, all but RFC 3986's unreserved characters
// and the slash, so that no first segment looks like a scheme and no Markdown link ends early.
func escapePath(path string) string {
	var b strings.Builder
	for i := range len(path) {
		c := path[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._~/", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// isWebURL reports whether s is an http or https URL that can stand in a report as it is.
func isWebURL(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return false
	}
	return markup.Plain(s) && !strings.ContainsAny(s, " <>()[]\"'`\\|")
}
