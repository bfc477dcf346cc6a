package ledger

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"

	"golang.org/x/mod/sumdb/note"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/jsontree"
	"github.com/curfew-ci/curfew/internal/redact"
)

// keyProof is the object that says whose a collector's key was: as a seal is for a file, one line of
// canonical JSON with a line break.
type keyProof struct {
	Schema    int    `json:"schema"`
	Origin    string `json:"origin"`     // the log's name
	PublicKey string `json:"public_key"` // hex
	Token     string `json:"token"`      // an ID token of the key's audience
	Signature string `json:"signature"`  // by the key over the rest, hex
}

func (p keyProof) signed() ([]byte, error) {
	p.Signature = ""
	line, err := jsontree.Line(p)
	return append([]byte("curfew/ledger-key/v1\n"), line...), err
}

// keyPrefix is what the names of proofs begin with that may be meant by a signature's 32 bits.
func keyPrefix(hash uint32) string { return fmt.Sprintf("keys/%08x-", hash) }

// collectorKey signs checkpoints, or knows who signed them.
type collectorKey struct {
	note.Verifier
	private ed25519.PrivateKey
}

func newCollectorKey(origin string, public ed25519.PublicKey) (collectorKey, error) {
	text, err := note.NewEd25519VerifierKey(origin, public)
	if err != nil {
		return collectorKey{}, err
	}
	v, err := note.NewVerifier(text)
	return collectorKey{Verifier: v}, err
}

// Sign implements Signer.
func (k collectorKey) Sign(msg []byte) ([]byte, error) { return ed25519.Sign(k.private, msg), nil }

// NewCollectorKey makes a key that signs a log's checkpoints for as long as this process lives, and
// writes to the store who it belongs to: an ID token of the key's audience, which CollectorKeys reads
// again. So a collector has no key to keep or to lose. For the token, what sealFile says of its own holds.
func NewCollectorKey(ctx context.Context, store Store, origin string, random io.Reader, tokens TokenSource) (Signer, error) {
	seed := make([]byte, ed25519.SeedSize)
	if _, err := io.ReadFull(random, seed); err != nil {
		return nil, fmt.Errorf("make collector key: %w", err)
	}
	private := ed25519.NewKeyFromSeed(seed)
	public := ed25519.PublicKey(private[ed25519.SeedSize:])
	key, err := newCollectorKey(origin, public)
	if err != nil {
		return nil, fmt.Errorf("make collector key: %w", err)
	}
	key.private = private
	token, err := tokens(ctx, audienceOf(public))
	if err != nil {
		return nil, fmt.Errorf("make collector key: fetch an ID token: %w", err)
	}
	if !isToken(token) {
		return nil, errors.New("make collector key: what was fetched is no ID token: expected three parts of base64url, joined by dots")
	}
	p := keyProof{Schema: Schema, Origin: origin, PublicKey: hex.EncodeToString(public), Token: string(token.Reveal())}
	message, err := p.signed()
	if err != nil {
		return nil, fmt.Errorf("make collector key: %w", err)
	}
	p.Signature = hex.EncodeToString(ed25519.Sign(private, message))
	line, err := jsontree.Line(p)
	if err != nil {
		return nil, fmt.Errorf("make collector key: %w", err)
	}
	return key, store.Create(ctx, keyPrefix(key.KeyHash())+p.PublicKey, append(line, '\n'))
}

// CollectorKeys are the Verifiers of a log whose collectors make their keys themselves: a key counts
// where an ID token speaks for it that was issued to the one workflow that may collect.
type CollectorKeys struct {
	Context context.Context //nolint:containedctx // the library's interface has none
	Store   Store
	Origin  string
	Verify  TokenVerifier
	Issuers []string
	// Definition is the collector's workflow with its ref, as the claim job_workflow_ref has it.
	Definition string
	// Owner is the id of the account that owns the workflow's repository, whose name can be given away and taken by
	// another; "" where it isn't known.
	Owner string
}

// maxSameHash is how many keys are looked at whose 32-bit hashes agree; with honest ones it is one.
const maxSameHash = 16

// Verifier implements Verifiers. A key that nothing proves is an error, not an unknown key.
func (c CollectorKeys) Verifier(name string, hash uint32) (note.Verifier, error) {
	if name != c.Origin {
		return nil, &note.UnknownVerifierError{Name: name, KeyHash: hash}
	}
	names, err := listAll(c.Context, c.Store, keyPrefix(hash), maxSameHash)
	if err != nil {
		return nil, err
	}
	// Whoever may write objects can make a key with the same hash, but no token for it.
	var faults []error
	for _, object := range names {
		key, err := c.read(object, hash)
		if err == nil {
			return key, nil
		}
		faults = append(faults, fmt.Errorf("%s: %w", object, err))
	}
	if len(faults) == 0 {
		return nil, &note.UnknownVerifierError{Name: name, KeyHash: hash}
	}
	return nil, errors.Join(faults...)
}

// read reads and proves one key.
func (c CollectorKeys) read(name string, hash uint32) (collectorKey, error) {
	object, err := c.Store.Get(c.Context, name)
	if err != nil {
		return collectorKey{}, err
	}
	var p keyProof
	line, ended := bytes.CutSuffix(object.Data, []byte("\n"))
	if err := decodeInto(name, line, &p); err != nil {
		return collectorKey{}, err
	}
	if !ended || p.Schema != Schema || p.Origin != c.Origin || name != keyPrefix(hash)+p.PublicKey || !isHex(p.PublicKey, 2*ed25519.PublicKeySize) || !isHex(p.Signature, 2*ed25519.SignatureSize) {
		return collectorKey{}, errors.New("not a key of this log, or not the one that its name says")
	}
	public, err1 := hex.DecodeString(p.PublicKey)
	signature, err2 := hex.DecodeString(p.Signature)
	message, err3 := p.signed()
	if err := errors.Join(err1, err2, err3); err != nil {
		return collectorKey{}, err
	}
	if !ed25519.Verify(public, message, signature) {
		return collectorKey{}, errors.New("the signature doesn't hold")
	}
	if err := c.speaksFor(redact.New([]byte(p.Token)), public); err != nil {
		return collectorKey{}, err
	}
	key, err := newCollectorKey(p.Origin, public)
	if err == nil && key.KeyHash() != hash {
		err = errors.New("the key has another hash than its name says")
	}
	return key, err
}

// speaksFor reports whether a token says that a key is the collector's.
func (c CollectorKeys) speaksFor(token redact.Secret, public ed25519.PublicKey) error {
	claims, err := c.Verify(token.Reveal(), audienceOf(public))
	if err != nil {
		return fmt.Errorf("the ID token doesn't hold: %w", err)
	}
	if iss, ok := claims.Text("iss"); !ok || !slices.Contains(c.Issuers, iss) {
		return fmt.Errorf("the ID token's issuer is %s: not one of those that count", claims.Describe("iss"))
	}
	if aud, ok := claims.Text("aud"); !ok || aud != audienceOf(public) {
		return fmt.Errorf("the ID token's audience is %s: it was made for something else", claims.Describe("aud"))
	}
	id, err := identity.From(claims)
	if err != nil {
		return fmt.Errorf("the ID token: %w", err)
	}
	if err := ofDefinition(id, "the collector's", c.Definition); err != nil {
		return err
	}
	if owner, ok := id.Get(identity.Owner); c.Owner != "" && (!ok || owner != c.Owner) {
		claim := id.ClaimFor(identity.Owner)
		return fmt.Errorf("the ID token's %s is %s, the organisation's is %q", claim, claims.Describe(claim), c.Owner)
	}
	return nil
}
