package form

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// Tag is the struct tag that Parse reads.
const Tag = "check"

// Rules is what a field's tag asks of it, for example `check:"required,url"`.
type Rules struct {
	Required bool   // "required": the key must be there
	With     string // "with=KEY": the key must be there where its sibling KEY is
	One      string // "one=GROUP": exactly one key of the group must be there
	Min      int    // "min=N": a number's least value, or a list's least length
	Max      int    // "max=N": a number's greatest value; 0 where there is none
	Some     bool   // "some": a list or mapping with nothing in it is refused
	Key      *Form  // "key=FORM": what a mapping's keys look like
	Form     *Form  // "FORM": what text looks like; of a list or mapping, its values
}

// Parse reads the tag of one field. A rule that nobody knows is a mistake in the program: it panics.
func Parse(tag reflect.StructTag) Rules {
	var r Rules
	for _, rule := range strings.Split(tag.Get(Tag), ",") {
		name, value, _ := strings.Cut(rule, "=")
		switch name {
		case "":
		case "required":
			r.Required = true
		case "some":
			r.Some = true
		case "with":
			r.With = value
		case "one":
			r.One = value
		case "min":
			r.Min = bound(value)
		case "max":
			r.Max = bound(value)
		case "key":
			r.Key = Named(value)
		default:
			r.Form = Named(name)
		}
	}
	return r
}

func bound(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		panic(fmt.Sprintf("form: %q is no number in a struct tag", s))
	}
	return n
}

// Enum is a type that has a few values only.
type Enum interface {
	// Values are all of them, in the order in which a person would list them.
	Values() []string
}
