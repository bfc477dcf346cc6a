package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"path/filepath"

	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/oidc"
)

// seal seals what this process has recorded, hands it to the organisation's store where that is known, and closes the job.
// What fails of it is said, and changes nothing about what has been done: the records stay where they are. All has been said when it
// returns.
func (j *job) seal(ctx context.Context) {
	defer j.stderr.wait()
	j.sealOwn(context.WithoutCancel(ctx))
	if err := j.close(); err != nil {
		j.say("%v", err)
	}
}

func (j *job) sealOwn(ctx context.Context) {
	if j.records == nil || j.unsealed() {
		return
	}
	err := j.records.Seal(ctx, rand.Reader, j.idToken)
	if errors.Is(err, ledger.ErrExists) && j.isSealed(ctx, j.records.Name()) {
		err = nil // a revoke that runs at the same time has done it
	}
	var may *oidc.MayNotAskError
	if errors.As(err, &may) {
		err = errors.New("the job gets no ID token")
	}
	if err != nil {
		j.say("the records in %s aren't sealed, so that nobody can collect them: %v", filepath.Join(j.state, recordsFolder, j.records.Name()), err)
		return
	}
	j.deposit(ctx, j.records.Name())
}

// isSealed reports whether a file has a seal that is whole.
func (j *job) isSealed(ctx context.Context, name string) bool {
	content, err := j.folder.Get(ctx, name)
	if err != nil {
		return false
	}
	seal, err := j.folder.Get(ctx, name+".seal")
	if err != nil {
		return false
	}
	_, err = ledger.OpenSealed(name, content.Data, seal.Data)
	return err == nil
}

// sealLeft does for the processes of this job that could not what seal does for this one.
func (j *job) sealLeft(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	if j.folder == nil || onGitLab(j.env) {
		return // nothing could be recorded either, or nothing can be sealed, which is said
	}
	names, err := ledger.SealLeft(ctx, j.folder, rand.Reader, j.idToken)
	if err != nil {
		j.say("not all records in %s are sealed: %v", filepath.Join(j.state, recordsFolder), err)
	}
	if len(names) == 0 {
		return
	}
	if err := j.openKeptStore(ctx); err != nil {
		j.say("what was sealed in %s isn't brought to the organisation's store: %v", filepath.Join(j.state, recordsFolder), err)
	}
	j.deposit(ctx, names...)
}
