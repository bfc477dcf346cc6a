package architecture

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
)

// check reads one file, src of the room at name's folder, and returns what breaks the plan, each as
// "file:line: what, and what to do". Test files may import and do what they like.
func check(p plan, name string, src []byte) ([]string, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, src, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	c := &checker{plan: p, fset: fset, room: path.Dir(name), isMain: file.Name.Name == "main"}
	c.packageName(file)
	if strings.HasSuffix(name, "_test.go") {
		return c.faults, nil
	}
	for _, spec := range file.Imports {
		c.importSpec(spec)
	}
	c.imports = localNames(file)
	ast.Inspect(file, c.node)
	return c.faults, nil
}

// checker gathers the faults of one file.
type checker struct {
	plan    plan
	fset    *token.FileSet
	room    string
	isMain  bool
	imports map[string]string // a file's name for a package → its path
	faults  []string
}

func (c *checker) fault(at ast.Node, format string, args ...any) {
	pos := c.fset.Position(at.Pos())
	c.faults = append(c.faults, fmt.Sprintf("%s:%d: %s", pos.Filename, pos.Line, fmt.Sprintf(format, args...)))
}

func (c *checker) packageName(file *ast.File) {
	name := strings.TrimSuffix(file.Name.Name, "_test")
	if slices.Contains(vagueNames(), name) {
		c.fault(file.Name, "package %s says nothing: name it for what it is", name)
	}
}

func (c *checker) importSpec(spec *ast.ImportSpec) {
	target, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		c.fault(spec, "unreadable import %s", spec.Path.Value)
		return
	}
	if spec.Name != nil && spec.Name.Name == "." {
		c.fault(spec, "dot import of %s: name the package where it is used", target)
	}
	own, isOwn := strings.CutPrefix(target, c.plan.module+"/")
	first, _, _ := strings.Cut(target, "/")
	switch {
	case isOwn:
		if !c.plan.mayImport(c.room, own) {
			c.fault(spec, "%s imports %s, against the plan's direction", c.room, own)
		}
	case strings.Contains(first, "."):
		c.thirdParty(spec, target)
	case slices.Contains(outside(), target) && !slices.Contains(c.plan.reach[c.room], target):
		c.fault(spec, "%s imports %q, out of its reach by the plan: take bytes, an fs.FS or an interface", c.room, target)
	}
}

func (c *checker) thirdParty(spec *ast.ImportSpec, target string) {
	for module, rooms := range c.plan.importers {
		if target != module && !strings.HasPrefix(target, module+"/") {
			continue
		}
		if !slices.Contains(rooms, c.room) {
			c.fault(spec, "%s imports %s, which is for %s alone", c.room, target, strings.Join(rooms, ", "))
		}
		return
	}
	c.fault(spec, "%s imports %s, which the plan doesn't know: say who may import it", c.room, target)
}

// node checks declarations and the use of functions that only some rooms may call.
func (c *checker) node(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.FuncDecl:
		if n.Recv == nil && n.Name.Name == "init" {
			c.fault(n, "init(): do it where it is needed, or in main")
		}
	case *ast.SelectorExpr:
		if name, ok := n.X.(*ast.Ident); ok {
			c.selector(n, c.imports[name.Name]+"."+n.Sel.Name)
		}
	}
	return true
}

func (c *checker) selector(at ast.Node, name string) {
	switch name {
	case "os.Exit", "log.Fatal", "log.Fatalf", "log.Fatalln", "syscall.Exit":
		if !c.isMain {
			c.fault(at, "%s outside of a main package: return an error", name)
		}
	case "os.Getenv", "os.LookupEnv", "os.Environ", "os.ExpandEnv", "os.Setenv", "syscall.Getenv", "syscall.Environ":
		if !slices.Contains(c.plan.environment, c.room) {
			c.fault(at, "%s outside of %s: take a func(string) string", name, strings.Join(c.plan.environment, ", "))
		}
	case "time.Now", "time.Since", "time.Until":
		if !slices.Contains(c.plan.clocks, c.room) {
			c.fault(at, "%s in a room without a clock: take now as an argument", name)
		}
	}
}

// localNames maps the names by which file calls packages to their paths. A path's last element stands
// for a package's name, which holds for all of the standard library that selector asks about.
func localNames(file *ast.File) map[string]string {
	names := make(map[string]string, len(file.Imports))
	for _, spec := range file.Imports {
		target, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		name := path.Base(target)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		names[name] = target
	}
	return names
}
