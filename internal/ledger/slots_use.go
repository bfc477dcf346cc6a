package ledger

import (
	"context"
	"errors"
	"fmt"
	"regexp"
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

// maxUses is how many slots of break-glass are looked at, of one project.
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
// that doesn't say who used it is an error, as is what can't be read. What lies under names that no slot has was never one,
// and other projects' slots aren't looked at: who writes there keeps nobody else from a lease.
func (s Slots) Uses(ctx context.Context, project string) ([]Used, error) {
	out, err := s.uses(ctx, project)
	if err != nil {
		return nil, fmt.Errorf("list uses of break-glass: %w", err)
	}
	return out, nil
}

func (s Slots) uses(ctx context.Context, project string) ([]Used, error) {
	all, err := listAll(ctx, s.Store, usesPrefix(project), maxUses)
	if err != nil {
		return nil, err
	}
	names := slices.DeleteFunc(all, func(name string) bool { return !useName.MatchString(name[len(usesPrefix(project)):]) })
	slots, err := s.readAll(ctx, names)
	if err != nil {
		return nil, err
	}
	out := []Used{}
	for i, got := range slots {
		if got.Use == nil {
			return nil, fmt.Errorf("%s: doesn't say who used it: look at who wrote it", names[i])
		}
		out = append(out, Used{Use: *got.Use, ID: got.Holder, Entry: got.Key[2], Taken: got.Taken})
	}
	return out, nil
}

// usesPrefix is what the names of a project's slots of break-glass begin with.
func usesPrefix(project string) string {
	return "slots/" + BreakGlassKind + "/" + keyDigest([]string{BreakGlassKind, project}) + "/"
}

// useName is the rest of such a name: the whole key's digest, the slot's number and its generation.
var useName = regexp.MustCompile(`^[0-9a-f]{64}/[0-9]{5}/[0-9]{10}$`)

// atOnce is how many objects are read at one time: each lease reads all uses that its project ever had.
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
