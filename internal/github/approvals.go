package github

import (
	"context"
	"fmt"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// Approvals proves triggers of the kind environment-approval, by the reviews that the run's environment got. It needs
// "actions: read".
func (g *Governance) Approvals() issuance.Prover { return approvals{g} }

type approvals struct{ g *Governance }

// review is one of a run's environments, by the API's schema environment-approvals. It has no time.
type review struct {
	Environments []struct {
		Name string `json:"name"`
	} `json:"environments"`
	State string `json:"state"` // approved, rejected or pending
	User  user   `json:"user"`
}

// Prove looks for who approved the environment that the token names. GitHub lists the reviews of all attempts of a run
// in one, without their times: which of them were of a later attempt nobody can tell, so that only the first counts.
func (a approvals) Prove(ctx context.Context, c issuance.Case) ([]manifest.Proof, error) {
	if c.Trigger.EnvironmentApproval == nil {
		return nil, nil
	}
	environment, _ := c.Who.Get(identity.Environment)
	number, _ := c.Who.Get(identity.Attempt)
	switch {
	case environment == "":
		return nil, &issuance.UnprovenError{Why: "the job runs in no environment: give it one whose reviewers must approve"}
	case number != "1":
		return nil, &issuance.UnprovenError{Why: "GitHub doesn't say which attempt of a run an approval was for, and this one is a re-run: start a new run"}
	}
	of, err := proven(c.Who)
	if err != nil {
		return nil, err
	}
	repo, started, err := a.g.starters(ctx, c.Who, of)
	if err != nil {
		return nil, err
	}
	var all []review
	q := question{path: "repos/%s/actions/runs/%s/approvals", args: []string{repo.FullName, of.run}, need: "actions: read", at: repo.FullName}
	if err := a.g.client.ask(stay(ctx), q, &all); err != nil {
		return nil, err
	}
	who, err := approvedBy(all, environment, started)
	if err != nil {
		return nil, err
	}
	return []manifest.Proof{{EnvironmentApproval: &manifest.ApprovalProof{Environment: environment, Approvers: who}}}, nil
}

// approvedBy lists who approved an environment. Where somebody rejected it, what others said of it isn't counted: the
// order of reviews isn't known.
func approvedBy(all []review, environment string, started starters) ([]string, error) {
	var who []string
	for _, r := range all {
		for _, e := range r.Environments {
			if e.Name != environment {
				continue
			}
			switch {
			case r.State == "rejected":
				return nil, &issuance.UnprovenError{Why: fmt.Sprintf("%s rejected the environment %s in this run", r.User, environment)}
			case r.State == "approved" && r.User.isPerson():
				who = append(who, started.name(r.User))
			}
		}
	}
	if who == nil {
		return nil, &issuance.UnprovenError{Why: "nobody approved the environment " + environment + " in this run: have it ask for reviewers"}
	}
	return who, nil
}
