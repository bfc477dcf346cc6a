package lease

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/jsontree"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/redact"
)

// read reads the secrets that a grant names with the token of c: paths to names of variables.
//
// A path is the API's, below v1/, which is also how a policy names it: of the second version of the
// key-value store it is MOUNT/data/PATH. PATH#KEY takes one key of a secret that has several. Which version
// answered shows in the answer: the second wraps a secret's keys in data, with its metadata beside it
// (https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2#read-secret-version). A path is read once,
// whatever number of its keys are wanted: an engine that makes credentials makes new ones each time, and ends
// them with the token.
func (l *line) read(ctx context.Context, c *Credential, g *manifest.Vault) ([]Value, error) {
	var out []Value
	known := map[string]*jsontree.Node{}
	for _, place := range slices.Sorted(maps.Keys(g.Read)) {
		path, key, _ := strings.Cut(place, "#")
		if known[path] == nil {
			data, err := l.secret(ctx, c, path)
			if err != nil {
				return nil, fmt.Errorf("read %s: %w", path, err)
			}
			known[path] = data
		}
		value, err := pick(known[path], key)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		held, err := fitAs(g.As, value)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		l.hide(held)
		out = append(out, Value{Name: g.Read[place], Value: held})
	}
	return out, nil
}

// fitAs takes a secret if it can be handed over as the grant says.
func fitAs(as manifest.Handing, value string) (redact.Secret, error) {
	if as == manifest.AsFile {
		return fitFile("the secret", value)
	}
	held, err := fit("the secret", value)
	if errors.Is(err, errUnfit) {
		if _, other := fitFile("the secret", value); other == nil {
			err = fmt.Errorf("%w: say as: file in the grant, which hands it over in a file", err)
		}
	}
	return held, err
}

// secret is the object of a secret's keys.
func (l *line) secret(ctx context.Context, c *Credential, path string) (*jsontree.Node, error) {
	a, err := l.ask(ctx, question{
		method: http.MethodGet, path: []string{"v1", path}, header: vaultHeader(c.ending.namespace, c.ending.token),
	})
	if err != nil {
		return nil, err
	}
	switch a.status {
	case http.StatusOK:
	case http.StatusForbidden:
		return nil, fmt.Errorf("%s: let a policy of the role grant read on it", l.words(a))
	case http.StatusNotFound:
		return nil, fmt.Errorf("%s: there is no such secret; of the second version of the key-value store, the path is MOUNT/data/PATH", l.words(a))
	default:
		return nil, errors.New(l.words(a))
	}
	root, err := readJSON(a)
	if err != nil {
		return nil, err
	}
	data := member(root, "data")
	inner := member(data, "data")
	if inner != nil && inner.Kind == jsontree.Object && member(data, "metadata", "version") != nil && len(data.Members) == 2 {
		data = inner
	}
	if data == nil || data.Kind != jsontree.Object {
		return nil, errors.New("the answer holds no secret")
	}
	return data, nil
}

// pick takes a key's value out of a secret; "" is the only key.
func pick(secret *jsontree.Node, key string) (string, error) {
	var value *jsontree.Node
	switch {
	case key != "":
		value = member(secret, key)
	case len(secret.Members) == 1:
		value = secret.Members[0].Value
	default:
		return "", fmt.Errorf("the secret has %d keys: say which by PATH#KEY", len(secret.Members))
	}
	if value == nil {
		return "", fmt.Errorf("the secret has no key %q", key)
	}
	if value.Kind == jsontree.String || value.Kind == jsontree.Number || value.Kind == jsontree.Bool {
		return value.Text, nil
	}
	return "", fmt.Errorf("its value is %s, which can't be handed over as a variable", value.Kind)
}
