package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/curfew-ci/curfew/internal/action"
	"github.com/curfew-ci/curfew/internal/issuance"
)

// newActionPost is what dist/post.js starts when a job's steps are over, failed and cancelled ones too: it ends what is leased
// and brings the records to where they are kept. It isn't for people either.
func newActionPost(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:    "action-post",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			inner := *env
			inner.Stderr = env.Stdout // the runner reads one stream
			if err := runPost(cmd.Context(), &inner); err != nil {
				var exit *exitError
				if errors.As(err, &exit) && exit.err != nil {
					return told(env, exit)
				}
				return err
			}
			return nil
		},
	}
}

// runPost ends a use of the action, and the first use's end the job. A lease that may live on fails it, whatever else came of the job;
// records that can't be brought away don't, as they prove nothing that a lease waits for.
func runPost(ctx context.Context, env *Env) error {
	own, all := stepOf(env).Due()
	if !all && own == "" {
		return nil
	}
	left, err := leftBehind(env)
	if err != nil || !left && own == "" {
		return err
	}
	j, err := openToEnd(env, "")
	if err != nil {
		return err
	}
	if j.leases == nil || j.folder == nil {
		return &exitError{ExitUnfinished, errors.Join(j.shut, j.close())}
	}
	endings, failed := j.endDue(ctx, own, all)
	if all {
		j.sealLeft(ctx)
	}
	j.sealOwn(context.WithoutCancel(ctx))
	var kept action.Kept
	if all {
		kept = j.bringAway(context.WithoutCancel(ctx))
	}
	if err := j.close(); err != nil {
		j.say("%v", err)
	}
	j.stderr.wait()
	if err := stepOf(env).Post(endings, kept); err != nil {
		failed = errors.Join(failed, err)
	}
	if failed != nil {
		return &commandError{exitError{ExitUnfinished, failed}}
	}
	return nil
}

// leftBehind reports whether a step of this job has left leases or records.
func leftBehind(env *Env) (bool, error) {
	state, err := stateFolder(env, "")
	if err != nil {
		return false, err
	}
	for _, name := range []string{leasesFolder, recordsFolder} {
		found, err := os.ReadDir(filepath.Join(state, name))
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return false, &exitError{ExitUnfinished, err}
		case len(found) > 0:
			return true, nil
		}
	}
	return false, nil
}

// endDue ends the use's own lease, if it has one, and where it is to all others of the job. Whether there is an own one says the
// runner, which keeps that where no other step writes: one whose end isn't kept any longer isn't passed over.
func (j *job) endDue(ctx context.Context, own string, all bool) ([]action.Ending, error) {
	ender, err := issuance.NewEnder(j.options())
	if err != nil {
		return nil, err
	}
	var ids []string
	if all {
		if ids, err = j.leases.IDs(); err != nil {
			return nil, err
		}
	}
	if own != "" && !slices.Contains(ids, own) {
		ids = append(ids, own)
	}
	var endings []action.Ending
	var faults []error
	for _, id := range ids {
		var said bytes.Buffer
		err := j.revoke(ctx, ender, id, io.MultiWriter(j.env.Stdout, &said))
		e := action.Ending{Text: strings.TrimPrefix(strings.TrimSpace(said.String()), "curfew: ")}
		if err != nil {
			e = action.Ending{Text: printableLine(j.veil.mask(fmt.Sprintf("lease %s: may live on: %v", id, err))), Failed: true}
			faults = append(faults, err)
		}
		endings = append(endings, e)
	}
	return endings, errors.Join(faults...)
}
