package trust

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
)

// ErrIncomparable is that a document's provider has no reading here of what is deployed.
var ErrIncomparable = errors.New("what this provider has isn't read here")

// errNoRole is why an answer is no role.
var errNoRole = errors.New("what is deployed isn't a role: expected the object that Vault answers under data")

// Comparison is in what something deployed isn't a document.
type Comparison struct {
	Differences []Difference // nil where it is the same, to the letter
	// Part is what of the document was compared, where it has more than what was given; "" is all.
	Part string
}

// deployed is a body that can be compared with what its provider has, as the provider's tools write it.
type deployed interface {
	differs(src []byte) (Comparison, error)
}

// Deployed compares the document with what is deployed: the object that Vault's API answers under data, a trust policy of AWS,
// a provider of Google's or a service account's policy, an application's credentials, an API server's configuration
// or a binding, a trust policy of octo-sts. What isn't as rendered is a difference, and so is what is deployed beside
// it; what means the same and is written otherwise is one, too.
//
// Of lists the order doesn't count, and one value is as good as a list of one.
func (d Document) Deployed(src []byte) (Comparison, error) {
	b, ok := d.body.(deployed)
	if !ok {
		return Comparison{}, ErrIncomparable
	}
	if fromTerraform(src) {
		return Comparison{}, errTerraform
	}
	return b.differs(src)
}

func (r *vaultRole) differs(role []byte) (Comparison, error) {
	has, err := object(role)
	if err != nil {
		return Comparison{}, err
	}
	if data, ok := has["data"].(map[string]any); ok && has["role_type"] == nil {
		has = data // as `vault read -format=json` writes it
	}
	want, err := object(marshal(r))
	if err != nil {
		return Comparison{}, err
	}
	var out []Difference
	for _, name := range slices.Sorted(maps.Keys(merged(want, has))) {
		expected, rendered := want[name]
		received, deployed := has[name]
		switch {
		case rendered:
			out = append(out, compared(name, received, expected)...)
		case deployed && !blank(received):
			out = append(out, Difference{name, shown(received), "nothing: the rendered role doesn't have it"})
		}
	}
	return Comparison{Differences: out}, nil
}

func merged(a, b map[string]any) map[string]any {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}

// object reads an object, with numbers as they are written.
func object(src []byte) (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(src))
	d.UseNumber()
	var out map[string]any
	if err := d.Decode(&out); err != nil || out == nil {
		return nil, errNoRole
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errNoRole
	}
	return out, nil
}

// compared says where a parameter differs: for one that is an object, each of its names.
func compared(name string, received, expected any) []Difference {
	want, nested := expected.(map[string]any)
	if !nested {
		if shown(received) == shown(expected) || blank(received) && blank(expected) {
			return nil
		}
		return []Difference{{name, shown(received), shown(expected)}}
	}
	has, ok := received.(map[string]any)
	if !ok && !blank(received) {
		return []Difference{{name, shown(received), shown(expected)}}
	}
	var out []Difference
	for _, key := range slices.Sorted(maps.Keys(merged(want, has))) {
		if got, wanted := shown(listed(has[key])), shown(listed(want[key])); got != wanted {
			out = append(out, Difference{name + "." + key, got, wanted})
		}
	}
	return out
}

// listed is a value of bound_claims as a list.
func listed(v any) any {
	if s, ok := v.(string); ok {
		return []any{s}
	}
	return v
}

// blank reports whether a value says nothing: Vault answers null for what was never written.
func blank(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case bool:
		return !v
	case json.Number:
		return v.String() == "0"
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// shown is a value on one line, a list in order: of none here does the order count.
func shown(v any) string {
	switch v := v.(type) {
	case nil:
		return "absent"
	case []any:
		parts := make([]string, len(v))
		for i, item := range v {
			parts[i] = shown(item)
		}
		slices.Sort(parts)
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return string(compact(v))
}
