package github

import (
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"io"
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

// unpacked is what is sent.
func unpacked(t *testing.T, body string) []byte {
	t.Helper()
	r, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(body)))
	if err != nil {
		t.Fatal(err)
	}
	src, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func TestPack(t *testing.T) {
	partial := `{"tool":{"driver":{"name":"curfew"}},"automationDetails":{"id":"curfew/platform/"},"results":[{}],"invocations":[{"executionSuccessful":false}],` +
		`"versionControlProvenance":[{"revisionId":"` + strings.Repeat("0", 64) + `"}]}`
	good := Upload{
		Owner: "acme", Repo: "shop.js", Commit: strings.Repeat("0", 64), Ref: "refs/pull/12/merge",
		SARIF: []byte(strings.Replace(file(run("curfew", "curfew/workflows/", 2), run("curfew", "curfew/secrets/7", 0), partial), "{", `{"$schema":"s",`, 1)),
	}
	parcels, err := Pack(good)
	if err != nil {
		t.Fatal(err)
	}
	want := []Run{
		{Tool: "curfew", Category: "curfew/workflows", Results: 2, Untold: 2},
		{Tool: "curfew", Category: "curfew/secrets"},
		{Tool: "curfew", Category: "curfew/platform", Results: 1, Untold: 1, Partial: true, Commit: good.Commit},
	}
	var runs []Run
	for i, p := range parcels {
		runs = append(runs, p.Run)
		alone, err := readRuns(unpacked(t, p.body), false)
		if err != nil || len(alone) != 1 || alone[0].Run != want[i] {
			t.Errorf("sent: %+v, %v", alone, err)
		}
		if p.Bytes == 0 || p.Ref != good.Ref || p.Commit != good.Commit {
			t.Errorf("%+v", p)
		}
	}
	if diff := cmp.Diff(want, runs); diff != "" {
		t.Errorf("runs (-want +got):\n%s", diff)
	}
	if sent := string(unpacked(t, parcels[1].body)); !strings.Contains(sent, `"$schema":"s"`) || strings.Contains(sent, "workflows") {
		t.Errorf("%s", sent)
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
		{"upper case", func(u *Upload) { u.Commit = strings.Repeat("A", 40) }, "expected lower case, aaaa"},
		{"no commit", func(u *Upload) { u.Commit = "HEAD" }, "which `git rev-parse HEAD` says"},
		{"another commit than the file's", func(u *Upload) { u.Commit = strings.Repeat("1", 64) }, "the SARIF file is of commit 000"},
		{"a pull request without what of it", func(u *Upload) { u.Ref = "refs/pull/7" }, "expected refs/pull/7/merge with the merge commit, or refs/pull/7/head"},
		{"a pull request's number", func(u *Upload) { u.Ref = "#7" }, "expected refs/pull/7/merge"},
		{"no pull request", func(u *Upload) { u.Ref = "refs/pull/0/merge" }, "is no ref"},
		{"no ref", func(u *Upload) { u.Ref = "" }, "is no ref"},
		{"a ref that climbs", func(u *Upload) { u.Ref = "refs/heads/../../x" }, "is no ref"},
		{"a ref with a line break", func(u *Upload) { u.Ref = "refs/heads/a\nb" }, "is no ref"},
		{"short ref", func(u *Upload) { u.Ref = "main" }, `"main" is no ref that code scanning takes: expected refs/heads/…, refs/tags/…, refs/pull/N/merge or refs/pull/N/head; for the branch it is refs/heads/main`},
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
