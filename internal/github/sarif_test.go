package github

import (
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func run(tool, id string, results int) string {
	return fmt.Sprintf(`{"tool":{"driver":{"name":%q}},"automationDetails":{"id":%q},"results":[%s]}`,
		tool, id, strings.TrimSuffix(strings.Repeat("{},", results), ","))
}

func file(runs ...string) string {
	return `{"version":"2.1.0","runs":[` + strings.Join(runs, ",") + `]}`
}

// incompressible is n bytes of text that gzip can't shrink by much more than a third.
func incompressible(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		sum := sha512.Sum512(fmt.Appendf(nil, "%d", i))
		b.WriteString(base64.RawStdEncoding.EncodeToString(sum[:]))
	}
	return b.String()[:n]
}

func TestPack(t *testing.T) {
	good := Upload{
		Owner: "acme", Repo: "shop.js", Commit: strings.Repeat("0", 64), Ref: "refs/pull/12/merge",
		SARIF: []byte(file(run("curfew", "curfew/workflows/", 2), run("curfew", "curfew/secrets/7", 0))),
	}
	p, err := Pack(good)
	if err != nil {
		t.Fatal(err)
	}
	want := []Run{{"curfew", "curfew/workflows", 2}, {"curfew", "curfew/secrets", 0}}
	if diff := cmp.Diff(want, p.Runs); diff != "" {
		t.Errorf("runs (-want +got):\n%s", diff)
	}
	if p.Bytes == 0 {
		t.Error("no size")
	}

	tests := []struct {
		name   string
		change func(*Upload)
		want   string
	}{
		{"no owner", func(u *Upload) { u.Owner = "" }, "is no repository"},
		{"a path for an owner", func(u *Upload) { u.Owner = "a/../b" }, "is no repository"},
		{"two dots for a name", func(u *Upload) { u.Repo = ".." }, "is no repository"},
		{"short commit", func(u *Upload) { u.Commit = "abc123" }, `"abc123" is no commit`},
		{"short ref", func(u *Upload) { u.Ref = "main" }, `"main" is no ref`},
		{"ref of no pull request", func(u *Upload) { u.Ref = "refs/pull/x/merge" }, "is no ref"},
		{"no JSON", func(u *Upload) { u.SARIF = []byte("{") }, "read the SARIF file"},
		{"another version", func(u *Upload) { u.SARIF = []byte(`{"version":"2.0.0"}`) }, `"2.0.0": expected 2.1.0`},
		{"no run", func(u *Upload) { u.SARIF = []byte(file()) }, "has 0 runs"},
		{"too many runs", func(u *Upload) { u.SARIF = []byte(file(strings.Split(strings.Repeat("{},", 20)+"{}", ",")...)) }, "has 21 runs"},
		{"no tool", func(u *Upload) { u.SARIF = []byte(file(`{}`)) }, "run 1 of the SARIF file names no tool"},
		{"one category twice", func(u *Upload) {
			u.SARIF = []byte(file(run("curfew", "a/b/1", 0), run("curfew", "a/b/2", 0)))
		}, `category "a/b": code scanning would keep one`},
		{"too many results", func(u *Upload) { u.SARIF = []byte(file(run("curfew", "", 25_001))) }, "25001 results"},
		{"too many bytes", func(u *Upload) {
			u.SARIF = []byte(file(run(incompressible(15<<20), "", 0)))
		}, "bytes compressed, code scanning takes 10485760"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u := good
			tt.change(&u)
			if _, err := Pack(u); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %.200v, want one with %q", err, tt.want)
			}
		})
	}
}
