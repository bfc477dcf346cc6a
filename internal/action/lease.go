package action

import (
	"errors"
	"fmt"
	"time"

	"github.com/curfew-ci/curfew/internal/markup"
)

// denied is the exit status of who isn't entitled, as curfew's own is.
const denied = 1

// lease leases for the steps that follow. What curfew prints isn't framed, as it holds the masks that the runner must be told; all
// else that it prints is made inert by itself.
func (s Step) lease(c *command, in inputs, curfew Curfew) (int, error) {
	if in.get("grant") == "" {
		return 0, &InputError{"grant", "which one? expected IDENTITY/GRANT as the manifest has them, such as deploy/prod"}
	}
	if _, err := in.choice("to", "env", "output", "file"); err != nil {
		return 0, err
	}
	args, err := c.line(in)
	if err != nil {
		return 0, err
	}
	from, err := s.fork()
	if err != nil {
		return 0, err
	}
	if from != "" && s.Getenv("ACTIONS_ID_TOKEN_REQUEST_URL") == "" {
		return denied, s.Tell("error", fmt.Sprintf("nothing is leased: this pull request comes from the fork %s, and such runs get no ID token to lease by. "+
			"Lease in runs of push or workflow_dispatch, or skip this job for forks: if: github.event.pull_request.head.repo.full_name == github.repository", from))
	}
	out := curfew(args)
	if out.Code != 0 || out.Lease == nil {
		return out.Code, s.complain(out)
	}
	return 0, errors.Join(s.leaseOutputs(out.Lease), s.addSummary(out.Lease.summary()))
}

func (s Step) leaseOutputs(l *Lease) error {
	err := errors.Join(s.setState(stateLease, l.ID), s.SetOutput("lease-id", l.ID), s.SetOutput("expires", l.Until.UTC().Format(time.RFC3339)))
	if l.File != "" {
		err = errors.Join(err, s.SetOutput("variables-file", l.File))
	}
	return err
}

// summary is what the job summary says of a lease.
func (l *Lease) summary() []byte {
	return fmt.Appendf(nil, "## curfew: leased\n\n| Grant | Lease | Ends |\n| --- | --- | --- |\n| %s | %s | with the job, at %s at the latest |\n",
		markup.Text(l.Grant), markup.Text(l.ID), l.Until.UTC().Format(time.RFC3339))
}
