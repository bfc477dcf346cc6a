package ledger

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/identity"
)

// How far a record's time may be from its token's. A run of GitHub Actions lasts 35 days at most.
const (
	maxRun  = 35 * 24 * time.Hour
	maxSkew = 5 * time.Minute
)

// accept decides by a token's proven claims whether a file may be taken. Everything must be proven: a
// claim that is missing refuses.
func (c *Collector) accept(s Sealed, claims identity.Claims) error {
	id, err := speaker(s, claims, c.Issuers...)
	if err != nil {
		return err
	}
	issuer, _ := claims.Text("iss")
	project, _ := id.Get(identity.Project)
	owner, _ := id.Get(identity.Owner)
	mayWrite := slices.Contains(c.Repositories, PlatformID{issuer, project}) || owner != "" && slices.Contains(c.Owners, PlatformID{issuer, owner})
	if !mayWrite {
		return fmt.Errorf("a job of repository %q of owner %q at %s: neither may write to this ledger", project, owner, issuer)
	}
	if err := acceptEvent(id, c.Events); err != nil {
		return err
	}
	first, last, err := span(claims)
	if err != nil {
		return err
	}
	return c.acceptRecords(s.Records, id, first, last)
}

// acceptRecords holds all records of a file to its token.
func (c *Collector) acceptRecords(records []Record, id identity.Identity, first, last time.Time) error {
	recorder := ofDefinition(id, "a recorder's", c.Recorders...)
	for i := range records {
		r := &records[i]
		err := recorder
		switch {
		case r.Plane == Issuance: // a job leases for itself alone
			err = holdTo(id, proves{"identity.repository_id", r.Identity.RepositoryID, identity.Project, false})
		case err != nil:
			err = fmt.Errorf("a job's file has records of the plane issuance alone, those of others are a recorder's: %w", err)
		}
		if err == nil {
			err = acceptRecord(r, id, first, last)
		}
		if err == nil {
			err = acceptGlass(r, id)
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	return nil
}

// speaker is the job that a seal's proven token is of: of an issuer that counts, for the seal's own key.
func speaker(s Sealed, claims identity.Claims, issuers ...string) (identity.Identity, error) {
	if issuer, ok := claims.Text("iss"); !ok || !slices.Contains(issuers, issuer) {
		return identity.Identity{}, fmt.Errorf("the ID token's issuer is %s: not one of those that count", claims.Describe("iss"))
	}
	if aud, ok := claims.Text("aud"); !ok || aud != s.Audience {
		return identity.Identity{}, fmt.Errorf("the ID token's audience is %s, the seal's key has %q", claims.Describe("aud"), s.Audience)
	}
	id, err := identity.From(claims)
	if err != nil {
		return identity.Identity{}, fmt.Errorf("the ID token: %w", err)
	}
	return id, nil
}

// acceptEvent refuses runs whose code nobody who may write to the repository stands for. more are events that are
// taken beside the platform's defaults.
func acceptEvent(id identity.Identity, more []string) error {
	event, ok := id.Get(identity.Event)
	switch {
	case !ok:
		return fmt.Errorf("the claim %s is missing: what started the run isn't known", id.ClaimFor(identity.Event))
	case strings.Contains(event, "pull_request"), strings.Contains(event, "merge_request"):
		return fmt.Errorf("a run of a pull request (%q): those never write to the ledger", event)
	case !slices.Contains(id.DefaultEvents(), event) && !slices.Contains(more, event):
		return fmt.Errorf("a run of the event %q: not one of those that may write to the ledger", event)
	}
	return nil
}

// span is when the records of a token's job can have been written.
func span(claims identity.Claims) (first, last time.Time, err error) {
	seconds := func(name string) int64 {
		text, _ := claims.Text(name)
		n, convErr := strconv.ParseInt(text, 10, 64)
		if convErr != nil || n <= 0 || n > 1<<40 {
			err = fmt.Errorf("the claim %s is %s: expected seconds since 1970", name, claims.Describe(name))
		}
		return n
	}
	issued, expires := seconds("iat"), seconds("exp")
	return time.Unix(issued, 0).Add(-maxRun), time.Unix(expires, 0).Add(maxSkew), err
}

// acceptRecord holds what a record says of the job that wrote it to what the token proves.
func acceptRecord(r *Record, id identity.Identity, first, last time.Time) error {
	if r.Time.Before(first) || r.Time.After(last) {
		return errors.New("the record's time isn't one that the ID token's job can have had")
	}
	return holdTo(id,
		proves{"task.run_id", r.Task.RunID, identity.Run, false},
		proves{"task.attempt", strconv.FormatInt(r.Task.Attempt, 10), identity.Attempt, false},
		proves{"task.sha", r.Task.SHA, identity.Revision, true},
		proves{"task.actor", r.Task.Actor, identity.Actor, true},
	)
}

// proves is what a record says and a token must.
type proves struct {
	name, value string
	attribute   identity.Attribute
	optional    bool // the record needn't say
}

func holdTo(id identity.Identity, all ...proves) error {
	for _, must := range all {
		if must.optional && must.value == "" {
			continue
		}
		if proven, ok := id.Get(must.attribute); !ok || proven != must.value {
			claim := id.ClaimFor(must.attribute)
			return fmt.Errorf("%s is %q, the ID token's %s is %s", must.name, must.value, claim, id.Claims.Describe(claim))
		}
	}
	return nil
}
