package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// writeRecords records, seals, and brings the records to the organisation's store. Where none is named, left says where they lie, and
// what is to become of them. Without an error they are in the store, or left says that they aren't.
func writeRecords(ctx context.Context, env *Env, state string, policy *manifest.Policy, records []ledger.Record) (left string, err error) {
	j, err := openJob(env, state)
	if err != nil {
		return "", err
	}
	defer j.stderr.wait()
	if policy != nil && policy.Ledger != nil {
		if _, err := j.openAndKeepStore(*policy.Ledger); err != nil {
			return "", &exitError{ExitUnfinished, errors.Join(err, j.close())}
		}
	}
	for i := range records {
		if _, err := j.Append(records[i]); err != nil {
			return "", &exitError{ExitUnfinished, errors.Join(err, j.close())}
		}
	}
	ctx = context.WithoutCancel(ctx)
	j.sealOwn(ctx)
	left, err = j.whereabouts(ctx)
	if err = errors.Join(err, j.close()); err != nil {
		return "", &exitError{ExitUnfinished, err}
	}
	return left, nil
}

// whereabouts says where the records of this process lie, unless they are in the organisation's store. It errs where they should be.
func (j *job) whereabouts(ctx context.Context) (string, error) {
	name := j.records.Name()
	at := filepath.Join(j.state, recordsFolder, name)
	switch stored, err := j.noted(ctx, storedPrefix); {
	case !j.isSealed(ctx, name):
		return "", errors.New("the records aren't sealed, so that nobody can collect them: run it again")
	case err != nil:
		return "", err
	case stored[name]:
		return "", nil
	case j.store != nil:
		return "", fmt.Errorf("the records lie in %s alone, and not in the organisation's store: run it again", at)
	}
	return "what was recorded lies in " + at + " alone, and counts for nothing until it is collected: name the organisation's policy by " +
		"--org-policy, with a ledger in it, or bring the file and its seal to the collector's inbox", nil
}
