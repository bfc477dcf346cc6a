package main

import (
	"debug/elf"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPackageOf(t *testing.T) {
	for symbol, want := range map[string]string{
		"main.main":                          "main",
		"os.(*File).Read":                    "os",
		"gopkg.in/yaml%2ev3.(*parser).parse": "gopkg.in/yaml.v3",
		"github.com/open-policy-agent/opa/v1/ast.(*Compiler).Compile.func1": "github.com/open-policy-agent/opa/v1/ast",
		"slices.SortFunc[go.shape.[]*github.com/acme/x.T,go.shape.*uint8]":  "slices",
		"type:.eq.github.com/acme/x.T":                                      "github.com/acme/x",
		"go:itab.*github.com/acme/x.T,io.Reader":                            "github.com/acme/x",
		"type:*":                                                            "",
		"go:string.*":                                                       "",
		"runtime.pclntab":                                                   "",
		"_cgo_init":                                                         "",
		"github.com/acme/%zz.T":                                             "",
		"vendor/golang.org/x/crypto/chacha20poly1305.(*chacha20poly1305).Seal": "vendor/golang.org/x/crypto/chacha20poly1305",
		"github.com/curfew-ci/curfew/internal/scan.Run.func1.deferwrap1":       "github.com/curfew-ci/curfew/internal/scan",
	} {
		if got := packageOf(symbol); got != want {
			t.Errorf("packageOf(%q) = %q, want %q", symbol, got, want)
		}
	}
}

// TestBySize: what is in the file is counted once, and what isn't isn't.
func TestBySize(t *testing.T) {
	sections := []*elf.Section{
		{SectionHeader: elf.SectionHeader{Type: elf.SHT_NULL}},
		{SectionHeader: elf.SectionHeader{Type: elf.SHT_PROGBITS}},
		{SectionHeader: elf.SectionHeader{Type: elf.SHT_NOBITS}},
		{SectionHeader: elf.SectionHeader{Name: ".gopclntab", Type: elf.SHT_PROGBITS, FileSize: 200}},
		{SectionHeader: elf.SectionHeader{Name: ".debug_line", Type: elf.SHT_PROGBITS, FileSize: 5}},
		{SectionHeader: elf.SectionHeader{Name: ".symtab", Type: elf.SHT_SYMTAB, FileSize: 6}},
	}
	symbols := []elf.Symbol{
		{Name: "main.main", Section: 1, Size: 10},
		{Name: "example.com/curfew/internal/scan.Run", Section: 1, Size: 20},
		{Name: "example.org/opa/v1/ast.Parse", Section: 1, Size: 300},
		{Name: "example.org/opa/v1/sdk.Do", Section: 1, Size: 7},
		{Name: "vendor/golang.org/x/net/idna.f", Section: 1, Size: 4},
		{Name: "os.Open", Section: 1, Size: 40},
		{Name: "os.zeros", Section: 2, Size: 5000},
		{Name: "type:*", Section: 1, Size: 60},
		{Name: "os.absolute", Section: elf.SHN_ABS, Size: 5000},
	}
	got := bySize(symbols, sections, []string{"example.com/curfew", "example.org/opa", "example.org/opa/v1/sdk"}, 1000)
	want := map[string]int64{
		"example.com/curfew": 30, "example.org/opa": 300, "example.org/opa/v1/sdk": 7, standardLibrary: 44,
		lineTables: 200, notReleased: 11, withoutSymbol: 408,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sizes (-want +got):\n%s", diff)
	}
	var out strings.Builder
	if err := printSizes(&out, map[string]int64{"a": 2000, "b": 6000}, 8000); err != nil {
		t.Fatal(err)
	}
	wantOut := "  6 KB   75.0 %  b\n  2 KB   25.0 %  a\n  8 KB  100.0 %  the whole file, with its symbols\n"
	if diff := cmp.Diff(wantOut, out.String()); diff != "" {
		t.Errorf("printed (-want +got):\n%s", diff)
	}
}

func TestRunRefuses(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"", "expected a verb"},
		{"upload", "expected a verb"},
		{"check -table x", "check needs -in"},
		{"check -table x -in y z", `takes no arguments: "z"`},
		{"ready -tag v1.2.3", "flag provided but not defined"},
		{"sizes -binary ../../go.mod", "unrecognized file format"},
	} {
		err := run(t.Context(), strings.Fields(tt.args), &strings.Builder{}, &strings.Builder{})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: error %v, want one that has %q", tt.args, err, tt.want)
		}
	}
}
