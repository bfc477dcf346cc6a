package action

import (
	"fmt"
	"path/filepath"
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

// tokenInput is the input with the token by which settings are read.
const tokenInput = "metadata-token"

// Getenv is what curfew finds in its environment when Run calls it: the step's variables, and the token of an input in
// variable's place, where curfew looks for it.
func Getenv(getenv func(string) string, variable string) func(string) string {
	return func(name string) string {
		if token := getenv("INPUT_" + strings.ToUpper(tokenInput)); name == variable && token != "" {
			return token
		}
		return getenv(name)
	}
}

// files are what a scan is asked to write.
type files struct {
	result      string // JSON
	summary     string // Markdown
	annotations string // workflow commands; "" where the log's own format is that
	sarif       string
}

// arguments is the command line that the inputs stand for, without the program's name, and the files
// that it writes; dir is an empty folder for those that no input names.
func arguments(gh *githubactions.Action, dir string) ([]string, files, error) {
	if command := gh.GetInput("command"); command != "" && command != "scan" {
		return nil, files{}, &InputError{"command", fmt.Sprintf("unknown command %q: expected scan", command)}
	}
	extra, err := extraArguments(gh.GetInput("args"))
	if err != nil {
		return nil, files{}, err
	}
	out := files{
		result:      filepath.Join(dir, "result.json"),
		summary:     filepath.Join(dir, "summary.md"),
		annotations: filepath.Join(dir, "annotations"),
		sarif:       gh.GetInput("sarif-file"),
	}
	if out.sarif == "" {
		out.sarif = filepath.Join(dir, "curfew.sarif")
	}
	args := []string{"scan", "--out=json=" + out.result, "--out=markdown=" + out.summary, "--out=sarif=" + out.sarif}
	if format := gh.GetInput("format"); format != "" {
		args = append(args, "--format="+format)
		if format == "github" {
			out.annotations = ""
		}
	}
	if out.annotations != "" {
		args = append(args, "--out=github="+out.annotations)
	}
	for _, flag := range []string{"manifest", "fail-on"} {
		if value := gh.GetInput(flag); value != "" {
			args = append(args, "--"+flag+"="+value)
		}
	}
	switch live := gh.GetInput("github"); {
	case live == "true":
		args = append(args, "--github")
	case live != "" && live != "false":
		return nil, files{}, &InputError{"github", fmt.Sprintf("%q: expected true or false", live)}
	case gh.GetInput(tokenInput) != "":
		return nil, files{}, &InputError{tokenInput, "nothing asks GitHub by it: set github to true"}
	}
	args = append(args, extra...)
	path := gh.GetInput("path")
	if path == "" {
		path = "."
	}
	return append(args, "--", path), out, nil
}

// extraArguments reads further flags, one a line. A line that is no flag is refused: it would be taken
// for a path, or end the flags.
func extraArguments(input string) ([]string, error) {
	var args []string
	for line := range strings.Lines(input) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		if name := strings.TrimLeft(line, "-"); name == line || name == "" {
			return nil, &InputError{"args", fmt.Sprintf("%q is no flag: expected one --flag=value a line", line)}
		}
		args = append(args, line)
	}
	return args, nil
}
