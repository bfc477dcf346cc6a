package oidc

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
)

// errAddress stands for what url.Parse says, which would repeat the address.
var errAddress = errors.New("not a URL")

// parseAddress reads an address that something may be sent to or keys be taken from: https, or http to this
// machine. Its errors show no more of it than scheme and host.
func parseAddress(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, errAddress
	}
	switch {
	case u.User != nil:
		return nil, errors.New("has a user or password in it")
	case u.Hostname() == "" || u.Opaque != "":
		return nil, errors.New("names no host: expected https://HOST")
	case u.Fragment != "":
		return nil, errors.New("has a fragment")
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		return nil, fmt.Errorf("%q: expected https (http is for this machine alone)", u.Scheme+"://"+u.Host)
	}
	return u, nil
}

// loopback reports whether host is this machine by its name or address alone, without asking anybody.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// sameOrigin reports whether a and b are of one scheme, host and port (RFC 6454, section 4).
func sameOrigin(a, b *url.URL) bool {
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
