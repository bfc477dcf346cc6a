package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/curfew-ci/curfew/internal/scan"
	"github.com/curfew-ci/curfew/internal/ticket"
)

// ticketOutcome is what plan and sync print; as JSON, docs/tickets.md describes it.
type ticketOutcome struct {
	Schema   int            `json:"schema"`
	DryRun   bool           `json:"dryRun"`
	Changes  []ticketChange `json:"changes"`
	Held     []ticketHeld   `json:"held"`
	Unproven []string       `json:"unproven"`
	Waiting  []string       `json:"waiting"`
}

type ticketChange struct {
	Action      ticket.Action `json:"action"`
	Key         string        `json:"key,omitempty"`
	Fingerprint string        `json:"fingerprint"`
	From        ticket.State  `json:"from,omitempty"`
	State       ticket.State  `json:"state"`
	Title       string        `json:"title"`
	Owner       string        `json:"owner,omitempty"`
	Due         *time.Time    `json:"due,omitempty"`
}

type ticketHeld struct {
	Fingerprint string `json:"fingerprint"`
	What        string `json:"what"`
	Severity    string `json:"severity"`
	Owner       string `json:"owner,omitempty"`
	Why         string `json:"why"`
}

func (o *ticketOutcome) add(c ticket.Change) {
	shown := ticketChange{
		Action: c.Action, Key: c.Key, Fingerprint: c.Draft.Fingerprint, From: c.From, State: c.Draft.Memo.State,
		Title: c.Draft.Title, Owner: c.Draft.Memo.Owner,
	}
	if !c.Draft.Due.IsZero() {
		due := c.Draft.Due.UTC()
		shown.Due = &due
	}
	o.Changes = append(o.Changes, shown)
}

// take takes over what a plan says beside its changes, and these where they weren't made one by one.
func (o *ticketOutcome) take(r *ticket.Result, changes bool) {
	o.Schema = 1
	if r == nil {
		return
	}
	for _, c := range r.Changes {
		if changes {
			o.add(c)
		}
	}
	for _, h := range r.Held {
		o.Held = append(o.Held, ticketHeld{h.Root.Fingerprint, ticket.Inert(h.Root.What, maxHeld), h.Root.Severity.String(), h.Owner.Key(), h.Why})
	}
	o.Unproven, o.Waiting = r.Unproven, r.Waiting
}

// write prints the outcome, masked.
func (o *ticketOutcome) write(ctx context.Context, env *Env, format string) error {
	text, err := o.text(), error(nil)
	if format == "json" {
		text, err = o.json()
	}
	if err != nil {
		return err
	}
	safe, err := scan.Mask(ctx, text, nil)
	if err != nil {
		return &exitError{ExitUnfinished, err}
	}
	_, err = env.Stdout.Write([]byte(disarm(safe)))
	return err
}

func (o *ticketOutcome) json() (string, error) {
	if o.Changes == nil {
		o.Changes = []ticketChange{}
	}
	if o.Held == nil {
		o.Held = []ticketHeld{}
	}
	if o.Unproven == nil {
		o.Unproven = []string{}
	}
	if o.Waiting == nil {
		o.Waiting = []string{}
	}
	src, err := json.MarshalIndent(o, "", "  ")
	return string(src) + "\n", err
}

// text is a line for each change, and what it comes to.
func (o *ticketOutcome) text() string {
	var b strings.Builder
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, c := range o.Changes {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", c.Action, c.State, printableLine(short(c.Key, c.Fingerprint)), printableLine(c.Owner), printableLine(c.Title))
	}
	if err := table.Flush(); err != nil {
		return "" // a Builder takes everything
	}
	verb := "Changed"
	if o.DryRun {
		verb = "Would change"
	}
	noun := "tickets"
	if len(o.Changes) == 1 {
		noun = "ticket"
	}
	fmt.Fprintf(&b, "%s %d %s.\n", verb, len(o.Changes), noun)
	for _, h := range o.Held {
		fmt.Fprintf(&b, "No ticket: %s (%s): %s.\n", printableLine(h.What), h.Severity, printableLine(h.Why))
	}
	for _, key := range o.Unproven {
		fmt.Fprintf(&b, "Closed by hand, without proof: %s.\n", printableLine(key))
	}
	for _, key := range o.Waiting {
		fmt.Fprintf(&b, "Can't be closed, as not all was looked at: %s.\n", printableLine(key))
	}
	return b.String()
}

// maxHeld is how many characters of a cause are printed.
const maxHeld = 160

// short is a ticket's key; where that is its fingerprint, or there is none yet, the beginning of it.
func short(key, fingerprint string) string {
	const digits = 12
	if key == "" || key == fingerprint {
		return fingerprint[:min(len(fingerprint), digits)]
	}
	return key
}
