package lease_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/manifest"
)

func npmGrant(url string) *manifest.Grant {
	return &manifest.Grant{NPM: &manifest.Registry{
		Package: "@acme/shop", Audience: "npm:registry.npmjs.org", HandOver: manifest.HandOver{Endpoint: url},
	}}
}

func npmToken() string { return "np" + "m_" + made(36) }

// npmAnswer is the example of https://api-docs.npmjs.com/#tag/OIDC/operation/exchangeOidcToken with other values.
func npmAnswer(token string, ends time.Time) string {
	const layout = "2006-01-02T15:04:05.000Z"
	return fmt.Sprintf(`{"token_type":"oidc","token":"%s","created":"%s","expires":"%s"}`, token, start.Format(layout), ends.UTC().Format(layout))
}

func TestNPM(t *testing.T) {
	token := npmToken()
	f := serve(t, says(201, npmAnswer(token, start.Add(time.Hour))))
	p, _ := provider(t, "npm")
	r := request(t, npmGrant(f.URL))
	c, err := p.Exchange(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"*NODE_AUTH_TOKEN=" + token, "*NPM_TOKEN=" + token}, values(c)); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	if !strings.HasPrefix(c.Handle, "sha256:") || !c.NotAfter.Equal(start.Add(time.Hour)) || c.Revocable != lease.Never {
		t.Errorf("%+v", c)
	}
	s := f.seen[0]
	if s.method != "POST" || s.path != "/-/npm/v1/oidc/token/exchange/package/@acme%2Fshop" || s.header.Get("Authorization") != "Bearer "+string(r.IDToken.Reveal()) || s.body != "" {
		t.Errorf("sent %s %s with %v and %q", s.method, s.path, s.header, s.body)
	}
	got, err := p.Revoke(t.Context(), c)
	if want := "expire-only until 2026-11-28T13:00:00Z (not asked: the registry has no way for a token to end itself)"; err != nil || got.String() != want {
		t.Errorf("%s and %v", got, err)
	}
}

// TestNPMFiles: npm's own configuration has the token, and leads to the registry that it is of.
func TestNPMFiles(t *testing.T) {
	token := npmToken()
	f := serve(t, says(201, npmAnswer(token, start.Add(time.Hour))))
	for end, path := range map[string]string{"": "/", "/": "/", "/npm": "/npm/"} {
		p, _ := provider(t, "npm")
		g := npmGrant(f.URL + end)
		if lease.As(g) != manifest.AsFile {
			t.Fatal("npm isn't told by a file")
		}
		c, err := p.Exchange(t.Context(), request(t, g))
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		files, vars, err := c.Files(dir)
		if err != nil || len(files) != 1 || len(vars) != 1 {
			t.Fatalf("%v, %v, %v", files, vars, err)
		}
		want := "//" + f.host() + path + ":_authToken=" + token + "\nregistry=" + f.URL + path + "\n"
		if got := string(files[0].Content.Reveal()); got != want {
			t.Errorf("%s, want %s", got, want)
		}
		if v := vars[0]; v.Name != "NPM_CONFIG_USERCONFIG" || string(v.Value.Reveal()) != filepath.Join(dir, "npmrc") || strings.Contains(files[0].Name, string(os.PathSeparator)) {
			t.Errorf("%s=%s", v.Name, v.Value.Reveal())
		}
	}
}

func TestNPMDenied(t *testing.T) {
	// The codes and texts are those of the exchange's documentation.
	for status, tt := range map[int]struct{ said, try string }{
		400: {"OIDC token exchange error - bad request", "letter by letter"},
		401: {"OIDC token exchange error - unauthorized", "as soon as it is fetched"},
		404: {"OIDC token exchange error - package not found", "npm answers 404 for both"},
	} {
		f := serve(t, says(status, `{"message":"`+tt.said+`"}`))
		p, _ := provider(t, "npm")
		err := failed(t, p, request(t, npmGrant(f.URL)))
		want := fmt.Sprintf("npm: the exchange was denied: %s answered %d: %s\n  claim aud: received \"elsewhere\", expected \"npm:registry.npmjs.org\"\n", f.host(), status, tt.said)
		if d := isDenied(t, err); !strings.HasPrefix(err.Error(), want) || !strings.Contains(d.Try, tt.try) || !strings.Contains(d.Try, "@acme/shop") && status != 404 {
			t.Error(err)
		}
	}
}

func TestNPMOdd(t *testing.T) {
	token := npmToken()
	const lives = "\n  the token isn't handed over; it is expire-only until"
	for _, tt := range []struct{ name, body, want string }{
		{"HTML", "<html>", "no JSON that is right"},
		{"no token", `{"token_type":"oidc"}`, "the answer has no token"},
		{"two tokens", `{"token":"` + token + `","token":"x"}`, "no JSON that is right"},
		{"a comment in the configuration", `{"token":"` + token + `;x"}`, "holds characters that no bearer token has"},
		{"a variable in the configuration", `{"token":"${HOME}"}`, "holds characters that no bearer token has"},
		{"another type", `{"token":"` + token + `","token_type":"session"}`, "of another type than oidc" + ""},
		{"unreadable end", `{"token":"` + token + `","expires":1764334800}`, "the answer doesn't say in RFC 3339 when the token ends" + lives},
		{"too long", npmAnswer(token, start.Add(2*time.Hour)), "it would live until 2026-11-28T14:00:00Z, longer than the 1h0m0s that the grant allows" + lives},
	} {
		f := serve(t, says(201, tt.body))
		p, _ := provider(t, "npm")
		if err := failed(t, p, request(t, npmGrant(f.URL)), token); !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
		if len(f.asked()) != 1 {
			t.Errorf("%s: asked %v", tt.name, f.asked())
		}
	}
}

func TestNPMUnasked(t *testing.T) {
	unasked(t, "npm", npmGrant, map[string]func(*lease.Request){
		"say narrow: none in the grant":  func(r *lease.Request) { r.Narrow = []byte("{}") },
		"give the grant a ttl of 1h":     func(r *lease.Request) { r.TTL = 15 * time.Minute },
		"no name of an npm package":      func(r *lease.Request) { r.Grant.NPM.Package = "../../v1/user" },
		"name of an npm package":         func(r *lease.Request) { r.Grant.NPM.Package = "@acme/shop/x" },
		"names: npm's token":             func(r *lease.Request) { r.Grant.NPM.Names = map[string]string{"NPM_TOKEN": "X"} },
		"can't stand in an .npmrc":       func(r *lease.Request) { r.Grant.NPM.Endpoint += "/a;b" },
		"expected https":                 func(r *lease.Request) { r.Grant.NPM.Endpoint = "http://registry.example" },
		"names: NPM_CONFIG isn't handed": func(r *lease.Request) { r.Grant.NPM.Names = map[string]string{"NPM_CONFIG": "X"} },
	})
}

func npmBehaviour() behaviour {
	return behaviour{
		provider: "npm", grant: func(f *fake) *manifest.Grant { return npmGrant(f.URL) }, token: npmToken, issues: -1,
		steps: func(token string, ends time.Time) []http.HandlerFunc {
			return []http.HandlerFunc{says(201, npmAnswer(token, ends))}
		},
		refusal: says(404, `{"message":"OIDC token exchange error - package not found"}`), reason: "package not found",
	}
}
