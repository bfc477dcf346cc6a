package tracker

import (
	"cmp"
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
)

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

// adf is a node of a document, or a mark of one: https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/.
type adf struct {
	Type    string `json:"type"`
	Text    string `json:"text"`
	Content []adf  `json:"content"`
	Marks   []adf  `json:"marks"`
	Attrs   struct {
		URL  string `json:"url"`
		Href string `json:"href"`
	} `json:"attrs"`
}

// textOf is what who approves a description can see of it: all of a text in wiki markup, and of a document of ADF the
// texts and the addresses that cards and links are of. What else a document holds, such as ids and what macros are
// given, shows nowhere. A document that is none has no text.
func textOf(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	var doc adf
	if json.Unmarshal(raw, &doc) != nil {
		return ""
	}
	var b strings.Builder
	doc.write(&b)
	return b.String()
}

// write adds what is seen of a node. json.Unmarshal bounds the depth.
func (n *adf) write(b *strings.Builder) {
	switch n.Type {
	case "text":
		b.WriteString(n.Text + "\n")
	case "inlineCard", "blockCard", "embedCard":
		b.WriteString(n.Attrs.URL + "\n")
	case "link":
		b.WriteString(n.Attrs.Href + "\n")
	}
	for _, inner := range [][]adf{n.Marks, n.Content} {
		for i := range inner {
			inner[i].write(b)
		}
	}
}
