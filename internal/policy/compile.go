package policy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/open-policy-agent/opa/v1/ast"
)

// Limits of a policy.
const (
	maxModules     = 64
	maxModuleBytes = 256 << 10
	// maxDepth is how deeply a module's syntax may nest. The compiler's time grows with the square of it.
	maxDepth = 500
	// compileLimit bounds the compiler's time, which real policies use some milliseconds of.
	compileLimit = 10 * time.Second
)

// Module is one file of Rego, version 1.
type Module struct {
	// Path names it in errors and in the digest, slash-separated from its repository's root. Unique in a
	// policy.
	Path string
	// Src is its text, UTF-8.
	Src []byte
}

// Policy is a compiled policy: the modules of one source. It never changes, and may be used by several
// goroutines.
type Policy struct {
	name   string
	digest string
	rego   *ast.Compiler
	limit  time.Duration // of one judgement
}

// Compile makes a policy of modules, which see nothing but each other. name says whose policy it is, for
// messages: "acme/.github".
//
// Errors are joined, all of a stage at once, each as "path:line:col: what is wrong": syntax first, then
// what a policy may not use and what doesn't compile in strict mode. Too many or too long modules are
// refused before they are read, and what isn't compiled within ten seconds. Where ctx ends first, the error
// wraps its cause.
func Compile(ctx context.Context, name string, modules []Module) (*Policy, error) {
	if err := checkModules(name, modules); err != nil {
		return nil, err
	}
	sorted := slices.SortedFunc(slices.Values(modules), func(a, b Module) int { return strings.Compare(a.Path, b.Path) })
	for i := range sorted {
		sorted[i].Src = bytes.Clone(sorted[i].Src) // who gave it may go on to change it
	}
	ctx, stop := context.WithTimeoutCause(ctx, compileLimit,
		fmt.Errorf("%w after %s: policy %s takes too long to compile: make it smaller", errSlow, compileLimit, visible(name, maxName)))
	defer stop()
	rego, err := within(ctx, func() (*ast.Compiler, error) { return compile(ctx, sorted) })
	if err != nil {
		return nil, err
	}
	return &Policy{name: name, digest: digest(sorted), rego: rego, limit: timeLimit}, nil
}

// checkModules refuses what isn't worth reading, or would be taken for something else.
func checkModules(name string, modules []Module) error {
	switch {
	case len(modules) == 0:
		return fmt.Errorf("policy %s has no modules: give at least one .rego file", visible(name, maxName))
	case len(modules) > maxModules:
		return fmt.Errorf("policy %s has %d modules, %d at most are read: join some", visible(name, maxName), len(modules), maxModules)
	}
	var errs []error
	seen := make(map[string]bool, len(modules))
	for _, m := range modules {
		path := visible(m.Path, maxName)
		switch {
		case m.Path == "":
			errs = append(errs, fmt.Errorf("policy %s has a module without a path: name each", visible(name, maxName)))
		case seen[m.Path]:
			errs = append(errs, fmt.Errorf("%s: the policy has it twice: give each module once", path))
		case len(m.Src) > maxModuleBytes:
			errs = append(errs, fmt.Errorf("%s: %d bytes, %d KiB at most are read: split it", path, len(m.Src), maxModuleBytes>>10))
		case !utf8.Valid(m.Src):
			line, col := invalidAt(m.Src)
			errs = append(errs, fmt.Errorf("%s:%d:%d: not UTF-8: save it as UTF-8", path, line, col))
		}
		seen[m.Path] = true
	}
	return errors.Join(errs...)
}

// invalidAt is where the first byte stands that isn't UTF-8; columns count code points.
func invalidAt(src []byte) (line, col int) {
	line, col = 1, 1
	for len(src) > 0 {
		r, size := utf8.DecodeRune(src)
		switch {
		case r == utf8.RuneError && size == 1:
			return line, col
		case r == '\n':
			line, col = line+1, 1
		default:
			col++
		}
		src = src[size:]
	}
	return line, col
}

// compile is the work of Compile, in the order of the modules.
func compile(ctx context.Context, sorted []Module) (*ast.Compiler, error) {
	allowed := capabilities()
	parsed := make(map[string]*ast.Module, len(sorted))
	var faults ast.Errors
	for _, m := range sorted {
		if ctx.Err() != nil {
			return nil, ended(ctx)
		}
		tree, err := ast.ParseModuleWithOpts(m.Path, string(m.Src), ast.ParserOptions{Capabilities: allowed, RegoVersion: ast.RegoV1})
		if err != nil {
			faults = append(faults, syntax(m.Path, err)...)
			continue
		}
		faults = append(faults, depth(tree)...)
		parsed[m.Path] = tree
	}
	if len(faults) == 0 {
		faults = forbidden(parsed)
	}
	if len(faults) > 0 {
		return nil, joined(faults)
	}
	c := ast.NewCompiler().WithCapabilities(allowed).WithStrict(true).WithDefaultRegoVersion(ast.RegoV1).SetErrorLimit(0)
	if c.Compile(parsed); c.Failed() {
		return nil, joined(c.Errors)
	}
	if faults := strangers(c); len(faults) > 0 {
		return nil, joined(faults)
	}
	return c, nil
}
