package tracker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/ticket"
)

// jiraIssue is an issue as Jira shows it.
type jiraIssue struct {
	Key    string `json:"key"`
	Fields struct {
		Status struct {
			Category struct {
				Key string `json:"key"` // new, indeterminate, done
			} `json:"statusCategory"`
		} `json:"status"`
		Created     string          `json:"created"`
		Labels      []string        `json:"labels"`
		Description json.RawMessage `json:"description"`
	} `json:"fields"`
}

func jiraFields() []string { return []string{"status", "created", "labels", "description"} }

// ticket is i as a ticket, without a fingerprint where it isn't one of curfew's.
func (i *jiraIssue) ticket() (ticket.Ticket, error) {
	t := ticket.Ticket{Key: i.Key}
	t.Fingerprint, t.Repository = ticket.ReadLabels(i.Fields.Labels)
	category := i.Fields.Status.Category.Key
	t.Open = category != "done"
	t.Taken = category == "indeterminate" // many projects assign all that is new to somebody, which says nothing
	const form = "2006-01-02T15:04:05.000-0700"
	var err error
	if t.Created, err = time.Parse(form, i.Fields.Created); err != nil || category == "" {
		return t, fmt.Errorf("issue %s: expected its status and when it was created: may the token's account see it?", courier.Printable(i.Key, 50))
	}
	var text string
	if json.Unmarshal(i.Fields.Description, &text) != nil {
		text = ticket.TextOfADF(i.Fields.Description)
	}
	t.Memo = ticket.ReadMemo(text)
	return t, nil
}

// List implements ticket.Backend.
func (j *Jira) List(ctx context.Context, repository string) ([]ticket.Ticket, error) {
	quoted := make([]string, len(j.projects))
	for i, p := range j.projects {
		quoted[i] = jqlString(p)
	}
	jql := fmt.Sprintf(`project in (%s) AND labels = %s AND (labels = %s OR statusCategory != Done OR created >= -2d) ORDER BY created ASC, key ASC`,
		strings.Join(quoted, ", "), jqlString(ticket.Label), jqlString(repository))
	for range maxLists {
		out, err := j.list(ctx, jql)
		if !errors.Is(err, errMoved) {
			return out, err
		}
	}
	return nil, fmt.Errorf("list tickets: %w", errMoved)
}

// maxLists bounds how often a list is begun anew.
const maxLists = 5

// errMoved is why a list that was read page by page may lack an issue, which would then be created once more.
var errMoved = errors.New("the list changes while it is read: run it again")

// list reads a list once.
func (j *Jira) list(ctx context.Context, jql string) ([]ticket.Ticket, error) {
	var out []ticket.Ticket
	next := jiraCursor{}
	for range maxListed / jiraPage {
		page, err := j.page(ctx, jql, &next)
		if err != nil {
			return nil, fmt.Errorf("list tickets: %w", err)
		}
		for i := range page {
			t, err := page[i].ticket()
			if err != nil {
				return nil, fmt.Errorf("list tickets: %w", err)
			}
			if t.Fingerprint != "" {
				out = append(out, t)
			}
		}
		if next.over {
			return out, nil
		}
	}
	return nil, errListed
}

// jiraCursor is where the next page begins.
type jiraCursor struct {
	token string
	start int
	last  string // the key of the last issue
	over  bool
}

// page asks for one page of issues. Jira Cloud goes by tokens, Data Center by numbers: there an issue that comes into the
// list or leaves it meanwhile shifts all after it. So each page begins with the last issue of the one before, and where
// it is another one the list has moved.
func (j *Jira) page(ctx context.Context, jql string, at *jiraCursor) ([]jiraIssue, error) {
	body := map[string]any{"jql": jql, "maxResults": jiraPage, "fields": jiraFields()}
	path := j.api("search")
	if j.cloud {
		path = j.api("search", "jql")
		if at.token != "" {
			body["nextPageToken"] = at.token
		}
	} else {
		body["startAt"] = max(at.start-1, 0)
	}
	var page struct {
		Issues *[]jiraIssue `json:"issues"`
		Token  string       `json:"nextPageToken"`
		Total  *int         `json:"total"`
	}
	if err := j.do(ctx, request{method: http.MethodPost, path: path, body: body}, &page); err != nil {
		return nil, err
	}
	if page.Issues == nil || !j.cloud && page.Total == nil {
		return nil, errors.New("the answer has no list of issues: is it the address of a Jira?")
	}
	found := *page.Issues
	if !j.cloud && at.start > 0 {
		if len(found) == 0 || found[0].Key != at.last {
			return nil, errMoved
		}
		found = found[1:]
	}
	at.start += len(found)
	if len(found) > 0 {
		at.last = found[len(found)-1].Key
	}
	again := page.Token == at.token
	if at.over = page.Token == ""; !j.cloud {
		at.over, again = at.start >= *page.Total, len(found) == 0
	}
	if !at.over && again { // what the list lacks would be created once more
		return nil, errors.New("a page leads to itself: run it again")
	}
	at.token = page.Token
	return found, nil
}

// jqlString quotes s for JQL.
func jqlString(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
