package identity

import (
	"maps"
	"slices"
	"strconv"

	"github.com/curfew-ci/curfew/internal/jsontree"
)

// Limits of a claim set. Real ones have about forty claims in two kilobytes.
const (
	maxClaimBytes  = 64 << 10
	maxClaimDepth  = 8
	maxClaimValues = 1000
)

// Claims is the claim set of a JWT (RFC 7519, section 4), complete: also claims that nobody here knows
// can be asked for by a manifest. The zero Claims has none.
type Claims struct {
	values map[string]*jsontree.Node
}

// ParseClaims reads a claim set from JSON: the middle part of a JWT, decoded. Duplicate names at any
// depth, broken UTF-8 and more than 64 KiB, 8 levels or 1,000 values are refused. path names the text in
// errors, which are *jsontree.Error and never quote a value.
func ParseClaims(path string, src []byte) (Claims, error) {
	doc, err := jsontree.Parse(path, src, jsontree.Limits{Bytes: maxClaimBytes, Depth: maxClaimDepth, Nodes: maxClaimValues})
	if err != nil {
		return Claims{}, err
	}
	if doc.Root.Kind != jsontree.Object {
		return Claims{}, &jsontree.Error{
			Region:  doc.Region(doc.Root),
			Message: "expected an object of claims, found " + doc.Root.Kind.String(),
		}
	}
	c := Claims{values: make(map[string]*jsontree.Node, len(doc.Root.Members))}
	for _, m := range doc.Root.Members {
		c.values[m.Name] = m.Value
	}
	return c, nil
}

// Names lists the claims, sorted.
func (c Claims) Names() []string { return slices.Sorted(maps.Keys(c.values)) }

// Text is what a claim is compared by: a string's content, or a number or boolean as it is written. It
// is false for a claim that is absent, null, an array or an object, and for the empty string, which
// some platforms send for what doesn't apply: none of them proves anything.
func (c Claims) Text(name string) (string, bool) {
	v := c.values[name]
	if v == nil {
		return "", false
	}
	switch v.Kind {
	case jsontree.String, jsontree.Number, jsontree.Bool:
		return v.Text, v.Text != ""
	}
	return "", false
}

// Describe says what a claim is, for a person: its value in quotes, or that it is absent or of a kind
// that can't be compared. It is one line whatever the token holds.
func (c Claims) Describe(name string) string {
	v := c.values[name]
	switch {
	case v == nil:
		return "absent"
	case v.Kind == jsontree.String, v.Kind == jsontree.Number, v.Kind == jsontree.Bool:
		return strconv.Quote(v.Text)
	}
	return v.Kind.String()
}
