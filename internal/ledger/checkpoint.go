package ledger

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/curfew-ci/curfew/internal/redact"
)

// Hash is a SHA-256 of RFC 6962: of a record or of two hashes. As text it is base64.
type Hash = tlog.Hash

// Signer signs checkpoints: https://c2sp.org/signed-note.
type Signer = note.Signer

// Verifiers knows the keys whose checkpoints count.
type Verifiers = note.Verifiers

// maxSize is how many records a log may have; beyond, sizes come from no log of ours.
const maxSize = 1 << 40

// maxCheckpoint is how many bytes a checkpoint may have.
const maxCheckpoint = 4 << 10

// Checkpoint says what a log holds, as https://c2sp.org/tlog-checkpoint has it: the log's name, how many
// records there are, and the root of the tree over them. Two honest checkpoints of one log never differ
// in what both cover.
type Checkpoint struct {
	Origin string // the log's name, such as "acme.example/curfew"
	Size   int64
	Root   Hash
}

// text is what is signed.
func (c Checkpoint) text() string {
	return fmt.Sprintf("%s\n%d\n%s\n", c.Origin, c.Size, c.Root)
}

// tree is the checkpoint in the library's words.
func (c Checkpoint) tree() tlog.Tree { return tlog.Tree{N: c.Size, Hash: c.Root} }

// Sign writes the checkpoint with the signature of s, whose name must be the log's.
func (c Checkpoint) Sign(s Signer) ([]byte, error) {
	if s.Name() != c.Origin {
		return nil, fmt.Errorf("sign checkpoint: the key is %q's, the log is %q", s.Name(), c.Origin)
	}
	signed, err := note.Sign(&note.Note{Text: c.text()}, s)
	if err != nil {
		return nil, fmt.Errorf("sign checkpoint: %w", err)
	}
	return signed, nil
}

// ParseCheckpoint reads a checkpoint that one of the known keys signed. It is stricter than the formats:
// there must be that one signature and no other, no lines beyond the three, and no other way of writing
// the same, so that no bit of it can be changed.
func ParseCheckpoint(src []byte, known Verifiers) (Checkpoint, error) {
	if len(src) > maxCheckpoint {
		return Checkpoint{}, fmt.Errorf("read checkpoint: %d bytes: at most %d are read", len(src), maxCheckpoint)
	}
	n, err := note.Open(src, known)
	var unverified *note.UnverifiedNoteError
	if errors.As(err, &unverified) {
		return Checkpoint{}, errors.New("read checkpoint: no known key signed it: name the key of who writes this log")
	}
	if err != nil {
		return Checkpoint{}, fmt.Errorf("read checkpoint: %w", err)
	}
	if len(n.Sigs) != 1 || len(n.UnverifiedSigs) != 0 {
		return Checkpoint{}, errors.New("read checkpoint: expected one signature")
	}
	c, err := parseTree(n.Text)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("read checkpoint: %w", err)
	}
	sig := n.Sigs[0]
	raw, err := base64.StdEncoding.DecodeString(sig.Base64)
	again := fmt.Sprintf("%s\n— %s %s\n", c.text(), sig.Name, base64.StdEncoding.EncodeToString(raw))
	switch {
	case sig.Name != c.Origin:
		return Checkpoint{}, fmt.Errorf("read checkpoint: %q signed it, the log is %q", sig.Name, c.Origin)
	case err != nil || again != string(src):
		return Checkpoint{}, errors.New("read checkpoint: not in canonical form")
	}
	return c, nil
}

// parseTree reads what was signed.
func parseTree(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[0] == "" || lines[3] != "" {
		return Checkpoint{}, errors.New("expected three lines: the log's name, its size and its root")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || size > maxSize {
		return Checkpoint{}, fmt.Errorf("expected a size of 0 to %d in the second line", int64(maxSize))
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return Checkpoint{}, errors.New("expected a root of 32 bytes in base64 in the third line")
	}
	return Checkpoint{Origin: lines[0], Size: size, Root: root}, nil
}

// NewSigner reads a signing key as golang.org/x/mod/sumdb/note writes it: "PRIVATE+KEY+NAME+HASH+KEY".
func NewSigner(key redact.Secret) (Signer, error) {
	s, err := note.NewSigner(string(key.Reveal()))
	if err != nil {
		return nil, errors.New("read signing key: expected PRIVATE+KEY+NAME+HASH+KEY, with an Ed25519 key")
	}
	return s, nil
}

// NewVerifiers reads the public halves of keys, each as "NAME+HASH+KEY".
func NewVerifiers(keys ...string) (Verifiers, error) {
	var list []note.Verifier
	for _, key := range keys {
		v, err := note.NewVerifier(key)
		if err != nil {
			return nil, fmt.Errorf("read verifier key: %w: expected NAME+HASH+KEY, with an Ed25519 key", err)
		}
		list = append(list, v)
	}
	return note.VerifierList(list...), nil
}
