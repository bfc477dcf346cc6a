package ledger

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/identity"
)

// BreakGlass is a use of emergency access, or what somebody said of one. Which of its fields a record has is its type's
// to say: who reviews says nothing of the use, and who uses nothing of the review.
type BreakGlass struct {
	Use       string `json:"use"`                 // id of the lease, which its lease.intent has as well
	RunID     string `json:"run_id"`              // of the run that used it: by its id alone another run could claim it
	Entry     string `json:"entry,omitempty"`     // of the manifest's break-glass
	Activator string `json:"activator,omitempty"` // "@alice"
	// ActivatorID is the account's id: who gives himself another name is still the one who used it.
	ActivatorID string    `json:"activator_id,omitempty"`
	Used        time.Time `json:"used,omitzero"`
	Due         time.Time `json:"due,omitzero"` // when the review is overdue, as the manifest said then
	Incident    string    `json:"incident,omitempty"`
	Leased      bool      `json:"leased,omitempty"` // of what is stated: its lease.intent is in the log
	By          string    `json:"by,omitempty"`     // who reviewed it: "@zoe"
	ByID        string    `json:"by_id,omitempty"`  // likewise the id of his account
	Verdict     Verdict   `json:"verdict,omitempty"`
	Reviewed    time.Time `json:"reviewed,omitzero"` // of what is stated; a review's own time is its record's
	Reason      string    `json:"reason,omitempty"`  // of the use, or of the verdict
}

// Verdict is what a review came to.
type Verdict string

// The verdicts.
const (
	Justified Verdict = "justified"
	Misuse    Verdict = "misuse"
)

// Verdicts lists them.
func Verdicts() []Verdict { return []Verdict{Justified, Misuse} }

// person is one user, as the manifest writes him. Apps have other names: none of them breaks the glass, or reviews.
var person = regexp.MustCompile(`^@[A-Za-z0-9][A-Za-z0-9_-]*$`)

func (r *Record) checkGlass() error {
	g := r.BreakGlass
	if g == nil {
		return nil
	}
	if !ValidID(g.Use) || !isNumber(g.RunID) {
		return errors.New("break_glass: expected the use's id and the number of its run")
	}
	switch r.Type {
	case BreakGlassUsed:
		if g.RunID != r.Task.RunID {
			return errors.New("break_glass.run_id: a job uses break-glass in its own run")
		}
		return errors.Join(r.checkUse(), g.without(g.Leased, g.By+g.ByID != "", g.Verdict != "", !g.Reviewed.IsZero()))
	case BreakGlassReviewed:
		err := g.without(g.Leased, g.Entry != "", g.Activator+g.ActivatorID != "", !g.Used.IsZero(), !g.Due.IsZero(), g.Incident != "", !g.Reviewed.IsZero())
		if g.Reason == "" {
			err = errors.Join(err, errors.New("break_glass.reason: missing, a review has one"))
		}
		return errors.Join(err, g.checkReview())
	}
	return r.checkStated()
}

// checkStated looks at what the log has of a use. Of one whose job's records were never collected it is a review alone.
func (r *Record) checkStated() error {
	g := r.BreakGlass
	var err error
	if g.Activator != "" {
		err = r.checkUse()
	} else {
		err = g.without(g.Entry+g.ActivatorID != "", !g.Used.IsZero(), !g.Due.IsZero(), g.Incident != "")
	}
	switch {
	case g.By != "" && g.Reviewed.IsZero():
		err = errors.Join(err, errors.New("break_glass.reviewed: missing, what is stated of a review has it"))
	case g.By != "":
		err = errors.Join(err, g.checkReview())
	default:
		err = errors.Join(err, g.without(g.Verdict != "", g.ByID != "", !g.Reviewed.IsZero()))
	}
	return err
}

// checkUse looks at what is said of a use.
func (r *Record) checkUse() error {
	g := r.BreakGlass
	switch {
	case r.Identity.ID == "" || r.Identity.Grant == "" || g.Entry == "":
		return errors.New("break_glass: of which identity, grant and entry? a use has all of them")
	case !person.MatchString(g.Activator) || !isNumber(g.ActivatorID):
		return errors.New(`break_glass.activator: expected a user, such as "@alice", and activator_id, the number of his account`)
	case g.Used.IsZero() || !g.Due.After(g.Used):
		return errors.New("break_glass: expected when it was used, and when its review is overdue, after that")
	}
	return nil
}

func (g *BreakGlass) checkReview() error {
	if !person.MatchString(g.By) || !isNumber(g.ByID) || !slices.Contains(Verdicts(), g.Verdict) {
		return errors.New(`break_glass: expected who reviewed, such as "@zoe", the number of his account, and the verdict, justified or misuse`)
	}
	return nil
}

// without refuses a record in which something is there that its type doesn't have.
func (g *BreakGlass) without(there ...bool) error {
	if slices.Contains(there, true) {
		return errors.New("break_glass: holds what records of its type don't have")
	}
	return nil
}

// isNumber reports whether s is the number of something of a platform's.
func isNumber(s string) bool {
	return s != "" && len(s) <= 20 && strings.Trim(s, "0123456789") == "" && s[0] != '0'
}

// acceptGlass holds who used break-glass, and who reviewed it, to the ID token. Its actor is who started the run, and only
// of a first attempt who started that: who runs it again goes by the first one's name. And only of a run that was
// dispatched: a push, or a merge, has its actor's name for code of others, and a workflow that follows another for nobody's.
func acceptGlass(r *Record, id identity.Identity) error {
	if r.Type != BreakGlassUsed && r.Type != BreakGlassReviewed {
		return nil
	}
	if attempt, _ := id.Get(identity.Attempt); attempt != "1" {
		return errors.New("break-glass in another attempt than the run's first: the ID token doesn't prove who started it")
	}
	if event, _ := id.Get(identity.Event); event != Dispatched {
		return errors.New("break-glass in a run that wasn't dispatched: expected a run of " + Dispatched + " that somebody started by hand")
	}
	name, who, account := "break_glass.activator", r.BreakGlass.Activator, r.BreakGlass.ActivatorID
	if r.Type == BreakGlassReviewed {
		name, who, account = "break_glass.by", r.BreakGlass.By, r.BreakGlass.ByID
	}
	return holdTo(id, proves{name, strings.TrimPrefix(who, "@"), identity.Actor, false}, proves{name + "_id", account, identity.ActorID, false})
}

// Dispatched is the event of a run that somebody started by hand, as who uses break-glass or reviews it does.
const Dispatched = "workflow_dispatch"

// UseName names a use for people, who pass it on: "REPOSITORY_ID/RUN_ID/USE".
func UseName(repository, run, use string) string { return repository + "/" + run + "/" + use }

// CutUse reads what UseName wrote.
func CutUse(name string) (repository, run, use string, err error) {
	parts := strings.Split(name, "/")
	if len(parts) != 3 || !isNumber(parts[0]) || !isNumber(parts[1]) || !ValidID(parts[2]) {
		return "", "", "", errors.New("a use of break-glass is named REPOSITORY_ID/RUN_ID/USE, two numbers and 26 characters, as its ticket has it: " + strconv.Quote(name))
	}
	return parts[0], parts[1], parts[2], nil
}
