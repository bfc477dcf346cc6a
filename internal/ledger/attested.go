package ledger

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/identity"
)

// AttestedPrefix is what the names begin with of files that a recorder leaves for those who lease: they can't read the
// log, of which they would have to read all.
const AttestedPrefix = "attested/"

// ErrUnproven says that what is attested of a repository is proven by nobody, as far as was looked. Errors wrap it.
var ErrUnproven = errors.New("none is proven")

// maxAttested is how many names are looked at for a file that is proven. With a recorder that works it is the first
// file, or the second while it writes.
const maxAttested = 16

// attestedAge counts down by the milliseconds of a time, so that the newest comes first in a list. No id is of a time
// that would need a sign.
func attestedAge(t time.Time) string { return fmt.Sprintf("%015d", int64(1e15)-1-t.UnixMilli()) }

// attestedName is where a file stands that a job's Writer made: attested/REPOSITORY/AGE/FILE. AGE is of the time in the
// file's own name, which its seal holds to.
func attestedName(repository, file string) (string, error) {
	stem, ok := strings.CutSuffix(file, ".jsonl")
	id := stem[max(0, len(stem)-idLength):]
	if !ok || !ValidID(id) || strings.Contains(file, "/") {
		return "", fmt.Errorf("%q is no name of a job's file: expected RUN-ATTEMPT-JOB-ULID.jsonl", file)
	}
	prefix, err := attestedOf(repository)
	return prefix + attestedAge(idTime(id)) + "/" + file, err
}

// attestedOf is what all names of a repository's files begin with.
func attestedOf(repository string) (string, error) {
	if repository == "" || strings.Trim(repository, "0123456789") != "" {
		return "", fmt.Errorf("%q is no id of a repository: expected digits", repository)
	}
	return AttestedPrefix + repository + "/", nil
}

// Attest copies a sealed file of dir and its seal to where leases of a repository look for it. All of its records must be
// what Attestor takes. As in an inbox the seal follows its file, and nothing is ever overwritten.
func Attest(ctx context.Context, dir *Folder, to Store, repository, file string) error {
	f, err := dir.Get(ctx, file)
	if err != nil {
		return fmt.Errorf("attest %q: %w", file, err)
	}
	content, err := ReadJobFile(file, f.Data)
	if err == nil {
		err = attests(content.Records, repository)
	}
	var name string
	if err == nil {
		name, err = attestedName(repository, file)
	}
	if err == nil {
		err = depositAs(ctx, dir, to, file, name)
	}
	if err != nil {
		return fmt.Errorf("attest %q: %w", file, err)
	}
	return nil
}

// Attestor is whose word about repositories counts: the runs of one workflow, in its own repository.
type Attestor struct {
	Verify TokenVerifier
	// Issuers are whose tokens count. For a lease it is the one of the job's own: ids of accounts and repositories are
	// one platform's, and another has the same ones.
	Issuers []string
	Owner   string // id of the account that owns the workflow's repository
	// Definition is the workflow with its ref, as the claim job_workflow_ref has it.
	Definition string
	Now        time.Time
}

// Newest are the records of the newest file that is proven to be the Attestor's and about a repository: one
// inventory.taken, and what certifications and uses of break-glass it tells of. ErrNotFound where there is no file, ErrUnproven where none is
// proven. One that isn't proven, or
// isn't sealed yet, is passed over for an older one: whoever writes it gains nothing, and a recorder at work keeps
// nobody waiting. One that can't be read is an error, as it may be the newest. How old a record may be is for the caller
// to judge, by the record.
func (a Attestor) Newest(ctx context.Context, store Store, repository string) ([]Record, error) {
	records, err := a.newest(ctx, store, repository)
	if err != nil {
		return nil, fmt.Errorf("read what is attested of repository %q: %w", repository, err)
	}
	return records, nil
}

func (a Attestor) newest(ctx context.Context, store Store, repository string) ([]Record, error) {
	prefix, err := attestedOf(repository)
	if err != nil {
		return nil, err
	}
	// What says of itself that it is of the future would come before all others, and stay there.
	names, err := store.List(ctx, prefix, prefix+attestedAge(a.Now.Add(maxSkew)), maxAttested)
	if err != nil {
		return nil, err
	}
	unproven := 0
	var newest error // what is wrong with the newest one
	var unread *unreadError
	for _, name := range names {
		if strings.HasSuffix(name, sealSuffix) {
			continue // read with its file
		}
		records, err := a.file(ctx, store, repository, name)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err == nil:
			return records, nil
		case errors.As(err, &unread):
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if unproven++; unproven == 1 {
			newest = fmt.Errorf("%s: %w", name, err)
		}
	}
	if unproven == 0 {
		return nil, ErrNotFound
	}
	return nil, fmt.Errorf("%w of %d that were looked at; the newest: %w", ErrUnproven, unproven, newest)
}

// file reads and proves one file of a store.
func (a Attestor) file(ctx context.Context, store Store, repository, name string) ([]Record, error) {
	base := path.Base(name)
	if want, err := attestedName(repository, base); err != nil || want != name {
		return nil, errors.New("not where a file of its name would stand")
	}
	return a.prove(ctx, store, repository, name)
}

// Check proves a sealed file of a folder as a lease would: whoever made it learns at once that it won't be taken.
func (a Attestor) Check(ctx context.Context, dir *Folder, repository, file string) error {
	if _, err := a.prove(ctx, dir, repository, file); err != nil {
		return fmt.Errorf("%q wouldn't be taken by a lease: %w", file, err)
	}
	return nil
}

// unreadError is trouble of the store's: what it holds isn't known.
type unreadError struct{ err error }

func (e *unreadError) Error() string { return "it can't be read: " + e.err.Error() }
func (e *unreadError) Unwrap() error { return e.err }

// read reads an object, and tells one that isn't there, or is none of a ledger's, from one that can't be read.
func read(ctx context.Context, store Store, name string) ([]byte, error) {
	object, err := store.Get(ctx, name)
	if err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrTooLarge) {
		err = &unreadError{err}
	}
	return object.Data, err
}

// prove reads a file and its seal, and proves them.
func (a Attestor) prove(ctx context.Context, store Store, repository, name string) ([]Record, error) {
	side, err := read(ctx, store, name+sealSuffix)
	if errors.Is(err, ErrNotFound) {
		return nil, errors.New("not sealed: it is being written, or never will be")
	}
	if err != nil {
		return nil, err
	}
	content, err := read(ctx, store, name)
	if err != nil {
		return nil, err
	}
	s, err := OpenSealed(path.Base(name), content, side)
	if err != nil {
		return nil, err
	}
	claims, err := a.Verify(s.Token.Reveal(), s.Audience)
	if err != nil {
		return nil, fmt.Errorf("the ID token doesn't hold: %w", err)
	}
	if err := a.accept(s, claims); err != nil {
		return nil, err
	}
	return s.Records, attests(s.Records, repository)
}

// accept holds a file to the claims of its token, as Collector does, and to the one workflow besides.
func (a Attestor) accept(s Sealed, claims identity.Claims) error {
	id, err := speaker(s, claims, a.Issuers...)
	if err != nil {
		return err
	}
	if owner, ok := id.Get(identity.Owner); !ok || owner == "" || owner != a.Owner {
		claim := id.ClaimFor(identity.Owner)
		return fmt.Errorf("the ID token's %s is %s, the organisation's is %q", claim, claims.Describe(claim), a.Owner)
	}
	if err := ofDefinition(id, "the collector's", a.Definition); err != nil {
		return err
	}
	if err := acceptEvent(id, nil); err != nil {
		return err
	}
	first, last, err := span(claims)
	if err != nil {
		return err
	}
	for i := range s.Records {
		if err := acceptRecord(&s.Records[i], id, first, last); err != nil {
			return fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	return nil
}

// attests says what is wrong with records that are to be attested of a repository.
func attests(records []Record, repository string) error {
	inventories := 0
	for i := range records {
		r := &records[i]
		switch {
		case r.Identity.RepositoryID != repository:
			return fmt.Errorf("line %d: of repository %q, not of %q", i+1, r.Identity.RepositoryID, repository)
		case r.Type == InventoryTaken:
			inventories++
		case r.Type != CertificationMerged && r.Type != BreakGlassStated:
			return fmt.Errorf("line %d: a %s isn't attested: expected %s, %s or %s", i+1, r.Type, InventoryTaken, CertificationMerged, BreakGlassStated)
		}
	}
	if inventories != 1 {
		return fmt.Errorf("%d records of %s, expected one", inventories, InventoryTaken)
	}
	return nil
}
