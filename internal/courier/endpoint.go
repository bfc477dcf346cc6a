package courier

import (
	"errors"
	"fmt"
	"net"
	"net/url"
)

// ParseEndpoint reads the base URL of a service. It refuses all that could send a credential in the clear
// or elsewhere than the text shows.
func ParseEndpoint(base string) (*url.URL, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, errors.New("not a URL") // the error would repeat it, and it may hold a password
	}
	address := u.Scheme + "://" + u.Host // what else it says may be a credential
	switch {
	case u.User != nil:
		return nil, errors.New("has a user or password in it: name the address alone")
	case u.Hostname() == "" || u.Opaque != "":
		return nil, errors.New("names no host: expected https://HOST")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, fmt.Errorf("%q: expected no query and no fragment", address)
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		return nil, fmt.Errorf("%q: expected https (http is for this machine alone)", address)
	}
	return u, nil
}

// loopback reports whether host is this machine by its name or address alone, without asking anybody.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
