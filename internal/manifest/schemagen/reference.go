package main

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"github.com/curfew-ci/curfew/internal/manifest"
)

// references are the pages that list every key, by name, from the package in folder src. They are made of
// the same types, tags and comments as the schemas, so that neither can say what the other doesn't.
func references(src string) (map[string][]byte, error) {
	docs, err := readComments(src)
	if err != nil {
		return nil, err
	}
	out := map[string][]byte{}
	for name, page := range map[string]struct {
		title, intro string
		root         reflect.Type
	}{
		"manifest-reference.md": {
			"Manifest reference", "Every key of `" + manifest.Path + "`. [manifest.md](manifest.md) says how they hang together, with whole examples; " +
				"[org-reference.md](org-reference.md) has the keys of an organisation's policy.", reflect.TypeFor[manifest.Manifest](),
		},
		"org-reference.md": {
			"Reference of the organisation's policy", "Every key of `" + manifest.PolicyPath + "`. " +
				"[manifest.md](manifest.md#the-organisations-policy) has a whole example; [manifest-reference.md](manifest-reference.md) " +
				"has the keys of a repository's manifest.", reflect.TypeFor[manifest.Policy](),
		},
	} {
		r := &reference{generator: &generator{docs: docs, defs: map[string]object{}}, at: map[reflect.Type]string{}}
		fmt.Fprintf(&r.b, "<!-- Written from internal/manifest by `make generate`: edit the comments there. -->\n\n# %s\n\n%s\n\n%s\n",
			page.title, page.intro, legend)
		r.section(page.root, "")
		out[name] = []byte(r.b.String())
	}
	return out, nil
}

const legend = "`ID` in a path stands for a name of your own. *Needed* says when a key must be there, or else what holds without it. " +
	"A key that isn't listed is an error."

// reference writes one page.
type reference struct {
	*generator
	b  strings.Builder
	at map[reflect.Type]string // where a type is told of
}

// section writes the keys of one mapping, and then those of the mappings in it.
func (r *reference) section(t reflect.Type, path string) {
	title := "At the top"
	if path != "" {
		title = "`" + path + "`"
	}
	r.at[t] = title
	fmt.Fprintf(&r.b, "\n## %s\n\n%s\n\n| Key | Needed | What it is | Value | Example |\n|---|---|---|---|---|\n",
		title, heading(r.docs.of(t.Name()), t.Name()))
	fields := r.fieldsOf(t)
	type inner struct {
		typ  reflect.Type
		path string
	}
	var below []inner
	for _, f := range fields {
		where := strings.TrimPrefix(path+"."+f.name, ".")
		v := r.valueOf(f.typ, f.rules, where)
		fmt.Fprintf(&r.b, "| `%s` | %s | %s | %s | %s |\n", f.name, needed(t, f), cell(sentence(f.doc, f.name)), v.text, cell(v.example))
		if v.inner != nil && r.at[v.inner] == "" {
			r.at[v.inner] = "`" + v.path + "`"
			below = append(below, inner{v.inner, v.path})
		}
	}
	if t == reflect.TypeFor[manifest.When]() {
		r.b.WriteString("\nThe word `always` in place of the mapping asks for no task: standing privilege, which a scan notes.\n")
	}
	for _, i := range below {
		r.section(i.typ, i.path)
	}
}

// needed says when a key must be there.
func needed(t reflect.Type, f field) string {
	switch {
	case f.rules.Required:
		return "yes"
	case f.rules.One != "":
		return "exactly one " + f.rules.One
	case f.rules.With != "":
		return "with `" + f.rules.With + "`"
	case t == reflect.TypeFor[manifest.Grant]():
		return "here or in `defaults`" // the only keys of a grant that aren't one of a group
	case f.name == "sponsor":
		return "for `kind: contractor`"
	}
	for _, said := range []*regexp.Regexp{
		regexp.MustCompile(`[;,] ([^;,]+?) unless said`), regexp.MustCompile(`(?:^| is )(\S+) unless said`),
		regexp.MustCompile(`(?:is )(\S+) \(default\)`), regexp.MustCompile(`Absent is (\S+)\.`), regexp.MustCompile(`(None) unless said`),
		regexp.MustCompile(`[;,] (never) unless said`),
	} {
		if m := said.FindStringSubmatch(f.doc); m != nil {
			return "no: " + strings.ToLower(m[1][:1]) + m[1][1:]
		}
	}
	return "no"
}

// sentence is a field's comment as a page has it: without the name that it begins with, where "is" follows.
func sentence(doc, name string) string {
	for _, verb := range []string{" is ", " are "} {
		if rest, ok := strings.CutPrefix(doc, name+verb); ok {
			doc = rest
		}
	}
	first, rest, _ := strings.Cut(strings.TrimSuffix(strings.TrimSpace(doc), "."), " ")
	switch first {
	case "url", "ttl", "aws", "gcp", "npm":
		first = strings.ToUpper(first)
	case "github", "pypi", "servicenow", "oauth":
		first = map[string]string{"github": "GitHub", "pypi": "PyPI", "servicenow": "ServiceNow", "oauth": "OAuth"}[first]
	default:
		first = strings.ToUpper(first[:1]) + first[1:]
	}
	return strings.TrimSpace(first + " " + rest)
}

// heading is a type's comment as a page has it: without the Go name.
func heading(doc, name string) string {
	doc = strings.TrimPrefix(doc, name+" ")
	for _, verb := range []string{"is ", "are "} {
		doc = strings.TrimPrefix(doc, verb)
	}
	return sentence(doc, "") + "."
}

// cell is text that doesn't end a table's cell.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
