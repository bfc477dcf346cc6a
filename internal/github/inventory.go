package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/inventory"
)

// MaxRequests is how many requests an inventory of one repository takes at most, unless more are allowed. That is
// enough for two environments, one of which names branches of its own, and a ruleset.
const MaxRequests = 25

// Wanted says what an inventory is of.
type Wanted struct {
	Repository string // OWNER/NAME
	Branch     string // whose protection is read; "" means the default one
	// Organization asks for what its organisation holds as well, which takes as many requests again.
	Organization bool
	Teams        []string // whose members are read, "@acme/web"
	People       []string // whose membership of it is asked for, "@anna"
	MaxRequests  int      // of the repository, and as many of its organisation; 0 means MaxRequests
	Now          time.Time
}

// taker takes an inventory.
type taker struct {
	c     *Client
	w     Wanted
	out   *inventory.Inventory
	org   string // its login; "" where the owner is a user
	left  int    // requests
	ended error  // why no more are made

	teams  map[int64]string    // slugs by id
	bypass map[int64]*[]string // who may bypass a ruleset, by its id
}

var errBudget = errors.New("all requests that an inventory may take are used up: allow more by --max-requests")

// Inventory lists what GitHub holds of a repository: secrets, variables, environments, keys, defaults, and what guards
// the manifest's branch. What can't be read is told so in the sources, never left out. It asks one question after
// another, as GitHub wants it, and at most w.MaxRequests of the repository. The error says that there is no inventory
// at all: ctx has ended, or w names no repository.
func (c *Client) Inventory(ctx context.Context, w Wanted) (*inventory.Inventory, error) {
	if err := checkName(w.Repository); err != nil {
		return nil, err
	}
	if w.MaxRequests == 0 {
		w.MaxRequests = MaxRequests
	}
	t := &taker{c: c, w: w, left: w.MaxRequests, teams: map[int64]string{}, bypass: map[int64]*[]string{}, out: &inventory.Inventory{
		Schema: inventory.Schema, Taken: w.Now.UTC().Truncate(time.Second), API: strings.TrimSuffix(c.rest.BaseURL.String(), "/"),
		Repository: inventory.Repository{Name: w.Repository},
	}}
	for _, s := range repositorySources() {
		t.take(ctx, s)
	}
	t.left = w.MaxRequests
	if errors.Is(t.ended, errBudget) {
		t.ended = nil
	}
	for _, s := range organizationSources() {
		t.take(ctx, s)
	}
	return t.out, ctx.Err()
}

// source is one that is read in one go, or by each environment or team.
type source struct {
	name string
	need string
	each func(t *taker) []string // of what; nil is the repository or organisation itself
	read func(ctx context.Context, t *taker, of string) error
	// users' repositories don't have it
	ofOrg bool
}

// take reads a source and tells how that went.
func (t *taker) take(ctx context.Context, s source) {
	of := []string{""}
	if s.each != nil {
		of = s.each(t)
	}
	ofEnvironments := strings.HasPrefix(s.name, "environment-") || s.name == "protected-branches"
	if ok, _ := t.out.Has("environments", ""); ofEnvironments && !ok {
		t.out.Sources = append(t.out.Sources, inventory.Source{Name: s.name, State: inventory.NotChecked, Why: "which environments there are wasn't read"})
		return
	}
	isOrg := strings.HasPrefix(s.name, "org-") || s.name == "team-members" || s.name == "memberships"
	for _, one := range of {
		told := inventory.Source{Name: s.name, Of: one, State: inventory.Read}
		switch kind := t.out.Repository.OwnerKind; {
		case kind == "User" && (s.ofOrg || isOrg):
			told.State = inventory.Absent
		case kind != "" && t.org == "" && (s.ofOrg || isOrg):
			told.State, told.Why = inventory.NotChecked, "the owner is neither an organisation nor a user: "+courier.Printable(kind, maxTold)
		case isOrg && !t.w.Organization:
			told.State, told.Why = inventory.NotChecked, inventory.NotAsked
		case t.ended != nil:
			told.State, told.Why = inventory.NotChecked, courier.Printable(t.ended.Error(), 4*maxTold)
		default:
			if err := s.read(ctx, t, one); err != nil {
				t.refused(err, &told, s.need)
			}
		}
		t.out.Sources = append(t.out.Sources, told)
	}
	if s.name == "repository" && t.out.Repository.ID == 0 && t.ended == nil {
		t.ended = errors.New("the repository itself can't be read")
	}
}

// spend counts a request that is about to be made.
func (t *taker) spend() error {
	if t.ended != nil {
		return t.ended
	}
	if t.left == 0 {
		t.ended = errBudget
		return errBudget
	}
	t.left--
	return nil
}

// refused tells why a source wasn't read, in a line; where there is no sense in asking on, nothing more is asked.
func (t *taker) refused(err error, told *inventory.Source, need string) {
	told.State, told.Why = inventory.NotChecked, courier.Printable(err.Error(), 4*maxTold)
	var refusal *refusalError
	switch {
	case errors.Is(err, errUsedUp), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		t.ended = err
	case errors.Is(err, errWithheld):
		told.Needs = need
	case errors.Is(err, errNobody):
		told.State, told.Why = inventory.Absent, ""
	case !errors.As(err, &refusal):
	case refusal.status == http.StatusForbidden || refusal.status == http.StatusNotFound:
		told.Why, told.Needs = fmt.Sprintf("GitHub answers %d: %s", refusal.status, refusal.message), need
	case refusal.status == http.StatusUnauthorized:
		t.ended = errors.New("the token is wrong or has expired: give a new one")
		told.Why = t.ended.Error()
	}
}

// ask is a question about the repository. args fill %s of the path, each as one segment.
func (t *taker) ask(path string, args ...string) question {
	return question{path: "repos/" + t.w.Repository + path, args: args, one: true}
}

// askOrg is one about its organisation.
func (t *taker) askOrg(path string, args ...string) question {
	return question{path: "orgs/%s" + path, args: append([]string{t.org}, args...), one: true}
}

func takeRepository(ctx context.Context, t *taker, _ string) error {
	r, err := document[repository](ctx, t.c, t.ask(""), t.spend)
	if err != nil {
		return err
	}
	if !strings.EqualFold(r.FullName, t.w.Repository) {
		return fmt.Errorf("%s is called %s now: ask by that name", t.w.Repository, courier.Printable(r.FullName, maxTold))
	}
	if r.ID <= 0 || r.Owner.ID <= 0 || r.DefaultBranch == "" || r.Owner.Type == "" {
		return errors.New("the answer lacks the repository's id, owner or default branch")
	}
	t.out.Repository = inventory.Repository{
		ID: r.ID, Name: r.FullName, OwnerID: r.Owner.ID, OwnerKind: r.Owner.Type, Visibility: r.visibility(), DefaultBranch: r.DefaultBranch,
	}
	if r.Owner.Type == "Organization" {
		t.org = r.Owner.Login
	}
	if t.w.Branch == "" {
		t.w.Branch = r.DefaultBranch
	}
	return nil
}

// visibility is public, private or internal; older servers say only whether it is private.
func (r *repository) visibility() string {
	switch {
	case r.Visibility != "":
		return r.Visibility
	case r.Private:
		return "private"
	}
	return "public"
}
