package courier

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestParseEndpoint(t *testing.T) {
	for base, want := range map[string]string{
		"https://vault.acme.example":      "",
		"https://ghe.acme.example/api/v3": "",
		"http://127.0.0.1:8200":           "",
		"http://[::1]:8200":               "",
		"http://localhost":                "",
		"http://vault.acme.example":       `"http://vault.acme.example": expected https (http is for this machine alone)`,
		"http://localhost.evil.example":   `"http://localhost.evil.example": expected https (http is for this machine alone)`,
		"https://u:p@acme.example":        "has a user or password in it: name the address alone",
		"https://":                        "names no host: expected https://HOST",
		"https:acme.example":              "names no host: expected https://HOST",
		"https://acme.example?a=b":        `"https://acme.example": expected no query`,
		"https://acme.example?":           `"https://acme.example": expected no query`,
		"https://acme.example#a":          `"https://acme.example": expected no fragment`,
		"https://%zz":                     "not a URL",
		"ftp://acme.example":              `"ftp://acme.example": expected https (http is for this machine alone)`,
	} {
		got := ""
		if _, err := ParseEndpoint(base); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", base, got, want)
		}
	}
}

// TestClient: of the caller's client the transport is used, with a bound, and nothing else.
func TestClient(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/long" {
			w.Header().Set("X-Long", strings.Repeat("x", 100<<10))
		}
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	}))
	defer server.Close()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, of := range map[string]*http.Client{"none": nil, "the caller's": {Transport: &http.Transport{}, Jar: jar}} {
		c := Client(of)
		resp, err := c.Get(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Error(err)
		}
		if resp.StatusCode != http.StatusFound || c.Jar != nil {
			t.Errorf("%s: %d: the redirect was followed, or cookies kept", name, resp.StatusCode)
		}
		resp, err = c.Get(server.URL + "/long")
		if err == nil {
			_ = resp.Body.Close()
			t.Errorf("%s: a header of 100 KiB was read", name)
		}
	}
}

// TestClientSpeaksHTTP2: most services offer HTTP/2. Whoever takes it up in the handshake has to speak it then.
func TestClientSpeaksHTTP2(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Proto)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	trusted := x509.NewCertPool()
	trusted.AddCert(server.Certificate())
	for name, of := range map[string]*http.Client{
		"none": nil, "as the program's": {Transport: &http.Transport{Proxy: http.ProxyFromEnvironment}}, "that has a configuration": {Transport: &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}}},
	} {
		c := Client(of)
		transport := c.Transport.(*http.Transport)
		if transport.TLSClientConfig == nil {
			transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
		}
		transport.TLSClientConfig.RootCAs = trusted
		resp, err := c.Get(server.URL)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		text, err := io.ReadAll(resp.Body)
		if err != nil || resp.Body.Close() != nil || string(text) != "HTTP/2.0" {
			t.Errorf("%s: %s, %v", name, text, err)
		}
	}
}

func TestTexts(t *testing.T) {
	dns := fmt.Errorf("get: %w", &net.DNSError{Err: "no such host", Name: "a.example"})
	for _, tt := range []struct{ name, got, want string }{
		{"elsewhere", RedirectHost("a.example", "https://b.example/x?secret=y"), "b.example"},
		{"within", RedirectHost("a.example", "/x"), "itself"},
		{"to itself", RedirectHost("a.example", "https://a.example/x"), "itself"},
		{"unreadable", RedirectHost("a.example", "://"), "an unreadable place"},
		{"no name", Broken("a.example", dns), "the name a.example can't be resolved"},
		{"innermost", Broken("a.example", fmt.Errorf("get https://a.example/secret: %w", errors.New("EOF"))), "a.example can't be reached: EOF"},
		{"control", Printable("a\n\x1b[1mb\xff", 100), `a\u000a\u001b[1mb\ufffd`},
		{"cut", Printable("abcdef", 3), "abc…"},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, tt.got, tt.want)
		}
	}
	if HeaderValue("a\nb") || HeaderValue("é") || !HeaderValue("Bearer a.b-c_d==") {
		t.Error("what can be a header's value is misjudged")
	}
}
