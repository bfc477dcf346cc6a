package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"

	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/orgstore"
)

// storeFile says in a job's state which store its records go to: whoever seals what a killed process has left hasn't read the
// policy that names it.
const storeFile = "store.json"

// storeVersion is the format's: one object of JSON. A reader refuses every other.
const storeVersion = 1

// keptStore is what storeFile holds.
type keptStore struct {
	Version int              `json:"version"`
	Ledger  *manifest.Ledger `json:"ledger"`
}

// openAndKeepStore is openStore for who records leases. That the store can't be kept is said, and denies nothing.
func (j *job) openAndKeepStore(l manifest.Ledger) (issuance.Shared, error) {
	shared, err := j.openStore(l)
	if err != nil {
		return nil, err
	}
	if err := j.keepStore(context.Background(), l); err != nil {
		j.say("if this process is killed, its records won't be brought to the organisation's store: %v", err)
	}
	return shared, nil
}

// keepStore writes which store a job's records go to, once: the first one stays.
func (j *job) keepStore(ctx context.Context, l manifest.Ledger) error {
	text, err := json.Marshal(keptStore{storeVersion, &l})
	if err != nil {
		return fmt.Errorf("write %s: %w", storeFile, err)
	}
	state, err := ledger.OpenFolder(j.state)
	if err != nil {
		return err
	}
	defer state.Close() //nolint:errcheck // what was written has been synced
	err = state.Create(ctx, storeFile, append(text, '\n'))
	if !errors.Is(err, ledger.ErrExists) {
		return err
	}
	have, err := state.Get(ctx, storeFile)
	if err == nil && !bytes.Equal(have.Data, append(text, '\n')) {
		err = fmt.Errorf("%s names another one: expected that of this job's policy", filepath.Join(j.state, storeFile))
	}
	return err
}

// openKeptStore opens the store that a process of this job has kept, where one has and none is open. Any step could have written
// the file, as it could an entry of a lease, which names a store as well: it gets the records, and an ID token for an
// audience that isn't curfew's own.
func (j *job) openKeptStore(ctx context.Context) error {
	if j.store != nil {
		return nil
	}
	state, err := ledger.OpenFolder(j.state)
	if err != nil {
		return err
	}
	defer state.Close() //nolint:errcheck // only read
	object, err := state.Get(ctx, storeFile)
	if errors.Is(err, ledger.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	kept, err := decodeStore(object.Data)
	if err == nil {
		_, err = j.openStore(*kept)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(j.state, storeFile), err)
	}
	return nil
}

// decodeStore reads what keepStore wrote.
func decodeStore(src []byte) (*manifest.Ledger, error) {
	var kept keptStore
	d := json.NewDecoder(bytes.NewReader(src))
	d.DisallowUnknownFields()
	err := d.Decode(&kept)
	if err == nil {
		if _, more := d.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("something follows it")
		}
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("not what curfew keeps of a store: expected the file as curfew wrote it: %w", err)
	case kept.Version != storeVersion:
		return nil, fmt.Errorf("version %d, expected %d: end the job with the curfew that began it", kept.Version, storeVersion)
	case kept.Ledger == nil:
		return nil, errors.New("it names no store: expected the file as curfew wrote it")
	}
	return kept.Ledger, nil
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
