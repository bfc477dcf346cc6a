package tracker

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/curfew-ci/curfew/internal/jsontree"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/redact"
)

// minRSA is how many bits an RSA key must have: what RFC 7518, 3.3 asks for.
const minRSA = 2048

// errSETKey says what a key is.
var errSETKey = errors.New("read signing key: expected one that curfew ledger key has made, or an Ed25519 or RSA key in PKCS#8 PEM")

// setKey signs security event tokens: by EdDSA, or by RS256, which is all that CAEP's interoperability profile lets
// receivers take.
type setKey struct {
	alg    string // of RFC 7518, or 8037
	id     string // RFC 7638's thumbprint
	public publicKey
	sign   func(message []byte) ([]byte, error)
}

// publicKey is a public key as RFC 7517 writes it: what its thumbprint is made of stands in the order of the names.
type publicKey struct {
	Crv string `json:"crv,omitempty"`
	E   string `json:"e,omitempty"`
	Kty string `json:"kty"`
	N   string `json:"n,omitempty"`
	X   string `json:"x,omitempty"`
}

// readSETKey reads a key that a user gives.
func readSETKey(key redact.Secret) (*setKey, error) {
	if strings.HasPrefix(string(key.Reveal()), "PRIVATE+KEY+") {
		return readNoteKey(key)
	}
	block, rest := pem.Decode(key.Reveal())
	if block == nil || block.Type != "PRIVATE KEY" || len(strings.TrimSpace(string(rest))) > 0 {
		return nil, errSETKey
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errSETKey
	}
	switch private := parsed.(type) {
	case ed25519.PrivateKey:
		public := private[ed25519.SeedSize:]
		return newEdDSA(public, func(message []byte) ([]byte, error) { return ed25519.Sign(private, message), nil })
	case *rsa.PrivateKey:
		return newRS256(private)
	}
	return nil, errSETKey
}

func newRS256(private *rsa.PrivateKey) (*setKey, error) {
	if private.N.BitLen() < minRSA {
		return nil, fmt.Errorf("read signing key: %d bits: an RSA key has at least %d", private.N.BitLen(), minRSA)
	}
	public := publicKey{Kty: "RSA", N: b64(private.N.Bytes()), E: b64(big.NewInt(int64(private.E)).Bytes())}
	return newSETKey("RS256", public, func(message []byte) ([]byte, error) {
		sum := sha256.Sum256(message)
		return rsa.SignPKCS1v15(rand.Reader, private, crypto.SHA256, sum[:])
	})
}

func newEdDSA(public []byte, sign func([]byte) ([]byte, error)) (*setKey, error) {
	return newSETKey("EdDSA", publicKey{Kty: "OKP", Crv: "Ed25519", X: b64(public)}, sign)
}

// readNoteKey reads a key of ledger's, whose signatures are Ed25519's own.
func readNoteKey(key redact.Secret) (*setKey, error) {
	signer, err := ledger.NewSigner(key)
	if err != nil {
		return nil, err
	}
	text, err := ledger.PublicKey(key)
	if err != nil {
		return nil, err
	}
	parts := strings.SplitN(text, "+", 3) // NAME+HASH+KEY
	raw, err := base64.StdEncoding.DecodeString(parts[len(parts)-1])
	if err != nil || len(raw) != 1+ed25519.PublicKeySize {
		return nil, errSETKey
	}
	return newEdDSA(raw[1:], signer.Sign)
}

func newSETKey(alg string, public publicKey, sign func([]byte) ([]byte, error)) (*setKey, error) {
	text, err := json.Marshal(public)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	return &setKey{alg: alg, id: b64(sum[:]), public: public, sign: sign}, nil
}

// token is a JWT of claims, in JWS' compact form.
func (k *setKey) token(typ string, claims any) ([]byte, error) {
	header, err := jsontree.Line(map[string]string{"alg": k.alg, "kid": k.id, "typ": typ})
	if err != nil {
		return nil, err
	}
	body, err := jsontree.Line(claims)
	if err != nil {
		return nil, err
	}
	signed := b64(header) + "." + b64(body)
	signature, err := k.sign([]byte(signed))
	return []byte(signed + "." + b64(signature)), err
}

// JWKS is the public half of a key that signs security event tokens, as a receiver reads it: RFC 7517, with a line break.
func JWKS(key redact.Secret) ([]byte, error) {
	k, err := readSETKey(key)
	if err != nil {
		return nil, err
	}
	type named struct {
		publicKey
		Alg string `json:"alg"`
		Kid string `json:"kid"`
		Use string `json:"use"`
	}
	text, err := json.MarshalIndent(map[string][]named{"keys": {{k.public, k.alg, k.id, "sig"}}}, "", "  ")
	return append(text, '\n'), err
}

func b64(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }
