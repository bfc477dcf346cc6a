package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// maxKeySets is how many sets of keys of one issuer are read. Issuers change them a few times a year.
const maxKeySets = 1000

// ArchivedKeys reads the JSON Web Key Sets that an issuer had whenever something was collected. Nothing proves
// them: who may write to the archive can put keys there for which there are forged tokens. They are as good as the
// rights to the store, or as a copy that was kept elsewhere.
func ArchivedKeys(ctx context.Context, archive Store, issuer string) ([][]byte, error) {
	names, err := listAll(ctx, archive, archivedKeys(issuer), maxKeySets)
	if err != nil {
		return nil, err
	}
	var out [][]byte
	for _, name := range names {
		object, err := archive.Get(ctx, name)
		if err != nil {
			return nil, err
		}
		out = append(out, object.Data)
	}
	return out, nil
}

// archivedKeys is what the names of an issuer's archived keys begin with.
func archivedKeys(issuer string) string {
	sum := sha256.Sum256([]byte(issuer))
	return "archive/keys/" + hex.EncodeToString(sum[:]) + "/"
}

// before reports whether an earlier Collect has taken a file: it was kept with just this seal, and the log has all of its records.
// It isn't proven again, as the issuer doesn't have the keys of then for ever, and it adds nothing.
func (c *Collector) before(ctx context.Context, s Sealed, content, side []byte) (bool, error) {
	for i, r := range s.Records {
		if have, ok := c.Log.index.hash(r.key()); !ok || have != tlog.RecordHash(s.Lines[i]) {
			return false, nil
		}
	}
	file := archivedFile(side)
	for _, o := range []named{{file + sealSuffix, side}, {file, content}} {
		have, err := c.Archive.Get(ctx, o.name)
		switch {
		case errors.Is(err, ErrNotFound):
			return false, nil
		case err != nil:
			return false, &archiveError{err}
		case !bytes.Equal(have.Data, o.data):
			return false, nil // which keeping it finds out
		}
	}
	return true, nil
}

// archive keeps a file, its seal and the keys that prove it. All are named by their digests.
func (c *Collector) archive(ctx context.Context, issuer string, content, side []byte) error {
	keys, err := c.Keys(ctx, issuer)
	if err != nil {
		return fmt.Errorf("keys of %q: %w", issuer, err)
	}
	file := archivedFile(side)
	for _, o := range []named{
		{archivedKeys(issuer) + tagOf(keys) + ".json", keys},
		{file, content},
		{file + sealSuffix, side},
	} {
		if err := createSame(ctx, c.Archive, o.name, o.data); err != nil {
			return err
		}
	}
	return nil
}

// archivedFile is where a file is kept, by its seal.
func archivedFile(seal []byte) string { return archivedFiles + tagOf(seal) + ".jsonl" }

// archivedFiles is what the names begin with of files that are kept, and of their seals.
const archivedFiles = "archive/files/"
