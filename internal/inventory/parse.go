package inventory

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/jsontree"
)

const (
	maxBytes = 32 << 20
	maxDepth = 16
	maxNodes = 2_000_000
)

// Parse reads an inventory strictly: every member is known, of its kind and, unless it may be left out, there. path
// names the text in errors, which are *jsontree.Error and say where, and never quote the text.
func Parse(path string, src []byte) (*Inventory, error) {
	doc, err := jsontree.Parse(path, src, jsontree.Limits{Bytes: maxBytes, Depth: maxDepth, Nodes: maxNodes})
	if err != nil {
		return nil, err
	}
	r := reader{doc}
	var inv Inventory
	if err := r.version(); err != nil {
		return nil, err
	}
	if err := r.read(doc.Root, reflect.ValueOf(&inv).Elem(), "the inventory"); err != nil {
		return nil, err
	}
	return &inv, r.sources(&inv)
}

type reader struct{ doc *jsontree.Document }

func (r reader) fault(n *jsontree.Node, format string, args ...any) error {
	return &jsontree.Error{Region: r.doc.Region(n), Message: fmt.Sprintf(format, args...)}
}

func member(n *jsontree.Node, name string) *jsontree.Node {
	i := slices.IndexFunc(n.Members, func(m jsontree.Member) bool { return m.Name == name })
	if i < 0 {
		return nil
	}
	return n.Members[i].Value
}

// version is looked at first: another one has other members.
func (r reader) version() error {
	n := member(r.doc.Root, "schema")
	switch {
	case r.doc.Root.Kind != jsontree.Object || n == nil:
		return r.fault(r.doc.Root, "this is no inventory: expected an object with \"schema\": %d, as curfew inventory writes it", Schema)
	case n.Text != strconv.Itoa(Schema) || n.Kind != jsontree.Number:
		return r.fault(n, "the inventory has another version than %d: take it anew with this version of curfew", Schema)
	}
	return nil
}

// sources refuses a source that isn't one, or is told of twice: the second might say something else.
func (r reader) sources(inv *Inventory) error {
	seen := map[[2]string]bool{}
	for i, n := range member(r.doc.Root, "sources").Items {
		s := inv.Sources[i]
		key := [2]string{s.Name, s.Of}
		switch {
		case !slices.Contains(Names(), s.Name):
			return r.fault(member(n, "name"), "there is no such source: expected one of %s", strings.Join(Names(), ", "))
		case seen[key]:
			return r.fault(n, "the source is told of twice")
		case (s.State == NotChecked) != (s.Why != ""):
			return r.fault(n, "a source that wasn't checked says why, and no other does")
		}
		seen[key] = true
	}
	return nil
}

// read reads a value of a kind that the Go type says.
func (r reader) read(n *jsontree.Node, into reflect.Value, what string) error {
	if into.Type() == reflect.TypeFor[time.Time]() {
		return r.time(n, into, what)
	}
	switch into.Kind() {
	case reflect.Pointer:
		if n.Kind == jsontree.Null {
			return nil
		}
		into.Set(reflect.New(into.Type().Elem()))
		return r.read(n, into.Elem(), what)
	case reflect.Struct:
		return r.object(n, into, what)
	case reflect.Slice:
		return r.list(n, into, what)
	case reflect.Map:
		return r.mapping(n, into, what)
	}
	return r.scalar(n, into, what)
}

func (r reader) scalar(n *jsontree.Node, into reflect.Value, what string) error {
	switch {
	case into.Kind() == reflect.String && n.Kind == jsontree.String:
		into.SetString(n.Text)
		if of, ok := into.Interface().(interface{ choices() []string }); ok && !slices.Contains(of.choices(), n.Text) {
			return r.fault(n, "%s: expected one of %s", what, strings.Join(of.choices(), ", "))
		}
		return nil
	case into.Kind() == reflect.Bool && n.Kind == jsontree.Bool:
		into.SetBool(n.Text == "true")
		return nil
	case into.CanInt() && n.Kind == jsontree.Number:
		v, err := strconv.ParseInt(n.Text, 10, 64)
		if err != nil || v < 0 {
			return r.fault(n, "%s: expected a whole number that isn't negative", what)
		}
		into.SetInt(v)
		return nil
	}
	kind := map[bool]string{true: "a number"}[into.CanInt()]
	switch into.Kind() {
	case reflect.String:
		kind = "a string"
	case reflect.Bool:
		kind = "true or false"
	}
	return r.fault(n, "%s is %s: expected %s", what, n.Kind, kind)
}

func (r reader) time(n *jsontree.Node, into reflect.Value, what string) error {
	at, err := time.Parse(time.RFC3339, n.Text)
	if err != nil || n.Kind != jsontree.String {
		return r.fault(n, "%s: expected a time such as \"2026-11-28T12:00:00Z\"", what)
	}
	into.Set(reflect.ValueOf(at.UTC()))
	return nil
}

func (r reader) list(n *jsontree.Node, into reflect.Value, what string) error {
	if n.Kind != jsontree.Array {
		return r.fault(n, "%s is %s: expected an array", what, n.Kind)
	}
	into.Set(reflect.MakeSlice(into.Type(), len(n.Items), len(n.Items)))
	for i, item := range n.Items {
		if err := r.read(item, into.Index(i), what); err != nil {
			return err
		}
	}
	return nil
}

// mapping reads names that are the platform's, each with a string.
func (r reader) mapping(n *jsontree.Node, into reflect.Value, what string) error {
	if n.Kind != jsontree.Object {
		return r.fault(n, "%s is %s: expected an object", what, n.Kind)
	}
	into.Set(reflect.MakeMap(into.Type()))
	for _, m := range n.Members {
		if m.Value.Kind != jsontree.String {
			return r.fault(m.Value, "%s holds %s: expected a string", what, m.Value.Kind)
		}
		into.SetMapIndex(reflect.ValueOf(m.Name), reflect.ValueOf(m.Value.Text))
	}
	return nil
}

func (r reader) object(n *jsontree.Node, into reflect.Value, what string) error {
	if n.Kind != jsontree.Object {
		return r.fault(n, "%s is %s: expected an object", what, n.Kind)
	}
	known := map[string]bool{}
	for i := range into.NumField() {
		name, option, _ := strings.Cut(into.Type().Field(i).Tag.Get("json"), ",")
		known[name] = true
		value := member(n, name)
		switch {
		case value == nil && option == "":
			return r.fault(n, "%s has no %q", what, name)
		case value == nil:
			continue
		}
		if err := r.read(value, into.Field(i), strconv.Quote(name)); err != nil {
			return err
		}
	}
	for _, m := range n.Members {
		if !known[m.Name] {
			return r.fault(m.Value, "%s has a member that isn't known: take it out, or take the inventory with this version of curfew", what)
		}
	}
	return nil
}
