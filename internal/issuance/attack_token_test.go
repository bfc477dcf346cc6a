package issuance_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/oidc"
)

// forged lets tokens for curfew be made in another way; those for providers stay right.
func forged(with func(claims map[string]any) string) func(w *world) {
	return func(w *world) {
		w.job.forge = func(audience string, claims map[string]any) string {
			if audience != issuance.Audience {
				return sign(signers()[0], header, claims)
			}
			return with(claims)
		}
	}
}

func withHeader(header string) func(w *world) {
	return forged(func(claims map[string]any) string { return sign(signers()[0], header, claims) })
}

// hmacToken is signed with the public key as if it were a secret, the oldest trick of all.
func hmacToken(claims map[string]any) string {
	der, err := x509.MarshalPKIXPublicKey(signers()[0].Public())
	if err != nil {
		panic(err)
	}
	text := b64([]byte(`{"alg":"HS256","kid":"a","typ":"JWT"}`)) + "." + b64(toJSON(claims))
	mac := hmac.New(sha256.New, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	mac.Write([]byte(text))
	return text + "." + b64(mac.Sum(nil))
}

func tokenAttacks() []attack {
	return []attack{
		{name: "expired", alter: claim("exp", start.Unix()-61), code: "token-expired"},
		{name: "from the future", alter: claim("iat", start.Unix()+61), code: "token-not-yet"},
		{name: "a life of a year", alter: claim("exp", start.Unix()+365*86400), code: "token-lifetime"},
		{name: "other audience", alter: claim("aud", "sts.amazonaws.com"), code: "token-audience"},
		{name: "two audiences", alter: claim("aud", []string{"curfew", "evil"}), code: "token-audience"},
		{name: "none", alter: forged(func(c map[string]any) string { return b64([]byte(`{"alg":"none"}`)) + "." + b64(toJSON(c)) + "." }), code: "token-algorithm"},
		{name: "HMAC with the public key", alter: forged(hmacToken), code: "token-algorithm"},
		{name: "kid that leads up", alter: withHeader(`{"alg":"RS256","kid":"../../dev/null\u0000"}`), code: "token-header"},
		{name: "kid in SQL", alter: withHeader(`{"alg":"RS256","kid":"a' UNION SELECT 'x"}`), code: "token-header"},
		{name: "kid of another", alter: withHeader(`{"alg":"RS256","kid":"b"}`), code: "token-key-unknown"},
		{name: "brings its key", alter: withHeader(`{"alg":"RS256","jku":"https://evil.example/keys"}`), code: "token-header"},
		{name: "another key", alter: forged(func(c map[string]any) string { return sign(signers()[1], header, c) }), code: "token-signature"},
		{name: "claims exchanged", alter: forged(func(c map[string]any) string {
			parts := strings.Split(sign(signers()[0], header, c), ".")
			c["environment"] = "production "
			return parts[0] + "." + b64(toJSON(c)) + "." + parts[2]
		}), code: "token-signature"},
		{name: "no token", alter: forged(func(map[string]any) string { return "" }), code: "token-malformed"},
		{name: "huge token", alter: forged(func(map[string]any) string { return strings.Repeat("a", 1<<20) }), code: "token-oversized"},
		{name: "unknown issuer", alter: claim("iss", "https://evil.example"), code: issuance.CodeIssuer},
		{name: "issuer but for a slash", alter: claim("iss", actions+"/"), code: issuance.CodeIssuer},
		{name: "issuer with newlines", alter: claim("iss", "https://evil.example\n\x1b[2J"), code: issuance.CodeIssuer},
		{name: "issuer that the policy lists, but nobody configured", alter: func(w *world) {
			w.org("version: 1", "version: 1\nissuers: ["+other+"]")
			w.job.claims["iss"] = other
		}, code: issuance.CodeIssuer},
		{name: "issuer that is configured, but not listed", alter: func(w *world) {
			w.options.Issuers, w.job.claims["iss"] = []string{other}, other
		}, code: "issuer-not-allowed"},
		{name: "keys off the issuer's host", alter: func(w *world) {
			w.job.keys = discovery(`{"issuer":"` + actions + `","jwks_uri":"https://evil.example/keys"}`)
		}, code: issuance.CodeKeys},
		{name: "keys by redirect", alter: func(w *world) { w.job.keys = discovery("") }, code: issuance.CodeKeys},
		{name: "description of another issuer", alter: func(w *world) { w.job.keys = discovery(`{"issuer":"` + other + `","jwks_uri":"` + actions + `/keys"}`) }, code: issuance.CodeKeys},
		{name: "token refused", alter: fails("first token"), code: issuance.CodeToken},
		{name: "second token of another run", alter: second("run_id", "666"), code: issuance.CodeSecond, records: "intent denied"},
		{name: "second token of another attempt", alter: second("run_attempt", "2"), code: issuance.CodeSecond, records: "intent denied"},
		{name: "second token of another subject", alter: second("sub", "repo:acme/web:ref:refs/heads/main"), code: issuance.CodeSecond, records: "intent denied"},
		{name: "second token of another repository", alter: second("repository_id", "1"), code: issuance.CodeSecond, records: "intent denied"},
		{name: "second token of another commit", alter: second("sha", commitB), code: issuance.CodeSecond, records: "intent denied"},
		{name: "second token of another ref", alter: second("ref", "refs/heads/x\n"), code: issuance.CodeSecond, records: "intent denied"},
		{name: "second token of another runner", alter: func(w *world) {
			w.manifest("environment: production", "environment: production\n      runner_environment: github-hosted")
			second("runner_environment", "self-hosted")(w)
		}, code: issuance.CodeSecond, records: "intent denied"},
		{name: "second token for another audience", alter: second("aud", "https://evil.example"), code: "token-audience", records: "intent denied"},
		{name: "second token of another issuer", alter: second("iss", "https://gitlab.com"), code: "token-issuer", records: "intent denied"},
		{name: "second token forged", alter: func(w *world) {
			w.job.forge = func(audience string, claims map[string]any) string {
				if audience == issuance.Audience {
					return sign(signers()[0], header, claims)
				}
				return sign(signers()[1], header, claims)
			}
		}, code: "token-signature", records: "intent denied"},
	}
}

func second(name string, value any) func(w *world) {
	return func(w *world) { w.job.second = map[string]any{name: value} }
}

// fails lets one step go wrong.
func fails(step string) func(w *world) {
	return func(w *world) {
		w.fail = func(name string) error {
			if name == step {
				return errors.New("out of order\n\x1b[2J")
			}
			return nil
		}
	}
}

// discovery is the real reader of keys before a made-up network, in which the issuer's host describes itself as
// said, or redirects where that is "". Another host has keys, too.
func discovery(said string) issuance.Keyring {
	return oidc.New(oidc.Options{Client: &http.Client{Transport: network(func(r *http.Request) *http.Response {
		answer := &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Request: r}
		body := string(jwks())
		if r.URL.Host == "token.actions.githubusercontent.com" {
			if body = said; said == "" {
				answer.StatusCode = http.StatusFound
				answer.Header.Set("Location", "https://evil.example/.well-known/openid-configuration")
			}
		}
		answer.Body = io.NopCloser(bytes.NewReader([]byte(body)))
		return answer
	})}})
}

type network func(r *http.Request) *http.Response

func (n network) RoundTrip(r *http.Request) (*http.Response, error) { return n(r), nil }
