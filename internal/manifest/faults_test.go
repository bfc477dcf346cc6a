package manifest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func today() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }

// policyBeside is the policy in NAME.org.yml for NAME.yml; nil where there is none.
func policyBeside(t *testing.T, name string) *Policy {
	t.Helper()
	src, err := os.ReadFile(strings.TrimSuffix(name, ".yml") + ".org.yml")
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	p, errs := ParsePolicy("org.yml", src)
	if p == nil {
		t.Fatal(errs)
	}
	return p
}

func TestFaults(t *testing.T) {
	for _, name := range files(t, "faults/*.yml") {
		if strings.HasSuffix(name, ".org.yml") {
			continue
		}
		t.Run(strings.TrimSuffix(filepath.Base(name), ".yml"), func(t *testing.T) {
			m, errs := Parse("curfew.yml", read(t, name))
			if m == nil {
				t.Fatal(errs)
			}
			var b strings.Builder
			for _, f := range Faults(m, policyBeside(t, name), today()) {
				fmt.Fprintf(&b, "%s: %s at %s\n  %s\n  fix: %s\n", f.Region, f.Kind, f.Pointer, f.Message, f.Fix)
				if !f.Policy.IsZero() {
					fmt.Fprintf(&b, "  policy: %s\n", f.Policy)
				}
				if f.Region.IsZero() || f.Region.Path == "" {
					t.Errorf("%s has no place", f.Pointer)
				}
			}
			golden(t, strings.TrimSuffix(name, ".yml")+".golden", b.String())
		})
	}
}

// TestFaultsOfValid makes sure that the examples which the documentation shows are as good as they look.
func TestFaultsOfValid(t *testing.T) {
	p, errs := ParsePolicy("org.yml", read(t, "testdata/valid-org/acme.yml"))
	if p == nil {
		t.Fatal(errs)
	}
	for _, name := range []string{"full.yml", "smallest.yml"} {
		m, errs := Parse("curfew.yml", read(t, filepath.Join("testdata/valid", name)))
		if m == nil {
			t.Fatal(errs)
		}
		if name == "smallest.yml" {
			p = nil
		}
		for _, f := range Faults(m, p, today()) {
			t.Errorf("%s: %s: %s", name, f.Region, f.Message)
		}
	}
}
