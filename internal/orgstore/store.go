package orgstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/curfew-ci/curfew/internal/attest"
	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/redact"
)

// Options are what a Store works with. Tokens and Ask.Now must be set.
type Options struct {
	// Tokens is where the job's ID tokens come from.
	Tokens issuance.Tokens
	// Ask says how STS is asked. Its client and clock are also those for the bucket.
	Ask lease.Options
	// Session names the job to the logs of STS and of the bucket.
	Session lease.Session
	// Hide is told every secret as soon as there is one, before anything can print it; may be nil.
	Hide func(...redact.Secret)
}

// Store is the organisation's store. It may be used by several goroutines.
type Store struct {
	name    string // as the policy writes it
	objects *ledger.S3
	inbox   *ledger.S3
	slots   ledger.Slots
	minds   atomic.Bool // conditions, as was seen
}

// InboxPrefix is what the names begin with that jobs deposit their records under.
const InboxPrefix = "inbox/"

// Open opens the store that the policy names. It sends nothing: the role is leased when it is needed first.
func Open(l manifest.Ledger, o Options) (*Store, error) {
	s, err := open(l, o)
	if err != nil {
		return nil, fmt.Errorf("open the ledger store %q: %w", l.Store, err)
	}
	return s, nil
}

func open(l manifest.Ledger, o Options) (*Store, error) {
	role, err := newRole(l, o)
	if err != nil {
		return nil, err
	}
	where, ok := strings.CutPrefix(l.Store, "s3://")
	if !ok {
		return nil, errors.New("expected s3://BUCKET/PREFIX")
	}
	bucket, prefix, nested := strings.Cut(where, "/")
	if nested {
		prefix += "/"
	}
	opt := ledger.S3Options{
		Endpoint: l.Endpoint, Region: l.Region, Bucket: bucket, Prefix: prefix,
		Client: o.Ask.Client, Now: o.Ask.Now, Credentials: role.credentials,
	}
	if opt.Endpoint == "" {
		if opt.Endpoint, err = lease.AWSEndpoint("s3", l.Role, l.Region); err != nil {
			return nil, err
		}
	}
	objects, err := ledger.NewS3(opt)
	if err != nil {
		return nil, err
	}
	opt.Prefix += InboxPrefix
	inbox, err := ledger.NewS3(opt)
	if err != nil {
		return nil, err
	}
	return &Store{name: l.Store, objects: objects, inbox: inbox, slots: ledger.Slots{Store: objects, Now: o.Ask.Now}}, nil
}

// Facts counts the leases of a grant, IDENTITY/GRANT, by their slots: those that are taken as long as a lease
// may be alive, and those of the last 24 hours.
//
// Uses of break-glass are those that a slot was ever taken for. That is the word of the jobs that took them: what a
// recorder has attested of them is for issuance to add.
func (s *Store) Facts(ctx context.Context, project, grant string) (*manifest.LedgerFacts, error) {
	alive, err := s.slots.Count(ctx, issuance.AliveKey(project, grant))
	if err != nil {
		return nil, err
	}
	lastDay, err := s.slots.Count(ctx, issuance.DayKey(project, grant))
	if err != nil {
		return nil, err
	}
	uses, err := s.slots.Uses(ctx, project)
	if err != nil {
		return nil, err
	}
	return &manifest.LedgerFacts{
		Store: s.name, BreakGlass: attest.Uses(uses),
		Leases: map[string]manifest.LeaseCount{grant: {Alive: alive, LastDay: lastDay}},
	}, nil
}

// Take takes a slot, or says by a *ledger.FullError that none is free. After the first one it finds out whether
// the store minds the conditions of writes, by which limits hold: the slot is created once more. The whole of
// ledger.Probe isn't for jobs: it replaces an object, and leaves one under probe/, and a job's role may do
// neither.
//
// A slot of break-glass must say who used it: one that doesn't would deny every lease of the project from then on.
func (s *Store) Take(ctx context.Context, c ledger.Claim) (string, error) {
	if len(c.Key) > 0 && c.Key[0] == ledger.BreakGlassKind && c.Use == nil {
		return "", errors.New("a use of break-glass must say who uses it")
	}
	name, err := s.slots.Take(ctx, c)
	if err != nil || s.minds.Load() {
		return name, err
	}
	if err := ledger.ProbeCreate(ctx, s.objects, name); err != nil {
		return "", err
	}
	s.minds.Store(true)
	return name, nil
}

// Used counts the slots of a key that are taken: whether a ticket for one use has had it.
func (s *Store) Used(ctx context.Context, key []string) (int, error) { return s.slots.Count(ctx, key) }

// Attested are the records that somebody has last attested of a project; ledger.ErrNotFound where there are none, and
// ledger.ErrUnproven where nothing proves them.
func (s *Store) Attested(ctx context.Context, by ledger.Attestor, project string) ([]ledger.Record, error) {
	return by.Newest(ctx, s.objects, project)
}

// Deposit writes sealed files of dir and their seals to the inbox, where a collector finds them. All are tried,
// whatever becomes of one.
func (s *Store) Deposit(ctx context.Context, dir *ledger.Folder, names ...string) error {
	var errs []error
	for _, name := range names {
		errs = append(errs, ledger.Deposit(ctx, dir, s.inbox, name))
	}
	return errors.Join(errs...)
}

// Objects is all of the store, for whom its role lets do more than a job may: a collector keeps its log there.
func (s *Store) Objects() ledger.Store { return s.objects }

// Inbox is what jobs deposited, for a collector to read.
func (s *Store) Inbox() ledger.Store { return s.inbox }
