package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/issuance"
)

// user is a person or an app.
type user struct {
	Login string `json:"login"`
	ID    int64  `json:"id"`
	Type  string `json:"type"`
}

// isPerson reports whether it is one: what a program approves, nobody did.
func (a user) isPerson() bool {
	return a.Type == "User" && a.ID > 0 && validLogin.MatchString(a.Login)
}

// String is "@login", or somebody whose name is no name.
func (a user) String() string {
	if !validLogin.MatchString(a.Login) {
		return "somebody whom GitHub gives no name"
	}
	return "@" + a.Login
}

// starters are who started a run or an attempt of it, by the ids of their accounts, as the decision knows them.
type starters map[int64]string

// starters finds them, with the job's repository. What the attempt was started by is what Rules has told, and the actor
// is the token's: an account may have got another name since.
func (g *Governance) starters(ctx context.Context, who identity.Identity, of job) (*repository, starters, error) {
	repo, err := g.byID(ctx, of)
	if err != nil {
		return nil, nil, err
	}
	at, err := g.attempt(ctx, repo, of)
	if err != nil {
		return nil, nil, err
	}
	claimed, _ := who.Claims.Text("actor_id")
	actor, ok := who.Get(identity.Actor)
	id, err := strconv.ParseInt(claimed, 10, 64)
	if !ok || err != nil || id < 1 || at.Actor.ID < 1 {
		return nil, nil, fmt.Errorf("who started the run isn't known by an id, and might approve it under a new name: the token's actor_id is %s, and the attempt's triggering_actor has the id %d",
			who.Claims.Describe("actor_id"), at.Actor.ID)
	}
	return repo, starters{at.Actor.ID: at.Actor.Login, id: actor}, nil
}

// Account is how a decision knows the account that goes by a handle now, "@name"; "" where none does. A name can be given
// up: who is called otherwise by now is told by his id from who started the run.
func (g *Governance) Account(ctx context.Context, c issuance.Case, handle string) (string, error) {
	of, err := proven(c.Who)
	if err != nil {
		return "", err
	}
	ctx = stay(ctx)
	_, started, err := g.starters(ctx, c.Who, of)
	if err != nil {
		return "", err
	}
	login := strings.TrimPrefix(handle, "@")
	if !validLogin.MatchString(login) {
		return "", fmt.Errorf("%q is nobody", handle)
	}
	var u user
	q := question{path: "users/%s", args: []string{login}, need: "metadata: read", at: handle}
	err = g.client.ask(ctx, q, &u)
	var refused *refusalError
	switch {
	case errors.As(err, &refused) && refused.status == http.StatusNotFound:
		return "", nil
	case err != nil:
		return "", err
	case !u.isPerson() || !strings.EqualFold(u.Login, login):
		return "", nil
	}
	return started.name(u), nil
}

// name is "@login". Whoever started the run goes by the name that he had then: by a new one he would be taken for
// somebody else, who may approve.
func (s starters) name(u user) string {
	if known := s[u.ID]; known != "" {
		return "@" + known
	}
	return "@" + u.Login
}
