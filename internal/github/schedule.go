package github

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/workflow"
)

// Schedule proves triggers of the kind schedule: by the schedules of the run's workflow at the commit that the token
// names, and by when GitHub created the run.
func (g *Governance) Schedule() issuance.Prover { return scheduled{g} }

type scheduled struct{ g *Governance }

// Prove looks for the tick that started the run.
func (s scheduled) Prove(ctx context.Context, c issuance.Case) ([]manifest.Proof, error) {
	event, _ := c.Who.Get(identity.Event)
	number, _ := c.Who.Get(identity.Attempt)
	if event != "schedule" || number != "1" {
		return issuance.Schedule{}.Prove(ctx, c) // which says why nothing is proven
	}
	of, err := proven(c.Who)
	if err != nil {
		return nil, err
	}
	repo, err := s.g.byID(ctx, of)
	if err != nil {
		return nil, err
	}
	at, err := s.g.attempt(ctx, repo, of)
	if err != nil {
		return nil, err
	}
	if at.Event != "schedule" || at.Created.IsZero() || !at.Started.Equal(at.Created) {
		return nil, fmt.Errorf("GitHub says that run %s was created by %q at %s and started at %s: expected a schedule, and one time",
			of.run, at.Event, at.Created, at.Started)
	}
	crons, err := s.crons(ctx, repo, c.Who)
	if err != nil {
		return nil, err
	}
	return issuance.Schedule{Crons: crons, Started: at.Created}.Prove(ctx, c)
}

// crons lists the schedules of the run's workflow.
func (s scheduled) crons(ctx context.Context, repo *repository, who identity.Identity) ([]string, error) {
	name, sha, err := workflowOf(who)
	if err != nil {
		return nil, err
	}
	src, err := (&commitTree{g: s.g, repo: repo.FullName, commit: sha}).ReadFile(ctx, name, maxFile)
	if err != nil {
		return nil, err
	}
	f := workflow.Parse(name, src)
	if f.Workflow == nil || len(f.Problems) > 0 {
		return nil, fmt.Errorf("%s at commit %s can't be read as a workflow without doubt: mend what curfew scan says of it", name, sha)
	}
	var crons []string
	for _, event := range f.Workflow.On {
		if event.Name.Value != "schedule" {
			continue
		}
		if len(event.Timezones) > 0 {
			return nil, fmt.Errorf("a schedule of %s at commit %s has a timezone, and when it is due isn't known: write it in UTC", name, sha)
		}
		for _, cron := range event.Crons {
			if !cron.Present() || len(cron.Refs) > 0 {
				return nil, fmt.Errorf("a schedule of %s at commit %s isn't written out", name, sha)
			}
			crons = append(crons, cron.Value)
		}
	}
	return crons, nil
}

// workflowOf is the path of the run's workflow and the commit that it is of, as the token says.
func workflowOf(who identity.Identity) (name, sha string, err error) {
	ref, _ := who.Claims.Text("workflow_ref")
	repo, _ := who.Claims.Text("repository")
	sha, _ = who.Claims.Text("workflow_sha")
	name, _, _ = strings.Cut(ref, "@")
	name, ours := strings.CutPrefix(name, repo+"/")
	if repo == "" || !ours || path.Dir(name) != ".github/workflows" || !validCommit.MatchString(sha) {
		return "", "", errors.New("the token doesn't say which workflow of the repository it is of, and at which commit: expected workflow_ref and workflow_sha")
	}
	return name, sha, nil
}
