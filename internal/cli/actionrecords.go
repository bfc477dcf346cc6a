package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/action"
	"github.com/curfew-ci/curfew/internal/artifact"
	"github.com/curfew-ci/curfew/internal/ledger"
)

// markPrefix is what the names begin with of the files in a job's state that say which records have been brought away: each use of
// the action in a job has an end of its own, and all see the same records.
const markPrefix = "brought-"

// errNoStore says that the organisation's policy names no store, as far as this job knows.
var errNoStore = errors.New("no store of the organisation's is known")

// bringAway brings the job's records to the organisation's store, where one is known, or else to an artifact of the run, before the
// machine is gone.
func (j *job) bringAway(ctx context.Context) action.Kept {
	at := filepath.Join(j.state, recordsFolder)
	files, err := j.notBrought(ctx)
	if err == nil && len(files) == 0 {
		return action.Kept{}
	}
	var to string
	if err == nil {
		to, err = j.toStore(ctx, files)
	}
	if err != nil {
		var failed error
		if to, failed = j.toArtifact(ctx, files); failed != nil {
			return action.Kept{Text: j.inert("they are in %s alone, and gone with this machine: %v; %v", at, err, failed), Failed: true}
		}
	}
	if failed := j.mark(ctx, files); failed != nil {
		j.say("what was brought away isn't noted, and is brought again: %v", failed)
	}
	if err != nil && !errors.Is(err, errNoStore) {
		return action.Kept{Text: j.inert("%s, and not in the organisation's store: %v", to, err), Failed: true}
	}
	return action.Kept{Text: to}
}

// inert is text that is fit for a log, in one line.
func (j *job) inert(format string, args ...any) string {
	return printableLine(j.veil.mask(fmt.Sprintf(format, args...)))
}

// notBrought lists the files of records that nobody has brought away.
func (j *job) notBrought(ctx context.Context) ([]string, error) {
	names, err := j.folder.List(ctx, "", "", ledger.MaxList)
	if err != nil {
		return nil, err
	}
	state, err := ledger.OpenFolder(j.state)
	if err != nil {
		return nil, err
	}
	defer state.Close() //nolint:errcheck // only read
	marks, err := state.List(ctx, markPrefix, "", ledger.MaxList)
	if err != nil {
		return nil, err
	}
	brought := map[string]bool{}
	for _, name := range marks {
		mark, err := state.Get(ctx, name)
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(string(mark.Data)) {
			brought[strings.TrimSpace(line)] = true
		}
	}
	return slices.DeleteFunc(names, func(name string) bool { return !isJobFile(name) || brought[name] }), nil
}

// mark notes which files have been brought away.
func (j *job) mark(ctx context.Context, files []string) error {
	state, err := ledger.OpenFolder(j.state)
	if err != nil {
		return err
	}
	return errors.Join(state.Create(ctx, markPrefix+files[0], []byte(strings.Join(files, "\n")+"\n")), state.Close())
}

// toStore deposits files in the organisation's store, also those that were deposited when they were sealed: again does no harm.
func (j *job) toStore(ctx context.Context, files []string) (string, error) {
	if err := j.openKeptStore(ctx); err != nil {
		return "", err
	}
	if j.store == nil {
		return "", errNoStore
	}
	if err := j.store.Deposit(ctx, j.folder, files...); err != nil {
		return "", err
	}
	return "in the organisation's store", nil
}

// toArtifact uploads files and their seals as an artifact of the run.
func (j *job) toArtifact(ctx context.Context, files []string) (string, error) {
	if len(files) == 0 {
		return "", errors.New("nothing to upload is known")
	}
	token := secretOf(j.env, "ACTIONS_RUNTIME_TOKEN")
	j.veil.hide(token)
	service, err := artifact.Open(artifact.Options{URL: j.env.Getenv("ACTIONS_RESULTS_URL"), Token: token, Client: j.client, Now: j.env.Now})
	if err != nil {
		return "", err
	}
	var all []artifact.File
	for _, name := range files {
		for _, part := range []string{name, name + ".seal"} {
			object, err := j.folder.Get(ctx, part)
			if errors.Is(err, ledger.ErrNotFound) && part != name { // it isn't sealed, which was said
				continue
			}
			if err != nil {
				return "", err
			}
			all = append(all, artifact.File{Name: part, Data: object.Data})
		}
	}
	done, err := service.Upload(ctx, artifactName(files[0]), all)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("in the artifact %s of this run", done.Name), nil
}

// artifactName is made of the name of a file of records, of which there is one in the world.
func artifactName(file string) string {
	return "curfew-" + strings.Map(func(r rune) rune {
		if r < 0x80 && (r == '.' || r == '-' || r == '_' || '0' <= r && r <= '9' || 'a' <= r|0x20 && r|0x20 <= 'z') {
			return r
		}
		return '_'
	}, strings.TrimSuffix(file, ".jsonl"))
}
