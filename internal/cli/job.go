package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"sync"

	"github.com/curfew-ci/curfew/internal/custody"
	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/oidc"
	"github.com/curfew-ci/curfew/internal/orgstore"
	"github.com/curfew-ci/curfew/internal/redact"
)

// Folders of a job's state.
const (
	recordsFolder = "ledger"
	leasesFolder  = "leases"
)

// job is the job of CI that a verb runs in: what it proves itself by, and what is kept of it on this machine.
type job struct {
	env    *Env
	of     ledger.Job
	state  string
	client *http.Client // through the proxy that the environment names
	tokens *oidc.Source
	veil   *veil
	stderr *speaker
	ids    *ledger.IDs

	folder *ledger.Folder
	leases *custody.Folder
	shut   error            // why one of them isn't open, where openToEnd does without
	store  *orgstore.Store  // that the organisation's policy names; nil where none has been opened
	ledger *manifest.Ledger // which one that is
	kept   *custody.Entry   // what the lease verb has left for revoke

	mu      sync.Mutex
	records *ledger.Writer // of this process alone; nil until there is a record
}

// gcPercent lets the heap grow to 16 MiB before anything is collected. The whole way of a lease allocates less, and at
// 4 MiB, where collecting begins unless said, it stopped twice to find nearly nothing.
const gcPercent = 400

// openJob reads the job from its environment, and opens its state.
func openJob(env *Env, state string) (*job, error) {
	j, err := openToEnd(env, state)
	if err == nil && j.shut != nil {
		err = &exitError{code: ExitUnfinished, err: errors.Join(j.shut, j.close())}
	}
	if err != nil {
		return nil, err
	}
	return j, nil
}

// openToEnd is openJob for who ends leases: a folder that can't be opened keeps no credential alive. What isn't recorded of its end is
// an error then.
func openToEnd(env *Env, state string) (*job, error) {
	if env.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	state, err := stateFolder(env, state)
	if err != nil {
		return nil, err
	}
	of, err := jobOf(env)
	if err != nil {
		return nil, err
	}
	return openAs(env, state, of), nil
}

// openAs opens the state of a job that is known.
func openAs(env *Env, state string, of ledger.Job) *job {
	j := &job{env: env, of: of, state: state, veil: &veil{}, stderr: &speaker{to: env.Stderr}, ids: ledger.NewIDs(env.Now, rand.Reader)}
	j.client, j.tokens = newClient(), newSource(env)
	for _, given := range ciOf(env).given(env) {
		j.veil.hide(given.Token)
	}
	j.shut = j.open()
	return j
}

func stateFolder(env *Env, state string) (string, error) {
	if state == "" {
		temp, missing := ciOf(env).temp(env)
		if missing != "" {
			return "", usageError("where are records and leases kept? %s", missing)
		}
		state = temp
	}
	return filepath.Abs(state)
}

// jobOf is the job by its environment. What it says of itself is held to what its ID token proves.
func jobOf(env *Env) (ledger.Job, error) {
	c := ciOf(env)
	attempt, err := strconv.ParseInt(env.Getenv(c.attempt), 10, 64)
	of := ledger.Job{RunID: env.Getenv(c.run), Attempt: attempt, Name: env.Getenv(c.job)}
	if of.RunID == "" || of.Name == "" || err != nil || attempt < 1 {
		return of, usageError("which job is this? expected %s, %s and %s, as in a job of %s", c.run, c.attempt, c.job, c.name)
	}
	return of, nil
}

func (j *job) open() error {
	var leases, records error
	j.leases, leases = custody.Open(filepath.Join(j.state, leasesFolder))
	j.folder, records = ledger.OpenFolder(filepath.Join(j.state, recordsFolder))
	return errors.Join(leases, records)
}

// Append implements issuance.Records.
func (j *job) Append(r ledger.Record) (id string, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.begin(); err != nil {
		return "", err
	}
	return j.records.Append(r)
}

// ready errs where nothing could be recorded: for who acts before there is anything to record.
func (j *job) ready() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.begin()
}

// begin makes the file of this process' records, where there is none yet.
func (j *job) begin() (err error) {
	switch {
	case j.folder == nil:
		return j.shut
	case j.records == nil:
		j.records, err = ledger.NewWriter(j.folder, j.of, ledger.WriterOptions{IDs: j.ids, Now: j.env.Now, Mask: j.veil.mask})
	}
	return err
}

// close lets go of what is open.
func (j *job) close() error {
	var err error
	if j.records != nil {
		err = j.records.Close()
	}
	if j.folder != nil {
		err = errors.Join(err, j.folder.Close())
	}
	if j.leases != nil {
		err = errors.Join(err, j.leases.Close())
	}
	return err
}

// idToken is an ID token that is hidden as soon as it is there.
func (j *job) idToken(ctx context.Context, audience string) (redact.Secret, error) {
	token, err := j.tokens.IDToken(ctx, audience)
	if err == nil {
		j.veil.hide(token)
	}
	return token, err
}

// options are what ending a lease needs.
func (j *job) options() issuance.Options {
	return issuance.Options{
		Records: j, Providers: providers(j.client, j.env.Now), Now: j.env.Now, Hide: j.veil.hide,
		Project: j.env.Getenv(ciOf(j.env).projectID),
	}
}

// say writes a line about what happens to stderr, soon.
func (j *job) say(format string, args ...any) {
	j.stderr.say("curfew: " + printableLine(j.veil.mask(fmt.Sprintf(format, args...))))
}
