package tracker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/ticket"
)

// Jira is Jira Cloud by its API of version 3
// (https://developer.atlassian.com/cloud/jira/platform/rest/v3/intro/), or Jira Data Center by that of version 2
// (https://developer.atlassian.com/server/jira/platform/rest/).
type Jira struct {
	service
	cloud    bool
	projects []string
	kind     string
	resolved string // the resolution that a transition is given which asks for one; "" for one that fits
	dueless  bool   // a screen has refused due dates
	now      func() time.Time
}

// JiraOptions are what a Jira is handed.
type JiraOptions struct {
	Options
	URL      string   // of the site
	Projects []string // that tickets may be in
	Type     string   // of the issues that are made; "" is Task
	// Resolution is what issues are closed with where their workflow asks for one; "" is one that fits, of those that Jira
	// brings.
	Resolution string
	Email      string // of the account that the token is of: it is Jira Cloud then; "" for Data Center
	Token      redact.Secret
}

const (
	// jiraLag is how long Jira's search may lag behind what was written: Atlassian says seconds, without a bound
	// (https://developer.atlassian.com/cloud/jira/platform/search-and-reconcile/).
	jiraLag = 30 * time.Second
	// maxJiraText is how much a text of Jira's holds, in characters.
	maxJiraText = 32_767
	jiraPage    = 100
)

// NewJira makes a backend. It sends nothing.
func NewJira(o JiraOptions) (*Jira, error) {
	to, err := jiraService(o.Options, o.URL, o.Email, o.Token)
	if err != nil {
		return nil, err
	}
	if len(o.Projects) == 0 {
		return nil, errors.New("no project of Jira's is named: list them under systems.jira.projects of the organisation's policy")
	}
	j := &Jira{service: to, cloud: o.Email != "", projects: o.Projects, kind: o.Type, resolved: o.Resolution, now: o.Now}
	if j.kind == "" {
		j.kind = "Task"
	}
	return j, nil
}

// jiraService is Jira Cloud where there is an e-mail address, otherwise Data Center.
func jiraService(o Options, url, email string, token redact.Secret) (service, error) {
	if token.Len() == 0 {
		return service{}, errors.New("no token for Jira: expected JIRA_TOKEN in the environment, with JIRA_EMAIL for Jira Cloud")
	}
	return o.service(url, email, token, jiraSaid), nil
}

// jiraSaid reads the words of an error: errorMessages, and errors by field.
func jiraSaid(a courier.Answer) string {
	var e struct {
		Messages []string          `json:"errorMessages"`
		Errors   map[string]string `json:"errors"`
	}
	if json.Unmarshal(a.Body, &e) != nil {
		return ""
	}
	for field, why := range e.Errors {
		e.Messages = append(e.Messages, field+": "+why)
	}
	slices.Sort(e.Messages)
	return strings.Join(e.Messages, "; ")
}

// api is a path below the API.
func (j *Jira) api(parts ...string) []string {
	if j.cloud {
		return append([]string{"rest/api/3"}, parts...)
	}
	return append([]string{"rest/api/2"}, parts...)
}

// Lag implements ticket.Backend.
func (j *Jira) Lag() time.Duration { return jiraLag }

// text is a document in what this Jira takes.
func (j *Jira) text(d ticket.Document) any {
	if j.cloud {
		return json.RawMessage(d.Fit(maxJiraText, ticket.Document.ADF))
	}
	return d.Fit(maxJiraText, ticket.Document.Wiki)
}

// Create implements ticket.Backend.
func (j *Jira) Create(ctx context.Context, d ticket.Draft) (string, error) {
	if !slices.Contains(j.projects, d.Project) {
		return "", fmt.Errorf("project %q isn't one of the policy's: %s", courier.Printable(d.Project, 50), strings.Join(j.projects, ", "))
	}
	var made struct {
		Key string `json:"key"`
	}
	fields := map[string]any{
		"project": map[string]string{"key": d.Project}, "issuetype": map[string]string{"name": j.kind},
		"summary": d.Title, "description": j.text(d.Body), "labels": d.Labels,
	}
	err := j.dated(d, fields, func() error {
		return j.do(ctx, request{method: http.MethodPost, path: j.api("issue"), once: true, body: map[string]any{"fields": fields}}, &made)
	})
	if err != nil {
		return "", err
	}
	return made.Key, nil
}

// dated sends fields with the due date, and without where the screens of this Jira don't have it, of which it says so and
// does nothing then.
func (j *Jira) dated(d ticket.Draft, fields map[string]any, send func() error) error {
	const due = "duedate"
	if j.dueless || d.Due.IsZero() {
		return send()
	}
	fields[due] = d.Due.UTC().Format(time.DateOnly)
	err := send()
	var refused *refusedError
	if errors.As(err, &refused) && refused.status == http.StatusBadRequest && refused.field == due {
		j.dueless = true
		delete(fields, due)
		return send()
	}
	return err
}

// Update implements ticket.Backend. The status comes first, and all else after it in one request.
func (j *Jira) Update(ctx context.Context, key string, d ticket.Draft) error {
	var issue jiraIssue
	if err := j.do(ctx, request{method: http.MethodGet, path: j.api("issue", key), query: fieldsQuery()}, &issue); err != nil {
		return err
	}
	have, err := issue.ticket()
	if err != nil || d.Done(have) {
		return err
	}
	if have.Open != d.Open() {
		if err := j.move(ctx, key, d); err != nil {
			return err
		}
	}
	labels := d.Labels
	for _, l := range issue.Fields.Labels {
		if !ticket.IsLabel(l) {
			labels = append(slices.Clip(labels), l) // somebody's own
		}
	}
	fields := map[string]any{"summary": d.Title, "description": j.text(d.Body), "labels": labels}
	edit := map[string]any{"fields": fields}
	if len(d.Comment) > 0 {
		edit["update"] = map[string]any{"comment": []any{map[string]any{"add": map[string]any{"body": j.text(d.Comment)}}}}
	}
	return j.dated(d, fields, func() error {
		return j.do(ctx, request{method: http.MethodPut, path: j.api("issue", key), body: edit, once: true}, nil)
	})
}

func fieldsQuery() url.Values { return url.Values{"fields": {strings.Join(jiraFields(), ",")}} }
