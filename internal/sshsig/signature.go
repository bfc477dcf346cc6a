package sshsig

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// magic begins both a signature and what it is made of.
const magic = "SSHSIG"

// Signature is what an armour holds. None of it is proven before Verify.
type Signature struct {
	key       Key
	namespace string
	hash      string // sha256 or sha512
	algorithm string
	value     []byte
	flags     byte // of a security key, as the next
	counter   uint32
}

// errSignature says that a signature isn't in the form that OpenSSH makes.
var errSignature = errors.New("the signature is cut short or malformed: take it as ssh-keygen -Y sign writes it")

// Parse reads an armoured signature. What is known to be weak, or isn't known, is refused here: SHA-1, short
// RSA keys, certificates.
func Parse(armored []byte) (*Signature, error) {
	blob, err := dearmor(armored)
	if err != nil {
		return nil, err
	}
	w := &wire{rest: blob}
	if string(w.raw(len(magic))) != magic {
		return nil, errSignature
	}
	if version := w.uint32(); !w.bad && version != 1 {
		return nil, fmt.Errorf("the signature is of version %d of the format: expected 1", version)
	}
	key := w.bytes()
	s := &Signature{namespace: w.text()}
	reserved := w.bytes()
	s.hash = w.text()
	value := &wire{rest: w.bytes()}
	if !w.whole() || len(reserved) > 0 {
		return nil, errSignature
	}
	if s.hash != "sha256" && s.hash != "sha512" {
		return nil, errors.New("the signature is of an unknown digest: expected sha256 or sha512")
	}
	if s.key, err = parseKey(key); err != nil {
		return nil, err
	}
	return s, s.readValue(value)
}

// readValue reads the innermost part, by the kind of the key.
func (s *Signature) readValue(w *wire) error {
	s.algorithm, s.value = w.text(), slices.Clone(w.bytes())
	if s.key.application != "" {
		if flags := w.raw(1); !w.bad {
			s.flags = flags[0]
		}
		s.counter = w.uint32()
	}
	if !w.whole() {
		return errSignature
	}
	allowed := []string{s.key.kind}
	if s.key.kind == kindRSA {
		allowed = []string{"rsa-sha2-512", "rsa-sha2-256"}
		if s.algorithm == kindRSA {
			return errors.New("an RSA signature by SHA-1, which can be forged: expected rsa-sha2-512 or rsa-sha2-256")
		}
	}
	if !slices.Contains(allowed, s.algorithm) {
		return errors.New("the signature's algorithm isn't that of its key")
	}
	return nil
}

// Signer is the key that the signature says it is by, as Key.String shows it.
func (s *Signature) Signer() string { return s.key.String() }

// Verify gives nil where one of the keys made the signature of the message, for that namespace, and may do so
// at that time. The error says which of these isn't so.
func (s *Signature) Verify(message []byte, namespace string, keys []Key, now time.Time) error {
	if s.namespace != namespace {
		return fmt.Errorf("the signature is for the namespace %s: expected %s", strconv.Quote(shorten(s.namespace)), strconv.Quote(namespace))
	}
	var may error
	known := false
	for _, k := range keys {
		if !bytes.Equal(k.blob, s.key.blob) {
			continue
		}
		known = true
		if may = k.may(namespace, now); may == nil {
			break
		}
	}
	if !known {
		return fmt.Errorf("the signature is by the key %s, which isn't among the known ones", s.Signer())
	}
	if may != nil {
		return may
	}
	return s.key.verify(s, s.signed(message))
}

// signed is what the key signs instead of the message itself.
func (s *Signature) signed(message []byte) []byte {
	out := appendString(appendString(appendString([]byte(magic), s.namespace), ""), s.hash)
	if s.hash == "sha256" {
		sum := sha256.Sum256(message)
		return appendString(out, sum[:])
	}
	sum := sha512.Sum512(message)
	return appendString(out, sum[:])
}

// shorten bounds what is shown of a text that anybody can write.
func shorten(s string) string {
	const most = 40
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
