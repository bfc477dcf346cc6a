package trust

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/yamltree"
)

// wordsOf reads a POSIX shell's text: commands of words, without expansions. It fails on what a shell would do more with than
// take it.
func wordsOf(t testing.TB, src string) [][]string {
	t.Helper()
	var all [][]string
	var words []string
	var word strings.Builder
	open := false
	end := func() {
		if open {
			words = append(words, word.String())
		}
		word.Reset()
		open = false
	}
	for i := 0; i < len(src); i++ {
		switch c := src[i]; {
		case c == '#' && !open:
			i += strings.IndexByte(src[i:], '\n')
		case c == ' ':
			end()
		case c == '\n':
			if end(); len(words) > 0 {
				all, words = append(all, words), nil
			}
		case strings.HasPrefix(src[i:], "\\\n"):
			i++
		case strings.HasPrefix(src[i:], `\'`):
			word.WriteByte('\'')
			i, open = i+1, true
		case c == '\'', c == '"':
			n := strings.IndexByte(src[i+1:], c)
			if n < 0 || c == '"' && strings.ContainsAny(src[i+1:i+1+n], "\\$`!") {
				t.Fatalf("a quote without an end, or that expands, in:\n%s", src)
			}
			word.WriteString(src[i+1 : i+1+n])
			i, open = i+n+1, true
		case strings.ContainsRune("*?[]{}()<>|&;$`~!\\^", rune(c)):
			t.Fatalf("%q outside of quotes in:\n%s", c, src)
		default:
			word.WriteByte(c)
			open = true
		}
	}
	return all
}

// plainYAML is a node as encoding/json would have it: all of whose scalars are texts.
func plainYAML(t testing.TB, n *yamltree.Node) any {
	t.Helper()
	switch n.Kind {
	case yamltree.Mapping:
		out := map[string]any{}
		for _, p := range n.Pairs {
			if _, twice := out[p.Key.Value]; twice || p.Key.Tag != "!!str" {
				t.Fatalf("the key %q stands twice, or is no text", p.Key.Value)
			}
			out[p.Key.Value] = plainYAML(t, p.Value)
		}
		return out
	case yamltree.Sequence:
		out := []any{}
		for _, item := range n.Items {
			out = append(out, plainYAML(t, item))
		}
		return out
	}
	if n.Tag != "!!str" {
		t.Fatalf("%q is read as %s", n.Value, n.Tag)
	}
	return n.Value
}

func readYAML(t testing.TB, src string) any {
	t.Helper()
	d, err := yamltree.Parse("x.yml", []byte(src), yamltree.Limits{})
	if err != nil {
		t.Fatalf("%v in:\n%s", err, src)
	}
	return plainYAML(t, d.Root)
}

// FuzzShellWord: a word comes back from a shell as it went in.
func FuzzShellWord(f *testing.F) {
	for _, s := range append(hostile(), "it's", "'", "''", `'"`, "'$x", "a;b", "$(x)", "!x'", "-x", "#x") {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := wordsOf(t, "x "+shellWord("--y="+s)+"\n"); len(got) != 1 || !slices.Equal(got[0], []string{"x", "--y=" + s}) {
			t.Errorf("%q became %q", s, got)
		}
	})
}

// FuzzYAMLText: a text comes back from YAML as that text, as key and as value.
func FuzzYAMLText(f *testing.F) {
	for _, s := range append(hostile(), "yes", "NO", "null", "~", "1", "0x1", "1e3", "-", "- a", "a: b", "a #b", "&a", "*a", "!!x", "2026-01-01", ".inf", "<<", "=", "\u0085", "\ufeff", "it's", "|", "---", "...") {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) || len(yamltree.Quote(s)) > 1000 { // a key of more than 1,024 characters is written otherwise
			return
		}
		want := map[string]any{s: s, "list": []any{s, s}, "deep": map[string]any{"x": []any{map[string]any{"y": s}}}}
		got := readYAML(t, tree{{s, s}, {"list", []string{s, s}}, {"deep", tree{{"x", []tree{{{"y", s}}}}}}}.yaml(""))
		if s == "list" || s == "deep" {
			return
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// FuzzForms: whatever the values are, they stay within their quotes in each form of each provider, and the forms say the same.
// The manifest is built past its own parser, which refuses most of this.
func FuzzForms(f *testing.F) {
	for _, s := range append(hostile(), "it's", "' || true || '", "$(id)", "`id`", ".*", "a|b", "--evil", "^:^x") {
		f.Add("deploy", "prod", s, s, "acme/"+s, s)
		f.Add(s, "prod", "x", "production", "acme/app", "jwt")
		f.Add("deploy", "prod", s, "production", "acme/app", "x")
		f.Add("deploy", "prod", "x", s, "acme/app", "x")
	}
	f.Fuzz(func(t *testing.T, id, name, audience, environment, repository, other string) {
		m := allGrants(t, id, name, audience, environment, repository, other)
		docs, gaps := Render(m, nil, Options{})
		missing := slices.DeleteFunc(gaps, func(g Gap) bool { return g.Kind != Missing })
		if len(docs)+len(missing) < len(m.Identities[id].Grants) {
			t.Fatalf("%d documents and %d gaps: a grant is passed over", len(docs), len(missing))
		}
		for _, d := range docs {
			checkForms(t, d, environment)
		}
	})
}

func allGrants(t testing.TB, id, name, audience, environment, repository, other string) *manifest.Manifest {
	t.Helper()
	day, err := manifest.ParseDate("2027-06-01")
	if err != nil {
		t.Fatal(err)
	}
	ttl := manifest.Duration(900e9)
	grants := map[string]manifest.Grant{
		name:        {GCP: &manifest.GCP{Provider: "projects/1/locations/global/workloadIdentityPools/p/providers/x", ServiceAccount: "a@b.iam.gserviceaccount.com", Audience: audience}},
		name + ".a": {Azure: &manifest.Azure{Client: other, Audience: audience}},
		name + ".k": {Kubernetes: &manifest.Kubernetes{Server: "https://" + other, Audience: audience, Namespace: other}},
		name + ".g": {GitHub: &manifest.GitHub{Exchange: "https://sts.example", Identity: "x", Repositories: []string{repository}, Permissions: map[string]manifest.Access{other: manifest.Read}}},
		name + ".o": {OAuth: &manifest.OAuth{TokenURL: "https://" + other, Audience: audience}},
		name + ".n": {NPM: &manifest.Registry{Package: other}},
		name + ".p": {PyPI: &manifest.Registry{Package: "x"}},
		name + ".c": {Crates: &manifest.Registry{Package: "x"}},
	}
	for key, g := range grants {
		g.TTL = &ttl
		grants[key] = g
	}
	return &manifest.Manifest{Identities: map[string]manifest.Identity{id: {
		Expires: day,
		RunsAs:  manifest.RunsAs{Workflow: manifest.Literal(".github/workflows/" + other)},
		Claims: map[string]manifest.Match{
			"repository_id": manifest.Literal("987"), "job_workflow_ref": manifest.Literal(repository + "/.github/workflows/c.yml@refs/heads/main"),
			"repository": manifest.Literal(repository), "environment": manifest.Literal(environment), "repository_owner_id": manifest.Literal("4242"),
		},
		Grants: grants,
	}}}
}

// checkForms holds each form of a document against its JSON.
func checkForms(t *testing.T, d Document, environment string) {
	t.Helper()
	var data any
	if err := json.Unmarshal(d.JSON(), &data); err != nil {
		t.Fatalf("no JSON: %v: %s", err, d.JSON())
	}
	for _, form := range d.Forms() {
		src, _ := d.Write(form)
		switch form {
		case YAML:
			checkYAML(t, d, string(src), data)
		case GCloud, AzureCLI:
			checkCommands(t, d, string(src))
		case Terraform:
			if outside, _ := skeleton(t, string(src)); strings.Count(outside, "{") != strings.Count(outside, "}") {
				t.Fatalf("blocks don't close:\n%s", src)
			}
		case Text:
			b := d.body.(*registry)
			text := strings.Replace(string(src), b.command(), "", 1)
			if lead, command, ok := strings.Cut(b.command(), ":\n\n"); ok {
				p := b.publishers[0]
				want := []string{"npm", "trust", "github", b.pkg, "--repository=" + p.Owner + "/" + p.Repository, "--file=" + p.Workflow}
				if p.Environment != "" {
					want = append(want, "--environment="+p.Environment)
				}
				if got := wordsOf(t, command); len(got) != 1 || !slices.Equal(got[0], append(want, "--allow-publish")) || strings.Count(lead, "\n") != 1 {
					t.Fatalf("%q, want %q", got, want)
				}
			}
			if n := strings.Count(text, "\n"); n != 4+5*len(b.publishers) || strings.ContainsAny(string(src), "\x00\x1b\u202e") {
				t.Fatalf("%d lines, or hidden characters:\n%q", n, src)
			}
		}
	}
	tok := map[string]any{"assertion": map[string]any{"environment": environment + "'x"}}
	if b, ok := d.body.(*gcp); ok && evaluate(t, b.condition, tok) != false {
		t.Fatalf("another environment is let in by %s", b.condition)
	}
	if b, ok := d.body.(*stsPolicy); ok {
		if r := regexp.MustCompile("^" + stsPattern(b.claims["environment"]) + "$"); !r.MatchString(environment) || r.MatchString(environment+"x") || r.MatchString("x"+environment) {
			t.Fatalf("%q isn't matched by just %s", environment, r)
		}
	}
}

func checkYAML(t *testing.T, d Document, src string, data any) {
	t.Helper()
	if d.Provider == "kubernetes" {
		configuration, binding, ok := strings.Cut(src, "\n---\n")
		if !ok {
			t.Fatal("there is one document alone")
		}
		both := map[string]any{"authenticationConfiguration": readYAML(t, configuration+"\n"), "roleBinding": readYAML(t, binding)}
		if diff := cmp.Diff(data, any(both)); diff != "" {
			t.Fatalf("YAML and JSON differ:\n%s", diff)
		}
		for _, i := range d.body.(*kubernetes).issuers {
			celTokens(t, string(i.expression()))
			celTokens(t, i.username)
		}
		return
	}
	if diff := cmp.Diff(data, readYAML(t, src)); diff != "" {
		t.Fatalf("YAML and JSON differ:\n%s", diff)
	}
}

func checkCommands(t *testing.T, d Document, src string) {
	t.Helper()
	commands := wordsOf(t, src)
	switch b := d.body.(type) {
	case *gcp:
		want := "--attribute-condition=" + b.condition
		if len(commands) != 1+len(b.members) || len(commands[0]) != 13 || !slices.Contains(commands[0], want) || !slices.Contains(commands[0], "--allowed-audiences="+b.audience) {
			t.Fatalf("%d: %q", len(commands[0]), commands)
		}
	case *azure:
		if len(commands) != len(b.credentials) {
			t.Fatalf("%q", commands)
		}
		for i, c := range commands {
			got := decode[federated](t, []byte(strings.TrimPrefix(c[len(c)-1], "--parameters=")))
			if diff := cmp.Diff(b.credentials[i], got); len(c) != 7 || diff != "" {
				t.Fatalf("%q: %s", c, diff)
			}
		}
	}
}
