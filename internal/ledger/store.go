package ledger

import (
	"errors"
	"fmt"
	"strings"
)

// Object is what a store holds under a name.
type Object struct {
	Data []byte
	Tag  string // changes with the data; what Replace compares
}

// What a store says of a condition that doesn't hold. Errors wrap them.
var (
	ErrExists   = errors.New("already there")
	ErrNotFound = errors.New("not found")
)

// MaxObject is how many bytes an object may have. The largest are 256 records in one.
const MaxObject = 256*(MaxRecord+1) + 1<<10

// maxName is how many bytes a name may have; S3 takes 1,024 with its prefix.
const maxName = 512

// checkName holds names to what every store and file system takes: parts of A-Z a-z 0-9 . _ - that don't
// begin with a dot, joined by slashes.
func checkName(name string) error {
	if len(name) > maxName {
		return fmt.Errorf("a name of %d bytes: at most %d are allowed", len(name), maxName)
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || part[0] == '.' || strings.Trim(part, safeChars) != "" {
			return errors.New("a name may have A-Z a-z 0-9 . _ - in parts that don't begin with a dot, joined by slashes")
		}
	}
	return nil
}

const safeChars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

// safe is s with everything else than safeChars replaced, cut to 64 bytes: readable, and no way out of a
// folder. It is never read back.
func safe(s string) string {
	out := []byte(s[:min(len(s), 64)])
	for i, c := range out {
		if strings.IndexByte(safeChars, c) < 0 || i == 0 && c == '.' {
			out[i] = '_'
		}
	}
	return string(out)
}
