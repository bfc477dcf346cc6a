package odb

import (
	"encoding/hex"
	"fmt"
)

// Hash is the hash function by which a repository names its objects: its extensions.objectFormat. The
// zero value is SHA-1, git's default.
type Hash uint8

// The hash functions that git knows.
const (
	SHA1 Hash = iota
	SHA256
)

// Size is the length of the function's ids, in bytes.
func (h Hash) Size() int {
	if h == SHA256 {
		return 32
	}
	return 20
}

// String is the function's name as git writes it.
func (h Hash) String() string {
	if h == SHA256 {
		return "sha256"
	}
	return "sha1"
}

// ID names an object. IDs are comparable; the zero value names nothing.
type ID struct {
	sum  [32]byte // zeros beyond size
	size uint8
}

// ParseID reads an id of 40 or 64 hexadecimal digits.
func ParseID(digits string) (ID, error) {
	raw, err := hex.DecodeString(digits)
	if id, ok := RawID(raw); err == nil && ok {
		return id, nil
	}
	return ID{}, fmt.Errorf("%q is no object id: expected 40 or 64 hexadecimal digits", digits)
}

// RawID is the id of 20 or 32 bytes, as trees hold them; false where raw has another length.
func RawID(raw []byte) (ID, bool) {
	if len(raw) != SHA1.Size() && len(raw) != SHA256.Size() {
		return ID{}, false
	}
	id := ID{size: uint8(len(raw))} //nolint:gosec // 20 or 32
	copy(id.sum[:], raw)
	return id, true
}

// Raw is the id's 20 or 32 bytes; none of the zero value.
func (id *ID) Raw() []byte { return id.sum[:id.size] }

// String is the id in hexadecimal digits, "" of the zero value.
func (id ID) String() string { return hex.EncodeToString(id.sum[:id.size]) }

// IsZero reports whether the id names nothing.
func (id ID) IsZero() bool { return id.size == 0 }

// Num is the number of an object in its DB, from 0 up to DB.Len. It holds as long as the DB is open. An
// object that is stored twice has two numbers, of which DB.Find knows one.
type Num int32

// Kind is the type of an object, numbered as in packs.
type Kind uint8

// The types of objects.
const (
	Commit Kind = iota + 1
	Tree
	Blob
	Tag
)

// String is the type's name as git writes it.
func (k Kind) String() string {
	switch k {
	case Commit:
		return "commit"
	case Tree:
		return "tree"
	case Blob:
		return "blob"
	case Tag:
		return "tag"
	}
	return fmt.Sprintf("type %d", uint8(k))
}

// parseKind is the type of that name; 0 where there is none.
func parseKind(name []byte) Kind {
	for k := Commit; k <= Tag; k++ {
		if string(name) == k.String() {
			return k
		}
	}
	return 0
}
