package sshsig

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"errors"
)

// errForged says that the key didn't sign that text.
var errForged = errors.New("the signature isn't of this text by this key: one of them was changed")

// Flags of an authenticator: https://www.w3.org/TR/webauthn-2/#sctn-authenticator-data.
const (
	userPresent  = 0x01
	userVerified = 0x04
)

// verify checks the innermost signature.
func (k Key) verify(s *Signature, signed []byte) error {
	if k.application != "" {
		if s.flags&userPresent == 0 {
			return errors.New("nobody touched the security key when the signature was made: sign with a key that asks for a touch")
		}
		if s.flags&^(userPresent|userVerified) != 0 {
			return errors.New("the security key's signature has unknown flags: expected user presence and verification alone")
		}
		signed = k.authenticated(s, signed)
	}
	if !k.signs(s.algorithm, signed, s.value) {
		return errForged
	}
	return nil
}

// authenticated is what a security key signs instead of a text: PROTOCOL.u2f, "SSH U2F Signatures".
func (k Key) authenticated(s *Signature, text []byte) []byte {
	application, digest := sha256.Sum256([]byte(k.application)), sha256.Sum256(text)
	out := append(application[:], s.flags)
	out = binary.BigEndian.AppendUint32(out, s.counter)
	return append(out, digest[:]...)
}

// signs reports whether the value is the key's signature of a text.
func (k Key) signs(algorithm string, text, value []byte) bool {
	switch public := k.public.(type) {
	case ed25519.PublicKey:
		return len(value) == ed25519.SignatureSize && ed25519.Verify(public, text, value)
	case *ecdsa.PublicKey:
		w := &wire{rest: value}
		r, s := w.mpint(), w.mpint()
		return w.whole() && ecdsa.Verify(public, digestFor(k.kind, text), r, s)
	case *rsa.PublicKey:
		if algorithm == "rsa-sha2-256" {
			sum := sha256.Sum256(text)
			return rsa.VerifyPKCS1v15(public, crypto.SHA256, sum[:], value) == nil
		}
		sum := sha512.Sum512(text)
		return rsa.VerifyPKCS1v15(public, crypto.SHA512, sum[:], value) == nil
	}
	return false
}

// digestFor is the digest that ECDSA signs on the key's curve: RFC 5656 section 6.2.1.
func digestFor(kind string, text []byte) []byte {
	switch kind {
	case kindP384:
		sum := sha512.Sum384(text)
		return sum[:]
	case kindP521:
		sum := sha512.Sum512(text)
		return sum[:]
	}
	sum := sha256.Sum256(text)
	return sum[:]
}
