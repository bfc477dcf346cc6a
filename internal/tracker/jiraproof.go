package tracker

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"

	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/redact"
)

// JiraProver proves triggers of the kind ticket by issues of Jira's. Who moved an issue to the status that it has approved
// it as it was worded then: its summary and its description, to which Jira keeps every change. Comments and links don't
// count, as others than who approves may write them.
type JiraProver struct {
	Options
	Email    string // of the account that the token is of: it is Jira Cloud then; "" for Data Center
	Token    redact.Secret
	Accounts Accounts
}

// jiraKey is an issue's key.
var jiraKey = regexp.MustCompile(`^([A-Z][A-Z0-9_]+)-[1-9][0-9]{0,9}$`)

// Prove looks at the issues that the job names.
func (j JiraProver) Prove(ctx context.Context, c issuance.Case) ([]manifest.Proof, error) {
	if c.Trigger.Ticket == nil || c.Trigger.Ticket.System != manifest.SystemJira {
		return nil, nil
	}
	base, err := address(c)
	if err != nil {
		return nil, err
	}
	q := &inquiry{c: c, accounts: j.Accounts, cloud: j.Email != ""}
	if q.service, err = jiraService(j.Options, base, j.Email, j.Token); err != nil {
		return nil, err
	}
	return q.each(ctx, jiraKey, q.jira)
}

// jiraTicket is an issue, with its history where it is Data Center's.
type jiraTicket struct {
	ID     string `json:"id"`
	Key    string `json:"key"`
	Fields struct {
		Project struct {
			Key string `json:"key"`
		} `json:"project"`
		Status struct {
			ID   string `json:"id"`
			Name string `json:"name"`
		} `json:"status"`
		Summary     string          `json:"summary"`
		Description json.RawMessage `json:"description"`
	} `json:"fields"`
	Changelog *struct {
		Total     int          `json:"total"`
		Histories []jiraChange `json:"histories"`
	} `json:"changelog"`
}

// jira looks at one issue.
func (q *inquiry) jira(ctx context.Context, key string) ([]manifest.TicketProof, error) {
	want := q.c.Trigger.Ticket
	if jiraKey.FindStringSubmatch(key)[1] != want.Project {
		return nil, unproven("isn't in the project %s", want.Project)
	}
	api := (&Jira{cloud: q.cloud}).api("issue", key)
	query := url.Values{"fields": {"project,status,summary,description"}}
	if !q.cloud {
		query.Set("expand", "changelog")
	}
	var i jiraTicket
	if err := q.do(ctx, request{method: http.MethodGet, path: api, query: query}, &i); err != nil {
		return nil, err
	}
	switch {
	case i.Key != key || i.Fields.Project.Key != want.Project:
		return nil, unproven("is called %s by now, in the project %s: name it so", shown(i.Key), shown(i.Fields.Project.Key))
	case i.Fields.Status.ID == "" || i.ID == "":
		return nil, errors.New("expected its id and status: may the token's account see them?")
	}
	history, err := q.jiraHistory(ctx, api, &i)
	if err != nil {
		return nil, err
	}
	p := manifest.TicketProof{System: want.System, Project: want.Project, ID: key, UID: i.ID, Status: i.Fields.Status.Name}
	if !slices.Contains(want.Status, p.Status) {
		return []manifest.TicketProof{p}, nil // the decision says that it isn't approved
	}
	by, err := lastMoved(history, i.Fields.Status.ID)
	if err != nil {
		return nil, err
	}
	who, err := q.person(ctx, by.account(q.cloud), by.DisplayName)
	if err != nil {
		return nil, err
	}
	named, err := q.named(i.Fields.Summary + "\n" + textOf(i.Fields.Description))
	if err != nil {
		return nil, err
	}
	issuance.Refer(&p, want.References, named)
	p.Approvers = []string{who}
	return []manifest.TicketProof{p}, nil
}
