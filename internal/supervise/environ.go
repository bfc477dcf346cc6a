package supervise

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/redact"
)

// Var is a variable that a command gets on top of what it inherits.
type Var struct {
	Name  string
	Value redact.Secret
}

// Environ builds a command's whole environment, NAME=VALUE each: parent without Rights but those that keep names, and
// add, which counts before parent. Of a name that parent has twice the last counts, as for os/exec. Names are compared
// as the platform does. Its errors name variables and hold no value.
//
// The values stand in strings from here on, which nobody can wipe.
func Environ(parent []string, add []Var, keep []string) ([]string, error) {
	added := make(map[string]bool, len(add))
	for _, v := range add {
		if err := v.check(); err != nil {
			return nil, err
		}
		if added[key(v.Name)] {
			return nil, fmt.Errorf("environment variable %s is to be set twice: which one counts?", v.Name)
		}
		added[key(v.Name)] = true
	}
	for _, entry := range parent {
		if strings.ContainsRune(entry, 0) {
			return nil, fmt.Errorf("environment variable %q: its value has a NUL byte, which no command can be given", nameOf(entry))
		}
	}
	kept, isRight := set(keep), rightByName()
	out := []string{} // exec takes nil for ours
	for _, entry := range lastOnes(without(parent, func(name string) bool { return isRight(name) && !kept[key(name)] })) {
		if !added[key(nameOf(entry))] {
			out = append(out, entry)
		}
	}
	for _, v := range add {
		out = append(out, v.Name+"="+string(v.Value.Reveal()))
	}
	return out, nil
}

// check reports why v can't be handed over.
func (v Var) check() error {
	named := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_'
	}
	value := string(v.Value.Reveal())
	switch {
	case v.Name == "":
		return errors.New("an environment variable to be set has no name")
	case strings.ContainsFunc(v.Name, func(r rune) bool { return !named(r) }) || v.Name[0] <= '9':
		return fmt.Errorf("environment variable %q: expected letters, digits and _, no digit first", v.Name)
	case value == "":
		return fmt.Errorf("environment variable %s: the value to be set is empty: nothing would be handed over", v.Name)
	case strings.ContainsRune(value, 0):
		return fmt.Errorf("environment variable %s: the value to be set has a NUL byte, where every program would cut it off", v.Name)
	case strings.ContainsAny(value, "\r\n"):
		return fmt.Errorf("environment variable %s: the value to be set has a line break: trim it, or hand it over in a file", v.Name)
	}
	return nil
}

// withoutRights is env without what gives rights, and without more.
func withoutRights(env []string, more ...string) []string {
	dropped, isRight := set(more), rightByName()
	return without(env, func(name string) bool { return isRight(name) || dropped[key(name)] })
}

// rightByName reports of a variable's name whether it gives rights.
func rightByName() func(name string) bool {
	rights := Rights()
	return func(name string) bool {
		return slices.ContainsFunc(rights, func(r Right) bool { return r.names(name) })
	}
}

// set is some variables' names, as the platform compares them.
func set(names []string) map[string]bool {
	out := make(map[string]bool, len(names))
	for _, name := range names {
		out[key(name)] = true
	}
	return out
}

// without is env without what is dropped, and without what has no name.
func without(env []string, drop func(name string) bool) []string {
	out := []string{}
	for _, entry := range env {
		if name := nameOf(entry); name != "" && !drop(name) {
			out = append(out, entry)
		}
	}
	return out
}

// lastOnes keeps of every name the last entry, in its place.
func lastOnes(env []string) []string {
	last := make(map[string]int, len(env))
	for i, entry := range env {
		last[key(nameOf(entry))] = i
	}
	var out []string
	for i, entry := range env {
		if last[key(nameOf(entry))] == i {
			out = append(out, entry)
		}
	}
	return out
}

// nameOf is the name of NAME=VALUE, empty where there is none. Windows has names that begin with "=".
func nameOf(entry string) string {
	if entry == "" {
		return ""
	}
	i := strings.Index(entry[1:], "=") + 1
	if i == 0 || entry[0] == '=' && !oddNames {
		return ""
	}
	return entry[:i]
}
