package manifest

import (
	"cmp"
	"reflect"
	"slices"
	"strconv"

	"github.com/curfew-ci/curfew/internal/source"
)

// Effect is what a change does to what jobs may do.
type Effect string

// The effects.
const (
	// Widens: somebody may do more, or for longer, or under less control, than before; or nobody can tell.
	Widens Effect = "widens"
	// Narrows: the contrary.
	Narrows Effect = "narrows"
	// Neutral changes leave it as it is.
	Neutral Effect = "neutral"
)

// Change is one difference between two manifests, in words that an owner can judge it by.
type Change struct {
	Effect Effect `json:"effect"`
	// Message is one sentence, lower case, no full stop. It quotes values as they stand in the files.
	Message string `json:"message"`
	// Pointer is the JSON Pointer of what changed.
	Pointer string `json:"pointer"`
	// Region is where it stands in the new manifest; what was removed is where it is missing.
	Region source.Region `json:"region,omitzero"`
	// Old is where it stood in the old one; what was added is where it was missing.
	Old source.Region `json:"old,omitzero"`
}

// Diff says what the change from one manifest to another widens, narrows or leaves as it is, in the order of the second
// one's file. A nil manifest is one that isn't there. Every difference between the two is reported; one of a
// kind that has no rule of its own widens, so that somebody looks at it. What defaults mean is reported
// at each grant that they hold for.
func Diff(before, after *Manifest) []Change {
	switch {
	case before == nil && after == nil:
		return nil
	case before == nil:
		return []Change{{Effect: Widens, Message: "the repository gets a manifest: all that it entitles is new", Region: after.At("")}}
	case after == nil:
		return []Change{{Effect: Widens, Message: "the manifest is removed: nothing limits what jobs use any more", Old: before.At("")}}
	}
	d := &differ{before: before, after: after, rules: diffRules(), types: newDecoder("", nil, "")}
	d.walk("", "", reflect.ValueOf(*before), reflect.ValueOf(*after))
	slices.SortStableFunc(d.out, func(a, b Change) int {
		return cmp.Or(
			cmp.Compare(a.Region.Start.Offset, b.Region.Start.Offset),
			cmp.Compare(a.Old.Start.Offset, b.Old.Start.Offset),
			cmp.Compare(a.Pointer, b.Pointer),
			cmp.Compare(a.Message, b.Message),
		)
	})
	return d.out
}

// differ walks two manifests side by side.
type differ struct {
	before, after *Manifest
	rules         map[string]rule
	types         *decoder // knows the keys of each type
	out           []Change
}

// at is one place on the way, where old and new differ or may differ. Of what is there on one side
// only, the other side's value is the zero reflect.Value.
type at struct {
	*differ
	ptr           string
	before, after reflect.Value
}

// rule reports what the differences at one place, and below it, mean. That for a pattern with "?" at its
// end is for what is there on one side only.
type rule func(at)

// walk compares what is at ptr. pattern is ptr with "*" for names and numbers: what the rules are for.
func (d *differ) walk(ptr, pattern string, before, after reflect.Value) {
	here := at{d, ptr, before, after}
	if r, ok := d.rules[pattern+"?"]; ok && before.IsValid() != after.IsValid() {
		r(here)
		return
	}
	if r, ok := d.rules[pattern]; ok {
		if !here.same() {
			r(here)
		}
		return
	}
	if before.IsValid() && after.IsValid() {
		switch before.Kind() {
		case reflect.Pointer:
			if !before.IsNil() && !after.IsNil() {
				d.walk(ptr, pattern, before.Elem(), after.Elem())
				return
			}
		case reflect.Struct:
			if fields := d.types.fieldsOf(before.Type()); len(fields) > 0 {
				for _, f := range fields {
					d.walk(ptr+Pointer(f.name), pattern+"/"+f.name, before.FieldByIndex(f.index), after.FieldByIndex(f.index))
				}
				return
			}
		case reflect.Map:
			for _, key := range unionKeys(before, after) {
				d.walk(ptr+Pointer(key.String()), pattern+"/*", before.MapIndex(key), after.MapIndex(key))
			}
			return
		}
	}
	if !here.same() {
		here.unknown()
	}
}

// unionKeys lists the keys of two maps of strings, sorted.
func unionKeys(a, b reflect.Value) []reflect.Value {
	keys := a.MapKeys()
	for _, k := range b.MapKeys() {
		if !a.MapIndex(k).IsValid() {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(x, y reflect.Value) int { return cmp.Compare(x.String(), y.String()) })
	return keys
}

// same reports whether nothing differs here.
func (a at) same() bool {
	if a.before.IsValid() != a.after.IsValid() {
		return false
	}
	return !a.before.IsValid() || reflect.DeepEqual(a.before.Interface(), a.after.Interface())
}

// say reports a change at this place.
func (a at) say(e Effect, message string) {
	c := Change{Effect: e, Message: message, Pointer: a.ptr, Region: place(a.differ.after, a.ptr), Old: place(a.differ.before, a.ptr)}
	if !a.before.IsValid() {
		c.Region = a.differ.after.KeyAt(a.ptr)
	}
	a.out = append(a.out, c)
}

// place is where the value at ptr stands, or the key of what it is missing from.
func place(m *Manifest, ptr string) source.Region {
	if _, ok := m.where.values[ptr]; ok {
		return m.At(ptr)
	}
	for ptr != "" {
		ptr = parent(ptr)
		if _, ok := m.where.keys[ptr]; ok {
			return m.KeyAt(ptr)
		}
	}
	return m.At("")
}

// unknown reports a change of a kind that has no rule.
func (a at) unknown() {
	switch subject := subjectOf(a.ptr); {
	case absent(a.before):
		a.say(Widens, subject+" is new: review what it means")
	case absent(a.after):
		a.say(Widens, subject+" is gone: review what that means")
	default:
		a.say(Widens, subject+" is now "+show(a.after)+", was "+show(a.before)+": review what that means")
	}
}

// absent reports whether nothing is said: there is no such key, or it is empty.
func absent(v reflect.Value) bool { return !v.IsValid() || v.IsZero() }

// show renders a value as the manifest has it, as far as one line can.
func show(v reflect.Value) string {
	if absent(v) {
		return "nothing"
	}
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	switch x := v.Interface().(type) {
	case interface{ String() string }:
		return quote(x.String())
	case List:
		if x.None {
			return none
		}
		return list(quoteAll(x.Items), "and")
	case []string:
		return list(quoteAll(x), "and")
	}
	switch v.Kind() {
	case reflect.String:
		return quote(v.String())
	case reflect.Int:
		return strconv.FormatInt(v.Int(), 10)
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	}
	return "another value"
}

func quoteAll(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = quote(n)
	}
	return out
}
