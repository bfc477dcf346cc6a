package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
)

// comments maps "Type" and "Type.Field" to what their doc comments say, on one line.
type comments map[string]string

// readComments reads the doc comments of the struct types of the package in a folder.
func readComments(folder string) (comments, error) {
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return nil, err
	}
	out := comments{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, decl := range file.Decls {
			if d, ok := decl.(*ast.GenDecl); ok && d.Tok == token.TYPE {
				out.types(d)
			}
		}
	}
	return out, nil
}

func (c comments) types(d *ast.GenDecl) {
	for _, spec := range d.Specs {
		t, ok := spec.(*ast.TypeSpec)
		if !ok {
			continue
		}
		doc := t.Doc
		if doc == nil {
			doc = d.Doc
		}
		c[t.Name.Name] = line(doc)
		if s, ok := t.Type.(*ast.StructType); ok {
			c.fields(t.Name.Name, s)
		}
	}
}

func (c comments) fields(of string, s *ast.StructType) {
	for _, f := range s.Fields.List {
		for _, name := range f.Names {
			c[of+"."+name.Name] = line(f.Doc)
		}
	}
}

// line is a comment's text on one line.
func line(doc *ast.CommentGroup) string { return strings.Join(strings.Fields(doc.Text()), " ") }

// of is the comment of a type or field. A field without one is a mistake: its key would have no help.
func (c comments) of(name string) string {
	text := c[name]
	if text == "" {
		panic(fmt.Sprintf("schemagen: %s has no doc comment", name))
	}
	return text
}
