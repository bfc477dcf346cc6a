package odb

import (
	"crypto/sha1" //nolint:gosec // by which git names objects
	"crypto/sha256"
	"fmt"
)

// Sum is the id by which git names content of a kind: gitformat-pack(5), "object name". Whoever must not
// believe a database compares it with the id that was asked for.
func (h Hash) Sum(k Kind, content []byte) ID {
	sum := sha1.New() //nolint:gosec // as above
	if h == SHA256 {
		sum = sha256.New()
	}
	_, _ = fmt.Fprintf(sum, "%s %d\x00", k, len(content)) // a hash takes everything
	_, _ = sum.Write(content)
	id, _ := RawID(sum.Sum(nil))
	return id
}
