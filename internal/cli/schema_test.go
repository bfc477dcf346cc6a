package cli_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/curfew-ci/curfew/internal/secret/planted"
)

// TestResultsKeepToTheSchema: whatever is searched, the JSON result is of one form.
func TestResultsKeepToTheSchema(t *testing.T) {
	t.Parallel()
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	schema, err := compiler.Compile("../../docs/result.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	s := &shell{t: t, dir: t.TempDir()}
	if err := os.CopyFS(s.dir, os.DirFS("../../testdata/shop")); err != nil {
		t.Fatal(err)
	}
	s.git("", "init", "-q", "-b", "main")
	var b importer
	for i, p := range planted.All(41)[:10] {
		b.commit("main", "a <a@example.com>", "x")
		b.put(string(rune('a'+i))+"/"+p.Path, p.Content)
	}
	s.git(b.String(), "fast-import", "--quiet")
	s.stage()
	for _, args := range [][]string{
		{s.dir},
		{s.dir, "--history"},
		{s.dir, "--history", "--since", "main~3"},
		{s.dir, "--diff", "main~3..main"},
		{s.dir, "--staged"},
		{s.dir, "--staged", "--archives"},
		{"-"},
	} {
		s.out.Reset()
		s.runWith(planted.All(41)[0].Content, append([]string{"scan", "-f", "json"}, args...)...)
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(s.out.Bytes()))
		if err != nil {
			t.Fatalf("%v: %v:\n%s", args, err, s.out.String())
		}
		if err := schema.Validate(doc); err != nil {
			t.Errorf("%v: %v", args, err)
		}
	}
}
