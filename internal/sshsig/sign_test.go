package sshsig_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"math/big"
	"strings"
	"testing"
	"time"
)

// Everything that signs is of the tests alone: security keys in software, and forms that OpenSSH doesn't make.

var now = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

// maker makes signatures with one key, as a test likes them.
type maker struct {
	kind      string
	blob      []byte // of the public key
	signer    crypto.Signer
	algorithm string

	application string // of a security key
	flags       byte
	namespace   string
	reserved    string
	hash        string
	version     uint32
	value       string // in place of the bare key's signature
}

func str(to []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint32(to, uint32(len(s))), s...)
}

func mpint(n *big.Int) string {
	b := n.Bytes()
	if len(b) > 0 && b[0]&0x80 != 0 {
		b = append([]byte{0}, b...)
	}
	return string(b)
}

func newMaker(t testing.TB, kind string) *maker {
	t.Helper()
	m := &maker{kind: kind, algorithm: kind, namespace: "git", hash: "sha512", version: 1, flags: 1}
	m.blob = str(nil, kind)
	bare := strings.TrimSuffix(strings.TrimPrefix(kind, "sk-"), "@openssh.com")
	switch bare {
	case "ssh-ed25519":
		public, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		m.signer, m.blob = private, str(m.blob, string(public))
	case "ssh-rsa":
		m.rsa(t, 2048)
	default:
		curve := map[string]elliptic.Curve{"nistp256": elliptic.P256(), "nistp384": elliptic.P384(), "nistp521": elliptic.P521()}
		name := strings.TrimPrefix(bare, "ecdsa-sha2-")
		private, err := ecdsa.GenerateKey(curve[name], rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		point, err := private.PublicKey.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		m.signer, m.blob = private, str(str(m.blob, name), string(point))
	}
	if bare != kind {
		m.application = "ssh:"
		m.blob = str(m.blob, m.application)
	}
	return m
}

func (m *maker) rsa(t testing.TB, bits int) {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	m.signer, m.algorithm = private, "rsa-sha2-512"
	m.blob = str(str(str(nil, "ssh-rsa"), mpint(big.NewInt(int64(private.E)))), mpint(private.N))
}

// line is the public key as a .pub file has it.
func (m *maker) line() string {
	return m.kind + " " + base64.StdEncoding.EncodeToString(m.blob) + " somebody"
}

// signs is the signature of a text by the bare key.
func (m *maker) signs(t testing.TB, text []byte) string {
	t.Helper()
	digest, hash := text, crypto.Hash(0)
	switch {
	case m.algorithm == "rsa-sha2-512", strings.HasSuffix(m.kind, "p521"):
		sum := sha512.Sum512(text)
		digest, hash = sum[:], crypto.SHA512
	case strings.HasSuffix(m.kind, "p384"):
		sum := sha512.Sum384(text)
		digest, hash = sum[:], crypto.SHA384
	case !strings.Contains(m.kind, "ed25519"):
		sum := sha256.Sum256(text)
		digest, hash = sum[:], crypto.SHA256
	}
	out, err := m.signer.Sign(rand.Reader, digest, hash)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(m.kind, "ecdsa") {
		return string(out)
	}
	r, s := fromASN1(t, out)
	return string(str(str(nil, mpint(r)), mpint(s)))
}

// sign makes a signature of message, not armoured.
func (m *maker) sign(t testing.TB) []byte {
	t.Helper()
	text := str(str(str([]byte("SSHSIG"), m.namespace), m.reserved), m.hash)
	if m.hash == "sha256" {
		sum := sha256.Sum256([]byte(message))
		text = str(text, string(sum[:]))
	} else {
		sum := sha512.Sum512([]byte(message))
		text = str(text, string(sum[:]))
	}
	var more []byte
	if m.application != "" {
		application, digest := sha256.Sum256([]byte(m.application)), sha256.Sum256(text)
		more = binary.BigEndian.AppendUint32([]byte{m.flags}, 7)
		text = append(append(application[:], more...), digest[:]...)
	}
	value := m.value
	if value == "" {
		value = m.signs(t, text)
	}
	value = string(append(str(str(nil, m.algorithm), value), more...))
	out := binary.BigEndian.AppendUint32([]byte("SSHSIG"), m.version)
	return str(str(str(str(str(out, string(m.blob)), m.namespace), m.reserved), m.hash), value)
}

func armor(blob []byte) string {
	text := base64.StdEncoding.EncodeToString(blob)
	var b strings.Builder
	b.WriteString("-----BEGIN SSH SIGNATURE-----\n")
	for len(text) > 70 {
		b.WriteString(text[:70] + "\n")
		text = text[70:]
	}
	return b.String() + text + "\n-----END SSH SIGNATURE-----\n"
}
