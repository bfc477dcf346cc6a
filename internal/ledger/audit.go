package ledger

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// Audit is what the archive says of where a log's records come from.
type Audit struct {
	Files    int       // whose seals are proven
	Alone    []int64   // the log's records that are no such file's, by their places
	Unproven []Refusal // files whose seals aren't proven, by where the archive has them
}

// Audit asks of each record of the log by whose word it is there: some archived file must hold it whose seal is proven, and
// which a Collect would take. Verify says that nothing was dropped or rewritten; who may append could still have made up what no
// job ever wrote.
//
// It is worth as much as the keys by which Verify proves tokens.
func (c *Collector) Audit(ctx context.Context) (Audit, error) {
	out, err := c.audit(ctx)
	if err != nil {
		return Audit{}, fmt.Errorf("audit: %w", err)
	}
	return out, nil
}

func (c *Collector) audit(ctx context.Context) (out Audit, err error) {
	if err := c.Log.learn(ctx); err != nil {
		return out, err
	}
	spoken := make([]bool, len(c.Log.index.hashes))
	for names, err := range listsOf(ctx, c.Archive, archivedFiles, "") {
		if err != nil {
			return out, err
		}
		for _, name := range names {
			if err := c.auditFile(ctx, name, spoken, &out); err != nil {
				return out, err
			}
		}
	}
	for at, is := range spoken {
		if !is {
			out.Alone = append(out.Alone, int64(at))
		}
	}
	return out, nil
}

// auditFile marks the records that an archived seal speaks for. Its error is the store's.
func (c *Collector) auditFile(ctx context.Context, name string, spoken []bool, out *Audit) error {
	file, ok := strings.CutSuffix(name, sealSuffix)
	if !ok {
		return nil // read with its seal
	}
	s, err := c.archived(ctx, file)
	var unread *unreadError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &unread):
		return fmt.Errorf("%s: %w", file, err)
	case err != nil:
		out.Unproven = append(out.Unproven, Refusal{file, oneLine(err)})
		return nil
	}
	out.Files++
	for i, r := range s.Records {
		at, there := c.Log.index.places[r.key()]
		if there && c.Log.index.hashes[at] == tlog.RecordHash(s.Lines[i]) {
			spoken[at] = true
		}
	}
	return nil
}

// archived reads and proves a file of the archive.
func (c *Collector) archived(ctx context.Context, file string) (Sealed, error) {
	side, err := read(ctx, c.Archive, file+sealSuffix)
	if err != nil {
		return Sealed{}, err
	}
	if archivedFile(side) != file {
		return Sealed{}, errors.New("not where the archive keeps a file of this seal")
	}
	content, err := read(ctx, c.Archive, file)
	if err != nil {
		return Sealed{}, err
	}
	said, _, err := readSeal(file+sealSuffix, side)
	if err != nil {
		return Sealed{}, err
	}
	s, err := OpenSealed(said.File, content, side)
	if err != nil {
		return Sealed{}, err
	}
	claims, err := c.Verify(s.Token.Reveal(), s.Audience)
	if err != nil {
		return Sealed{}, fmt.Errorf("the ID token doesn't hold: %w", err)
	}
	return s, c.accept(s, claims)
}
