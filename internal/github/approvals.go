package github

import (
	"context"
	"fmt"
	"strconv"

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
	repo, err := a.g.byID(ctx, of)
	if err != nil {
		return nil, err
	}
	if _, err := a.g.attempt(ctx, repo, of); err != nil {
		return nil, err
	}
	var all []review
	q := question{path: "repos/%s/actions/runs/%s/approvals", args: []string{repo.FullName, of.run}, need: "actions: read", at: repo.FullName}
	if err := a.g.client.ask(stay(ctx), q, &all); err != nil {
		return nil, err
	}
	who, err := approvedBy(all, environment, c.Who)
	if err != nil {
		return nil, err
	}
	return []manifest.Proof{{EnvironmentApproval: &manifest.ApprovalProof{Environment: environment, Approvers: who}}}, nil
}

// approvedBy lists who approved an environment. Where somebody rejected it, what others said of it isn't counted: the
// order of reviews isn't known.
func approvedBy(all []review, environment string, of identity.Identity) ([]string, error) {
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
				who = append(who, r.User.nameFor(of))
			}
		}
	}
	if who == nil {
		return nil, &issuance.UnprovenError{Why: "nobody approved the environment " + environment + " in this run: have it ask for reviewers"}
	}
	return who, nil
}

// user is a person or an app.
type user struct {
	Login string `json:"login"`
	ID    int64  `json:"id"`
	Type  string `json:"type"`
}

// isPerson reports whether it is one: what a program approves, nobody did.
func (a user) isPerson() bool {
	return a.Type == "User" && a.ID > 0 && validLogin.MatchString(a.Login)
}

// String is "@login", or somebody whose name is no name.
func (a user) String() string {
	if !validLogin.MatchString(a.Login) {
		return "somebody whom GitHub gives no name"
	}
	return "@" + a.Login
}

// nameFor is "@login". Who started the run goes by the name that the token has: after an account got another one it
// would be taken for somebody else, who may approve.
func (a user) nameFor(of identity.Identity) string {
	id, _ := of.Claims.Text("actor_id")
	if actor, ok := of.Get(identity.Actor); ok && id == strconv.FormatInt(a.ID, 10) {
		return "@" + actor
	}
	return "@" + a.Login
}
