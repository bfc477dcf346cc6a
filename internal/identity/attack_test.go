package identity

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"slices"
	"strings"
	"testing"
)

// mac is a token with an HMAC by key in place of a signature.
func mac(header string, key []byte) []byte {
	text := b64([]byte(header)) + "." + b64(claimsOf(nil))
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return []byte(text + "." + b64(h.Sum(nil)))
}

// unsigned is a token with that signature, as it is to be written.
func unsigned(header, signature string) []byte {
	return []byte(b64([]byte(header)) + "." + b64(claimsOf(nil)) + "." + signature)
}

// publicForms are the ways to write the public key "rsa" that libraries have taken for an HMAC's key.
func publicForms(t *testing.T) map[string][]byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(issuer()["rsa"].Public())
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	return map[string][]byte{"PEM": text, "PEM without the last line break": bytes.TrimSpace(text), "DER": der, "JWK": toJSON(jwkOf("rsa", nil)), "nothing": {}}
}

// TestAttackHMAC: who can read a public key can make an HMAC with it.
func TestAttackHMAC(t *testing.T) {
	for form, key := range publicForms(t) {
		t.Run(form, func(t *testing.T) {
			tok := mac(`{"typ":"JWT","alg":"HS256","kid":"rsa"}`, key)
			c, err := Verify(tok, allKeys(t), expected)
			refused(t, tok, c, err, CodeAlgorithm, `alg is "HS256", expected one of RS256, RS384, RS512, PS256`)
			tok = mac(`{"typ":"JWT","alg":"RS256","kid":"rsa"}`, key)
			c, err = Verify(tok, allKeys(t), expected)
			refused(t, tok, c, err, CodeSignature, "changed or forged")
		})
	}
}

func TestAttackHeader(t *testing.T) {
	own := string(toJSON(jwkOf("rsa-2", nil)))
	for _, tt := range []struct {
		name, header string
		code         Code
		want         string
	}{
		{"none", `{"alg":"none","kid":"rsa"}`, CodeAlgorithm, `alg is "none", expected one of`},
		{"None", `{"alg":"nOnE","kid":"rsa"}`, CodeAlgorithm, `alg is "nOnE"`},
		{"empty", `{"alg":"","kid":"rsa"}`, CodeAlgorithm, `alg is ""`},
		{"absent", `{"kid":"rsa"}`, CodeAlgorithm, "alg is absent"},
		{"null", `{"alg":null,"kid":"rsa"}`, CodeAlgorithm, "alg is null"},
		{"a list", `{"alg":["RS256"],"kid":"rsa"}`, CodeAlgorithm, "alg is an array"},
		{"small letters", `{"alg":"rs256","kid":"rsa"}`, CodeAlgorithm, `alg is "rs256"`},
		{"Alg", `{"Alg":"RS256","kid":"rsa"}`, CodeAlgorithm, "alg is absent"},
		{"Ed25519", `{"alg":"EdDSA","kid":"rsa"}`, CodeAlgorithm, `alg is "EdDSA"`},
		{"long", `{"alg":"` + strings.Repeat("x", 4000) + `"}`, CodeAlgorithm, strings.Repeat("x", 200) + `…"`},
		{"twice", `{"alg":"none","kid":"rsa","alg":"RS256"}`, CodeMalformed, "header:1:27: this name is in the object twice"},
		{"twice by an escape", `{"alg":"RS256","kid":"rsa","\u0061lg":"none"}`, CodeMalformed, "this name is in the object twice"},
		{"kid twice", `{"alg":"RS256","kid":"rsa","kid":"p256"}`, CodeMalformed, "this name is in the object twice"},

		{"jwk", `{"alg":"RS256","kid":"rsa","jwk":` + own + `}`, CodeHeader, "it brings jwk: a token doesn't choose the key"},
		{"jwk alone", `{"alg":"RS256","jwk":` + own + `}`, CodeHeader, "it brings jwk"},
		{"jku", `{"alg":"RS256","kid":"rsa","jku":"https://evil.example/jwks"}`, CodeHeader, "it brings jku"},
		{"x5u", `{"alg":"RS256","kid":"rsa","x5u":"https://evil.example/cert"}`, CodeHeader, "it brings x5u"},
		{"x5c", `{"alg":"RS256","kid":"rsa","x5c":["MIIB"]}`, CodeHeader, "it brings x5c"},
		{"x5c null", `{"alg":"RS256","kid":"rsa","x5c":null}`, CodeHeader, "it brings x5c"},
		{"crit", `{"alg":"RS256","kid":"rsa","crit":["b64"],"b64":false}`, CodeHeader, "it has crit"},
		{"empty crit", `{"alg":"RS256","kid":"rsa","crit":[]}`, CodeHeader, "it has crit"},
		{"access token", `{"typ":"at+jwt","alg":"RS256","kid":"rsa"}`, CodeHeader, `typ is "at+jwt", expected "JWT"`},
		{"typ as a list", `{"typ":["JWT"],"alg":"RS256","kid":"rsa"}`, CodeHeader, "typ is an array"},

		{"no kid", `{"alg":"RS256"}`, CodeKeyUnknown, "kid is absent, and the issuer has 5 keys"},
		{"unknown kid", `{"alg":"RS256","kid":"old"}`, CodeKeyUnknown, `kid is "old", which none of the issuer's 5 keys has: if the issuer has new keys, fetch them again`},
		{"kid in capitals", `{"alg":"RS256","kid":"RSA"}`, CodeKeyUnknown, `kid is "RSA"`},
		{"start of a kid", `{"alg":"RS256","kid":"rs"}`, CodeKeyUnknown, `kid is "rs"`},
		{"path", `{"alg":"RS256","kid":"../../../../dev/null"}`, CodeKeyUnknown, "which none of"},
		{"empty kid", `{"alg":"RS256","kid":""}`, CodeHeader, "kid is not an id of letters, digits"},
		{"kid null", `{"alg":"RS256","kid":null}`, CodeHeader, "kid is not an id"},
		{"kid as a number", `{"alg":"RS256","kid":1}`, CodeHeader, "kid is not an id"},
		{"query", `{"alg":"RS256","kid":"x' UNION SELECT 'a"}`, CodeHeader, "kid is not an id"},
		{"command", `{"alg":"RS256","kid":"rsa|/bin/id"}`, CodeHeader, "kid is not an id"},
		{"NUL", `{"alg":"RS256","kid":"rsa\u0000"}`, CodeHeader, "kid is not an id"},
		{"line break", `{"alg":"RS256","kid":"rsa\n"}`, CodeHeader, "kid is not an id"},
		{"long kid", `{"alg":"RS256","kid":"` + strings.Repeat("a", 201) + `"}`, CodeHeader, "of at most 200 characters"},

		{"an array", `["RS256"]`, CodeMalformed, "header: expected an object, found an array"},
		{"deep", `{"alg":"RS256","kid":"rsa","a":[[[[[]]]]]}`, CodeMalformed, "nested more than 4 deep"},
		{"more after it", `{"alg":"RS256","kid":"rsa"}{}`, CodeMalformed, "unexpected text after the value"},
		{"not UTF-8", "{\"alg\":\"RS256\",\"kid\":\"rsa\",\"a\":\"\xff\"}", CodeMalformed, "not UTF-8"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, tok := range [][]byte{signed(tt.header, claimsOf(nil)), unsigned(tt.header, "")} {
				c, err := Verify(tok, allKeys(t), expected)
				refused(t, tok, c, err, tt.code, tt.want)
			}
		})
	}
}

// TestAttackKey: one key's signature under another's name, or by another algorithm than the key's.
func TestAttackKey(t *testing.T) {
	pinned, err := ParseKeys("jwks", setOf(jwkOf("rsa", map[string]any{"alg": "RS256"})))
	if err != nil {
		t.Fatal(err)
	}
	as := func(signer, alg, header string) []byte {
		return sign(issuer()[signer], alg, []byte(header), claimsOf(nil))
	}
	for _, tt := range []struct {
		name  string
		token []byte
		keys  Keys
		code  Code
		want  string
	}{
		{"another's", as("rsa-2", "RS256", `{"alg":"RS256","kid":"rsa"}`), allKeys(t), CodeSignature, "changed or forged"},
		{"a key that isn't the issuer's", as("rsa-2", "RS256", `{"alg":"RS256","kid":"rsa"}`), keysOf(t, "rsa"), CodeSignature, ""},
		{"RS for PS", as("rsa", "PS256", `{"alg":"RS256","kid":"rsa"}`), allKeys(t), CodeSignature, ""},
		{"PS for RS", as("rsa", "RS256", `{"alg":"PS256","kid":"rsa"}`), allKeys(t), CodeSignature, ""},
		{"another digest", as("rsa", "RS256", `{"alg":"RS512","kid":"rsa"}`), allKeys(t), CodeSignature, ""},
		{"RS with EC's key", as("rsa", "RS256", `{"alg":"RS256","kid":"p256"}`), allKeys(t), CodeAlgorithm, `alg is "RS256", which the issuer's key isn't for`},
		{"PS with EC's key", as("rsa", "PS256", `{"alg":"PS256","kid":"p256"}`), allKeys(t), CodeAlgorithm, ""},
		{"ES with RSA's key", as("p256", "ES256", `{"alg":"ES256","kid":"rsa"}`), allKeys(t), CodeAlgorithm, ""},
		{"another curve", as("p384", "ES256", `{"alg":"ES256","kid":"p384"}`), allKeys(t), CodeAlgorithm, ""},
		{"another curve's digest", as("p256", "ES384", `{"alg":"ES384","kid":"p256"}`), allKeys(t), CodeAlgorithm, ""},
		{"other than the key's own", as("rsa", "RS512", `{"alg":"RS512","kid":"rsa"}`), pinned, CodeAlgorithm, `alg is "RS512", expected "RS256", which the issuer's key is for`},
		{"PS on a key for RS", as("rsa", "PS256", `{"alg":"PS256","kid":"rsa"}`), pinned, CodeAlgorithm, ""},
		{"no keys", as("rsa", "RS256", `{"alg":"RS256"}`), Keys{}, CodeKeyUnknown, "the issuer has 0 keys"},
		{"id where the only key has none", as("rsa", "RS256", `{"alg":"RS256","kid":"rsa"}`), Keys{[]key{{public: issuer()["rsa"].Public()}}}, CodeKeyUnknown, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := Verify(tt.token, tt.keys, expected)
			refused(t, tt.token, c, err, tt.code, tt.want)
		})
	}
}

// signatureOf is a token's signature, decoded.
func signatureOf(t *testing.T, token []byte) []byte {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(string(token[bytes.LastIndexByte(token, '.')+1:]))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestAttackSignature: signatures in forms that their algorithm doesn't have.
func TestAttackSignature(t *testing.T) {
	header := `{"alg":"ES256","kid":"p256"}`
	digest := sha256.Sum256(bytes.TrimSuffix(unsigned(header, ""), []byte(".")))
	asn1, err := ecdsa.SignASN1(rand.Reader, issuer()["p256"].(*ecdsa.PrivateKey), digest[:])
	if err != nil {
		t.Fatal(err)
	}
	ours := signatureOf(t, sign(issuer()["p256"], "ES256", []byte(header), claimsOf(nil)))
	raw := signatureOf(t, token("p256", "ES256", claimsOf(nil)))
	for name, signature := range map[string]string{
		"empty":           "",
		"zeros":           b64(make([]byte, 64)), // CVE-2022-21449
		"ASN.1":           b64(asn1),
		"one byte":        "AA",
		"zeros before it": b64(append(make([]byte, 2), ours...)),
		"zeros after it":  b64(append(slices.Clone(ours), 0, 0)),
		"cut":             b64(ours[:63]),
		"zeros within it": b64(slices.Insert(slices.Clone(ours), 32, 0, 0)),
		"another token's": b64(raw),
	} {
		t.Run(name, func(t *testing.T) {
			tok := unsigned(header, signature)
			c, err := Verify(tok, allKeys(t), expected)
			refused(t, tok, c, err, CodeSignature, "")
		})
	}
	t.Run("a salt shorter than the digest", func(t *testing.T) {
		header := `{"alg":"PS256","kid":"rsa"}`
		digest := sha256.Sum256(bytes.TrimSuffix(unsigned(header, ""), []byte(".")))
		signature, err := rsa.SignPSS(rand.Reader, issuer()["rsa"].(*rsa.PrivateKey), crypto.SHA256, digest[:], &rsa.PSSOptions{SaltLength: 20})
		if err != nil {
			t.Fatal(err)
		}
		tok := unsigned(header, b64(signature))
		c, err := Verify(tok, allKeys(t), expected)
		refused(t, tok, c, err, CodeSignature, "")
	})
	t.Run("another's claims", func(t *testing.T) {
		parts := strings.Split(string(token("rsa", "RS256", claimsOf(nil))), ".")
		tok := []byte(parts[0] + "." + b64(claimsOf(map[string]any{"repository_id": "3"})) + "." + parts[2])
		c, err := Verify(tok, allKeys(t), expected)
		refused(t, tok, c, err, CodeSignature, "")
	})
}

// TestAttackForm: texts of which two readers could make two things.
func TestAttackForm(t *testing.T) {
	good := string(token("rsa", "RS256", claimsOf(nil)))
	dot := strings.IndexByte(good, '.')
	// A signature of 256 bytes ends in a character of which two bits count.
	stray := strings.NewReplacer("A", "B", "Q", "R", "g", "h", "w", "x").Replace(good[len(good)-1:])
	for _, tt := range []struct {
		name, token string
		code        Code
		want        string
	}{
		{"empty", "", CodeMalformed, "found 1"},
		{"dots alone", "..", CodeMalformed, "header:1:1: expected a value, found the end"},
		{"two parts", good[:strings.LastIndexByte(good, '.')], CodeMalformed, "which has 3 parts with a dot between them, found 2"},
		{"four parts", good + ".", CodeMalformed, "found 4"},
		{"five parts, a JWE", good + ".AA.AA", CodeMalformed, "found 5"},
		{"JSON", `{"payload":"e30","protected":"e30","signature":"AA"}`, CodeMalformed, "expected a JWT in its compact form"},
		{"padding", good + "==", CodeMalformed, "its part 3, the signature, is not in base64url"},
		{"stray bits", good[:len(good)-1] + stray, CodeMalformed, "its part 3, the signature"},
		{"line break at the end", good + "\n", CodeMalformed, "its part 3, the signature"},
		{"line break within", good[:dot-4] + "\r\n" + good[dot-4:], CodeMalformed, "its part 1, the header"},
		{"space before", " " + good, CodeMalformed, "its part 1, the header"},
		{"space within", good[:dot+5] + " " + good[dot+5:], CodeMalformed, "its part 2, the claims"},
		{"standard alphabet", good[:dot+1] + "+/" + good[dot+1:], CodeMalformed, "its part 2, the claims"},
		{"with its scheme", "Bearer " + good, CodeMalformed, "its part 1"},
		{"oversized", good + strings.Repeat("A", 16<<10), CodeOversized, "at most 16384 are read"},
		{"claim twice", string(token("rsa", "RS256", []byte(strings.Replace(string(claimsOf(nil)), `{`, `{"aud":"curfew",`, 1)))), CodeMalformed, "this name is in the object twice"},
		{"claim twice, deep", string(token("rsa", "RS256", []byte(`{"a":{"b":1,"b":2}}`))), CodeMalformed, "claims:1:13: this name"},
		{"claims in a list", string(token("rsa", "RS256", []byte(`[]`))), CodeMalformed, "expected an object of claims, found an array"},
		{"no claims", string(token("rsa", "RS256", nil)), CodeMalformed, "claims:1:1: expected a value"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := Verify([]byte(tt.token), allKeys(t), expected)
			refused(t, []byte(tt.token), c, err, tt.code, tt.want)
		})
	}
}
