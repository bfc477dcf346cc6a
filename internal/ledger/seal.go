package ledger

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/curfew-ci/curfew/internal/jsontree"
	"github.com/curfew-ci/curfew/internal/redact"
)

// sealSuffix is what a seal's name has after its file's.
const sealSuffix = ".seal"

// maxToken is how many bytes an ID token may have. GitHub's have about two thousand.
const maxToken = 32 << 10

// TokenSource fetches an ID token of the job for an audience.
type TokenSource func(ctx context.Context, audience string) (redact.Secret, error)

// audienceOf is the audience of the ID token that speaks for a key: "curfew-ledger:" and the hex SHA-256 of
// the Ed25519 public key's 32 bytes. Nobody else takes a token of that audience.
func audienceOf(key ed25519.PublicKey) string {
	sum := sha256.Sum256(key)
	return "curfew-ledger:" + hex.EncodeToString(sum[:])
}

// seal is what lies beside a sealed file, in one line of canonical JSON with a line break.
type seal struct {
	Schema    int    `json:"schema"`
	File      string `json:"file"`
	Bytes     int64  `json:"bytes"`
	Records   int64  `json:"records"`
	SHA256    string `json:"sha256"` // of the file, hex
	PublicKey string `json:"public_key"`
	Token     string `json:"token"`     // the ID token
	Signature string `json:"signature"` // by the key, hex
}

// signed is what the signature is over: the seal without it. The token is part of that, so that it can't
// be exchanged for another, nor written in another way.
func (s seal) signed() ([]byte, error) {
	s.Signature = ""
	line, err := jsontree.Line(s)
	return append([]byte("curfew/ledger-seal/v1\n"), line...), err
}

// Seal closes the file and seals it.
func (w *Writer) Seal(ctx context.Context, random io.Reader, tokens TokenSource) error {
	if err := w.Close(); err != nil {
		return w.dir.wrap("seal", w.name, err)
	}
	return sealFile(ctx, w.dir, w.name, random, tokens)
}

// sealFile signs a file of dir that nobody writes to any more, and writes the seal beside it as NAME.seal. It
// makes a key for this one file and forgets it; an ID token of the key's audience says whose it was. So
// no key has to be kept, and whoever can read the platform's keys can check the seal.
//
// What is torn at the file's end is sealed with it. A file that is no job's file isn't sealed, nor one
// that has a seal already.
//
// The seal holds the ID token itself, since nobody could check its claims without its signature. The
// token is bound to the audience above: to use it elsewhere, a service would have to take tokens without
// looking for whom they are. It lives for minutes (five at GitHub). Until then treat the seal as the
// secret that it holds: it is readable for its owner alone; don't print it, and publish it after the job.
// Expired, the token opens nothing, but still tells what the job's claims say: who started it, the
// repository, its environment. Who may not know those may not see the seal.
func sealFile(ctx context.Context, dir *Folder, name string, random io.Reader, tokens TokenSource) error {
	object, err := dir.Get(ctx, name)
	if err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	content, err := ReadJobFile(name, object.Data)
	if err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	seed := make([]byte, ed25519.SeedSize)
	if _, err := io.ReadFull(random, seed); err != nil {
		return fmt.Errorf("seal %q: make a key: %w", name, err)
	}
	key := ed25519.NewKeyFromSeed(seed)
	defer clear(key)
	defer clear(seed)
	public := ed25519.PublicKey(key[ed25519.SeedSize:])
	token, err := tokens(ctx, audienceOf(public))
	if err != nil {
		return fmt.Errorf("seal %q: fetch an ID token: %w", name, err)
	}
	if !isToken(token) {
		return fmt.Errorf("seal %q: what was fetched is no ID token: expected three parts of base64url, joined by dots", name)
	}
	s := seal{
		Schema: Schema, File: name, Bytes: int64(len(object.Data)), Records: int64(len(content.Records)),
		SHA256: tagOf(object.Data), PublicKey: hex.EncodeToString(public), Token: string(token.Reveal()),
	}
	message, err := s.signed()
	if err != nil {
		return fmt.Errorf("seal %q: %w", name, err)
	}
	s.Signature = hex.EncodeToString(ed25519.Sign(key, message))
	line, err := jsontree.Line(s)
	if err != nil {
		return fmt.Errorf("seal %q: %w", name, err)
	}
	return dir.Create(ctx, name+sealSuffix, append(line, '\n'))
}

// Sealed is a file whose seal is whole. Whether the seal is the job's that the records name is for who
// verifies the token to say.
type Sealed struct {
	JobFile
	Audience string // that the token must have been made for
	Token    redact.Secret
}

// OpenSealed compares a file with its seal: name, length, digest, signature, and that every line is a
// record. It fails for a change of any bit of either.
func OpenSealed(name string, content, sealed []byte) (Sealed, error) {
	s, key, err := readSeal(name+sealSuffix, sealed)
	if err != nil {
		return Sealed{}, err
	}
	switch {
	case s.File != name:
		return Sealed{}, fmt.Errorf("%s: the seal is another file's", name)
	case s.Bytes != int64(len(content)):
		return Sealed{}, fmt.Errorf("%s: %d bytes, the seal is of %d", name, len(content), s.Bytes)
	case s.SHA256 != tagOf(content):
		return Sealed{}, fmt.Errorf("%s: changed after it was sealed", name)
	}
	f, err := ReadJobFile(name, content)
	if err != nil {
		return Sealed{}, err
	}
	if int64(len(f.Records)) != s.Records {
		return Sealed{}, fmt.Errorf("%s: %d records, the seal is of %d", name, len(f.Records), s.Records)
	}
	return Sealed{JobFile: f, Audience: audienceOf(key), Token: redact.New([]byte(s.Token))}, nil
}

// readSeal reads a seal and checks its signature.
func readSeal(name string, src []byte) (seal, ed25519.PublicKey, error) {
	var s seal
	line, ended := strings.CutSuffix(string(src), "\n")
	if !ended {
		return seal{}, nil, fmt.Errorf("%s: cut short: expected a line break at the end", name)
	}
	if err := decodeInto(name, []byte(line), &s); err != nil {
		return seal{}, nil, err
	}
	if s.Schema != Schema {
		return seal{}, nil, fmt.Errorf("%s: schema %d: this curfew knows schema %d alone", name, s.Schema, Schema)
	}
	if !isHex(s.PublicKey, 2*ed25519.PublicKeySize) || !isHex(s.Signature, 2*ed25519.SignatureSize) || !isToken(redact.New([]byte(s.Token))) {
		return seal{}, nil, fmt.Errorf("%s: expected an Ed25519 key and signature in hexadecimal digits of lower case, and an ID token", name)
	}
	key, err1 := hex.DecodeString(s.PublicKey)
	signature, err2 := hex.DecodeString(s.Signature)
	message, err3 := s.signed()
	if err := errors.Join(err1, err2, err3); err != nil {
		return seal{}, nil, fmt.Errorf("%s: %w", name, err)
	}
	if !ed25519.Verify(key, message, signature) {
		return seal{}, nil, fmt.Errorf("%s: the signature doesn't hold", name)
	}
	return s, key, nil
}

// isToken reports whether a value has the form of a JWT: three parts of base64url.
func isToken(s redact.Secret) bool {
	token := string(s.Reveal())
	const chars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
	parts := strings.Split(token, ".")
	return len(token) <= maxToken && strings.Trim(token, chars) == "" && len(parts) == 3 && parts[0] != "" && parts[1] != "" && parts[2] != ""
}
