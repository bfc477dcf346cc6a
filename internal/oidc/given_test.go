package oidc_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/oidc"
	"github.com/curfew-ci/curfew/internal/redact"
)

// unsigned is a made-up token for some audiences, which nobody signed.
func unsigned(t testing.TB, aud any) redact.Secret {
	t.Helper()
	claims, err := json.Marshal(map[string]any{"iss": "https://gitlab.example", "aud": aud, "jti": "not-to-be-seen"})
	if err != nil {
		t.Fatal(err)
	}
	part := base64.RawURLEncoding.EncodeToString
	return redact.New([]byte(part([]byte(`{"alg":"RS256"}`)) + "." + part(claims) + "." + part([]byte("signature"))))
}

// TestGiven: of the tokens that a job was given the one is taken that is for the audience alone.
func TestGiven(t *testing.T) {
	own, vault := oidc.Variable{Name: "CURFEW_ID_TOKEN", Token: unsigned(t, "curfew")}, oidc.Variable{Name: "CURFEW_ID_TOKEN_VAULT", Token: unsigned(t, []string{"vault"})}
	both := oidc.Variable{Name: "CURFEW_ID_TOKEN_ALL", Token: unsigned(t, []any{"curfew", "aws"})}
	odd := oidc.Variable{Name: "CURFEW_ID_TOKEN_ODD", Token: redact.New([]byte("not-to-be-seen"))}
	second := oidc.Variable{Name: "CURFEW_ID_TOKEN_TWO", Token: unsigned(t, "vault")}
	const none = "ask for an ID token: no variable of the job has one for the audience "
	for _, tt := range []struct {
		name, audience string
		given          []oidc.Variable
		takes          *oidc.Variable
		says           string
	}{
		{"curfew's", "curfew", []oidc.Variable{vault, own}, &own, ""},
		{"a provider's, in a list of one", "vault", []oidc.Variable{own, vault, both, odd}, &vault, ""},
		{"one token for both", "aws", []oidc.Variable{own, both}, nil, none + `"aws" alone: that of CURFEW_ID_TOKEN_ALL is for others too, any of whom could hand it in as the job`},
		{"curfew's beside others", "curfew", []oidc.Variable{both}, nil, none + `"curfew" alone: that of CURFEW_ID_TOKEN_ALL is for others too, any of whom could hand it in as the job`},
		{"two for one audience", "vault", []oidc.Variable{vault, own, second}, nil, `ask for an ID token: CURFEW_ID_TOKEN_VAULT and CURFEW_ID_TOKEN_TWO both have one for the audience "vault", and which of them counts can't be told: remove one from id_tokens`},
		{"none", "aws", []oidc.Variable{own, odd}, nil, none + `"aws" alone: there are CURFEW_ID_TOKEN (for "curfew"), CURFEW_ID_TOKEN_ODD (no ID token)`},
		{"nothing was given", "aws", []oidc.Variable{}, nil, none + `"aws" alone: there is none whose name begins with CURFEW_ID_TOKEN`},
		{"another case", "Vault", []oidc.Variable{vault}, nil, none + `"Vault" alone: there are CURFEW_ID_TOKEN_VAULT (for "vault")`},
		{"a part of one", "vau", []oidc.Variable{vault}, nil, none + `"vau" alone: there are CURFEW_ID_TOKEN_VAULT (for "vault")`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := serve(t, says(200, token)) // an endpoint beside it is never asked
			s := newSource(f.URL, newClock(), func(o *oidc.Options) { o.Given = tt.given })
			got, err := s.IDToken(t.Context(), tt.audience)
			if tt.takes != nil {
				if err != nil || !got.Equal(tt.takes.Token) {
					t.Fatal(err)
				}
				got.Zero() // what is taken is the caller's own
				if got.Equal(tt.takes.Token) {
					t.Error("the job's own token was wiped")
				}
			} else if fmt.Sprint(err) != tt.says || got.Len() != 0 {
				t.Errorf("got  %v\nwant %s", err, tt.says)
			}
			hidden(t, fmt.Sprintf("%v %+v", err, err))
			if f.asked() > 0 {
				t.Error("the endpoint was asked")
			}
		})
	}
}

// TestNotGivenMend: what is to be added is the platform's own keyword.
func TestNotGivenMend(t *testing.T) {
	s := oidc.New(oidc.Options{Given: []oidc.Variable{}})
	for audience, want := range map[string]string{
		"curfew": `give the job in .gitlab-ci.yml a token for this audience alone: id_tokens: { CURFEW_ID_TOKEN: { aud: "curfew" } }`,
		"a\nb":   `give the job in .gitlab-ci.yml a token for this audience alone: id_tokens: { CURFEW_ID_TOKEN_NAME: { aud: "a\nb" } }`,
	} {
		_, err := s.IDToken(t.Context(), audience)
		var missing *oidc.NotGivenError
		if !errors.As(err, &missing) || missing.Mend() != want {
			t.Errorf("%v", err)
		}
	}
}

// FuzzGiven: whatever a variable holds, what is taken for an audience is for nobody else by its own words.
func FuzzGiven(f *testing.F) {
	f.Add([]byte(`{"aud":"curfew"}`), "curfew")
	f.Add([]byte(`{"aud":["curfew","vault"]}`), "vault")
	f.Add([]byte(`{"aud":["curfew",null]}`), "curfew")
	f.Fuzz(func(t *testing.T, claims []byte, audience string) {
		text := []byte("e30." + base64.RawURLEncoding.EncodeToString(claims) + ".c2ln")
		s := oidc.New(oidc.Options{Given: []oidc.Variable{{Name: "CURFEW_ID_TOKEN", Token: redact.New(text)}}})
		if _, err := s.IDToken(t.Context(), audience); err != nil {
			return
		}
		if all, err := identity.UnverifiedAudiences(text); err != nil || !slices.Equal(all, []string{audience}) {
			t.Errorf("%q of %q was taken", text, all)
		}
	})
}
