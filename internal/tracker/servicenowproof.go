package tracker

import (
	"context"
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

// ServiceNowProver proves triggers of the kind ticket by change requests of ServiceNow's. Who approves one names the
// commit or run in a journal, of the change or of his approval: what is written there stays as it is, where every other
// field can be changed after it was approved.
//
// The token's user reads the tables change_request, sysapproval_approver and sys_journal_field.
type ServiceNowProver struct {
	Options
	User     string // the token is this user's password; "" for an OAuth access token
	Token    redact.Secret
	Accounts Accounts
}

const (
	changeTable   = "api/now/table/change_request"
	approverTable = "api/now/table/sysapproval_approver"
	journalTable  = "api/now/table/sys_journal_field"
	// journalLag is by how much later than his approval a note can be stamped that was written with it.
	journalLag = 5 * time.Second
	maxRows    = 1000
)

var (
	changeNumber = regexp.MustCompile(`^[A-Z]{2,10}[0-9]{4,20}$`)
	sysID        = regexp.MustCompile(`^[0-9a-f]{32}$`)
)

// Prove looks at the change requests that the job names.
func (s ServiceNowProver) Prove(ctx context.Context, c issuance.Case) ([]manifest.Proof, error) {
	if c.Trigger.Ticket == nil || c.Trigger.Ticket.System != manifest.SystemServiceNow {
		return nil, nil
	}
	base, err := address(c)
	if err != nil {
		return nil, err
	}
	q := &inquiry{c: c, accounts: s.Accounts}
	if q.service, err = serviceNowService(s.Options, base, s.User, s.Token); err != nil {
		return nil, err
	}
	return q.each(ctx, changeNumber, q.change)
}

// cell is a field of a row: what is stored, and what a person is shown.
type cell struct {
	Value string `json:"value"`
	Shown string `json:"display_value"`
}

// rows reads the rows of a table that a query means. A condition on a field that the user may not read is left out of a
// query without a word, and so are rows from an answer: callers look whether each row is what was asked for.
func (q *inquiry) rows(ctx context.Context, table, query, fields string) ([]map[string]cell, error) {
	var page struct {
		Result *[]map[string]cell `json:"result"`
	}
	header, err := q.ask(ctx, request{method: http.MethodGet, path: []string{table}, query: url.Values{
		"sysparm_query": {query}, "sysparm_fields": {fields}, "sysparm_limit": {strconv.Itoa(maxRows)},
		"sysparm_display_value": {"all"}, "sysparm_exclude_reference_link": {"true"},
	}}, &page)
	if err != nil {
		return nil, err
	}
	if page.Result == nil {
		return nil, errors.New("the answer has no list of rows: is it the address of an instance?")
	}
	all, name := *page.Result, table[strings.LastIndex(table, "/")+1:]
	total, err := strconv.Atoi(header.Get("X-Total-Count"))
	switch {
	case err != nil:
		return nil, fmt.Errorf("the answer doesn't say how many rows of %s there are, by its header X-Total-Count: is it the address of an instance, and does nothing between take it out?", name)
	case total != len(all) || len(all) >= maxRows:
		return nil, fmt.Errorf("%s has %d rows for it, and %d are shown: may the token's user read them all? at most %d are read", name, total, len(all), maxRows)
	}
	return all, nil
}

// change looks at one change request.
func (q *inquiry) change(ctx context.Context, number string) ([]manifest.TicketProof, error) {
	want := q.c.Trigger.Ticket
	found, err := q.rows(ctx, changeTable, "number="+number, "sys_id,number,state,approval,on_hold,assignment_group")
	if err != nil {
		return nil, err
	}
	if len(found) != 1 || found[0]["number"].Value != number || !sysID.MatchString(found[0]["sys_id"].Value) {
		return nil, unproven("isn't one change request that the token's user may read")
	}
	row := found[0]
	switch approval := row["approval"].Value; {
	case approval != "approved":
		return nil, unproven("has the approval %q: expected \"approved\"", shown(approval))
	case row["on_hold"].Value == "true":
		return nil, unproven("is on hold")
	}
	p := manifest.TicketProof{System: want.System, Project: row["assignment_group"].Shown, ID: number, UID: row["sys_id"].Value, Status: row["state"].Shown}
	if p.Project != want.Project || !slices.Contains(want.Status, p.Status) {
		return []manifest.TicketProof{p}, nil // the decision says what isn't as it should be
	}
	return q.approvals(ctx, p)
}

// approver is somebody's approval of a change request.
type approver struct {
	row, name, who string // sys_id of the row, the approver's user_name, "@name"
	at             time.Time
}

// approvals makes a proof for each commit or run that approvers named, as not all need have meant the same.
func (q *inquiry) approvals(ctx context.Context, p manifest.TicketProof) ([]manifest.TicketProof, error) {
	all, err := q.approvers(ctx, p.UID)
	if err != nil {
		return nil, err
	}
	journal, err := q.journal(ctx, p.UID, all)
	if err != nil {
		return nil, err
	}
	var out []manifest.TicketProof
	at := map[string]int{}
	for _, a := range all {
		named, err := q.lastNamed(journal, a, p.UID)
		if err != nil {
			return nil, err
		}
		n, known := at[named]
		if !known {
			n = len(out)
			at[named], out = n, append(out, p)
			issuance.Refer(&out[n], q.c.Trigger.Ticket.References, named)
		}
		out[n].Approvers = append(out[n].Approvers, a.who)
	}
	return out, nil
}

// approvers lists who approved a change request himself. What somebody else did in his name doesn't count.
func (q *inquiry) approvers(ctx context.Context, change string) ([]approver, error) {
	rows, err := q.rows(ctx, approverTable, "sysapproval="+change, "sys_id,sysapproval,approver,approver.user_name,state,sys_updated_on,sys_updated_by")
	if err != nil {
		return nil, err
	}
	why := unproven("was approved by nobody")
	var all []approver
	for _, row := range rows {
		name := row["approver.user_name"].Value
		switch state := row["state"].Value; {
		case row["sysapproval"].Value != change || !sysID.MatchString(row["sys_id"].Value):
			return nil, errors.New("the answer has approvals of something else: may the token's user read sysapproval_approver?")
		case state == "rejected":
			return nil, unproven("was rejected by %s", shown(name))
		case state != "approved":
			continue
		case name == "" || row["sys_updated_by"].Value != name:
			why = unproven("has an approval of %s that %s has written", shown(name), shown(row["sys_updated_by"].Value))
			continue
		}
		who, err := q.person(ctx, row["approver"].Value, name)
		if err != nil {
			why = err
			continue
		}
		at, err := time.Parse(incidentTime, row["sys_updated_on"].Value)
		if err != nil {
			return nil, fmt.Errorf("an approval has the time %q: expected one such as %s", shown(row["sys_updated_on"].Value), incidentTime)
		}
		all = append(all, approver{row["sys_id"].Value, name, who, at})
	}
	if all == nil {
		return nil, why
	}
	return all, nil
}

// entry is one of a journal.
type entry struct {
	of, by, text string
	at           time.Time
}

// journal lists what was written in the journals of a change request and of its approvals, newest first.
func (q *inquiry) journal(ctx context.Context, change string, all []approver) ([]entry, error) {
	ids := []string{change}
	for _, a := range all {
		ids = append(ids, a.row)
	}
	rows, err := q.rows(ctx, journalTable, "element_idIN"+strings.Join(ids, ",")+"^elementINcomments,work_notes", "element_id,element,value,sys_created_by,sys_created_on")
	if err != nil {
		return nil, err
	}
	var out []entry
	for _, row := range rows {
		at, err := time.Parse(incidentTime, row["sys_created_on"].Value)
		if err != nil || !slices.Contains(ids, row["element_id"].Value) || !slices.Contains([]string{"comments", "work_notes"}, row["element"].Value) {
			return nil, errors.New("the answer has journals of something else: may the token's user read sys_journal_field?")
		}
		out = append(out, entry{row["element_id"].Value, row["sys_created_by"].Value, row["value"].Value, at})
	}
	slices.SortStableFunc(out, func(a, b entry) int { return b.at.Compare(a.at) })
	return out, nil
}

// lastNamed is what an approver named last before he approved, in the change's journal or in that of his approval.
func (q *inquiry) lastNamed(journal []entry, a approver, change string) (string, error) {
	for _, e := range journal {
		if e.by != a.name || e.of != change && e.of != a.row || e.at.After(a.at.Add(journalLag)) {
			continue
		}
		if named, err := q.named(e.text); named != "" || err != nil {
			return named, err
		}
	}
	return "", nil
}
