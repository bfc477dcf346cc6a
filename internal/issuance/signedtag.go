package issuance

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/sshsig"
)

// Tags is where annotated tags come from. It needn't be trusted: a tag counts by its signature.
type Tags interface {
	// TagObject is the tag object that refs/tags/NAME of the job's repository names: the part that is signed,
	// and the signature as it is armoured. An error says where the ref names none, such as a lightweight tag's.
	TagObject(ctx context.Context, who identity.Identity, name string) (payload, signature []byte, err error)
}

// RawTags are Tags of a source that has tag objects as git stores them, such as a local repository.
type RawTags func(ctx context.Context, name string) ([]byte, error)

// TagObject parts what the source gives.
func (r RawTags) TagObject(ctx context.Context, _ identity.Identity, name string) (payload, signature []byte, err error) {
	raw, err := r(ctx, name)
	if err != nil {
		return nil, nil, err
	}
	return SplitTag(raw)
}

// tagNamespace is git's for OpenSSH's signatures. One that was made of a file, or of a login, is for another.
const tagNamespace = "git"

// SignedTag proves that the run is for a tag that somebody signed whose key the repository lists. The keys
// are read at the commit that the manifest is of: a tag can't bring its own along.
type SignedTag struct {
	Tags Tags
}

// Prove gives what the tag of the token's ref says, once one of the keys is shown to have signed it. That it is
// of the token's commit is for the manifest's decision to see.
func (s SignedTag) Prove(ctx context.Context, c Case) ([]manifest.Proof, error) {
	if c.Trigger.SignedTag == nil {
		return nil, nil
	}
	ref, _ := c.Who.Get(identity.Ref)
	name, err := tagName(ref)
	if err != nil {
		return nil, err
	}
	payload, armored, err := s.Tags.TagObject(ctx, c.Who, name)
	if err != nil {
		return nil, fmt.Errorf("the tag %s: %w", name, err)
	}
	said, err := parseTag(payload)
	if err != nil {
		return nil, err
	}
	if said.name != name {
		return nil, fmt.Errorf("the tag object was signed under the name %q: expected %q", said.name, name)
	}
	signature, err := readSignature(armored)
	if err != nil {
		return nil, err
	}
	key, err := whichKey(ctx, c, func(keys []sshsig.Key) error { return signature.Verify(payload, tagNamespace, keys, c.Now) })
	if err != nil {
		return nil, err
	}
	return []manifest.Proof{{SignedTag: &manifest.TagProof{Ref: ref, SHA: said.commit, Key: key}}}, nil
}

// readSignature reads an armoured signature, and says of other kinds than SSH's what they are.
func readSignature(armored []byte) (*sshsig.Signature, error) {
	const instead = "curfew verifies SSH signatures: sign with gpg.format=ssh"
	switch {
	case strings.HasPrefix(string(armored), "-----BEGIN PGP "):
		return nil, errors.New("an OpenPGP signature; " + instead)
	case strings.HasPrefix(string(armored), "-----BEGIN SIGNED MESSAGE-----"):
		return nil, errors.New("an X.509 signature; " + instead)
	}
	return sshsig.Parse(armored)
}

// whichKey is the path of the first file under keys by one of whose keys the signature verifies. A file that
// can't be read proves nothing, and keeps no other from doing so.
func whichKey(ctx context.Context, c Case, verify func([]sshsig.Key) error) (string, error) {
	why := []string{"none of the keys at the manifest's commit proves it"}
	for _, path := range c.Trigger.SignedTag.Keys {
		src, err := c.File(ctx, path)
		if err != nil {
			why = append(why, fmt.Sprintf("%s can't be read: %v", path, err))
			continue
		}
		keys, err := sshsig.ParseKeys(src)
		if err == nil {
			err = verify(keys)
		}
		if err == nil {
			return path, nil
		}
		why = append(why, path+": "+err.Error())
	}
	return "", errors.New(strings.Join(why, "; "))
}
