package ledger

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/curfew-ci/curfew/internal/redact"
)

// ed25519Kind is the byte with which signed notes begin an Ed25519 key: https://c2sp.org/signed-note.
const ed25519Kind = 1

// NewKey makes a key that signs the checkpoints of the log of a name: what NewSigner reads, and its public half, which
// NewVerifiers reads.
func NewKey(origin string, random io.Reader) (private redact.Secret, public string, err error) {
	text, public, err := note.GenerateKey(random, origin)
	if err != nil {
		return redact.Secret{}, "", fmt.Errorf("make signing key: %w", err)
	}
	// A name that can't be in a checkpoint would make a key that signs nothing.
	if _, err := note.NewVerifier(public); err != nil {
		return redact.Secret{}, "", fmt.Errorf("make signing key: expected a log's name without spaces and \"+\", such as acme.example/curfew, not %q", origin)
	}
	return redact.New([]byte(text)), public, nil
}

// PublicKey is the public half of a signing key, "NAME+HASH+KEY".
func PublicKey(key redact.Secret) (string, error) {
	s, err := NewSigner(key)
	if err != nil {
		return "", err
	}
	parts := strings.SplitN(string(key.Reveal()), "+", 5) // the last is base64, which has "+" as well
	raw, err := base64.StdEncoding.DecodeString(parts[len(parts)-1])
	if err != nil || len(raw) != 1+ed25519.SeedSize || raw[0] != ed25519Kind {
		return "", errors.New("read signing key: expected an Ed25519 key")
	}
	public, ok := ed25519.NewKeyFromSeed(raw[1:]).Public().(ed25519.PublicKey)
	if !ok {
		return "", errors.New("read signing key: expected an Ed25519 key")
	}
	return note.NewEd25519VerifierKey(s.Name(), public)
}
