package lease_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/manifest"
)

func vaultGrant(address string) *manifest.Grant {
	return &manifest.Grant{Vault: &manifest.Vault{Address: address, Mount: "jwt", Role: "deploy"}}
}

// login is the answer of Vault's API to a login.
func login(token string) string {
	return `{"request_id":"6e8c1f5e-4a1b-4a57-9a9e-0d6ab1d9a111","lease_id":"","renewable":false,"lease_duration":0,"data":null,"warnings":null,` +
		`"auth":{"client_token":"` + token + `","accessor":"acc-1","policies":["default","deploy"],"lease_duration":900,"renewable":true,"token_type":"service"}}`
}

func errorsOf(all ...string) string { return `{"errors":["` + strings.Join(all, `","`) + `"]}` }

func TestVault(t *testing.T) {
	token, password := "hvs."+made(90), made(30)
	f := serve(t, says(412, errorsOf("required index state not present")), says(200, login(token)),
		says(200, `{"request_id":"1","data":{"value":42}}`),
		says(200, `{"request_id":"1","data":{"data":{"user":"deploy","password":"`+password+`"},"metadata":{"version":3,"created_time":"x"}}}`))
	p, clock := provider(t, "vault")
	g := vaultGrant("https://vault.acme.example")
	g.Vault.Endpoint, g.Vault.Namespace = f.URL, "acme/web"
	g.Vault.Read = map[string]string{"secret/data/deploy#password": "DB_PASSWORD", "secret/data/deploy#user": "DB_USER", "kv/count": "COUNT"}
	r := request(t, g)
	c, err := p.Exchange(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"VAULT_ADDR=https://vault.acme.example", "VAULT_NAMESPACE=acme/web", "*VAULT_TOKEN=" + token,
		"*COUNT=42", "*DB_PASSWORD=" + password, "*DB_USER=deploy",
	}
	if diff := cmp.Diff(want, values(c)); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	if c.Handle != "acc-1" || !c.NotAfter.Equal(clock.at.Add(15*time.Minute)) || c.Revocable != lease.ByToken || !c.Renewable {
		t.Errorf("%+v", c)
	}
	unseen(t, fmt.Sprintf("%v %+v %#v", c, c, *c), token, password)
	if diff := cmp.Diff([]string{
		"POST /v1/auth/jwt/login", "POST /v1/auth/jwt/login", "GET /v1/kv/count", "GET /v1/secret/data/deploy",
	}, f.asked()); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	for i, s := range f.seen {
		with := token
		if i < 2 {
			with = ""
		}
		if s.header.Get("X-Vault-Namespace") != "acme/web" || s.header.Get("X-Vault-Request") != "true" || s.header.Get("X-Vault-Token") != with {
			t.Errorf("%s: header %v", s.path, s.header)
		}
	}
	if want := `{"jwt":"` + string(r.IDToken.Reveal()) + `","role":"deploy"}`; f.seen[0].body != want {
		t.Errorf("sent %s", f.seen[0].body)
	}
}

func TestVaultDenied(t *testing.T) {
	tests := []struct {
		name, said string
		status     int
		try        string
	}{
		{"wrong audience", "error validating token: invalid audience (aud) claim: audience claim does not match any expected audience", 400, "let bound_audiences of the role deploy at auth/jwt hold the audience"},
		{"expired", "error validating token: invalid expiration time (exp) claim: token is expired", 400, "exchange the ID token as soon as it is fetched"},
		{"claims", `error validating claims: claim \"repository_id\" does not match any associated bound claim values`, 400, "compare the claims with bound_subject, bound_claims"},
		{"no role", `role \"deploy\" could not be found`, 400, "create the role deploy at auth/jwt"},
		{"no mount", "permission denied", 403, "see that auth/jwt is a JWT auth mount"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := serve(t, says(tt.status, errorsOf(tt.said)))
			p, _ := provider(t, "vault")
			d := isDenied(t, failed(t, p, request(t, vaultGrant(f.URL))))
			if !strings.Contains(d.Try, tt.try) || !strings.HasPrefix(d.Answer, fmt.Sprintf("%s answered %d: %s", f.host(), tt.status, strings.ReplaceAll(tt.said, `\"`, `"`))) {
				t.Errorf("%q, try %q", d.Answer, d.Try)
			}
			if want := `aud: received "elsewhere", expected "` + f.URL + `"`; d.Claims[0] != want {
				t.Errorf("%q, want %q", d.Claims[0], want)
			}
		})
	}
}

// TestVaultOdd: what isn't handed over is revoked, and the error says what became of it.
func TestVaultOdd(t *testing.T) {
	token, secret := "hvs."+made(90), made(30)
	const gone = "\n  the token isn't handed over; it is revoked (HOST answered 204)"
	secretOf := func(body string) []http.HandlerFunc {
		return []http.HandlerFunc{says(200, login(token)), says(200, body)}
	}
	tests := []struct {
		name    string
		answers []http.HandlerFunc
		want    string
		revokes bool
	}{
		{"HTML", []http.HandlerFunc{says(200, "<html>")}, "HOST answered 200, and no JSON that is right: its answer:1:1: ", false},
		{"no token", []http.HandlerFunc{says(200, `{"auth":null}`)}, "the answer has no VAULT_TOKEN", false},
		{"twice", []http.HandlerFunc{says(200, `{"auth":{"client_token":"a"},"auth":{"client_token":"b"}}`)}, "and no JSON that is right", false},
		{"second factor", []http.HandlerFunc{says(200, `{"auth":{"client_token":"","mfa_requirement":{}}}`)}, "the login asks for a second factor", false},
		{"newline in the token", []http.HandlerFunc{says(200, login(token+`\nPATH=/tmp`))}, "VAULT_TOKEN holds a line break", false},
		{
			"over the ttl",
			[]http.HandlerFunc{says(200, strings.Replace(login(token), ":900", ":901", 1))},
			"the token would live for 15m1s, longer than the 15m0s that the grant allows: set token_ttl and token_max_ttl of the role deploy to 900 s" + gone, true,
		},
		{"without end", []http.HandlerFunc{says(200, strings.Replace(login(token), ":900", ":0", 1))}, "the token doesn't say when it ends: give the role deploy a token_ttl" + gone, true},
		{"odd accessor", []http.HandlerFunc{says(200, strings.Replace(login(token), "acc-1", `a\nb`, 1))}, "the token's accessor is none that logs could be searched for" + gone, true},
		{"forbidden secret", []http.HandlerFunc{says(200, login(token)), says(403, errorsOf("permission denied"))}, "read secret/data/deploy: HOST answered 403: permission denied: let a policy of the role grant read on it" + gone, true},
		{"no secret", []http.HandlerFunc{says(200, login(token)), says(404, errorsOf())}, "there is no such secret", true},
		{"newline in a secret", secretOf(`{"data":{"a":"` + secret + `\nPATH=/tmp"}}`), "read secret/data/deploy: the secret holds a line break or another control character, so that it can't be handed over as a variable: say as: file in the grant, which hands it over in a file" + gone, true},
		{"NUL in a secret", secretOf(`{"data":{"a":"` + secret + `\u0000"}}`), "the secret holds a line break", true},
		{"several keys", secretOf(`{"data":{"a":"` + secret + `","b":"c"}}`), "the secret has 2 keys: say which by PATH#KEY", true},
		{"no string", secretOf(`{"data":{"a":["` + secret + `"]}}`), "its value is an array", true},
		{"deleted", secretOf(`{"data":{"data":null,"metadata":{"version":2}}}`), "the secret has 2 keys", true},
		{"nothing", secretOf(`{"data":null}`), "the answer holds no secret", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := serve(t, append(tt.answers, says(204, ""))...)
			p, _ := provider(t, "vault")
			g := vaultGrant(f.URL)
			g.Vault.Read = map[string]string{"secret/data/deploy": "SECRET"}
			err := failed(t, p, request(t, g), token, secret)
			if want := strings.ReplaceAll(tt.want, "HOST", f.host()); !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want %s in it", err, want)
			}
			asked := f.asked()
			if revoked := asked[len(asked)-1] == "POST /v1/auth/token/revoke-self"; revoked != tt.revokes {
				t.Errorf("asked %v", asked)
			}
		})
	}
}

// TestVaultGivesBack: a job that is cancelled between the login and the end gives its token back all the same.
func TestVaultGivesBack(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	f := serve(t, says(200, login("hvs."+made(90))),
		func(_ http.ResponseWriter, r *http.Request) { cancel(); <-r.Context().Done() }, says(204, ""))
	p, _ := provider(t, "vault")
	g := vaultGrant(f.URL)
	g.Vault.Read = map[string]string{"secret/data/deploy": "SECRET"}
	_, err := p.Exchange(ctx, request(t, g))
	want := "vault: read secret/data/deploy: cancelled\n  the token isn't handed over; it is revoked (" + f.host() + " answered 204)"
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// TestWaitsForWhatIsGranted: a job that is cancelled while a token is on its way waits for it and ends it, and asks for
// nothing else with it. Where no answer comes in time, it goes without.
func TestWaitsForWhatIsGranted(t *testing.T) {
	for name, answer := range map[string]string{"vault": login("hvs." + made(90)), "github": `{"token":"ghs_` + made(36) + `"}`} {
		ctx, cancel := context.WithCancel(t.Context())
		f := serve(t, func(w http.ResponseWriter, r *http.Request) {
			cancel()
			select {
			case <-r.Context().Done():
				t.Errorf("%s: nobody waits for the answer", name)
			case <-time.After(100 * time.Millisecond):
			}
			says(200, answer)(w, r)
		}, says(204, ""))
		p, _ := provider(t, name)
		g := vaultGrant(f.URL)
		g.Vault.Read = map[string]string{"secret/data/deploy": "SECRET"}
		if name == "github" {
			g = githubGrant(f.URL)
		}
		c, err := p.Exchange(ctx, request(t, g))
		if c != nil || !strings.HasSuffix(fmt.Sprint(err), "it is revoked ("+f.host()+" answered 204)") {
			t.Errorf("%s: %v, %v", name, c, err)
		}
		back := (*lease.GivenBackError)(nil)
		if !errors.As(err, &back) || back.Revocation.Outcome != lease.Revoked || back.Credential.Handle == "" || back.Unanswered != nil {
			t.Errorf("%s: %v", name, err)
		}
		if asked := f.asked(); len(asked) != 2 {
			t.Errorf("%s: asked %v", name, asked)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	f := serve(t, func(_ http.ResponseWriter, r *http.Request) { cancel(); <-r.Context().Done() })
	p, _ := within(t, "vault", time.Second)
	if _, err := p.Exchange(ctx, request(t, vaultGrant(f.URL))); err == nil || err.Error() != "vault: "+f.host()+" gave no answer within 1s" || len(f.asked()) != 1 {
		t.Errorf("%v, asked %v", err, f.asked())
	}
	if _, err := p.Exchange(ctx, request(t, vaultGrant(f.URL))); err == nil || err.Error() != "vault: cancelled" || len(f.asked()) != 1 {
		t.Errorf("%v, asked %v", err, f.asked())
	}
}

func TestVaultUnasked(t *testing.T) {
	unasked(t, "vault", vaultGrant, map[string]func(*lease.Request){
		"say narrow: none in the grant":    func(r *lease.Request) { r.Narrow = []byte("{}") },
		"a path has a segment":             func(r *lease.Request) { r.Grant.Vault.Mount = "../sys" },
		"handed over as VAULT_TOKEN":       func(r *lease.Request) { r.Grant.Vault.Read = map[string]string{"a": "VAULT_TOKEN"} },
		"handed over as X: name one":       func(r *lease.Request) { r.Grant.Vault.Read = map[string]string{"a": "X", "b": "X"} },
		"the grant is another provider's":  func(r *lease.Request) { r.Grant = &manifest.Grant{} },
		"can't be had: give the grant a t": func(r *lease.Request) { r.TTL = 0 },
	})
}

func TestVaultRevoke(t *testing.T) {
	const needs = "where token_no_default_policy is set, the role needs a policy that grants update on auth/token/revoke-self"
	const lives = "expire-only until 2026-11-28T12:15:00Z "
	denied, invalid := says(403, errorsOf("permission denied")), says(403, errorsOf("permission denied", "invalid token"))
	tests := []struct {
		name    string
		answers []http.HandlerFunc
		late    bool
		want    string
		fails   bool
	}{
		{"revoked", []http.HandlerFunc{says(204, "")}, false, "revoked (HOST answered 204)", false},
		{"revoked at last", []http.HandlerFunc{says(503, ""), says(204, "")}, false, "revoked (HOST answered 204)", false},
		{"gone", []http.HandlerFunc{invalid}, false, "already-ended (HOST answered 403: permission denied; invalid token)", false},
		{"gone, by the second question", []http.HandlerFunc{denied, invalid}, false, "already-ended (HOST answered 403: permission denied; invalid token)", false},
		{"lives and may not", []http.HandlerFunc{denied, says(200, `{"data":{}}`)}, false, lives + "(HOST answered 403: permission denied; the token lives, and may not revoke itself: " + needs + ")", false},
		{"may not even ask", []http.HandlerFunc{denied}, false, lives + "(HOST answered 403: permission denied; it may have ended; " + needs + ")", false},
		{"may not even ask, and is over", []http.HandlerFunc{denied}, true, "already-ended (HOST answered 403: permission denied; its time is over)", false},
		{"200 is no proof", []http.HandlerFunc{says(200, "{}")}, false, lives + "(HOST answered 200)", false},
		{"fault", []http.HandlerFunc{says(500, errorsOf("x"))}, false, lives + "(HOST answered 500: x, in the last of 4 tries)", true},
		{"fault at the second question", []http.HandlerFunc{denied, says(500, "")}, false, lives + "(HOST answered 403: permission denied)", true},
		{"redirect", []http.HandlerFunc{says(307, "", "Location", "https://other.example/")}, false, lives + "(HOST answered with a redirect to other.example, which isn't followed: name the server that answers itself)", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := serve(t, append([]http.HandlerFunc{says(200, login("hvs."+made(90)))}, tt.answers...)...)
			p, clock := provider(t, "vault")
			c, err := p.Exchange(t.Context(), request(t, vaultGrant(f.URL)))
			if err != nil {
				t.Fatal(err)
			}
			if tt.late {
				clock.at = c.NotAfter
			}
			got, err := p.Revoke(t.Context(), c)
			if want := strings.ReplaceAll(tt.want, "HOST", f.host()); got.String() != want || (err != nil) != tt.fails {
				t.Errorf("%s and %v, want %s", got, err, want)
			}
		})
	}
}

// TestVaultBatch: a batch token is known by what the answer calls it or by its prefix, and not asked about.
func TestVaultBatch(t *testing.T) {
	for _, answer := range []string{
		strings.NewReplacer(`"acc-1"`, `""`, `"service"`, `"batch"`).Replace(login("x" + made(90))),
		strings.NewReplacer(`"acc-1"`, `""`, `,"token_type":"service"`, ``).Replace(login("hvb." + made(90))),
		strings.NewReplacer(`"acc-1"`, `""`, `,"token_type":"service"`, ``).Replace(login("b." + made(90))),
	} {
		f := serve(t, says(200, answer))
		p, clock := provider(t, "vault")
		c, err := p.Exchange(t.Context(), request(t, vaultGrant(f.URL)))
		if err != nil {
			t.Fatal(err)
		}
		if c.Revocable != lease.Never || c.Handle != "request:6e8c1f5e-4a1b-4a57-9a9e-0d6ab1d9a111" {
			t.Errorf("%+v", c)
		}
		got, err := p.Revoke(t.Context(), c)
		if err != nil || got.String() != "expire-only until 2026-11-28T12:15:00Z (not asked: a batch token can't be revoked)" {
			t.Errorf("%s and %v", got, err)
		}
		clock.at = c.NotAfter
		if got, err = p.Revoke(t.Context(), c); err != nil || got.Outcome != lease.AlreadyEnded {
			t.Errorf("%s and %v", got, err)
		}
		if n := len(f.asked()); n != 1 {
			t.Errorf("asked %d times", n)
		}
	}
}

// TestVaultQuotes: no error shows what a server repeats of a token or of a secret that it gave before.
func TestVaultQuotes(t *testing.T) {
	token, secret := "hvs."+made(90), made(30)
	f := serve(t, says(200, login(token)), says(200, `{"data":{"a":"`+secret+`"}}`), says(403, errorsOf("no "+token+" and no "+secret)), says(204, ""))
	p, _ := provider(t, "vault")
	g := vaultGrant(f.URL)
	g.Vault.Read = map[string]string{"a": "FIRST", "b": "SECOND"}
	err := failed(t, p, request(t, g), token, secret)
	if want := f.host() + " answered 403: no [redacted] and no [redacted]: let a policy"; !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %s in it", err, want)
	}
}

func vaultBehaviour() behaviour {
	return behaviour{
		provider: "vault",
		grant: func(f *fake) *manifest.Grant {
			g := vaultGrant(f.URL)
			g.Vault.Read = map[string]string{"kv/deploy#password": "DB_PASSWORD"}
			return g
		},
		token: func() string { return "hvs." + made(90) },
		steps: func(token string, ends time.Time) []http.HandlerFunc {
			return []http.HandlerFunc{
				says(200, strings.NewReplacer(`"lease_duration":900`, fmt.Sprintf(`"lease_duration":%d`, int(ends.Sub(start).Seconds())), "acc-1", "acc-"+made(24)).Replace(login(token))),
				says(200, `{"data":{"password":"`+made(30)+`"}}`),
			}
		},
		refusal: says(403, errorsOf("permission denied")), reason: "permission denied",
		revoked: says(204, ""), gone: says(403, errorsOf("permission denied", "invalid token")),
	}
}
