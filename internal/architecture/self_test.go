package architecture

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestCheck holds the checker itself against files that break one rule each, and against their
// neighbours that don't.
func TestCheck(t *testing.T) {
	p := plan{
		module: "example.com/house",
		levels: [][]string{
			{"internal/ground", "internal/cellar"},
			{"internal/middle"},
			{"internal/edge"},
			{"cmd/house"},
		},
		narrow:      map[string][]string{"cmd/house": {"internal/edge"}},
		importers:   map[string][]string{"example.org/yaml/v3": {"internal/middle"}},
		reach:       map[string][]string{"internal/edge": {"os", "log", "net/http"}, "cmd/house": {"os"}},
		clocks:      []string{"internal/edge"},
		environment: []string{"internal/edge"},
	}
	tests := []struct {
		name string
		file string
		src  string
		want string // a part of the one fault; "" for none
	}{
		{"downwards", "internal/middle/a.go", `import "example.com/house/internal/ground"`, ""},
		{"two levels down", "internal/edge/a.go", `import "example.com/house/internal/ground"`, ""},
		{"upwards", "internal/ground/a.go", `import "example.com/house/internal/middle"`, "a.go:2: internal/ground imports internal/middle, against"},
		{"sideways", "internal/ground/a.go", `import "example.com/house/internal/cellar"`, "against the plan's direction"},
		{"into an unknown room", "internal/edge/a.go", `import "example.com/house/internal/attic"`, "against the plan's direction"},
		{"past what is allowed narrowly", "cmd/house/main.go", `import "example.com/house/internal/ground"`, "against the plan's direction"},
		{"what is allowed narrowly", "cmd/house/main.go", `import "example.com/house/internal/edge"`, ""},
		{"a test upwards", "internal/ground/a_test.go", `import "example.com/house/internal/middle"`, ""},
		{"a module by its importer", "internal/middle/a.go", `import "example.org/yaml/v3"`, ""},
		{"a module by another", "internal/edge/a.go", `import "example.org/yaml/v3"`, "for internal/middle alone"},
		{"a module's subpackage by another", "internal/edge/a.go", `import y "example.org/yaml/v3/ast"`, "for internal/middle alone"},
		{"a namesake of a module", "internal/middle/a.go", `import "example.org/yaml/v31"`, "doesn't know"},
		{"an unknown module", "internal/edge/a.go", `import "example.org/toml"`, "doesn't know"},
		{"I/O at the edge", "internal/edge/a.go", `import "net/http"`, ""},
		{"I/O inside", "internal/middle/a.go", `import "net/http"`, `imports "net/http", out of its reach`},
		{"more I/O than planned", "internal/edge/a.go", `import "os/exec"`, `imports "os/exec", out of its reach`},
		{"a dot import", "internal/edge/a.go", `import . "strings"`, "dot import of strings"},
		{"init", "internal/edge/a.go", `func init() {}`, "a.go:2: init()"},
		{"a method named init", "internal/edge/a.go", "type t int\nfunc (t) init() {}", ""},
		{"exit in main", "cmd/house/main.go", "import \"os\"\nfunc main() { os.Exit(1) }", ""},
		{"exit elsewhere", "internal/edge/a.go", "import \"os\"\nfunc f() { os.Exit(1) }", "a.go:3: os.Exit outside of a main package"},
		{"exit by another name", "internal/edge/a.go", "import sys \"os\"\nfunc f() { sys.Exit(1) }", "os.Exit outside of a main package"},
		{"exit through the logger", "internal/edge/a.go", "import \"log\"\nfunc f() { log.Fatalf(\"\") }", "log.Fatalf outside of a main package"},
		{"environment at the edge", "internal/edge/a.go", "import \"os\"\nvar f = os.Getenv", ""},
		{"environment in main", "cmd/house/main.go", "import \"os\"\nvar f = os.Getenv", "os.Getenv outside of internal/edge"},
		{"environment in a test", "internal/middle/a_test.go", "import \"os\"\nvar f = os.Getenv", ""},
		{"the clock at the edge", "internal/edge/a.go", "import \"time\"\nvar f = time.Now", ""},
		{"the clock inside", "internal/middle/a.go", "import \"time\"\nvar f = time.Now", "time.Now in a room without a clock"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			name := "house"
			if strings.HasPrefix(tt.file, "cmd/") {
				name = "main"
			}
			got, err := check(p, tt.file, []byte("package "+name+"\n"+tt.src))
			if err != nil {
				t.Fatal(err)
			}
			if tt.want == "" {
				if diff := cmp.Diff([]string(nil), got); diff != "" {
					t.Errorf("faults (-want +got):\n%s", diff)
				}
				return
			}
			if len(got) != 1 || !strings.Contains(got[0], tt.want) {
				t.Errorf("faults %q, want one that has %q", got, tt.want)
			}
		})
	}
}

// TestCompare: a room without a level and a level without its room are both seen.
func TestCompare(t *testing.T) {
	p := plan{levels: [][]string{{"internal/a"}, {"internal/b", "internal/c"}}}
	if diff := cmp.Diff([]string(nil), p.compare([]string{"internal/a", "internal/b", "internal/c"})); diff != "" {
		t.Errorf("faults of the house as planned (-want +got):\n%s", diff)
	}
	want := []string{
		"room internal/d isn't in the plan: give it a level in internal/architecture",
		"the plan has room internal/b, the tree hasn't: take it out of internal/architecture",
	}
	if diff := cmp.Diff(want, p.compare([]string{"internal/a", "internal/c", "internal/d"})); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

// TestCheckPackageName: names that say nothing are refused, in tests too.
func TestCheckPackageName(t *testing.T) {
	p := plan{levels: [][]string{{"internal/utils"}}}
	for _, src := range []string{"package utils", "package utils_test"} {
		for _, file := range []string{"internal/utils/a.go", "internal/utils/a_test.go"} {
			got, err := check(p, file, []byte(src))
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != 1 || !strings.Contains(got[0], "package utils says nothing") {
				t.Errorf("%s of %q: faults %q", file, src, got)
			}
		}
	}
}

// TestCheckUnreadable: what can't be parsed is an error, never silence.
func TestCheckUnreadable(t *testing.T) {
	if _, err := check(plan{}, "internal/a/a.go", []byte("package a\nfunc {")); err == nil {
		t.Error("no error for a file that doesn't parse")
	}
}
