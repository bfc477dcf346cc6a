package identity

import (
	"fmt"

	"github.com/curfew-ci/curfew/internal/jsontree"
)

// Limits of a key set. Real ones have up to a dozen keys of about two kilobytes each, most of it certificates.
const (
	maxKeyBytes  = 64 << 10
	maxKeys      = 100
	maxKeyDepth  = 8
	maxKeyValues = 4000
)

// Keys are the public keys with which an issuer's signatures are verified. The zero Keys has none.
type Keys struct {
	list []key // ids unique
}

// ParseKeys reads a JWK Set (RFC 7517, section 5). As the RFC asks, a key that can't be used is left out:
// of another type, not for signatures, with a member missing or out of range. Usable are RSA of 2048 to
// 8192 bits and EC on P-256, P-384 and P-521.
//
// A set is refused where it has a symmetric or private key, which no issuer with its wits about it hands
// out; two usable keys of one id; more than 64 KiB, 100 keys, 8 levels or 4,000 values; and where no usable
// key is left. path names the text in errors, which are *jsontree.Error and never quote a value.
func ParseKeys(path string, src []byte) (Keys, error) {
	doc, err := jsontree.Parse(path, src, jsontree.Limits{Bytes: maxKeyBytes, Depth: maxKeyDepth, Nodes: maxKeyValues})
	if err != nil {
		return Keys{}, err
	}
	fault := func(n *jsontree.Node, format string, args ...any) (Keys, error) {
		return Keys{}, &jsontree.Error{Region: doc.Region(n), Message: fmt.Sprintf(format, args...)}
	}
	if doc.Root.Kind != jsontree.Object {
		return fault(doc.Root, "expected a JWK Set, which is an object, found %s", doc.Root.Kind)
	}
	list := membersOf(doc.Root)["keys"]
	switch {
	case list == nil:
		return fault(doc.Root, `expected a JWK Set: it has no "keys"`)
	case list.Kind != jsontree.Array:
		return fault(list, "expected an array of keys, found %s", list.Kind)
	case len(list.Items) > maxKeys:
		return fault(list, "%d keys: at most %d are read", len(list.Items), maxKeys)
	}
	var keys Keys
	for _, item := range list.Items {
		if item.Kind != jsontree.Object {
			return fault(item, "expected a key, which is an object, found %s", item.Kind)
		}
		j := membersOf(item)
		if j.secret() {
			return fault(item, "a symmetric or private key, which must not be published: nothing that this issuer signs can be trusted until it has new keys")
		}
		k, ok := j.key()
		if !ok {
			continue
		}
		if _, taken := keys.named(k.id); taken && k.id != "" {
			return fault(item, "another key of the set has the same id: which of them signed can't be told")
		}
		keys.list = append(keys.list, k)
	}
	if len(keys.list) == 0 {
		return fault(list, "none of %d keys can be used: expected one for signatures, RSA of %d to %d bits, or EC on P-256, P-384 or P-521",
			len(list.Items), minRSABits, maxRSABits)
	}
	return keys, nil
}

// named finds the key of an id.
func (k Keys) named(id string) (key, bool) {
	for _, key := range k.list {
		if key.id == id {
			return key, true
		}
	}
	return key{}, false
}
