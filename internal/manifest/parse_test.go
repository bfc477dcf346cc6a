package manifest

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write golden files anew")

// golden compares got with a file, or writes the file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatalf("%v; run the test with -update", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// files lists what matches a pattern below testdata; finding none is a mistake in the test.
func files(t testing.TB, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(names) == 0 {
		t.Fatalf("no file matches testdata/%s (%v)", pattern, err)
	}
	return names
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	src, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return src
}

// parseErrors parses a manifest, or a policy where the folder says so.
func parseErrors(name string, src []byte) (ok bool, errs Errors) {
	if strings.Contains(filepath.ToSlash(filepath.Dir(name)), "-org") {
		p, errs := ParsePolicy("org.yml", src)
		return p != nil, errs
	}
	m, errs := Parse("curfew.yml", src)
	return m != nil, errs
}

func TestParseValid(t *testing.T) {
	for _, name := range append(files(t, "valid/*.yml"), files(t, "valid-org/*.yml")...) {
		if ok, errs := parseErrors(name, read(t, name)); !ok || len(errs) > 0 {
			t.Errorf("%s is refused:\n%v", name, errs)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, name := range append(files(t, "bad/*.yml"), files(t, "bad-org/*.yml")...) {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".yml"), func(t *testing.T) {
			ok, errs := parseErrors(name, read(t, name))
			if ok || errs.Err() == nil {
				t.Fatal("is taken")
			}
			golden(t, strings.TrimSuffix(name, ".yml")+".golden", errs.Error()+"\n")
		})
	}
}
