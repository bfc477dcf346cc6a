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
	"github.com/curfew-ci/curfew/internal/lease"
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

// deposit brings sealed files to the organisation's store, where that is open, and notes which are there: a role that may only create
// can't tell later whether what is there is the same.
func (j *job) deposit(ctx context.Context, names ...string) {
	if j.store == nil || len(names) == 0 {
		return
	}
	there, err := j.depositEach(ctx, names)
	if err != nil {
		j.say("not all records in %s are in the organisation's store: %v", filepath.Join(j.state, recordsFolder), err)
	}
	j.note(ctx, storedPrefix, there)
}

// depositEach deposits files and returns those that are there. Of several that fail the error is the first's.
func (j *job) depositEach(ctx context.Context, names []string) (there []string, err error) {
	more := 0
	for _, name := range names {
		failed := j.store.Deposit(ctx, j.folder, name)
		switch {
		case failed == nil:
			there = append(there, name)
		case err == nil:
			err = failed
		default:
			more++
		}
	}
	if more > 0 {
		err = fmt.Errorf("%w, and %d more", err, more)
	}
	return there, err
}

// openStore opens the store that the organisation's policy names.
func (j *job) openStore(l manifest.Ledger) (issuance.Shared, error) {
	store, err := orgstore.Open(l, orgstore.Options{
		Tokens: j.tokens, Ask: lease.Options{Client: j.client, Now: j.env.Now}, Hide: j.veil.hide,
		Session: lease.Session{Run: j.of.RunID, Attempt: strconv.FormatInt(j.of.Attempt, 10), Lease: "ledger"},
	})
	if err != nil {
		return nil, err
	}
	j.store, j.ledger = store, &l
	return store, nil
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
