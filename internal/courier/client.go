package courier

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// maxHeader is the most that is read of an answer's header, in bytes.
const maxHeader = 64 << 10

// Client makes a client with the transport of the caller's, which is where proxies and certificates are
// set; nil is one of its own without a proxy. It follows no redirect and keeps no cookies, as either could
// carry a credential to somebody else, and has no timeout: contexts have.
func Client(of *http.Client) *http.Client {
	own := http.Client{Transport: &http.Transport{
		ForceAttemptHTTP2: true, MaxResponseHeaderBytes: maxHeader, IdleConnTimeout: 10 * time.Second,
	}}
	if of != nil && of.Transport != nil {
		own.Transport = of.Transport
		if t, ok := of.Transport.(*http.Transport); ok {
			t = t.Clone()
			t.MaxResponseHeaderBytes = maxHeader
			// A clone offers HTTP/2 in TLS, as what it is cloned of does by default, and speaks it only where it is told to.
			t.ForceAttemptHTTP2 = true
			own.Transport = t
		}
	}
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}

// HeaderValue reports whether s can be sent as a header's value: net/http's own error would quote it.
func HeaderValue(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r >= 0x7f })
}

// RedirectHost is where the Location of an answer of host leads, for a person: without the path and query,
// which may repeat what was sent.
func RedirectHost(host, location string) string {
	u, err := url.Parse(location)
	switch {
	case err != nil:
		return "an unreadable place"
	case u.Host == "" || u.Host == host:
		return "itself"
	}
	return u.Host
}

// Broken says why a request to host got no answer. An *url.Error repeats the URL and a *net.OpError the
// ports, which differ from run to run: only the innermost error speaks. The caller masks it.
func Broken(host string, err error) string {
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return fmt.Sprintf("the name %s can't be resolved", host)
	}
	for next := err; next != nil; next = errors.Unwrap(next) {
		err = next
	}
	return fmt.Sprintf("%s can't be reached: %s", host, err)
}

// Printable escapes what doesn't print and cuts s to at most limit characters. It comes after all masking:
// a masker knows whole values alone.
func Printable(s string, limit int) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		shown := string(r)
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			shown = fmt.Sprintf(`\u%04x`, r)
		}
		if n += utf8.RuneCountInString(shown); n > limit {
			return b.String() + "…"
		}
		b.WriteString(shown)
	}
	return b.String()
}
