package ledger

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// BreakGlassKind is the kind of the slots of break-glass. Their keys are [BreakGlassKind, PROJECT, ENTRY].
const BreakGlassKind = "break-glass"

// useSchema is the version of slots that say of a use of break-glass. A curfew that doesn't know it refuses them, and
// denies.
const useSchema = 2

// maxUses is how many uses of break-glass are read of one project.
const maxUses = 10_000

// Use is what the slot of a use of break-glass says of it. It is the word of the job that took it, and stands there
// before there is a credential.
type Use struct {
	Grant     string `json:"grant"`     // IDENTITY/GRANT
	Activator string `json:"activator"` // "@alice"
	RunID     string `json:"run_id"`
	Attempt   int64  `json:"attempt"`
	Ticket    string `json:"ticket"` // of the review
	Incident  string `json:"incident,omitempty"`
	Reason    string `json:"reason,omitempty"`
}

// check says what is wrong with a use.
func (u *Use) check() error {
	identity, grant, _ := strings.Cut(u.Grant, "/")
	switch {
	case identity == "" || grant == "" || strings.Contains(grant, "/"):
		return errors.New("a use of break-glass is of a grant, IDENTITY/GRANT")
	case !person.MatchString(u.Activator):
		return errors.New(`a use of break-glass has its activator, such as "@alice"`)
	case !isNumber(u.RunID) || u.Attempt < 1:
		return errors.New("a use of break-glass is of a run, by its number and attempt")
	case u.Ticket == "":
		return errors.New("a use of break-glass has the ticket of its review")
	case !utf8.ValidString(u.Grant + u.Ticket + u.Incident + u.Reason):
		return errors.New("a text of the use of break-glass isn't UTF-8")
	}
	return nil
}

// version is the schema of a slot with or without a use.
func version(u *Use) int {
	if u == nil {
		return Schema
	}
	return useSchema
}

// Used is a use of break-glass, by its slot.
type Used struct {
	Use
	ID    string // of the use: what holds the slot
	Entry string
	Taken time.Time
}

// Uses lists the uses of break-glass of a project, by every slot that was ever taken, whether or not its time is over:
// what was used is to be reviewed for as long as nobody has, and who frees a slot before its time hides no use. A slot
// that doesn't say who used it is an error, as is what can't be read.
func (s Slots) Uses(ctx context.Context, project string) ([]Used, error) {
	out, err := s.uses(ctx, project)
	if err != nil {
		return nil, fmt.Errorf("list uses of break-glass: %w", err)
	}
	return out, nil
}

func (s Slots) uses(ctx context.Context, project string) ([]Used, error) {
	keys, err := s.keys(ctx, BreakGlassKind)
	if err != nil {
		return nil, err
	}
	out := []Used{}
	for _, key := range keys {
		if len(key) != 3 {
			return nil, errors.New("a slot names neither project nor entry: look at who wrote it")
		}
		if key[1] != project {
			continue
		}
		if out, err = s.usesOf(ctx, key[2], slotsPrefix(key), out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// usesOf appends the uses of one entry.
func (s Slots) usesOf(ctx context.Context, entry, prefix string, out []Used) ([]Used, error) {
	for after := ""; ; {
		names, err := s.Store.List(ctx, prefix, after, MaxList)
		if err != nil || len(names) == 0 {
			return out, err
		}
		for _, name := range names {
			got, err := s.read(ctx, name)
			switch {
			case err != nil:
				return nil, err
			case got.Use == nil:
				return nil, fmt.Errorf("%s: doesn't say who used it: look at who wrote it", name)
			case len(out) == maxUses:
				return nil, errors.New("more than 10000")
			}
			out = append(out, Used{Use: *got.Use, ID: got.Holder, Entry: entry, Taken: got.Taken})
		}
		after = names[len(names)-1]
	}
}
