package tracker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/ticket"
)

// ServiceNow is an instance of ServiceNow by its Table API, whose incidents are the tickets:
// https://www.servicenow.com/docs/bundle/yokohama-api-reference/page/integrate/inbound-rest/concept/c_TableAPI.html.
// An incident's correlation_id is the label of its root, its correlation_display that of its repository.
type ServiceNow struct {
	service
	groups []string
	now    func() time.Time
}

// ServiceNowOptions are what a ServiceNow is handed.
type ServiceNowOptions struct {
	Options
	URL    string
	Groups []string // assignment groups that tickets may go to
	User   string   // the token is this user's password; "" for an OAuth access token
	Token  redact.Secret
}

const (
	incidents     = "api/now/table/incident"
	incidentPage  = 200
	maxIncident   = 4000 // characters of a description, unless an instance allows more
	maxShort      = 160
	stateResolved = "6"
	stateNew      = "1"
)

// NewServiceNow makes a backend. It sends nothing.
func NewServiceNow(o ServiceNowOptions) (*ServiceNow, error) {
	to, err := serviceNowService(o.Options, o.URL, o.User, o.Token)
	if err != nil {
		return nil, err
	}
	if len(o.Groups) == 0 {
		return nil, errors.New("no assignment group is named: list them under systems.servicenow.projects of the organisation's policy")
	}
	return &ServiceNow{groups: o.Groups, now: o.Now, service: to}, nil
}

func serviceNowService(o Options, url, user string, token redact.Secret) (service, error) {
	if token.Len() == 0 {
		return service{}, errors.New("no token for ServiceNow: expected SERVICENOW_TOKEN in the environment, with SERVICENOW_USER where it is a password")
	}
	return o.service(url, user, token, serviceNowSaid), nil
}

func serviceNowSaid(a courier.Answer) string {
	var e struct {
		Error struct {
			Message string `json:"message"`
			Detail  string `json:"detail"`
		} `json:"error"`
	}
	if json.Unmarshal(a.Body, &e) != nil {
		return ""
	}
	return strings.Trim(e.Error.Message+": "+e.Error.Detail, ": ")
}

// Lag implements ticket.Backend: the Table API reads what it wrote.
func (s *ServiceNow) Lag() time.Duration { return 0 }

// incident is a row of the table.
type incident struct {
	SysID       string `json:"sys_id"`
	Root        string `json:"correlation_id"`
	Repository  string `json:"correlation_display"`
	State       string `json:"state"`
	Created     string `json:"sys_created_on"`
	Description string `json:"description"`
}

func incidentQuery() url.Values {
	return url.Values{
		"sysparm_fields":                 {"sys_id,correlation_id,correlation_display,state,sys_created_on,description"},
		"sysparm_exclude_reference_link": {"true"},
	}
}

// incidentTime is how ServiceNow writes a time where no display values are asked for: in UTC.
const incidentTime = "2006-01-02 15:04:05"

func (i *incident) ticket() (ticket.Ticket, error) {
	t := ticket.Ticket{Key: i.SysID, Memo: ticket.ReadMemo(i.Description)}
	t.Fingerprint, t.Repository = ticket.ReadLabels([]string{i.Root, i.Repository})
	t.Open = !slices.Contains([]string{stateResolved, "7", "8"}, i.State) // closed, cancelled
	t.Taken = t.Open && i.State != stateNew                               // rules assign what is new to somebody, which says nothing
	var err error
	if t.Created, err = time.Parse(incidentTime, i.Created); err != nil || i.State == "" {
		return t, fmt.Errorf("incident %s: expected state and sys_created_on: may the token's user read them?", courier.Printable(i.SysID, 50))
	}
	return t, nil
}

// List implements ticket.Backend.
func (s *ServiceNow) List(ctx context.Context, repository string) ([]ticket.Ticket, error) {
	query := incidentQuery()
	day := s.now().UTC().AddDate(0, 0, -1).Format("2006-01-02") // one more: an instance may read it in its own time
	mine := "correlation_idSTARTSWITHcurfew-^correlation_display=" + repository
	others := "correlation_idSTARTSWITHcurfew-^stateNOT IN6,7,8"
	today := "correlation_idSTARTSWITHcurfew-^sys_created_on>=" + day + " 00:00:00"
	query.Set("sysparm_query", mine+"^NQ"+others+"^NQ"+today+"^ORDERBYsys_created_on^ORDERBYsys_id")
	query.Set("sysparm_limit", strconv.Itoa(incidentPage))
	var out []ticket.Ticket
	for offset := 0; offset < maxListed; offset += incidentPage {
		query.Set("sysparm_offset", strconv.Itoa(offset))
		page, over, err := s.page(ctx, query, offset)
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
		if over {
			return out, nil
		}
	}
	return nil, errListed
}

// page asks for one page, and whether it is the last. Rows that the user may not read are taken out of a page after it
// was cut, so a short one needn't be: X-Total-Count counts them, and without it an empty page is the end.
func (s *ServiceNow) page(ctx context.Context, query url.Values, offset int) (rows []incident, over bool, err error) {
	var page struct {
		Result *[]incident `json:"result"`
	}
	header, err := s.ask(ctx, request{method: http.MethodGet, path: []string{incidents}, query: query}, &page)
	if err != nil {
		return nil, false, err
	}
	if page.Result == nil {
		return nil, false, errors.New("the answer has no list of incidents: is it the address of an instance?")
	}
	if total, err := strconv.Atoi(header.Get("X-Total-Count")); err == nil {
		return *page.Result, offset+incidentPage >= total, nil
	}
	return *page.Result, len(*page.Result) == 0, nil
}

// urgency is how urgent an incident is, from 1.
func urgency(s finding.Severity) string {
	switch s {
	case finding.Critical:
		return "1"
	case finding.High:
		return "2"
	}
	return "3"
}

// shorten cuts s to n characters.
func shorten(s string, n int) string {
	r := []rune(s)
	return string(r[:min(len(r), n)])
}

func (s *ServiceNow) fields(d ticket.Draft) map[string]string {
	return map[string]string{
		"short_description": shorten(d.Title, maxShort),
		"description":       d.Body.Fit(maxIncident, ticket.Document.PlainText),
		"urgency":           urgency(d.Memo.Severity),
	}
}

// Create implements ticket.Backend.
func (s *ServiceNow) Create(ctx context.Context, d ticket.Draft) (string, error) {
	if !slices.Contains(s.groups, d.Project) {
		return "", fmt.Errorf("group %q isn't one of the policy's: %s", courier.Printable(d.Project, 50), strings.Join(s.groups, ", "))
	}
	fields := s.fields(d)
	fields["assignment_group"] = d.Project
	fields["correlation_id"] = ticket.RootLabel(d.Fingerprint)
	fields["correlation_display"] = ticket.RepositoryLabel(d.Memo.Repository)
	var made struct {
		Result incident `json:"result"`
	}
	query := incidentQuery()
	query.Set("sysparm_input_display_value", "true") // the group is given by its name
	err := s.do(ctx, request{method: http.MethodPost, path: []string{incidents}, query: query, body: fields, once: true}, &made)
	return made.Result.SysID, err
}

// Update implements ticket.Backend: all of it in one request.
func (s *ServiceNow) Update(ctx context.Context, key string, d ticket.Draft) error {
	var row struct {
		Result incident `json:"result"`
	}
	if err := s.do(ctx, request{method: http.MethodGet, path: []string{incidents, key}, query: incidentQuery()}, &row); err != nil {
		return err
	}
	have, err := row.Result.ticket()
	if err != nil || d.Done(have) {
		return err
	}
	fields := s.fields(d)
	if len(d.Comment) > 0 {
		fields["work_notes"] = d.Comment.Fit(maxIncident, ticket.Document.PlainText)
	}
	switch {
	case have.Open && !d.Open():
		fields["state"], fields["close_code"] = stateResolved, "Solution provided"
		fields["close_notes"] = string(d.Memo.State)
	case !have.Open && d.Open():
		fields["state"] = stateNew
	}
	return s.do(ctx, request{method: http.MethodPatch, path: []string{incidents, key}, body: fields, once: true}, nil)
}
