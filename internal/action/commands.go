package action

import (
	"path/filepath"
	"slices"
	"strings"
)

// command is what the input "command" may say.
type command struct {
	name   string
	verb   []string          // of curfew's command line; none where nothing of it is run
	inputs []string          // that belong to it, beside those of all
	flags  []string          // inputs that are handed on as flags of the same name
	flagOf map[string]string // inputs that are handed on as flags of another name
}

// shared are the inputs of all commands.
func shared() []string { return []string{"command", tokenInput} }

// commands lists what there is.
func commands() []*command {
	certify := []string{"path", "manifest", "from", "format", "args"}
	review := map[string]string{"path": "directory", "from": "usage"}
	tickets := []string{"from", "to", "manifest", "format", "args"}
	return []*command{
		{
			name: "scan", verb: []string{"scan"},
			inputs: []string{"path", "manifest", "fail-on", "format", "sarif-file", "upload", "category", "github", metadataInput, "args"},
			flags:  []string{"manifest", "fail-on", "format", "category"}, flagOf: map[string]string{"github": "github"},
		},
		{
			name: "report", verb: []string{"report"},
			inputs: []string{"path", "from", "fail-on", "format", "sarif-file", "upload", "category", "args"},
			flags:  []string{"from", "fail-on", "format", "category"},
		},
		{
			name: "lease", verb: []string{"lease"},
			inputs: []string{"grant", "ticket", "ttl", "to", "org", "break-glass", "incident", "reason", "args"},
			flags:  []string{"grant", "ticket", "ttl", "to", "org", "break-glass", "incident", "reason"},
		},
		{name: "revoke", verb: []string{"revoke"}, inputs: []string{"path", "args"}},
		{name: "ticket", verb: []string{"ticket", "sync"}, inputs: tickets, flags: tickets[:4]},
		{name: "ticket plan", verb: []string{"ticket", "plan"}, inputs: tickets, flags: tickets[:4]},
		{name: "certify", verb: []string{"certify", "open"}, inputs: certify, flags: []string{"manifest", "format"}, flagOf: review},
		{name: "certify status", verb: []string{"certify", "status"}, inputs: certify, flags: []string{"manifest", "format"}, flagOf: review},
		{name: "certify plan", verb: []string{"certify", "plan"}, inputs: certify, flags: []string{"manifest", "format"}, flagOf: review},
		{
			name: "certify record", verb: []string{"certify", "record"}, inputs: []string{"manifest", "from", "format", "args"},
			flags: []string{"manifest", "format"}, flagOf: map[string]string{"from": "records"},
		},
		{name: "setup"},
	}
}

// inputNames lists all inputs that there are.
func inputNames() []string {
	names := shared()
	for _, c := range commands() {
		names = append(names, c.inputs...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (c *command) takes(input string) bool {
	return slices.Contains(shared(), input) || slices.Contains(c.inputs, input)
}

// chosen is the command that the inputs name.
func (in inputs) chosen(environ []string) (*command, error) {
	all := commands()
	names := make([]string, len(all))
	for i, c := range all {
		names[i] = c.name
	}
	name, err := in.choice("command", names...)
	if err != nil {
		return nil, err
	}
	c := all[slices.Index(names, name)]
	return c, in.check(c, environ)
}

// line is the command line that the inputs stand for, as far as they are handed on as they are, without the program's name.
func (c *command) line(in inputs) ([]string, error) {
	args := slices.Clone(c.verb)
	for _, name := range c.inputs {
		flag := c.flagOf[name]
		if slices.Contains(c.flags, name) {
			flag = name
		}
		if flag == "" || name == "github" { // which is true or false
			continue
		}
		values := slices.DeleteFunc(strings.Split(in.get(name), "\n"), func(v string) bool { return strings.TrimSpace(v) == "" })
		if len(values) > 1 && name != "ticket" {
			return nil, &InputError{name, "it has several lines: expected one"}
		}
		for _, value := range values {
			args = append(args, "--"+flag+"="+strings.TrimSpace(value))
		}
	}
	extra, err := c.extra(in.get("args"))
	return append(args, extra...), err
}

// files are what a scan or a report is asked to write.
type files struct {
	result      string // JSON
	summary     string // Markdown
	annotations string // workflow commands; "" where the log's own format is that
	sarif       string // which is what is uploaded
	sarifTo     string // where the input sarif-file wants it as well; "" for nowhere else
}

// scanLine is the command line of a scan or of a report on one, and the files that it writes; dir is an empty folder for those that no input names.
func (c *command) scanLine(in inputs, dir string) ([]string, files, error) {
	out := files{
		result: filepath.Join(dir, "result.json"), summary: filepath.Join(dir, "summary.md"),
		annotations: filepath.Join(dir, "annotations"), sarif: filepath.Join(dir, "curfew.sarif"), sarifTo: in.get("sarif-file"),
	}
	if in.get("format") == "github" {
		out.annotations = ""
	}
	args, err := c.line(in)
	if err == nil && c.takes("from") {
		err = c.checkFrom(in.get("from"))
	}
	if err != nil {
		return nil, files{}, err
	}
	live, err := in.choice("github", "false", "true")
	switch {
	case err != nil:
		return nil, files{}, err
	case live == "true":
		args = append(args, "--github")
	case in.get(metadataInput) != "":
		return nil, files{}, &InputError{metadataInput, "nothing asks GitHub by it: set github to true"}
	}
	args = append(args, "--out=json="+out.result, "--out=markdown="+out.summary, "--out=sarif="+out.sarif)
	if out.sarifTo != "" {
		args = append(args, "--out=sarif="+out.sarifTo)
	}
	if out.annotations != "" {
		args = append(args, "--out=github="+out.annotations)
	}
	path := in.get("path")
	if path == "" {
		path = "."
	}
	return append(args, "--", path), out, nil
}

// revokeLine is the command line of revoke: of all leases of this job, or of the finding that further flags name.
func (c *command) revokeLine(in inputs) ([]string, error) {
	args, err := c.line(in)
	if err != nil {
		return nil, err
	}
	path := in.get("path")
	found := slices.ContainsFunc(args, func(a string) bool { return strings.HasPrefix(a, "--finding=") })
	switch {
	case found && path != "":
		return append(args, "--", path), nil
	case path != "":
		return nil, &InputError{"path", "it is where a finding is looked for: name it by args, --finding=ID"}
	case !found && !slices.Contains(args, "--all"):
		return append(args, "--all"), nil
	}
	return args, nil
}

// checkFrom refuses a source that isn't there where one is needed, and stdin, of which a step has none: by an empty list of what was
// leased, all would be proposed to be removed.
func (c *command) checkFrom(from string) error {
	needed := c.verb[0] == "ticket" || c.name == "report" || c.name == "certify record"
	if from == "-" || from == "" && needed {
		return &InputError{"from", "which one? expected a file: the output result-file of a scan for tickets and reports, an exported ledger for certify"}
	}
	return nil
}
