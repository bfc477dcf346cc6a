package redact

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
)

// Placeholder is what stands wherever a secret would have stood.
const Placeholder = "[redacted]"

// Secret holds a credential's value. Every way that Go has of printing or encoding it yields
// Placeholder; Reveal is the only way to the bytes. The zero Secret holds nothing.
type Secret struct {
	// value is a closure because fmt calls no methods on unexported fields: of a Secret in one it prints
	// whatever reflection can reach, slices always and pointers under a wrong verb.
	value func() []byte
}

// New copies value into a Secret.
func New(value []byte) Secret {
	own := append([]byte(nil), value...)
	return Secret{func() []byte { return own }}
}

// Reveal returns the bytes themselves; the caller must not let them leave the process.
func (s Secret) Reveal() []byte {
	if s.value == nil {
		return nil
	}
	return s.value()
}

// Len is the value's length in bytes.
func (s Secret) Len() int { return len(s.Reveal()) }

// Equal reports whether both hold the same value, in a time that depends on the lengths alone.
func (s Secret) Equal(other Secret) bool {
	return subtle.ConstantTimeCompare(s.Reveal(), other.Reveal()) == 1
}

// Zero overwrites the value in place; copies made by others are theirs to clear.
func (s Secret) Zero() { clear(s.Reveal()) }

// Fingerprint is "sha256:" and the hex SHA-256 of "curfew/v1", kind and value, each ended by NUL. It
// is only fit for values of at least 100 random bits: anything guessable could be found by trying.
func (s Secret) Fingerprint(kind string) string {
	h := sha256.New()
	for _, part := range [][]byte{[]byte("curfew/v1"), []byte(kind), s.Reveal()} {
		h.Write(part)
		h.Write([]byte{0})
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

// String hides the value.
func (Secret) String() string { return Placeholder }

// GoString hides the value from %#v.
func (Secret) GoString() string { return Placeholder }

// Format hides the value from every verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, Placeholder) }

// LogValue hides the value from slog.
func (Secret) LogValue() slog.Value { return slog.StringValue(Placeholder) }

// MarshalText hides the value from every encoder that takes text: JSON, YAML, XML and flags.
func (Secret) MarshalText() ([]byte, error) { return []byte(Placeholder), nil }
