package trust

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/curfew-ci/curfew/internal/manifest"
)

// hostile are values that would like to be more than values.
func hostile() []string {
	return []string{
		"plain", `"}` + "\n" + `resource "null_resource" "x" {}`, "${file(\"/etc/passwd\")}", "$${x}", "$$${x}", "%{ for x in y }", "%%{x}", "$", "%", "$\\{x}",
		"a,b", " a ", "\\", `\"`, "\\u0022", "a\nb", "\x00", "\u2028", "\u202e", "\U000e0001", "\xff", "*", "?", "##[group]", "/*", "// x", "<<EOT\nx\nEOT", "é", "",
	}
}

// skeleton reads HCL as this room writes it: what stands outside of strings, and the strings. It fails on
// a string that doesn't end in its line, on a template in one, and on anything outside that could be an
// expression.
func skeleton(t testing.TB, src string) (outside string, texts []string) {
	t.Helper()
	var b strings.Builder
	for i := 0; i < len(src); i++ {
		switch c := src[i]; {
		case c == '#':
			end := strings.IndexByte(src[i:], '\n')
			i += end - 1
		case c == '"':
			text, n := hclString(t, src[i:])
			texts, i = append(texts, text), i+n-1
			b.WriteString(`""`)
		case strings.ContainsRune(" \n={}[],._-", rune(c)) || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			b.WriteByte(c)
		default:
			t.Fatalf("%q outside of a string in:\n%s", c, src)
		}
	}
	return b.String(), texts
}

// hclString reads the string that src begins with: its content, and its length.
func hclString(t testing.TB, src string) (string, int) {
	t.Helper()
	var b strings.Builder
	for i := 1; i < len(src); {
		switch {
		case src[i] == '"':
			return b.String(), i + 1
		case src[i] == '\n', strings.HasPrefix(src[i:], "${"), strings.HasPrefix(src[i:], "%{"):
			t.Fatalf("a string holds %q in:\n%s", src[i:i+1], src)
		case src[i] != '\\':
			b.WriteByte(src[i])
			i++
			continue
		}
		r, _, tail, err := strconv.UnquoteChar(src[i:], '"')
		if err != nil {
			t.Fatalf("%v in:\n%s", err, src)
		}
		b.WriteRune(r)
		i = len(src) - len(tail)
	}
	t.Fatalf("a string without an end in:\n%s", src)
	return "", 0
}

// FuzzQuoted: a text comes back from HCL as it went in.
func FuzzQuoted(f *testing.F) {
	for _, s := range hostile() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			return
		}
		if got, n := hclString(t, quoted(s)); got != s || n != len(quoted(s)) {
			t.Errorf("%q became %q", s, got)
		}
	})
}

// FuzzRender: whatever the values are, they stay within their strings, and stay the same in both forms.
// The manifest is built past its own parser, which refuses most of this.
func FuzzRender(f *testing.F) {
	for _, s := range hostile() {
		f.Add("deploy", "prod", s, s, s, s)
		f.Add(s, s, "sts.amazonaws.com", "production", "acme/app", "jwt")
	}
	f.Fuzz(func(t *testing.T, id, name, audience, environment, repository, mount string) {
		ttl := manifest.Duration(900e9)
		day, err := manifest.ParseDate("2027-06-01")
		if err != nil {
			t.Fatal(err)
		}
		m := &manifest.Manifest{Identities: map[string]manifest.Identity{id: {
			Expires: day,
			Claims: map[string]manifest.Match{
				"repository_id": manifest.Literal("987"), "job_workflow_ref": manifest.Literal("a/b/.github/workflows/c.yml@refs/heads/main"),
				"repository": manifest.Literal(repository), "environment": manifest.Literal(environment), "repository_owner_id": manifest.Literal("4242"),
			},
			Grants: map[string]manifest.Grant{
				name:        {TTL: &ttl, AWS: &manifest.AWS{Role: "arn:aws:iam::123456789012:role/" + mount, Audience: audience}},
				name + ".v": {TTL: &ttl, Vault: &manifest.Vault{Address: audience, Mount: mount, Role: "deploy", Namespace: audience}},
			},
		}}}
		docs, gaps := Render(m, nil, Options{})
		missing := 0
		for _, g := range gaps {
			if g.Kind == Missing {
				missing++
			}
		}
		if len(docs)+missing < 2 {
			t.Fatalf("%d documents and %d gaps: one grant is passed over", len(docs), missing)
		}
		for _, d := range docs {
			checkDocument(t, d, audience, environment)
		}
	})
}

// checkDocument holds that both forms of a document are whole and say the same of two hostile values.
func checkDocument(t *testing.T, d Document, values ...string) {
	t.Helper()
	if !json.Valid(d.JSON()) {
		t.Fatalf("no JSON: %s", d.JSON())
	}
	outside, texts := skeleton(t, string(d.Terraform()))
	if strings.Count(outside, "{") != strings.Count(outside, "}") {
		t.Fatalf("blocks don't close:\n%s", d.Terraform())
	}
	blocks := map[string]int{"aws": 1, "vault": 1}
	if got := strings.Count("\n"+outside, "\nresource "); got != blocks[d.Provider] {
		t.Fatalf("%d resources:\n%s", got, d.Terraform())
	}
	quotes := inJSON(t, d.JSON())
	for _, v := range values {
		if !slices.Contains(texts, v) || !slices.Contains(quotes, v) {
			t.Fatalf("%q isn't in both of\n%s\n%s", v, d.JSON(), d.Terraform())
		}
	}
	if d.Provider == "aws" && slices.ContainsFunc(texts, func(v string) bool { return strings.ContainsAny(v, "*?") }) {
		t.Fatalf("a pattern in:\n%s", d.Terraform())
	}
}

// inJSON lists all texts in src.
func inJSON(t *testing.T, src []byte) []string {
	t.Helper()
	var texts []string
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			texts = append(texts, v)
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			for _, e := range v {
				walk(e)
			}
		}
	}
	var v any
	if err := json.Unmarshal(src, &v); err != nil {
		t.Fatal(err)
	}
	walk(v)
	return texts
}
