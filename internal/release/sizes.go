package main

import (
	"cmp"
	"debug/buildinfo"
	"debug/elf"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
)

// What stands beside modules in the table of sizes.
const (
	standardLibrary = "Go's standard library and runtime"
	lineTables      = "Go's table of functions and lines"
	withoutSymbol   = "texts, types and what else no symbol names"
	notReleased     = "symbols, which a release's binary lacks"
)

// sizes prints what of a binary each module takes, by its symbols: code and data whose symbol names a package. What no symbol
// of a package names has lines of its own, so that the lines add up to the file.
func sizes(stdout io.Writer, name string) error {
	info, err := buildinfo.ReadFile(name)
	if err != nil {
		return err
	}
	modules := []string{info.Main.Path}
	for _, m := range info.Deps {
		modules = append(modules, m.Path)
	}
	file, err := elf.Open(name)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // it's read only
	symbols, err := file.Symbols()
	if err != nil {
		return fmt.Errorf("%s: %w: it is to be built without -s", name, err)
	}
	stat, err := os.Stat(name)
	if err != nil {
		return err
	}
	return printSizes(stdout, bySize(symbols, file.Sections, modules, stat.Size()), stat.Size())
}

// bySize sums the symbols by module; what they don't tell of whole goes to withoutSymbol.
func bySize(symbols []elf.Symbol, sections []*elf.Section, modules []string, whole int64) map[string]int64 {
	sums := map[string]int64{}
	rest := whole
	for _, s := range sections {
		row := ""
		switch {
		case s.Name == ".gopclntab":
			row = lineTables
		case s.Name == ".symtab", s.Name == ".strtab", strings.HasPrefix(s.Name, ".debug_"):
			row = notReleased
		default:
			continue
		}
		sums[row] += int64(s.FileSize) //nolint:gosec // no section is larger than the file
		rest -= int64(s.FileSize)      //nolint:gosec // no section is larger than the file
	}
	for _, s := range symbols {
		if int(s.Section) >= len(sections) || sections[s.Section].Type != elf.SHT_PROGBITS {
			continue // not in the file: memory that starts as zeros
		}
		module := moduleOf(packageOf(s.Name), modules)
		if module == "" {
			continue
		}
		sums[module] += int64(s.Size) //nolint:gosec // no symbol is larger than the file
		rest -= int64(s.Size)         //nolint:gosec // no symbol is larger than the file
	}
	sums[withoutSymbol] = rest
	return sums
}

// packageOf is the import path in a symbol's name, such as gopkg.in/yaml.v3 in "gopkg.in/yaml%2ev3.(*parser).parse"; "" where
// there is none. The linker writes dots of a path's last part as %2e.
func packageOf(symbol string) string {
	for _, prefix := range []string{"type:.eq.", "type:.hash.", "go:itab.", "type:.namedata."} {
		symbol = strings.TrimPrefix(symbol, prefix)
	}
	if strings.HasPrefix(symbol, "type:") || strings.HasPrefix(symbol, "go:") || strings.HasPrefix(symbol, "runtime.") && strings.HasSuffix(symbol, "pclntab") {
		return ""
	}
	symbol = strings.TrimLeft(symbol, "*")
	if args := strings.IndexAny(symbol, "[(,"); args >= 0 {
		symbol = symbol[:args]
	}
	slash := strings.LastIndexByte(symbol, '/') + 1
	dot := strings.IndexByte(symbol[slash:], '.')
	if dot < 0 {
		return ""
	}
	path, err := url.PathUnescape(symbol[:slash+dot])
	if err != nil {
		return ""
	}
	return path
}

// moduleOf is the module that a package is of: the longest path that begins its own. The standard library's packages have no
// dot in their first part.
func moduleOf(pkg string, modules []string) string {
	best := ""
	for _, m := range modules {
		if (pkg == m || strings.HasPrefix(pkg, m+"/")) && len(m) > len(best) {
			best = m
		}
	}
	first, _, _ := strings.Cut(pkg, "/") // the copies of x/ that the standard library has begin with vendor
	switch {
	case best != "":
		return best
	case pkg == "main":
		return modules[0]
	case pkg == "" || strings.Contains(first, "."):
		return ""
	default:
		return standardLibrary
	}
}

func printSizes(stdout io.Writer, sums map[string]int64, whole int64) error {
	order := slices.SortedFunc(maps.Keys(sums), func(a, b string) int {
		return cmp.Or(cmp.Compare(sums[b], sums[a]), cmp.Compare(a, b))
	})
	w := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, module := range order {
		fmt.Fprintf(w, "%d KB\t%.1f %%\t  %s\n", sums[module]/1000, 100*float64(sums[module])/float64(whole), module)
	}
	fmt.Fprintf(w, "%d KB\t100.0 %%\t  the whole file, with its symbols\n", whole/1000)
	return w.Flush()
}
