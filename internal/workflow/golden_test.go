package workflow

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/source"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestGolden reads each testdata/golden/*.yml and compares the whole model with the .golden beside it.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/golden/*.yml")
	if err != nil || len(files) == 0 {
		t.Fatal("no golden files", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			path := ".github/workflows/" + filepath.Base(file)
			if strings.HasPrefix(filepath.Base(file), "action") {
				path = "action.yml"
			}
			got := dump(Parse(path, src))
			golden := strings.TrimSuffix(file, ".yml") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), got); d != "" {
				t.Error(d)
			}
		})
	}
}

// dump renders a file's model, then its strings with their scopes and refs, then its problems.
func dump(f *File) string {
	d := &dumper{f: f}
	if f.Workflow != nil {
		d.value("workflow", reflect.ValueOf(f.Workflow), 0)
	}
	if f.Action != nil {
		d.value("action", reflect.ValueOf(f.Action), 0)
	}
	d.b.WriteString("--- strings\n")
	for s := range f.Strings {
		found := show(f, s)
		if len(found) == 0 {
			continue
		}
		where := "file"
		if s.Scope.Job != nil {
			where = s.Scope.Job.ID.Value
		}
		if s.Scope.Step != nil {
			where += " " + s.Scope.Step.Title()
		}
		fmt.Fprintf(&d.b, "%s %s %q\n", s.Span.Start, where, s.Scope.Path)
		for _, line := range found {
			fmt.Fprintf(&d.b, "    %s\n", line)
		}
	}
	d.b.WriteString("--- problems\n")
	for _, p := range f.Problems {
		fmt.Fprintf(&d.b, "%s %s\n", p.Region.Start, p.Message)
	}
	return d.b.String()
}

type dumper struct {
	f *File
	b strings.Builder
}

func (d *dumper) value(name string, v reflect.Value, depth int) {
	line := func(format string, args ...any) {
		fmt.Fprintf(&d.b, "%s%s%s\n", strings.Repeat("  ", depth), name, fmt.Sprintf(format, args...))
	}
	if v.IsZero() && v.Kind() != reflect.Struct {
		return
	}
	switch x := v.Interface().(type) {
	case *String:
		line(": %q %s-%s", x.Value, x.Span.Start, x.Span.End)
		return
	case source.Span:
		line(": %s-%s", x.Start, x.End)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		d.value(name, v.Elem(), depth)
	case reflect.Struct:
		line("")
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				d.value(v.Type().Field(i).Name, v.Field(i), depth+1)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			d.value(fmt.Sprintf("%s[%d]", name, i), v.Index(i), depth)
		}
	case reflect.Map:
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		for _, k := range keys {
			d.value(name+"."+k.String(), v.MapIndex(k), depth)
		}
	default:
		line(": %v", v.Interface())
	}
}
