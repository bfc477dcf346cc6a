package lease_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// canned is a transport that gives one answer to everything: a fake of a server that isn't even on the network.
type canned []byte

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(c)), Request: r, ProtoMajor: 1, ProtoMinor: 1,
	}, nil
}

// FuzzAnswers: whatever a registry or a server of token exchange answers, what is handed over fits into a variable and a
// configuration, and ends in time.
func FuzzAnswers(f *testing.F) {
	token := strings.Repeat("t", 40)
	f.Add([]byte(npmAnswer(token, start.Add(time.Hour))))
	f.Add([]byte(pypiAnswer("py"+"pi-"+token, start.Add(15*time.Minute))))
	f.Add([]byte(oauthAnswer(token, time.Minute, `,"scope":"read"`)))
	f.Add([]byte(oauthAnswer("e30.eyJqdGkiOiJhIn0."+token, time.Minute, `,"refresh_token":"x"`)))
	f.Add([]byte(`{"token":"a\nb","expires":"","success":true}`))
	const at = "https://registry.acme.example"
	grants := map[string]*manifest.Grant{"npm": npmGrant(at), "pypi": pypiGrant(at), "crates": cratesGrant(at), "oauth": oauthGrant(at)}
	f.Fuzz(func(t *testing.T, body []byte) {
		for name, g := range grants {
			c := &clock{at: start}
			p, err := lease.For(name, lease.Options{Now: c.now, Sleep: c.sleep, Client: &http.Client{Transport: canned(body)}})
			if err != nil {
				t.Fatal(err)
			}
			got, err := p.Exchange(t.Context(), request(t, g))
			if err != nil {
				continue
			}
			if got.NotAfter.After(start.Add(time.Hour+5*time.Minute)) || !got.NotAfter.After(start) || got.Handle == "" || len(got.Handle) > 128 {
				t.Errorf("%s: until %s, known as %q", name, got.NotAfter, got.Handle)
			}
			for _, v := range got.Values {
				if text := string(v.Value.Reveal()); text == "" || strings.ContainsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r > unicode.MaxASCII }) {
					t.Errorf("%s: %s is %q", name, v.Name, text)
				}
			}
		}
	})
}
