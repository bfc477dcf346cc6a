package policy

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/open-policy-agent/opa/v1/ast"
)

func TestCompileRefuses(t *testing.T) {
	many := make([]Module, maxModules+1)
	for i := range many {
		many[i] = Module{fmt.Sprintf("%d.rego", i), []byte("package a")}
	}
	one := func(src string) []Module { return []Module{{"a.rego", []byte(src)}} }
	tests := []struct {
		name    string
		modules []Module
		want    []string // the lines of the error
	}{
		{"nothing", nil, []string{"policy acme has no modules: give at least one .rego file"}},
		{"too many", many, []string{"policy acme has 65 modules, 64 at most are read: join some"}},
		{"without a path", []Module{{"", []byte("package a")}}, []string{"policy acme has a module without a path: name each"}},
		{"twice", append(one("package a"), one("package b")...), []string{"a.rego: the policy has it twice: give each module once"}},
		{"too long", one("package a\n#" + strings.Repeat("x", maxModuleBytes)), []string{"a.rego: 262155 bytes, 256 KiB at most are read: split it"}},
		{"not UTF-8", one("package a\n# é\xff"), []string{"a.rego:2:4: not UTF-8: save it as UTF-8"}},
		{"empty", one(""), []string{"a.rego:1:1: empty module"}},
		{"no package", one("allow := true"), []string{"a.rego:1:1: package expected"}},
		{
			"syntax, in two files",
			[]Module{{"b.rego", []byte("package b\n\nx := }")}, {"a.rego", []byte("package a\n\nx := {")}},
			[]string{
				"a.rego:3:6: unexpected eof token", "a.rego:3:6: unexpected eof token: expected rule value term (e.g., x := <VALUE> { ... })",
				"b.rego:3:6: unexpected } token", "b.rego:3:6: unexpected } token: expected rule value term (e.g., x := <VALUE> { ... })",
			},
		},
		{"version 0", one("package a\n\nallow { true }"), []string{
			"a.rego:3:1: `if` keyword is required before rule body",
		}},
		{"unsafe", one("package a\n\nallow if x > 1"), []string{"a.rego:3:10: var x is unsafe"}},
		{"several", one("package a\n\nallow if x > 1\n\ndeny if y > 1"), []string{"a.rego:3:10: var x is unsafe", "a.rego:5:9: var y is unsafe"}},
		{"not strict", one("package a\n\nallow if {\n\tx := 1\n}"), []string{"a.rego:4:2: assigned var x unused"}},
		{"unused import", one("package a\n\nimport data.b"), []string{"a.rego:3:1: import data.b unused"}},
		{"types", one("package a\n\nallow if count(1) > 0"), []string{
			"a.rego:3:10: count: invalid argument(s); have: (number, ???); want: (collection: any<...>, n: number)",
		}},
		{"recursion", one("package a\n\nx := y\n\ny := x"), []string{
			"a.rego:3:1: rule data.a.x is recursive: data.a.x -> data.a.y -> data.a.x", "a.rego:5:1: rule data.a.y is recursive: data.a.y -> data.a.x -> data.a.y",
		}},
		{"recursive function", one("package a\n\nf(x) := f(x)"), []string{"a.rego:3:1: rule data.a.f is recursive: data.a.f -> data.a.f"}},
		{"other data", one("package a\n\nallow if not data.blocked[input.claims.actor]"), []string{
			"a.rego:3:14: no module of this policy defines data.blocked: it sees its own modules and input, no other data",
		}},
		{"imported data", one("package a\n\nimport data.b.users\n\nallow if users.alice"), []string{
			"a.rego:5:10: no module of this policy defines data.b.users.alice: it sees its own modules and input, no other data",
		}},
		{"all data", one("package a\n\nallow if data[_]"), []string{
			"a.rego:3:1: rule data.a.allow is recursive: data.a.allow -> data.a.allow",
		}},
		{"mocked data", one("package a\n\nb := 1\n\nallow if b == 1 with data.x as 2"), []string{
			"a.rego:5:22: no module of this policy defines data.x: it sees its own modules and input, no other data",
		}},
		{"controls", []Module{{"a\n.rego", []byte("package a\n\nx := \x1b")}}, []string{`a\n.rego:3:6: illegal token`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := Compile(t.Context(), "acme", tt.modules)
			if err == nil || p != nil {
				t.Fatalf("no error: %v", p)
			}
			if diff := cmp.Diff(tt.want, strings.Split(err.Error(), "\n")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestCompileAtMost: errors without end say where to begin.
func TestCompileAtMost(t *testing.T) {
	src := "package a\n" + strings.Repeat("x if y > 1\n", 200)
	_, err := Compile(t.Context(), "acme", []Module{{"a.rego", []byte(src)}})
	if err == nil {
		t.Fatal("no error")
	}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != maxFaults+1 || lines[0] != "a.rego:2:6: var y is unsafe" || lines[maxFaults] != "and 150 more: mend these first" {
		t.Errorf("%d lines, %q … %q", len(lines), lines[0], lines[len(lines)-1])
	}
}

func TestCompileInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Compile(ctx, "acme", []Module{{"a.rego", []byte("package a")}}); err == nil || err.Error() != "interrupted: context canceled" {
		t.Error(err)
	}
}

func mayUse(name string) bool { return slices.Contains(functions(), name) }

// TestForbidden: each of OPA's functions that isn't on the list is refused where it stands, in a call, as the
// stand-in for another function, and as what is stood in for.
func TestForbidden(t *testing.T) {
	known := 0
	for _, b := range ast.Builtins {
		if mayUse(b.Name) {
			known++
			continue
		}
		if strings.HasPrefix(b.Name, "internal.") || b.Infix != "" && b.Name != "set_diff" {
			continue // no name that anybody could write
		}
		args := make([]string, len(b.Decl.FuncArgs().Args))
		for i := range args {
			args[i] = "input.x"
		}
		for _, src := range []string{
			head + "allow if " + b.Name + "(" + strings.Join(args, ", ") + ")",
			head + "allow if count(input.x) > 0 with count as " + b.Name,
			head + "allow if input.x with " + b.Name + " as true",
		} {
			_, err := Compile(t.Context(), "acme", []Module{{"a.rego", []byte(src)}})
			if err == nil || !strings.HasPrefix(err.Error(), "a.rego:3:") {
				t.Errorf("%s: %v", src, err)
			}
			if strings.Contains(src, "allow if "+b.Name) && !strings.HasPrefix(err.Error(), "a.rego:3:10: "+b.Name+" can't be used here: ") {
				t.Errorf("%s: %v", src, err)
			}
		}
	}
	if names := functions(); known != len(names) || len(slices.Compact(slices.Sorted(slices.Values(names)))) != known {
		t.Errorf("OPA knows %d of the %d functions of the list", known, len(names))
	}
}

// TestForbiddenByName lists those that must never come onto the list.
func TestForbiddenByName(t *testing.T) {
	for _, name := range strings.Fields(`http.send opa.runtime net.lookup_ip_addr net.cidr_expand rego.parse_module rego.metadata.rule
		rand.intn uuid.rfc4122 print trace json.verify_schema json.match_schema io.jwt.decode_verify providers.aws.sign_req
		crypto.x509.parse_keypair strings.render_template graph.reachable_paths bits.lsh time.clock time.format time.parse_ns`) {
		if mayUse(name) {
			t.Errorf("%s may be used", name)
		}
		src := "package a\n\nimport input.claims\n\nx[y] if {\n\tsome y in claims\n\tz := [" + name + "(y)]\n\tz[0]\n}"
		_, err := Compile(t.Context(), "acme", []Module{{"a.rego", []byte(src)}})
		if err == nil || !strings.HasPrefix(err.Error(), "a.rego:7:8: "+name+" can't be used here: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
