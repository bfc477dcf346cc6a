package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// BreakGlassKind is the kind of the slots of break-glass. Their keys are [BreakGlassKind, PROJECT, ENTRY].
const BreakGlassKind = "break-glass"

// useSchema is the version of slots that say of a use of break-glass. A curfew that doesn't know it refuses them, and
// denies.
const useSchema = 2

// maxUses is how many slots of break-glass are looked at, of all projects.
const maxUses = 50_000

// Use is what the slot of a use of break-glass says of it. It is the word of the job that took it, and stands there
// before there is a credential.
type Use struct {
	Grant     string `json:"grant"`     // IDENTITY/GRANT
	Activator string `json:"activator"` // "@alice"
	// ActivatorID is the id of the account, which stays when its name changes.
	ActivatorID string `json:"activator_id"`
	RunID       string `json:"run_id"`
	Attempt     int64  `json:"attempt"`
	Ticket      string `json:"ticket"` // of the review
	Incident    string `json:"incident,omitempty"`
	Reason      string `json:"reason,omitempty"`
}

// check says what is wrong with a use.
func (u *Use) check() error {
	identity, grant, _ := strings.Cut(u.Grant, "/")
	switch {
	case identity == "" || grant == "" || strings.Contains(grant, "/"):
		return errors.New("a use of break-glass is of a grant, IDENTITY/GRANT")
	case !person.MatchString(u.Activator) || !isNumber(u.ActivatorID):
		return errors.New(`a use of break-glass has its activator, such as "@alice", and the number of his account`)
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
	names, err := s.allUses(ctx)
	if err != nil {
		return nil, err
	}
	var first, mine []string // the first name of each key, and all names of the project's keys
	for i, name := range names {
		if i == 0 || keyPart(name) != keyPart(names[i-1]) {
			first = append(first, name)
		}
	}
	keys, err := s.readAll(ctx, first)
	if err != nil {
		return nil, err
	}
	for i := range keys {
		key := keys[i].Key
		if len(key) != 3 {
			return nil, fmt.Errorf("%s: names neither project nor entry: look at who wrote it", first[i])
		}
		if key[1] == project {
			mine = append(mine, slices.DeleteFunc(slices.Clone(names), func(name string) bool { return keyPart(name) != keyPart(first[i]) })...)
		}
	}
	slots, err := s.readAll(ctx, mine)
	if err != nil {
		return nil, err
	}
	out := []Used{}
	for i, got := range slots {
		if got.Use == nil {
			return nil, fmt.Errorf("%s: doesn't say who used it: look at who wrote it", mine[i])
		}
		out = append(out, Used{Use: *got.Use, ID: got.Holder, Entry: got.Key[2], Taken: got.Taken})
	}
	return out, nil
}

// keyPart is what the names of one key's slots share.
func keyPart(name string) string {
	kind := len("slots/" + BreakGlassKind + "/")
	part, _, _ := strings.Cut(name[min(kind, len(name)):], "/")
	return part
}

// allUses lists the slots of break-glass of all projects: which are whose, their objects say.
func (s Slots) allUses(ctx context.Context) ([]string, error) {
	var all []string
	for after := ""; ; after = all[len(all)-1] {
		names, err := s.Store.List(ctx, "slots/"+BreakGlassKind+"/", after, MaxList)
		all = append(all, names...)
		if err != nil || len(names) == 0 {
			return all, err
		}
		if len(all) > maxUses {
			return nil, fmt.Errorf("more than %d", maxUses)
		}
	}
}

// atOnce is how many objects are read at one time: each lease reads all uses that there ever were.
const atOnce = 16

// readAll reads slots, in the order of their names.
func (s Slots) readAll(ctx context.Context, names []string) ([]slot, error) {
	out, errs := make([]slot, len(names)), make([]error, len(names))
	var wg sync.WaitGroup
	turns := make(chan struct{}, atOnce)
	for i, name := range names {
		turns <- struct{}{}
		wg.Go(func() {
			defer func() { <-turns }()
			if errs[i] = ctx.Err(); errs[i] == nil {
				out[i], errs[i] = s.read(ctx, name)
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil { // the first, and not all that a store answers that is down
			return nil, err
		}
	}
	return out, nil
}
