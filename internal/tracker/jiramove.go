package tracker

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/ticket"
)

// jiraTransition is a way from a status to another, with what its screen asks for.
type jiraTransition struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	To   struct {
		Category struct {
			Key string `json:"key"`
		} `json:"statusCategory"`
	} `json:"to"`
	Fields map[string]struct {
		Required bool `json:"required"`
		Default  bool `json:"hasDefaultValue"`
		Allowed  []struct {
			Name string `json:"name"`
		} `json:"allowedValues"`
	} `json:"fields"`
}

const resolutionField = "resolution"

// asks reports whether a screen must be filled in with something that curfew has no word for.
func (t *jiraTransition) asks() bool {
	for name, f := range t.Fields {
		if f.Required && !f.Default && name != resolutionField {
			return true
		}
	}
	return false
}

// move takes an issue through a transition of its workflow that leads to a status of the category that is wanted: the
// first, but rather one whose screen asks for nothing that curfew doesn't know.
func (j *Jira) move(ctx context.Context, key string, d ticket.Draft) error {
	var all struct {
		Transitions []jiraTransition `json:"transitions"`
	}
	path := j.api("issue", key, "transitions")
	if err := j.do(ctx, request{method: http.MethodGet, path: path, query: url.Values{"expand": {"transitions.fields"}}}, &all); err != nil {
		return err
	}
	wanted := []string{"done"}
	if d.Open() {
		wanted = []string{"new", "indeterminate"}
	}
	t := choose(all.Transitions, wanted)
	if t == nil {
		return fmt.Errorf("no transition leads to a status of the category %s: let the workflow have one that the token's account may use", strings.Join(wanted, " or "))
	}
	body := map[string]any{"transition": map[string]string{"id": t.ID}}
	if t.Fields[resolutionField].Required {
		name, err := j.resolution(t, d)
		if err != nil {
			return err
		}
		body["fields"] = map[string]any{resolutionField: map[string]string{"name": name}}
	}
	return j.do(ctx, request{method: http.MethodPost, path: path, body: body, once: true}, nil)
}

// choose is the transition to take; nil where none leads there.
func choose(all []jiraTransition, wanted []string) *jiraTransition {
	for _, asking := range []bool{false, true} {
		for _, category := range wanted {
			for i := range all {
				if t := &all[i]; t.To.Category.Key == category && t.asks() == asking {
					return t
				}
			}
		}
	}
	return nil
}

// resolutions are those that Jira brings, and what they were called before, that say what became of a ticket.
func resolutions(d ticket.Draft) []string {
	switch {
	case d.Memo.Duplicate:
		return []string{"Duplicate"}
	case d.Memo.State == ticket.Closed:
		return []string{"Done", "Fixed", "Resolved"}
	}
	return []string{"Won't Do", "Won't Fix", "Won\u2019t Do", "Won\u2019t Fix"}
}

// resolution is the one to close an issue with, of those that its transition allows.
func (j *Jira) resolution(t *jiraTransition, d ticket.Draft) (string, error) {
	names := resolutions(d)
	if j.resolved != "" {
		names = []string{j.resolved}
	}
	var allowed []string
	for _, v := range t.Fields[resolutionField].Allowed {
		allowed = append(allowed, v.Name)
	}
	for _, name := range names {
		for _, a := range allowed {
			if strings.EqualFold(a, name) {
				return a, nil
			}
		}
	}
	said := redact.NewMasker(j.secrets...).Mask(strings.Join(allowed, ", "))
	return "", fmt.Errorf("the transition asks for a resolution, and has none of %s: name one of its own by --jira-resolution: %s",
		strings.Join(names, ", "), courier.Printable(said, maxShort))
}
