package tracker

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/redact"
)

// JiraProver proves triggers of the kind ticket by issues of Jira's. Who moved an issue to the status that it has approved
// it as it was worded then: its summary and its description, to which Jira keeps every change. Comments and links don't
// count, as others than who approves may write them.
type JiraProver struct {
	Options
	Email string // of the account that the token is of: it is Jira Cloud then; "" for Data Center
	Token redact.Secret
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
	q := &inquiry{c: c, cloud: j.Email != ""}
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
	who, err := q.person(by.account(q.cloud), by.DisplayName)
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

// jiraChange is an entry of an issue's history.
type jiraChange struct {
	ID      string     `json:"id"`
	Created string     `json:"created"`
	Author  jiraAuthor `json:"author"`
	Items   []struct {
		Field string `json:"field"`
		Type  string `json:"fieldtype"` // jira, or custom: a field of the organisation's can have any name
		To    string `json:"to"`
	} `json:"items"`

	at time.Time
}

type jiraAuthor struct {
	AccountID   string `json:"accountId"` // Cloud
	AccountType string `json:"accountType"`
	Key         string `json:"key"` // Data Center; it stays where the name changes
	DisplayName string `json:"displayName"`
}

// account is the id by which the policy knows somebody; "" for an app.
func (a jiraAuthor) account(cloud bool) string {
	switch {
	case !cloud:
		return a.Key
	case a.AccountType == "" || a.AccountType == "atlassian":
		return a.AccountID
	}
	return ""
}

// jiraHistory is all of an issue's history, oldest first.
func (q *inquiry) jiraHistory(ctx context.Context, api []string, i *jiraTicket) (all []jiraChange, err error) {
	total := 0
	switch {
	case q.cloud:
		if all, total, err = q.jiraPages(ctx, api); err != nil {
			return nil, err
		}
	case i.Changelog == nil:
		return nil, errors.New("the answer has no history: is it the address of a Jira?")
	default:
		all, total = i.Changelog.Histories, i.Changelog.Total
	}
	if len(all) != total {
		return nil, fmt.Errorf("its history has %d entries, and %d are shown: may the token's account see them?", total, len(all))
	}
	const form = "2006-01-02T15:04:05.000-0700"
	for n := range all {
		if all[n].at, err = time.Parse(form, all[n].Created); err != nil {
			return nil, fmt.Errorf("its history has an entry of the time %q: expected one such as %s", shown(all[n].Created), form)
		}
	}
	slices.SortStableFunc(all, func(a, b jiraChange) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(len(a.ID), len(b.ID)), strings.Compare(a.ID, b.ID)) // ids count up
	})
	return all, nil
}

// jiraPages reads Jira Cloud's pages of a history.
func (q *inquiry) jiraPages(ctx context.Context, api []string) (all []jiraChange, total int, err error) {
	const longest = 10_000
	for len(all) < longest {
		var page struct {
			Total  *int          `json:"total"`
			Values *[]jiraChange `json:"values"`
		}
		query := url.Values{"startAt": {strconv.Itoa(len(all))}, "maxResults": {strconv.Itoa(jiraPage)}}
		if err := q.do(ctx, request{method: http.MethodGet, path: append(slices.Clip(api), "changelog"), query: query}, &page); err != nil {
			return nil, 0, err
		}
		if page.Total == nil || page.Values == nil {
			return nil, 0, errors.New("the answer has no history: is it the address of a Jira?")
		}
		all, total = append(all, *page.Values...), *page.Total
		if len(all) >= total || len(*page.Values) == 0 {
			return all, total, nil
		}
	}
	return nil, 0, fmt.Errorf("its history has more than %d entries, which are read at most", longest)
}

// lastMoved finds who moved an issue to the status that it has, with its wording as it is. What is changed in the same
// step, on the screen of a transition, is approved with it.
func lastMoved(history []jiraChange, status string) (jiraAuthor, error) {
	at := -1
	changed := ""
	for n, change := range history {
		moved := false
		for _, item := range change.Items {
			if item.Type == "jira" && item.Field == "status" {
				at, moved, changed = n, item.To == status, ""
				if !moved {
					at = -1
				}
			}
		}
		for _, item := range change.Items {
			if !moved && item.Type == "jira" && slices.Contains([]string{"summary", "description", "project", "Key"}, item.Field) {
				changed = item.Field
			}
		}
	}
	switch {
	case at < 0:
		return jiraAuthor{}, unproven("has its status, and its history doesn't say who gave it")
	case changed != "":
		return jiraAuthor{}, unproven("got another %s after it was approved: have it approved anew", changed)
	}
	return history[at].Author, nil
}

// textOf is all text of a description, and all addresses in it: a text in wiki markup, or a document of ADF.
func textOf(raw json.RawMessage) string {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return ""
	}
	var b strings.Builder
	var walk func(v any)
	walk = func(v any) { // json.Unmarshal bounds the depth
		switch v := v.(type) {
		case string:
			b.WriteString(v)
			b.WriteByte('\n')
		case []any:
			for _, inner := range v {
				walk(inner)
			}
		case map[string]any:
			for _, inner := range v {
				walk(inner)
			}
		}
	}
	walk(v)
	return b.String()
}
