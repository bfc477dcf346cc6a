package identity

import (
	"crypto/ecdsa"
	"encoding/base64"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ids lists the ids of keys.
func (k Keys) ids() []string {
	var out []string
	for _, key := range k.list {
		out = append(out, key.id)
	}
	return out
}

func TestParseKeys(t *testing.T) {
	odd := func(member string, v any) map[string]any { return jwkOf("rsa-2", map[string]any{member: v}) }
	number := func(n *big.Int) string { return b64(n.Bytes()) }
	e := func(n int64) map[string]any { return odd("e", number(big.NewInt(n))) }
	good := jwkOf("rsa", nil)
	for _, tt := range []struct {
		name string
		key  map[string]any // beside good
		kept bool
	}{
		{"RSA", odd("alg", "RS256"), true},
		{"for PSS", odd("alg", "PS512"), true},
		{"without use", odd("use", nil), true},
		{"to verify", odd("key_ops", []string{"verify"}), true},
		{"what nobody knows", odd("x-unknown", map[string]any{"a": []int{1}}), true},
		{"certificates", odd("x5c", []string{"MIIB"}), true},
		{"P-256", jwkOf("p256", map[string]any{"alg": "ES256"}), true},
		{"P-384", jwkOf("p384", map[string]any{"alg": "ES384"}), true},
		{"P-521", jwkOf("p521", map[string]any{"alg": "ES512"}), true},
		{"id of base64", odd("kid", "a/b+c=="), true},
		{"without id", odd("kid", nil), true},
		{"small exponent", e(3), true},

		{"another type", odd("kty", "OKP"), false},
		{"type in small letters", odd("kty", "rsa"), false},
		{"no type", odd("kty", nil), false},
		{"for encryption", odd("use", "enc"), false},
		{"use that is no string", odd("use", 1), false},
		{"to sign", odd("key_ops", []string{"sign"}), false},
		{"to do nothing", odd("key_ops", []string{}), false},
		{"operations in a string", odd("key_ops", "verify"), false},
		{"RSA for ECDSA", odd("alg", "ES256"), false},
		{"RSA for encryption", odd("alg", "RSA-OAEP"), false},
		{"RSA for HMAC", odd("alg", "HS256"), false},
		{"for nothing", odd("alg", "none"), false},
		{"algorithm that is no string", odd("alg", []string{"RS256"}), false},
		{"P-256 for P-384", jwkOf("p256", map[string]any{"alg": "ES384"}), false},
		{"P-256 for RSA", jwkOf("p256", map[string]any{"alg": "RS256"}), false},
		{"empty id", odd("kid", ""), false},
		{"id that is a number", odd("kid", 1), false},
		{"id with a space", odd("kid", "a b"), false},
		{"id with a line break", odd("kid", "a\nb"), false},
		{"long id", odd("kid", strings.Repeat("a", 201)), false},

		{"1024 bits", jwkOf("weak", nil), false},
		{"2047 bits", odd("n", number(new(big.Int).SetBit(big.NewInt(1), 2046, 1))), false},
		{"8193 bits", odd("n", number(new(big.Int).SetBit(big.NewInt(1), 8192, 1))), false},
		{"even modulus", odd("n", number(new(big.Int).SetBit(new(big.Int), 2047, 1))), false},
		{"no modulus", odd("n", nil), false},
		{"no exponent", odd("e", nil), false},
		{"exponent 0", odd("e", "AA"), false},
		{"exponent 1", e(1), false},
		{"even exponent", e(4), false},
		{"long exponent", e(1<<31 + 1), false},
		{"longer exponent", odd("e", "AQAAAAAAAAAB"), false},
		{"modulus with padding", odd("n", base64.URLEncoding.EncodeToString(issuerN())), false},
		{"modulus with line breaks", odd("n", b64(issuerN())[:8]+"\n"+b64(issuerN())[8:]), false},
		{"exponent with stray bits", odd("e", "Ax"), false},

		{"P-224", jwkOf("p224", nil), false},
		{"no curve", jwkOf("p256", map[string]any{"crv": nil}), false},
		{"point of another curve", jwkOf("p256", map[string]any{"crv": "P-384"}), false},
		{"point off the curve", jwkOf("p256", map[string]any{"y": jwkOf("p256", nil)["x"]}), false},
		{"short coordinate", jwkOf("p256", map[string]any{"x": "AQ"}), false},
		{"coordinates cut elsewhere", cutElsewhere(), false},
		{"no coordinate", jwkOf("p256", map[string]any{"y": nil}), false},
		{"zero", jwkOf("p256", map[string]any{"x": b64(make([]byte, 32)), "y": b64(make([]byte, 32))}), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			keys, err := ParseKeys("jwks", setOf(good, tt.key))
			if err != nil {
				t.Fatal(err)
			}
			want := []string{"rsa"}
			if tt.kept {
				id, _ := tt.key["kid"].(string)
				want = append(want, id)
			}
			if diff := cmp.Diff(want, keys.ids()); diff != "" {
				t.Errorf("keys (-want +got):\n%s", diff)
			}
		})
	}
}

// cutElsewhere is a key whose coordinates together are a point's, but the first has a byte too few.
func cutElsewhere() map[string]any {
	point, err := issuer()["p256"].Public().(*ecdsa.PublicKey).Bytes()
	if err != nil {
		panic(err)
	}
	return jwkOf("p256", map[string]any{"x": b64(point[1:32]), "y": b64(point[32:])})
}

func issuerN() []byte {
	n, err := base64.RawURLEncoding.DecodeString(jwkOf("rsa-2", nil)["n"].(string))
	if err != nil {
		panic(err)
	}
	return n
}

func TestParseKeysRefuses(t *testing.T) {
	good := string(toJSON(jwkOf("rsa", nil)))
	set := func(more string) string { return `{"keys":[` + more + `]}` }
	with := func(id, member string, v any) string { return string(toJSON(jwkOf(id, map[string]any{member: v}))) }
	const private = "a symmetric or private key, which must not be published: nothing that this issuer signs can be trusted until it has new keys"
	tests := map[string]struct{ src, want string }{
		"HTML":              {"<!DOCTYPE html>", "jwks:1:1: expected a value"},
		"array":             {"[]", "jwks:1:1: expected a JWK Set, which is an object, found an array"},
		"one key":           {good, `jwks:1:1: expected a JWK Set: it has no "keys"`},
		"keys in an object": {`{"keys":{}}`, "jwks:1:9: expected an array of keys, found an object"},
		"key in a string":   {set(good + `,"x"`), "expected a key, which is an object, found a string"},
		"duplicate name":    {`{"keys":[],"keys":[]}`, "jwks:1:12: this name is in the object twice"},
		"duplicate in key":  {set(strings.Replace(good, `"kid"`, `"kid":"x","\u006bid"`, 1)), "this name is in the object twice"},
		"duplicate id":      {set(good + "," + with("p256", "kid", "rsa")), "another key of the set has the same id: which of them signed can't be told"},
		"symmetric":         {set(good + `,{"kty":"oct","k":"c2VjcmV0LXNlY3JldA"}`), private},
		"private RSA":       {set(good + "," + with("rsa-2", "d", "c2VjcmV0LXNlY3JldA")), private},
		"part of one":       {set(good + "," + with("rsa-2", "qi", "c2VjcmV0LXNlY3JldA")), private},
		"private EC":        {set(good + "," + with("p256", "d", "c2VjcmV0LXNlY3JldA")), private},
		"private, unused":   {set(good + `,{"kty":"RSA","use":"enc","d":"c2VjcmV0LXNlY3JldA"}`), private},
		"none":              {set(""), "none of 0 keys can be used: expected one for signatures, RSA of 2048 to 8192 bits, or EC on P-256, P-384 or P-521"},
		"none fit":          {set(`{"kty":"AKP"},` + with("weak", "use", "sig")), "none of 2 keys can be used"},
		"101 keys":          {set(strings.Repeat(`{},`, 100) + good), "101 keys: at most 100 are read"},
		"64 KiB":            {set(good) + strings.Repeat(" ", 64<<10), "at most 65536 are read"},
		"deep":              {set(good + `,{"a":` + strings.Repeat("[", 9) + strings.Repeat("]", 9) + "}"), "nested more than 8 deep"},
		"values":            {set(good + `,{"a":[` + strings.Repeat("1,", 4000) + "1]}"), "more than 4000 values"},
	}
	for _, name := range slices.Sorted(maps.Keys(tests)) {
		t.Run(name, func(t *testing.T) {
			keys, err := ParseKeys("jwks", []byte(tests[name].src))
			got := fmt.Sprint(err)
			if !strings.Contains(got, tests[name].want) || len(keys.list) > 0 {
				t.Errorf("got  %d keys, %s\nwant %s", len(keys.list), got, tests[name].want)
			}
			for _, material := range []string{jwkOf("rsa", nil)["n"].(string)[:20], "c2VjcmV0"} {
				if strings.Contains(got, material) {
					t.Errorf("key material in %s", got)
				}
			}
		})
	}
}

// TestHundredKeys: as many as are read are read.
func TestHundredKeys(t *testing.T) {
	var list []map[string]any
	for i := range 100 {
		list = append(list, jwkOf("p256", map[string]any{"kid": fmt.Sprint("k", i)}))
	}
	keys, err := ParseKeys("jwks", setOf(list...))
	if err != nil || len(keys.list) != 100 {
		t.Errorf("%d keys, %v", len(keys.list), err)
	}
}
