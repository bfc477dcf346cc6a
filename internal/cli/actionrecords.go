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

// What the names begin with of the files in a job's state that say which records have been brought away, to the organisation's store or
// elsewhere: each process that records sees all records of the job.
const (
	storedPrefix  = "stored-"
	broughtPrefix = "brought-"
)

// errNoStore says that the organisation's policy names no store, as far as this job knows.
var errNoStore = errors.New("no store of the organisation's is known")

// bringAway brings the job's records to the organisation's store, where one is known, or else to an artifact of the run, before the
// machine is gone.
func (j *job) bringAway(ctx context.Context) action.Kept {
	at := filepath.Join(j.state, recordsFolder)
	files, err := j.notBrought(ctx)
	if err == nil && len(files) == 0 {
		return action.Kept{Text: j.inStore(ctx)}
	}
	if err == nil {
		files, err = j.toStore(ctx, files)
	}
	if err == nil {
		return action.Kept{Text: j.inStore(ctx)}
	}
	to, failed := j.toArtifact(ctx, files)
	if failed != nil {
		return action.Kept{Text: j.inert("they are in %s alone, and gone with this machine: %v; %v", at, err, failed), Failed: true}
	}
	j.note(ctx, broughtPrefix, files)
	if !errors.Is(err, errNoStore) {
		return action.Kept{Text: j.inert("%s, and not in the organisation's store: %v", to, err), Failed: true}
	}
	return action.Kept{Text: to}
}

// inStore says that records are in the organisation's store, where some of this job are.
func (j *job) inStore(ctx context.Context) string {
	if stored, err := j.noted(ctx, storedPrefix); err != nil || len(stored) == 0 {
		return ""
	}
	return "in the organisation's store"
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
	brought, err := j.noted(ctx, storedPrefix, broughtPrefix)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(names, func(name string) bool { return !isJobFile(name) || brought[name] }), nil
}

// noted are the files of records that have been brought away.
func (j *job) noted(ctx context.Context, prefixes ...string) (map[string]bool, error) {
	state, err := ledger.OpenFolder(j.state)
	if err != nil {
		return nil, err
	}
	defer state.Close() //nolint:errcheck // only read
	brought := map[string]bool{}
	for _, prefix := range prefixes {
		marks, err := state.List(ctx, prefix, "", ledger.MaxList)
		if err != nil {
			return nil, err
		}
		for _, name := range marks {
			mark, err := state.Get(ctx, name)
			if err != nil {
				return nil, err
			}
			for line := range strings.Lines(string(mark.Data)) {
				brought[strings.TrimSpace(line)] = true
			}
		}
	}
	return brought, nil
}

// note notes which files have been brought away. One that can't be noted is brought again, which is said then.
func (j *job) note(ctx context.Context, prefix string, files []string) {
	if len(files) == 0 {
		return
	}
	state, err := ledger.OpenFolder(j.state)
	if err == nil {
		err = errors.Join(state.Create(ctx, prefix+files[0], []byte(strings.Join(files, "\n")+"\n")), state.Close())
	}
	if err != nil {
		j.say("it isn't noted that records were brought away: %v", err)
	}
}

// toStore deposits files in the organisation's store, and returns those that aren't there where that fails.
func (j *job) toStore(ctx context.Context, files []string) ([]string, error) {
	if err := j.openKeptStore(ctx); err != nil {
		return files, err
	}
	if j.store == nil {
		return files, errNoStore
	}
	there, err := j.depositEach(ctx, files)
	j.note(ctx, storedPrefix, there)
	return slices.DeleteFunc(files, func(name string) bool { return slices.Contains(there, name) }), err
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
