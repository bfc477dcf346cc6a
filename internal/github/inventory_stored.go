package github

import (
	"context"
	"slices"
	"time"

	"github.com/curfew-ci/curfew/internal/inventory"
)

// wireStored is a secret or a variable as GitHub has it. A variable's value isn't read: somebody may have put a
// secret there.
type wireStored struct {
	Name       string    `json:"name"`
	Created    time.Time `json:"created_at"`
	Updated    time.Time `json:"updated_at"`
	Visibility string    `json:"visibility"`
}

// secretsOf reads a list of the repository.
func secretsOf(store inventory.Store, scope inventory.Scope, path string) func(context.Context, *taker, string) error {
	return func(ctx context.Context, t *taker, _ string) error {
		said, err := list[wireStored](ctx, t.c, t.ask(path), "secrets", t.spend)
		if err != nil {
			return err
		}
		t.addSecrets(store, scope, "", said, reached(scope))
		return nil
	}
}

// reached says of what a repository's own list tells that it reaches the repository. Of the rest that needn't be said.
func reached(scope inventory.Scope) *bool {
	if scope == inventory.OfOrganization {
		return new(true)
	}
	return nil
}

// orgSecretsOf reads a list of the organisation.
func orgSecretsOf(store inventory.Store, path string) func(context.Context, *taker, string) error {
	return func(ctx context.Context, t *taker, _ string) error {
		said, err := list[wireStored](ctx, t.c, t.askOrg(path), "secrets", t.spend)
		if err != nil {
			return err
		}
		var here *bool
		if store == inventory.Actions {
			here = t.missing("organization-secrets")
		}
		t.addSecrets(store, inventory.OfOrganization, "", said, here)
		return nil
	}
}

func takeEnvironmentSecrets(ctx context.Context, t *taker, of string) error {
	said, err := list[wireStored](ctx, t.c, t.ask("/environments/%s/secrets", of), "secrets", t.spend)
	if err != nil {
		return err
	}
	t.addSecrets(inventory.Actions, inventory.OfEnvironment, of, said, nil)
	return nil
}

// addSecrets adds what a list says. An organisation's stand on two: one of those that reach the repository, and one of
// all, with who may see them.
func (t *taker) addSecrets(store inventory.Store, scope inventory.Scope, environment string, said []wireStored, here *bool) {
	for _, s := range said {
		made := inventory.Secret{
			Store: store, Scope: scope, Environment: environment, Name: s.Name,
			Created: s.Created.UTC(), Updated: s.Updated.UTC(), Visibility: s.Visibility, Here: here,
		}
		i := slices.IndexFunc(t.out.Secrets, func(o inventory.Secret) bool {
			return scope == inventory.OfOrganization && o.Scope == scope && o.Store == store && o.Name == s.Name
		})
		if i >= 0 {
			t.out.Secrets[i].Visibility = s.Visibility
			continue
		}
		t.out.Secrets = append(t.out.Secrets, made)
	}
}

// missing says of what an organisation's list alone tells that it doesn't reach the repository, where the list of
// those that do was read.
func (t *taker) missing(list string) *bool {
	if ok, _ := t.out.Has(list, ""); ok {
		return new(false)
	}
	return nil
}

func variablesOf(scope inventory.Scope, path string) func(context.Context, *taker, string) error {
	return func(ctx context.Context, t *taker, _ string) error {
		said, err := list[wireStored](ctx, t.c, t.ask(path), "variables", t.spend)
		if err != nil {
			return err
		}
		t.addVariables(scope, "", said, reached(scope))
		return nil
	}
}

func takeOrgVariables(ctx context.Context, t *taker, _ string) error {
	said, err := list[wireStored](ctx, t.c, t.askOrg("/actions/variables"), "variables", t.spend)
	if err != nil {
		return err
	}
	t.addVariables(inventory.OfOrganization, "", said, t.missing("organization-variables"))
	return nil
}

func takeEnvironmentVariables(ctx context.Context, t *taker, of string) error {
	said, err := list[wireStored](ctx, t.c, t.ask("/environments/%s/variables", of), "variables", t.spend)
	if err != nil {
		return err
	}
	t.addVariables(inventory.OfEnvironment, of, said, nil)
	return nil
}

func (t *taker) addVariables(scope inventory.Scope, environment string, said []wireStored, here *bool) {
	for _, v := range said {
		made := inventory.Variable{
			Scope: scope, Environment: environment, Name: v.Name, Created: v.Created.UTC(), Updated: v.Updated.UTC(), Visibility: v.Visibility, Here: here,
		}
		i := slices.IndexFunc(t.out.Variables, func(o inventory.Variable) bool {
			return scope == inventory.OfOrganization && o.Scope == scope && o.Name == v.Name
		})
		if i >= 0 {
			t.out.Variables[i].Visibility = v.Visibility
			continue
		}
		t.out.Variables = append(t.out.Variables, made)
	}
}
