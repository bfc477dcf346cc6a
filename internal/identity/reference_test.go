package identity

import (
	"crypto"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// Another implementation judges here what ours takes. It is more lenient in places, so it is only asked
// about what was taken.

// joseAlgorithms is every algorithm that ours takes.
func joseAlgorithms() []jose.SignatureAlgorithm {
	var out []jose.SignatureAlgorithm
	for _, a := range algorithms() {
		out = append(out, jose.SignatureAlgorithm(a.name))
	}
	return out
}

// checkWithJose fails where go-jose refuses a token that Verify took, or reads it differently.
func checkWithJose(token, set []byte, c Claims, want Expectation) error {
	var keys jose.JSONWebKeySet
	if err := json.Unmarshal(set, &keys); err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	tok, err := jwt.ParseSigned(string(token), joseAlgorithms())
	if err != nil {
		return fmt.Errorf("token: %w", err)
	}
	var std jwt.Claims
	var all map[string]json.RawMessage
	if err := tok.Claims(&keys, &std, &all); err != nil {
		return fmt.Errorf("signature or claims: %w", err)
	}
	if len(std.Audience) != 1 || std.Expiry == nil || std.IssuedAt == nil || len(all) != len(c.Names()) {
		return fmt.Errorf("aud %q, exp %v, iat %v, %d claims of %d", std.Audience, std.Expiry, std.IssuedAt, len(c.Names()), len(all))
	}
	return std.ValidateWithLeeway(jwt.Expected{Issuer: want.Issuer, AnyAudience: jwt.Audience{want.Audience}, Time: want.Now}, want.Skew)
}

// TestReference: the reference takes what is right, or its silence would say nothing.
func TestReference(t *testing.T) {
	set := setOf(jwkOf("rsa", nil), jwkOf("p256", nil), jwkOf("p384", nil), jwkOf("p521", nil))
	for alg, id := range byAlgorithm {
		tok := token(id, alg, claimsOf(nil))
		c, err := Verify(tok, allKeys(t), expected)
		if err != nil {
			t.Fatal(err)
		}
		if err := checkWithJose(tok, set, c, expected); err != nil {
			t.Errorf("%s: %v", alg, err)
		}
		if err := checkWithJose(tok[:len(tok)-8], set, c, expected); err == nil {
			t.Errorf("%s: the reference takes a signature that was cut", alg)
		}
	}
}

// FuzzVerify signs claims under a header, changes the token and gives it to Verify; the key of an id in
// the header signs, where there is one. What is taken must be what the reference takes.
func FuzzVerify(f *testing.F) {
	for alg, id := range byAlgorithm {
		f.Add(`{"typ":"JWT","alg":"`+alg+`","kid":"`+id+`"}`, string(claimsOf(nil)), id, alg, 0, byte(0))
	}
	good := `{"alg":"ES256","kid":"p256"}`
	f.Add(good, string(claimsOf(map[string]any{"aud": []string{"curfew"}})), "p256", "ES256", 40, byte(1))
	f.Add(good, `{"iss":"https://token.actions.githubusercontent.com","aud":"curfew","exp":1795521900.5,"iat":1.7955216e9}`, "p256", "ES256", 0, byte(0))
	f.Add(`{"alg":"none"}`, string(claimsOf(nil)), "p256", "ES256", 0, byte(0))
	f.Add(`{"alg":"ES256","ALG":"none","kid":"p256","Kid":"rsa"}`, `{"iss":"a","Iss":"b"}`, "p256", "ES256", 0, byte(0))
	set := setOf(jwkOf("rsa", nil), jwkOf("p256", nil), jwkOf("p384", nil), jwkOf("p521", nil))
	keys := keysOf(f, "rsa", "p256", "p384", "p521")
	f.Fuzz(func(t *testing.T, header, claims, signer, alg string, at int, change byte) {
		tok := fuzzed(header, claims, signer, alg)
		if len(tok) > 0 {
			tok[max(at, 0)%len(tok)] ^= change
		}
		c, err := Verify(tok, keys, expected)
		if err != nil {
			hidden(t, nil, err.Error())
			return
		}
		if err := checkWithJose(tok, set, c, expected); err != nil {
			t.Errorf("taken, but the reference says %v:\n%s", err, tok)
		}
		if again := append([]byte(nil), tok...); len(again) > 0 {
			again[len(again)-1] ^= 1
			if _, err := Verify(again, keys, expected); err == nil {
				t.Errorf("two texts of one token are taken")
			}
		}
		if iss, err := UnverifiedIssuer(tok); err != nil || iss != expected.Issuer {
			t.Errorf("the unverified issuer is %q, %v", iss, err)
		}
	})
}

// fuzzed signs where it is told of a key and an algorithm that go together and need no randomness; elsewhere
// the header is the whole token.
func fuzzed(header, claims, signer, alg string) []byte {
	key := issuer()[signer]
	if key == nil || byAlgorithm[alg] == "" || strings.HasPrefix(alg, "PS") || strings.HasPrefix(signer, "p") != strings.HasPrefix(alg, "ES") {
		return []byte(header)
	}
	return sign(key, alg, []byte(header), []byte(claims))
}

// FuzzParseKeys: each key that is kept is one that the reference reads from the same set, public and the
// same.
func FuzzParseKeys(f *testing.F) {
	good := jwkOf("p256", nil)
	f.Add(setOf(good, jwkOf("rsa", nil)))
	f.Add(setOf(good, map[string]any{"kty": "AKP"}, jwkOf("p521", map[string]any{"alg": "ES512", "key_ops": []string{"verify"}})))
	f.Add(setOf(jwkOf("rsa", map[string]any{"e": "Aw", "kid": nil}), jwkOf("p384", map[string]any{"kid": "a/b=="})))
	f.Add(setOf(jwkOf("p256", map[string]any{"d": "AQ"})))
	f.Add([]byte(`{"keys":[{"kty":"oct","k":"AQ"}]}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		keys, err := ParseKeys("jwks", src)
		if err != nil {
			hidden(t, nil, err.Error())
			return
		}
		if len(keys.list) == 0 {
			t.Fatal("taken without a key")
		}
		var set struct {
			Keys []json.RawMessage `json:"keys"`
		}
		if err := json.Unmarshal(src, &set); err != nil {
			t.Fatalf("taken, but %v", err)
		}
		for _, k := range keys.list {
			if !joseHas(set.Keys, k) {
				t.Errorf("the reference doesn't know the key %q, %T", k.id, k.public)
			}
		}
	})
}

// joseHas reports whether go-jose reads k from one of raw.
func joseHas(raw []json.RawMessage, k key) bool {
	for _, r := range raw {
		var j jose.JSONWebKey
		var plain map[string]json.RawMessage // without what go-jose has an opinion of and we leave alone
		if json.Unmarshal(r, &plain) != nil {
			continue
		}
		for name := range plain {
			switch name {
			case "kty", "kid", "alg", "crv", "x", "y", "n", "e", "d":
			default:
				delete(plain, name)
			}
		}
		if json.Unmarshal(toJSON(plain), &j) != nil || !j.Valid() || !j.IsPublic() {
			continue
		}
		same, ok := k.public.(interface{ Equal(crypto.PublicKey) bool })
		if ok && same.Equal(j.Key) && j.KeyID == k.id && j.Algorithm == k.alg {
			return true
		}
	}
	return false
}
