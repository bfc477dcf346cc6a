//go:build e2e

package main

import (
	"debug/buildinfo"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func (s snapshot) text(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// licenses is the release's file of licences.
func (s snapshot) licenses(t *testing.T) string {
	t.Helper()
	return s.text(t, filepath.Join(s.dir, licenseFile(s.table.Version)))
}

// TestE2EReleaseLicenses: the file of licences names the modules that the linker wrote into the binaries, each in its version, and no
// other; and each has a text.
func TestE2EReleaseLicenses(t *testing.T) {
	s := theSnapshot(t)
	text := s.licenses(t)
	var want []string
	for node := range platforms() {
		info, err := buildinfo.ReadFile(s.file(node, ""))
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, ofGo+info.GoVersion)
		for _, m := range info.Deps {
			want = append(want, m.Path+" "+m.Version)
		}
	}
	slices.Sort(want)
	want = slices.Compact(want)
	var got []string
	table, _, _ := strings.Cut(text, ruler)
	for _, row := range regexp.MustCompile(`(?m)^(\S.*\S)  +[A-Z][\w.-]+(?: AND [\w.-]+)*$`).FindAllStringSubmatch(table, -1) {
		got = append(got, row[1])
		if !strings.Contains(text, "\n"+row[1]+": ") {
			t.Errorf("%s has no text", row[1])
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("modules (-linked +told):\n%s", diff)
	}
	if own := s.text(t, "../../LICENSE"); !strings.Contains(text, strings.TrimRight(own, "\n")) {
		t.Error("it lacks curfew's own licence")
	}
}
