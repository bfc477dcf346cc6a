package ledger

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Deposit copies a sealed file of dir and its seal into an inbox, which a Collector reads. What isn't sealed,
// or was changed after it was, is refused. Depositing again does no harm; a name that somebody else has
// given to other data is an error, and the data is left as it is.
//
// The seal follows its file: a seal in the inbox says that all of the file is there.
func Deposit(ctx context.Context, dir *Folder, inbox Store, name string) error {
	if err := depositAs(ctx, dir, inbox, name, name); err != nil {
		return fmt.Errorf("deposit %q: %w", name, err)
	}
	return nil
}

// depositAs is Deposit under another name, of which the last part is the file's.
func depositAs(ctx context.Context, dir *Folder, inbox Store, name, as string) error {
	if strings.Contains(name, "/") || !strings.HasSuffix(name, ".jsonl") {
		return errors.New("no name of a job's file: expected RUN-ATTEMPT-JOB-ULID.jsonl, without a folder")
	}
	content, err := dir.Get(ctx, name)
	if err != nil {
		return err
	}
	side, err := dir.Get(ctx, name+sealSuffix)
	if errors.Is(err, ErrNotFound) {
		return errors.New("it isn't sealed: seal it first, which proves whose it is")
	}
	if err != nil {
		return err
	}
	if _, err := OpenSealed(name, content.Data, side.Data); err != nil {
		return err
	}
	if err := createSame(ctx, inbox, as, content.Data); err != nil {
		return err
	}
	return createSame(ctx, inbox, as+sealSuffix, side.Data)
}
