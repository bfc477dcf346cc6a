package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/curfew-ci/curfew/internal/ticket"
)

// ticketEvidence records what becomes of tickets in the files of the job that a sync runs in.
type ticketEvidence struct {
	job        *job   // nil outside CI, where nobody speaks for who writes records
	repository string // its id at the platform
	lost       error  // why something wasn't recorded: the first such reason
}

// evidence opens the records of the job that a sync runs in. Outside of a job there are none, unless they are asked for.
func (f *ticketFlags) evidence(env *Env, in *ticket.Input) (*ticketEvidence, error) {
	e := &ticketEvidence{}
	if f.dryRun || f.state == "" && outsideCI(env) {
		return e, nil
	}
	var err error
	if e.job, err = openJob(env, f.state); err != nil {
		return nil, err
	}
	e.repository = in.Result.Of.RepositoryID
	if in.Policy != nil && in.Policy.Ledger != nil {
		if _, err := e.job.openStore(*in.Policy.Ledger); err != nil {
			e.lost = fmt.Errorf("the records stay on this machine: %w", err)
		}
	}
	return e, nil
}

// outsideCI reports whether there is no job that could keep records.
func outsideCI(env *Env) bool {
	c := ciOf(env)
	_, missing := c.temp(env)
	return missing != "" || env.Getenv(c.run) == ""
}

// take records one change that was made. A sync that is killed before it leaves the change without a record: the tracker
// itself says then what became of the ticket.
func (e *ticketEvidence) take(c *ticket.Change) {
	if e.job == nil || e.lost != nil && e.repository == "" {
		return
	}
	if e.repository == "" {
		e.lost = errors.New("the result doesn't say the repository's id, which records are kept by: scan in a job of the repository, or name both by GITHUB_REPOSITORY and GITHUB_REPOSITORY_ID")
		return
	}
	found, turned, ok := c.Evidence(e.repository)
	if !ok {
		return
	}
	for _, r := range found {
		id, err := e.job.Append(r)
		if err != nil {
			e.fail(err)
			return
		}
		turned.Links.CausedBy = append(turned.Links.CausedBy, id)
	}
	if _, err := e.job.Append(turned); err != nil {
		e.fail(err)
	}
}

func (e *ticketEvidence) fail(err error) {
	if e.lost == nil {
		e.lost = err
	}
}

// close seals what was recorded and says what wasn't.
func (e *ticketEvidence) close(ctx context.Context) error {
	if e.job == nil {
		return nil
	}
	e.job.seal(ctx)
	if e.lost != nil {
		return fmt.Errorf("what was changed isn't all recorded: %w", e.lost)
	}
	return nil
}
