package identity

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"
)

// now is the time of all tests.
var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

const (
	testIssuer   = "https://token.actions.githubusercontent.com"
	testAudience = "curfew"
)

var expected = Expectation{Issuer: testIssuer, Audience: testAudience, Now: now, Skew: 30 * time.Second}

// claimsOf is a claim set as GitHub sends it, with some claims changed; nil takes one out.
func claimsOf(changes map[string]any) []byte {
	c := map[string]any{
		"iss": testIssuer, "aud": testAudience, "sub": "repo:acme/app:ref:refs/heads/main", "repository_id": "2", "repository_owner_id": "1",
		"iat": now.Unix(), "nbf": now.Unix() - 300, "exp": now.Unix() + 300,
	}
	for name, v := range changes {
		c[name] = v
		if v == nil {
			delete(c, name)
		}
	}
	return toJSON(c)
}

// allKeys is the public keys of all ids that are fit.
func allKeys(t testing.TB) Keys {
	t.Helper()
	return keysOf(t, "rsa", "rsa-2", "p256", "p384", "p521")
}

// token signs claims with the key of an id by an algorithm.
func token(id, alg string, claims []byte) []byte {
	return sign(issuer()[id], alg, toJSON(map[string]string{"typ": "JWT", "alg": alg, "kid": id}), claims)
}

// signed is a token with a header of its own, signed by "rsa" as RS256.
func signed(header string, claims []byte) []byte {
	return sign(issuer()["rsa"], "RS256", []byte(header), claims)
}

// sign signs as alg says, whatever the header says.
func sign(k crypto.Signer, alg string, header, claims []byte) []byte {
	text := b64(header) + "." + b64(claims)
	hash := map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512}[alg[2:]]
	h := hash.New()
	h.Write([]byte(text))
	digest := h.Sum(nil)
	var signature []byte
	var err error
	switch alg[:2] {
	case "RS":
		signature, err = k.Sign(rand.Reader, digest, hash)
	case "PS":
		signature, err = k.Sign(rand.Reader, digest, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: hash})
	case "ES":
		var der []byte
		der, err = k.Sign(nil, digest, hash) // without randomness, or the fuzzer would see new ways in every run
		var numbers struct{ R, S *big.Int }
		if _, errDER := asn1.Unmarshal(der, &numbers); errDER != nil {
			panic(errDER)
		}
		size := (k.(*ecdsa.PrivateKey).Params().BitSize + 7) / 8
		signature = append(numbers.R.FillBytes(make([]byte, size)), numbers.S.FillBytes(make([]byte, size))...)
	}
	if err != nil {
		panic(err)
	}
	return []byte(text + "." + b64(signature))
}

// refused fails unless err is a refusal with that code that has want in its message, and nothing of token.
func refused(t *testing.T, token []byte, got Claims, err error, code Code, want string) {
	t.Helper()
	var refusal *TokenError
	if !errors.As(err, &refusal) {
		t.Fatalf("got %v, want a refusal for %s", err, code)
	}
	if refusal.Code != code || !strings.Contains(refusal.Message, want) {
		t.Errorf("got  %s: %s\nwant %s: …%s…", refusal.Code, refusal.Message, code, want)
	}
	if len(got.Names()) > 0 {
		t.Errorf("claims came with the refusal: %v", got.Names())
	}
	hidden(t, token, fmt.Sprintf("%v %+v %#v %q", err, err, refusal, err))
}

// hidden fails where out shows a part of token.
func hidden(t *testing.T, token []byte, out string) {
	t.Helper()
	for part := range strings.SplitSeq(string(token), ".") {
		for at := 0; at+12 <= len(part); at += 12 {
			if strings.Contains(out, part[at:at+12]) {
				t.Fatalf("%q of the token is in %q", part[at:at+12], out)
			}
		}
	}
	if strings.Contains(out, "\n") {
		t.Errorf("more than one line: %q", out)
	}
}
