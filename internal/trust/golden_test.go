package trust

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/manifest"
)

var update = flag.Bool("update", false, "write golden files anew")

func parse(t testing.TB, src string) *manifest.Manifest {
	t.Helper()
	m, errs := manifest.Parse("manifest.yml", []byte(src))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return m
}

func sample(t testing.TB) string {
	t.Helper()
	src, err := os.ReadFile(filepath.Join("testdata", "manifest.yml"))
	if err != nil {
		t.Fatal(err)
	}
	return string(src)
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func describe(gaps []Gap) string {
	var b strings.Builder
	for _, g := range gaps {
		fmt.Fprintf(&b, "%s: %s %s: %s\n  try: %s\n", g.Region, g.Kind, g.Grant, g.Message, g.Fix)
	}
	return b.String()
}

// TestGolden renders one manifest of every kind of grant.
func TestGolden(t *testing.T) {
	docs, gaps := Render(parse(t, sample(t)), nil, Options{})
	var hcl bytes.Buffer
	for i, d := range docs {
		golden(t, strings.ReplaceAll(d.Grant, "/", "-")+".json", d.JSON())
		if i > 0 {
			hcl.WriteByte('\n')
		}
		hcl.Write(d.Terraform())
	}
	golden(t, "all.tf.golden", hcl.Bytes())
	golden(t, "gaps.txt", []byte(describe(gaps)))
	if got := len(docs); got != 6 {
		t.Errorf("%d documents", got)
	}
}

// TestOneGrant renders what Options names, and nothing else is said.
func TestOneGrant(t *testing.T) {
	m := parse(t, sample(t))
	docs, gaps := Render(m, nil, Options{Grant: "deploy/kv"})
	if len(docs) != 1 || docs[0].Grant != "deploy/kv" || docs[0].Target != "auth/jwt/ci/role/deploy" || !json.Valid(docs[0].JSON()) {
		t.Errorf("%+v", docs)
	}
	for _, g := range gaps {
		if g.Grant != "deploy/kv" {
			t.Errorf("%+v", g)
		}
	}
	docs, gaps = Render(m, nil, Options{Grant: "deploy/nothing"})
	if len(docs) != 0 || len(gaps) != 1 || gaps[0].Kind != Missing {
		t.Errorf("an unknown grant: %v %v", docs, gaps)
	}
}
