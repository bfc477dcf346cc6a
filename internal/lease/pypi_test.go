package lease_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/manifest"
)

func pypiGrant(url string) *manifest.Grant {
	return &manifest.Grant{PyPI: &manifest.Registry{Package: "shop", Audience: "pypi", HandOver: manifest.HandOver{Endpoint: url}}}
}

func pypiToken() string { return "py" + "pi-" + made(160) }

// pypiAnswer is what PyPI's own source answers at /_/oidc/mint-token (pypi/warehouse, warehouse/oidc/views.py); its
// documentation shows the member token alone (https://docs.pypi.org/trusted-publishers/using-a-publisher/).
func pypiAnswer(token string, ends time.Time) string {
	return fmt.Sprintf(`{"success": true, "token": "%s", "expires": %d}`, token, ends.Unix())
}

// pypiRefusal is how that source refuses.
func pypiRefusal(code, description string) string {
	return `{"message": "Token request failed", "errors": [{"code": "` + code + `", "description": "` + description + `"}]}`
}

func TestPyPI(t *testing.T) {
	token := pypiToken()
	f := serve(t, says(200, pypiAnswer(token, start.Add(15*time.Minute))))
	p, _ := provider(t, "pypi")
	r := request(t, pypiGrant(f.URL))
	c, err := p.Exchange(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"TWINE_USERNAME=__token__", "*TWINE_PASSWORD=" + token, "*UV_PUBLISH_TOKEN=" + token}, values(c)); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	if !c.NotAfter.Equal(start.Add(15*time.Minute)) || c.Revocable != lease.Never {
		t.Errorf("%+v", c)
	}
	s := f.seen[0]
	if s.method != "POST" || s.path != "/_/oidc/mint-token" || s.body != `{"token":"`+string(r.IDToken.Reveal())+`"}` || s.header.Get("Authorization") != "" {
		t.Errorf("sent %s %s", s.method, s.path)
	}
}

// TestPyPITwice: where the answer doesn't say when the token ends, it is what is documented.
func TestPyPITwice(t *testing.T) {
	f := serve(t, says(200, `{"success":true,"token":"`+pypiToken()+`"}`))
	p, _ := provider(t, "pypi")
	r := request(t, pypiGrant(f.URL))
	r.TTL = time.Hour
	c, err := p.Exchange(t.Context(), r)
	if err != nil || !c.NotAfter.Equal(start.Add(15*time.Minute)) {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestPyPIDenied(t *testing.T) {
	for _, tt := range []struct{ code, description, try string }{
		{"invalid-publisher", "valid token, but no corresponding publisher (Publisher with matching claims was not found)", "compare the claims with the trusted publishers of shop"},
		{"invalid-token", "malformed or invalid token", "see that the audience is the index's"},
		{"invalid-reuse-token", "invalid token: already used", "run the job again"},
		{"invalid-pending-publisher", "valid token, but project already exists", "the project is there already"},
		{"not-enabled", "github trusted publishing functionality not enabled", "wait until"},
		{"invalid-payload", "unknown trusted publishing issuer", "knows this CI platform"},
	} {
		f := serve(t, says(422, pypiRefusal(tt.code, tt.description)))
		p, _ := provider(t, "pypi")
		err := failed(t, p, request(t, pypiGrant(f.URL)))
		want := fmt.Sprintf("pypi: the exchange was denied: %s answered 422: Token request failed; %s: %s\n  claim aud: received \"elsewhere\", expected \"pypi\"\n", f.host(), tt.code, tt.description)
		if d := isDenied(t, err); !strings.HasPrefix(err.Error(), want) || !strings.Contains(d.Try, tt.try) {
			t.Error(err)
		}
	}
}

func TestPyPIOdd(t *testing.T) {
	token := pypiToken()
	for _, tt := range []struct{ name, body, want string }{
		{"no success", `{"token":"` + token + `"}`, "doesn't say that it is one by success: true"},
		{"no success, in words", `{"success":"true","token":"` + token + `"}`, "success: true"},
		{"another token", `{"success":true,"token":"` + token[5:] + `"}`, "something else than a token of PyPI's"},
		{"an end in words", `{"success":true,"token":"` + token + `","expires":"soon"}`, "in seconds since 1970"},
		{"an end of numbers", `{"success":true,"token":"` + token + `","expires":1.5}`, "in seconds since 1970"},
		{"an endless end", `{"success":true,"token":"` + token + `","expires":99999999999999}`, "in seconds since 1970"},
		{"too long", pypiAnswer(token, start.Add(time.Hour)), "longer than the 15m0s that the grant allows"},
	} {
		f := serve(t, says(200, tt.body))
		p, _ := provider(t, "pypi")
		err := failed(t, p, request(t, pypiGrant(f.URL)), token, token[5:])
		if !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "it is expire-only until") {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	p, _ := provider(t, "pypi")
	r := request(t, pypiGrant("https://pypi.org"))
	r.TTL = 10 * time.Minute
	if err := failed(t, p, r); !strings.Contains(err.Error(), "give the grant a ttl of 15m") {
		t.Error(err)
	}
}

func pypiBehaviour() behaviour {
	return behaviour{
		provider: "pypi", grant: func(f *fake) *manifest.Grant { return pypiGrant(f.URL) }, token: pypiToken, issues: -1,
		steps: func(token string, ends time.Time) []http.HandlerFunc {
			return []http.HandlerFunc{says(200, pypiAnswer(token, ends))}
		},
		refusal: says(422, pypiRefusal("invalid-publisher", "valid token, but no corresponding publisher")), reason: "invalid-publisher: valid token",
	}
}
