package lease_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/manifest"
)

func cratesGrant(url string) *manifest.Grant {
	return &manifest.Grant{Crates: &manifest.Registry{Package: "shop", Audience: "crates.io", HandOver: manifest.HandOver{Endpoint: url}}}
}

func cratesToken() string { return "cio" + "_tp_" + made(32) }

// The answers are those of https://crates.io/docs/trusted-publishing, whose script reads {"token": …}, and of the API's own
// description (https://crates.io/api/openapi.json); the details of refusals are those of its source (rust-lang/crates.io).
func TestCrates(t *testing.T) {
	token := cratesToken()
	f := serve(t, says(200, `{"token":"`+token+`"}`), says(204, ""))
	p, _ := provider(t, "crates")
	r := request(t, cratesGrant(f.URL))
	c, err := p.Exchange(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"*CARGO_REGISTRY_TOKEN=" + token}, values(c)); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	if !c.NotAfter.Equal(start.Add(30*time.Minute)) || c.Revocable != lease.ByToken {
		t.Errorf("%+v", c)
	}
	got, err := p.Revoke(t.Context(), c)
	if want := "revoked (" + f.host() + " answered 204)"; err != nil || got.String() != want {
		t.Errorf("%s and %v", got, err)
	}
	for i, want := range []struct{ line, bearer, body string }{
		{"POST /api/v1/trusted_publishing/tokens", "", `{"jwt":"` + string(r.IDToken.Reveal()) + `"}`},
		{"DELETE /api/v1/trusted_publishing/tokens", "Bearer " + token, ""},
	} {
		s := f.seen[i]
		if s.method+" "+s.path != want.line || s.body != want.body || s.header.Get("Authorization") != want.bearer {
			t.Errorf("sent %s %s with %v", s.method, s.path, s.header)
		}
		if agent := s.header.Get("User-Agent"); !strings.Contains(agent, "curfew") || !strings.Contains(agent, "https://") {
			t.Errorf("User-Agent %q, which crates.io turns away", agent)
		}
	}
}

func TestCratesDenied(t *testing.T) {
	for detail, try := range map[string]string{
		"No Trusted Publishing config found for repository `acme/web`.": "compare the claims with the trusted publishers in the settings of shop",
		"JWT has already been used":                                     "run the job again",
		"Unsupported JWT issuer: https://issuer.example":                "from a platform that the registry knows",
		"Failed to decode JWT":                                          "see that the audience is the registry's",
		"Invalid `jwt` \u001b[31mred and a line\\nof its own":           "compare the claims",
	} {
		f := serve(t, says(400, `{"errors":[{"detail":"`+strings.ReplaceAll(detail, "\u001b", "\\u001b")+`"}]}`))
		p, _ := provider(t, "crates")
		err := failed(t, p, request(t, cratesGrant(f.URL)))
		if d := isDenied(t, err); !strings.Contains(d.Try, try) || !strings.Contains(d.Answer, "answered 400: "+detail[:10]) || strings.ContainsAny(d.Answer, "\n\x1b") {
			t.Error(err)
		}
	}
}

func TestCratesOdd(t *testing.T) {
	f := serve(t, says(401, `{"errors":[{"detail":"Invalid authorization header"}]}`))
	p, _ := provider(t, "crates")
	if err := failed(t, p, request(t, cratesGrant(f.URL))); !strings.Contains(err.Error(), "Invalid authorization header") {
		t.Error(err)
	}
	f = serve(t, says(200, `{"token":""}`))
	if err := failed(t, p, request(t, cratesGrant(f.URL))); !strings.Contains(err.Error(), "the answer has no token") {
		t.Error(err)
	}
	token := cratesToken()
	f = serve(t, says(200, `{"token":"`+token+`"}`), says(401, `{"errors":[{"detail":"Invalid authorization header"}]}`))
	c, err := p.Exchange(t.Context(), request(t, cratesGrant(f.URL)))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := p.Revoke(t.Context(), c); err != nil || got.Outcome != lease.ExpireOnly || !strings.Contains(got.Answer, "Invalid authorization header") {
		t.Errorf("%s and %v", got, err)
	}
}

func cratesBehaviour() behaviour {
	return behaviour{
		provider: "crates", grant: func(f *fake) *manifest.Grant { return cratesGrant(f.URL) }, token: cratesToken, endless: true,
		steps: func(token string, _ time.Time) []http.HandlerFunc {
			return []http.HandlerFunc{says(200, `{"token":"`+token+`"}`)}
		},
		refusal: says(400, `{"errors":[{"detail":"No Trusted Publishing config found"}]}`), reason: "No Trusted Publishing config found",
		revoked: says(204, ""),
	}
}
