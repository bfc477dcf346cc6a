package action

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sethvargo/go-githubactions"
)

// InputError is an input that can't be understood.
type InputError struct {
	Input  string
	Reason string
}

// Error renders `input "name": reason`.
func (e *InputError) Error() string { return fmt.Sprintf("input %q: %s", e.Input, e.Reason) }

// The inputs with the tokens by which GitHub is asked: for all, and for settings.
const (
	tokenInput    = "github-token"
	metadataInput = "metadata-token"
)

// inputPrefix is what the runner begins the names of inputs with, in its variables.
const inputPrefix = "INPUT_"

func variableOf(input string) string { return inputPrefix + strings.ToUpper(input) }

// Getenv is what curfew finds in its environment when Run calls it: the step's variables, and the tokens of inputs where
// curfew looks for them, which for metadata-token is the variable of that name.
func Getenv(getenv func(string) string, metadata string) func(string) string {
	inputs := map[string]string{"GITHUB_TOKEN": tokenInput, metadata: metadataInput}
	return func(name string) string {
		if input, ok := inputs[name]; ok {
			if token := getenv(variableOf(input)); token != "" {
				return token
			}
		}
		return getenv(name)
	}
}

// inputs are those of the step.
type inputs struct{ gh *githubactions.Action }

func (in inputs) get(name string) string { return in.gh.GetInput(name) }

// choice is an input that must be one of these, the first unless said.
func (in inputs) choice(name string, of ...string) (string, error) {
	value := in.get(name)
	if value == "" {
		return of[0], nil
	}
	if !slices.Contains(of, value) {
		return "", &InputError{name, fmt.Sprintf("%q: expected %s", value, either(of))}
	}
	return value, nil
}

// either says "a, b or c".
func either(words []string) string {
	last := len(words) - 1
	if last == 0 {
		return words[0]
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// check refuses inputs that the action doesn't have, and those that belong to other commands than c: what is said and not
// heeded would look as if it were.
func (in inputs) check(c *command, environ []string) error {
	for _, v := range environ {
		name, _, _ := strings.Cut(v, "=")
		if input, ok := strings.CutPrefix(name, inputPrefix); ok && !slices.ContainsFunc(inputNames(), func(known string) bool { return variableOf(known) == name }) {
			return &InputError{strings.ToLower(input), "there is no such input: expected " + either(inputNames()) +
				"; where the step doesn't give it, the environment has " + name + ", which the runner keeps for inputs: name that variable otherwise"}
		}
	}
	for _, name := range inputNames() {
		if in.get(name) != "" && !c.takes(name) {
			takes := "nothing"
			if len(c.inputs) > 0 {
				takes = either(c.inputs)
			}
			return &InputError{name, fmt.Sprintf("the command %s doesn't take it: it takes %s", c.name, takes)}
		}
	}
	return nil
}

// extra reads further flags, one a line. A line that is no flag is refused: it would be taken for a path, or end the flags. So is
// a flag that c has an input for, or that would lead away from what Run and Post look at.
func (c *command) extra(input string) ([]string, error) {
	var args []string
	for line := range strings.Lines(input) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(line, "--"), "=")
		if !strings.HasPrefix(line, "--") || strings.Trim(name, "-") == "" || strings.HasPrefix(name, "-") || strings.ContainsAny(name, " \t") {
			return nil, &InputError{"args", fmt.Sprintf("%q is no flag: expected one --flag=value a line, without quotes", line)}
		}
		if why, ok := c.refused(name); ok {
			return nil, &InputError{"args", fmt.Sprintf("--%s: %s", name, why)}
		}
		args = append(args, line)
	}
	return args, nil
}

// refused says why a flag can't be among further ones.
func (c *command) refused(flag string) (string, bool) {
	switch {
	case flag == "help":
		return "nothing would be run; docs/cli.md has what it prints", true
	case flag == "state":
		return "the step at the job's end looks for leases and records in RUNNER_TEMP/curfew alone", true
	case slices.Contains(c.flags, flag) || c.flagOf[flag] != "":
		return "the input of that name says it", true
	}
	for input, of := range c.flagOf {
		if of == flag && c.takes(input) {
			return fmt.Sprintf("the input %q says it", input), true
		}
	}
	return "", false
}
