package identity

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"sync"
	"testing"
)

// issuer is the private keys of a made-up issuer, each with its id. They are made once: RSA takes a while.
var issuer = sync.OnceValue(func() map[string]crypto.Signer {
	keys := map[string]crypto.Signer{}
	for id, bits := range map[string]int{"rsa": 2048, "rsa-2": 2048, "weak": 1024} {
		k, err := rsa.GenerateKey(rand.Reader, bits)
		if err != nil {
			panic(err)
		}
		keys[id] = k
	}
	for id, curve := range map[string]elliptic.Curve{"p256": elliptic.P256(), "p384": elliptic.P384(), "p521": elliptic.P521(), "p224": elliptic.P224()} {
		k, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			panic(err)
		}
		keys[id] = k
	}
	return keys
})

// jwkOf is the public key of an id as a JWK, with some members changed; nil takes one out.
func jwkOf(id string, changes map[string]any) map[string]any {
	j := map[string]any{"kid": id, "use": "sig"}
	switch k := issuer()[id].Public().(type) {
	case *rsa.PublicKey:
		j["kty"], j["n"], j["e"] = "RSA", b64(k.N.Bytes()), b64(big.NewInt(int64(k.E)).Bytes())
	case *ecdsa.PublicKey:
		point, err := k.Bytes()
		if err != nil {
			panic(err)
		}
		size := len(point) / 2
		j["kty"], j["crv"], j["x"], j["y"] = "EC", k.Params().Name, b64(point[1:1+size]), b64(point[1+size:])
	}
	for name, v := range changes {
		j[name] = v
		if v == nil {
			delete(j, name)
		}
	}
	return j
}

func setOf(keys ...map[string]any) []byte { return toJSON(map[string]any{"keys": keys}) }

// keysOf is the public keys of ids, as ParseKeys reads them.
func keysOf(t testing.TB, ids ...string) Keys {
	t.Helper()
	var list []map[string]any
	for _, id := range ids {
		list = append(list, jwkOf(id, nil))
	}
	keys, err := ParseKeys("jwks", setOf(list...))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func toJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
