package sshsig

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"
)

// Kinds of keys, as their own first string has them.
const (
	kindEd25519   = "ssh-ed25519"
	kindRSA       = "ssh-rsa"
	kindP256      = "ecdsa-sha2-nistp256"
	kindP384      = "ecdsa-sha2-nistp384"
	kindP521      = "ecdsa-sha2-nistp521"
	kindSKEd25519 = "sk-ssh-ed25519@openssh.com"
	kindSKP256    = "sk-ecdsa-sha2-nistp256@openssh.com"
)

// kinds lists those that are verified.
func kinds() []string {
	return []string{kindEd25519, kindP256, kindP384, kindP521, kindRSA, kindSKEd25519, kindSKP256}
}

// Bounds of RSA moduli, in bits: what is shorter can be forged, what is longer takes long.
const (
	minRSA = 2048
	maxRSA = 16384
)

// Key is a public key, and what it may sign where its line in a file says so.
type Key struct {
	kind        string
	blob        []byte // as the wire has it
	public      any    // ed25519.PublicKey, *ecdsa.PublicKey or *rsa.PublicKey
	application string // of a key on a security key

	namespaces    []string // nil for all
	after, before time.Time
}

// String is the kind and the fingerprint, as ssh-keygen -l shows it: "ssh-ed25519 SHA256:…".
func (k Key) String() string {
	sum := sha256.Sum256(k.blob)
	return k.kind + " SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:])
}

// errKey says that a key isn't in the form that its kind has.
var errKey = errors.New("the public key is cut short or malformed: take it as ssh-keygen writes it")

// parseKey reads a public key as the wire has it.
func parseKey(blob []byte) (Key, error) {
	w := &wire{rest: blob}
	k := Key{kind: w.text(), blob: slices.Clone(blob)}
	if w.bad {
		return Key{}, errKey
	}
	var err error
	switch k.kind {
	case kindEd25519, kindSKEd25519:
		k.public, err = readEd25519(w)
	case kindP256, kindP384, kindP521, kindSKP256:
		k.public, err = readECDSA(w, k.kind)
	case kindRSA:
		k.public, err = readRSA(w)
	default:
		return Key{}, unknownKind(k.kind)
	}
	if err != nil {
		return Key{}, err
	}
	if strings.HasPrefix(k.kind, "sk-") {
		k.application = w.text()
		// Another application's signatures, such as a browser's, are of other texts than ours.
		if !strings.HasPrefix(k.application, "ssh:") {
			return Key{}, errors.New("the security key's application isn't one of SSH's: expected ssh: or ssh:NAME")
		}
	}
	if !w.whole() {
		return Key{}, errKey
	}
	return k, nil
}

func unknownKind(kind string) error {
	if strings.Contains(kind, "-cert-") {
		return errors.New("a certificate, which isn't taken: expected the plain public key")
	}
	return fmt.Errorf("a key of an unknown kind: expected one of %s", strings.Join(kinds(), ", "))
}

func readEd25519(w *wire) (ed25519.PublicKey, error) {
	point := w.bytes()
	if len(point) != ed25519.PublicKeySize {
		return nil, errKey
	}
	return ed25519.PublicKey(slices.Clone(point)), nil
}

func readECDSA(w *wire, kind string) (*ecdsa.PublicKey, error) {
	curve, name := elliptic.P256(), "nistp256"
	switch kind {
	case kindP384:
		curve, name = elliptic.P384(), "nistp384"
	case kindP521:
		curve, name = elliptic.P521(), "nistp521"
	}
	if w.text() != name {
		return nil, errKey
	}
	public, err := ecdsa.ParseUncompressedPublicKey(curve, w.bytes())
	if err != nil {
		return nil, errKey
	}
	return public, nil
}

func readRSA(w *wire) (*rsa.PublicKey, error) {
	e, n := w.mpint(), w.mpint()
	switch {
	case w.bad, e.Cmp(big.NewInt(3)) < 0, e.BitLen() > 31, e.Bit(0) == 0, n.Bit(0) == 0:
		return nil, errKey
	case n.BitLen() < minRSA || n.BitLen() > maxRSA:
		return nil, fmt.Errorf("an RSA key of %d bits: expected %d to %d", n.BitLen(), minRSA, maxRSA)
	}
	return &rsa.PublicKey{N: n, E: int(e.Int64())}, nil
}
