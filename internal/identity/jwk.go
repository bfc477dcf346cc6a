package identity

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"math/big"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/jsontree"
)

// Fewer bits are too weak (RFC 7518, section 3.3); more only take time.
const (
	minRSABits = 2048
	maxRSABits = 8192
)

// maxID is the longest id of a key, in bytes.
const maxID = 200

// key is one public key that verifies signatures.
type key struct {
	id     string           // "" where the set gives none
	alg    string           // the one algorithm that it is for; "" where the set doesn't say
	public crypto.PublicKey // *rsa.PublicKey or *ecdsa.PublicKey
}

// jwk is the members of a JSON object by their names.
type jwk map[string]*jsontree.Node

func membersOf(n *jsontree.Node) jwk {
	j := make(jwk, len(n.Members))
	for _, m := range n.Members {
		j[m.Name] = m.Value
	}
	return j
}

// text is a member that is a string; "" for any other.
func (j jwk) text(name string) string {
	if n := j[name]; n != nil && n.Kind == jsontree.String {
		return n.Text
	}
	return ""
}

// bytes is a member that is bytes in base64url; nil for any other.
func (j jwk) bytes(name string) []byte {
	b, ok := decode([]byte(j.text(name)))
	if !ok {
		return nil
	}
	return b
}

// secret reports whether j holds what only who signs may have: RFC 7518, sections 6.2.2, 6.3.2 and 6.4.
func (j jwk) secret() bool {
	switch j.text("kty") {
	case "oct":
		return true
	case "RSA", "EC":
		return slices.ContainsFunc([]string{"d", "p", "q", "dp", "dq", "qi", "oth"}, func(name string) bool { return j[name] != nil })
	}
	return false
}

// key reads a key; false where it can't be used.
func (j jwk) key() (key, bool) {
	k := key{id: j.text("kid"), alg: j.text("alg")}
	if j["kid"] != nil && !plainID(k.id) || !j.verifies() {
		return key{}, false
	}
	switch j.text("kty") {
	case "RSA":
		k.public = j.rsa()
	case "EC":
		k.public = j.ec()
	}
	if k.public == nil {
		return key{}, false
	}
	if j["alg"] != nil {
		alg, ok := algorithmNamed(k.alg)
		if !ok || !alg.fits(k.public) {
			return key{}, false
		}
	}
	return k, true
}

// verifies reports whether the set offers the key for verifying: RFC 7517, sections 4.2 and 4.3.
func (j jwk) verifies() bool {
	if j["use"] != nil && j.text("use") != "sig" {
		return false
	}
	ops := j["key_ops"]
	return ops == nil || slices.ContainsFunc(ops.Items, func(n *jsontree.Node) bool { return n.Kind == jsontree.String && n.Text == "verify" })
}

// rsa reads RFC 7518, section 6.3.1. The result is nil, not a nil pointer, where it is out of range.
func (j jwk) rsa() crypto.PublicKey {
	n, e := new(big.Int).SetBytes(j.bytes("n")), new(big.Int).SetBytes(j.bytes("e"))
	bits := n.BitLen()
	if bits < minRSABits || bits > maxRSABits || n.Bit(0) == 0 {
		return nil
	}
	if e.BitLen() < 2 || e.BitLen() > 31 || e.Bit(0) == 0 { // crypto/rsa takes no larger ones
		return nil
	}
	return &rsa.PublicKey{N: n, E: int(e.Int64())}
}

// ec reads RFC 7518, section 6.2.1. A point that isn't on its curve would let the signature be forged.
func (j jwk) ec() crypto.PublicKey {
	curves := map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()}
	curve := curves[j.text("crv")]
	if curve == nil {
		return nil
	}
	x, y := j.bytes("x"), j.bytes("y")
	if size := coordinate(curve); len(x) != size || len(y) != size {
		return nil
	}
	public, err := ecdsa.ParseUncompressedPublicKey(curve, slices.Concat([]byte{4}, x, y))
	if err != nil {
		return nil
	}
	return public
}

// coordinate is how many bytes a coordinate of curve takes, and each half of its signatures.
func coordinate(curve elliptic.Curve) int { return (curve.Params().BitSize + 7) / 8 }

// decode reads base64url without padding (RFC 7515, section 2). Each text that is taken is the only one for
// its bytes: the standard library's strict decoder refuses stray bits at the end, but skips line breaks.
func decode(text []byte) ([]byte, bool) {
	if bytes.ContainsAny(text, "\r\n") {
		return nil, false
	}
	b, err := base64.RawURLEncoding.Strict().AppendDecode(nil, text)
	return b, err == nil
}

// plainID reports whether id is one that issuers give: hex, a UUID, base64 of either alphabet, a name. It is
// only ever compared, so this is for what comes after: nothing that a file, a query or a shell reads
// differently gets into a record.
func plainID(id string) bool {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:@+/="
	return id != "" && len(id) <= maxID && strings.Trim(id, alphabet) == ""
}
