package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// maxFaults is how many errors of a policy are told: a broken file can have one a line.
const maxFaults = 50

// syntax is what the parser says of a module. Of an empty one it names no line.
func syntax(path string, err error) ast.Errors {
	var several ast.Errors
	if errors.As(err, &several) {
		return several
	}
	message := err.Error()
	var one *ast.Error
	if errors.As(err, &one) {
		message = one.Message
	}
	return ast.Errors{ast.NewError(ast.ParseErr, ast.NewLocation(nil, path, 1, 1), "%s", message)}
}

// depth finds the first place of a module where its syntax nests too deeply. The parser itself bounds
// only what stands in brackets.
func depth(m *ast.Module) ast.Errors {
	var faults ast.Errors
	at, level := m.Package.Location, 0
	enter := func(x any) bool {
		if t, ok := x.(interface{ Loc() *ast.Location }); ok && t.Loc() != nil {
			at = t.Loc()
		}
		if level++; level > maxDepth && len(faults) == 0 {
			faults = append(faults, ast.NewError(ast.ParseErr, at, "nested too deeply: %d levels at most, give parts of it names", maxDepth))
		}
		return false
	}
	ast.NewBeforeAfterVisitor(enter, func(any) { level-- }).Walk(m)
	return faults
}

// forbidden finds the functions of OPA's that a policy may not use, wherever they are named. The compiler
// doesn't know them either, but tells of an undefined function only.
func forbidden(modules map[string]*ast.Module) ast.Errors {
	var faults ast.Errors
	allowed := functions()
	for _, m := range modules {
		ast.WalkTerms(m, func(t *ast.Term) bool {
			ref, ok := t.Value.(ast.Ref)
			if !ok {
				return false
			}
			name := ref.String()
			if _, known := ast.BuiltinMap[name]; known && !slices.Contains(allowed, name) {
				faults = append(faults, ast.NewError(ast.TypeErr, t.Location, "%s can't be used here: %s", name, insteadOf(name)))
			}
			return false
		})
	}
	return faults
}

// strangers finds references to data that no module defines. There is no such data: what asks for it is
// undefined, and "not data.blocked[x]" would allow by a slip of the pen.
func strangers(c *ast.Compiler) ast.Errors {
	var faults ast.Errors
	for _, m := range c.Modules {
		for _, rule := range m.Rules {
			ast.WalkTerms(rule, func(t *ast.Term) bool {
				ref, ok := t.Value.(ast.Ref)
				if !ok || !ref.HasPrefix(ast.DefaultRootRef) {
					return false
				}
				if known := ref.GroundPrefix(); len(c.GetRules(known)) == 0 {
					faults = append(faults, ast.NewError(ast.CompileErr, t.Location,
						"no module of this policy defines %s: it sees its own modules and input, no other data", known))
				}
				return false
			})
		}
	}
	return faults
}

// joined renders faults in the order of their places, each once.
func joined(faults ast.Errors) error {
	faults.Sort()
	var lines []string
	for _, f := range faults {
		lines = append(lines, fault(f))
	}
	lines = slices.Compact(lines)
	more := len(lines) - maxFaults
	errs := make([]error, 0, min(len(lines), maxFaults+1))
	for _, line := range lines[:min(len(lines), maxFaults)] {
		errs = append(errs, errors.New(line))
	}
	if more > 0 {
		errs = append(errs, fmt.Errorf("and %d more: mend these first", more))
	}
	return errors.Join(errs...)
}

// fault is one line: "path:line:col: what is wrong".
func fault(f *ast.Error) string {
	message := f.Message
	if f.Code == ast.TypeErr && f.Details != nil { // have and want; those of other errors quote the source
		for _, detail := range f.Details.Lines() {
			message += "; " + strings.TrimSpace(detail)
		}
	}
	return place(f.Location) + visible(oneLine(message), maxReason)
}

// oneLine joins the lines of a message of OPA's.
func oneLine(message string) string {
	lines := strings.Split(message, "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.ReplaceAll(strings.Join(lines, "; "), ":; ", ": ")
}

// place is "path:line:col: ", or "" where there is none.
func place(loc *ast.Location) string {
	if loc == nil || loc.File == "" {
		return ""
	}
	return fmt.Sprintf("%s:%d:%d: ", visible(loc.File, maxName), loc.Row, loc.Col)
}
