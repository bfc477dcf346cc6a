package cli

import (
	"cmp"
	"context"
	"fmt"

	"github.com/curfew-ci/curfew/internal/github"
	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/ticket"
	"github.com/curfew-ci/curfew/internal/tracker"
)

// glassTickets opens the tickets of uses of break-glass, where the manifest says that the owner's tickets go. No flag says
// otherwise: who uses it must not choose who hears of it.
type glassTickets struct {
	j      *job
	client *github.Client
}

// Notify implements issuance.Notifier.
func (n glassTickets) Notify(ctx context.Context, g issuance.Glass) (string, error) {
	t := ticket.Glass{
		Use: g.Use, Repository: g.Repository, Run: g.Run, Job: g.Job, Entry: g.Entry, Grant: g.Grant, Activator: g.Activator,
		Incident: g.Incident, Reason: g.Reason, TTL: g.TTL, Used: g.Used, Due: g.Due, Reviewer: g.Reviewer, Owner: cmp.Or(g.Owner.Team, g.Owner.Person),
	}
	create, err := n.place(g, &t.Project)
	if err != nil {
		return "", err
	}
	key, err := create(ctx, t.Draft())
	if err != nil {
		return "", fmt.Errorf("open the ticket of the review: %w", err)
	}
	n.j.say("break-glass: the review is ticket %s, due %s", key, stamp(g.Due))
	return key, nil
}

// place is where a ticket is made, and the project there.
func (n glassTickets) place(g issuance.Glass, project *string) (func(context.Context, ticket.Draft) (string, error), error) {
	to := manifest.OwnerTickets{}
	if g.Owner.Tickets != nil {
		to = *g.Owner.Tickets
	}
	options := tracker.Options{Client: n.j.client, Now: n.j.env.Now}
	switch {
	case to.Jira != "" && g.Systems.Jira == nil, to.ServiceNow != "" && g.Systems.ServiceNow == nil:
		return nil, fmt.Errorf("owner %q has its tickets in a system that the organisation's policy doesn't know: name it there, under systems", g.OwnerID)
	case to.Jira != "":
		*project = to.Jira
		b, err := tracker.NewJira(tracker.JiraOptions{
			Options: options, URL: g.Systems.Jira.URL, Projects: g.Systems.Jira.Projects, Email: n.j.env.Getenv("JIRA_EMAIL"), Token: n.j.secret("JIRA_TOKEN"),
		})
		if err != nil {
			return nil, err
		}
		return b.Create, nil
	case to.ServiceNow != "":
		*project = to.ServiceNow
		b, err := tracker.NewServiceNow(tracker.ServiceNowOptions{
			Options: options, URL: g.Systems.ServiceNow.URL, Groups: g.Systems.ServiceNow.Projects,
			User: n.j.env.Getenv("SERVICENOW_USER"), Token: n.j.secret("SERVICENOW_TOKEN"),
		})
		if err != nil {
			return nil, err
		}
		return b.Create, nil
	}
	o := github.IssuesOptions{Repository: g.Repository}
	if g.Systems.GitHub != nil {
		o.Others = g.Systems.GitHub.Projects
	}
	*project = to.GitHub
	b, err := github.NewIssues(n.client, o)
	if err != nil {
		return nil, err
	}
	return b.Report, nil
}
