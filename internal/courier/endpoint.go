package courier

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
)

// ParseEndpoint reads the base URL of a service: an address without a query.
func ParseEndpoint(base string) (*url.URL, error) {
	u, err := ParseAddress(base)
	if err != nil {
		return nil, err
	}
	if u.RawQuery != "" || u.ForceQuery {
		return nil, fmt.Errorf("%q: expected no query", Origin(u))
	}
	return u, nil
}

// ParseAddress reads a URL that a credential may be sent to, or trust be taken from: https, or http to this machine. It
// refuses all that could send it in the clear or elsewhere than the text shows. Its errors show no more of the text
// than scheme and host: the rest may be a credential.
func ParseAddress(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, errors.New("not a URL") // the error would repeat it
	}
	switch {
	case u.User != nil:
		return nil, errors.New("has a user or password in it: name the address alone")
	case u.Hostname() == "" || u.Opaque != "":
		return nil, errors.New("names no host: expected https://HOST")
	case u.Fragment != "":
		return nil, fmt.Errorf("%q: expected no fragment", Origin(u))
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		return nil, fmt.Errorf("%q: expected https (http is for this machine alone)", Origin(u))
	}
	return u, nil
}

// Origin is scheme, host and port of u as they are written.
func Origin(u *url.URL) string { return u.Scheme + "://" + u.Host }

// SameOrigin reports whether a and b are of one scheme, host and port (RFC 6454, section 4).
func SameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && port(a) == port(b)
}

func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}

// loopback reports whether host is this machine by its name or address alone, without asking anybody.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
