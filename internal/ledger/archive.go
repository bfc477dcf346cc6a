package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
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
