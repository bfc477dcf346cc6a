package policy

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
)

// Digest is what was judged by: SHA-256, in hexadecimal, over "curfew-policy/v1" and then of each module, sorted
// by path, its path and its source, each after its length in bytes as eight bytes, most significant first. The
// order in which the modules were given doesn't count, nor does the policy's name.
func (p *Policy) Digest() string { return p.digest }

func digest(sorted []Module) string {
	h := sha256.New()
	frame(h, "curfew-policy/v1")
	for _, m := range sorted {
		frame(h, m.Path)
		frame(h, string(m.Src))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Digest is that of all policies of the set: SHA-256, in hexadecimal, over "curfew-policies/v1" and then of
// each policy, in order, its name and its digest, framed as in Policy.Digest. A nil policy has an empty one.
func (s Set) Digest() string {
	h := sha256.New()
	frame(h, "curfew-policies/v1")
	for _, p := range s {
		if p == nil {
			p = &Policy{}
		}
		frame(h, p.name)
		frame(h, p.digest)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// frame writes s so that no two sequences of strings are the same bytes. A hash takes every write.
func frame(h hash.Hash, s string) {
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(s))))
	h.Write([]byte(s))
}
