package readme

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestFlags: every verb that a page calls, with each of its flags, is in the program's help. The help is that of
// docs/cli.md, which TestPage of internal/cli holds to the program word by word.
func TestFlags(t *testing.T) {
	verbs := helped(t)
	seen := 0
	for _, page := range append(pages(t), glob(t, "docs/rules/*.md", "CONTRIBUTING.md", "SECURITY.md")...) {
		for _, called := range calls(read(t, page)) {
			seen++
			if err := called.fault(verbs); err != "" {
				t.Errorf("%s: `%s`: %s", page, called.text, err)
			}
		}
	}
	if seen < 150 {
		t.Errorf("only %d calls found", seen)
	}
}

// TestFlagsAlone: a flag that stands in prose is one of some verb's, and one of the verb that stands before it.
func TestFlagsAlone(t *testing.T) {
	verbs := helped(t)
	var all []string
	for _, flags := range verbs {
		all = append(all, flags...)
	}
	span := regexp.MustCompile("`((?:[a-z]+ )*)(--[a-z][a-z-]*)[^`\n]*`")
	seen := 0
	for _, page := range append(pages(t), glob(t, "docs/rules/*.md", "CONTRIBUTING.md", "SECURITY.md")...) {
		for _, m := range span.FindAllStringSubmatch(prose(read(t, page)), -1) {
			verb := strings.TrimPrefix(strings.TrimSpace(m[1]), "curfew ")
			of, known := verbs[verb]
			if verb == "" {
				of, known = all, true
			}
			if known && !slices.Contains(of, m[2]) {
				t.Errorf("%s: %s: there is no such flag", page, m[0])
			}
			seen++
		}
	}
	if seen < 100 {
		t.Errorf("only %d flags found", seen)
	}
}

// TestFlagsFound: the first test would see a mistake.
func TestFlagsFound(t *testing.T) {
	verbs := helped(t)
	for text, wrong := range map[string]bool{
		"`curfew scan --history`":                                   false,
		"`curfew scan --histroy`":                                   true,
		"`curfew scann`":                                            true,
		"`curfew manifest decide --grant a/b`":                      false,
		"`curfew manifest decide --grnat a/b`":                      true,
		"`curfew exec --grant a/b -- make --jobs`":                  false,
		"```sh\ncurfew lease --grant a/b \\\n  --tll 5m\n```":       true,
		"```yaml\n- run: curfew scan # curfew is free\n```":         false,
		"```sh\nprintf 'curfew scan --stagd\\n'\n```":               true,
		"```sh\ncurfew scan | grep --count x\n```":                  false,
		"```yaml\n      - run: curfew doctor --stroe\n```":          true,
		"```sh\ngo run ./cmd/curfew scan --bsae x\n```":             true,
		"curfew scan --isn't a call in prose":                       false,
		"```sh\n\"$(curfew lease --grant a/b --to file)\" --x\n```": false,
	} {
		faults := 0
		for _, c := range calls(text) {
			if c.fault(verbs) != "" {
				faults++
			}
		}
		if (faults > 0) != wrong {
			t.Errorf("%q: %d faults in %v", text, faults, calls(text))
		}
	}
}

// helped are the flags of each verb, by docs/cli.md.
func helped(t *testing.T) map[string][]string {
	t.Helper()
	verbs := map[string][]string{}
	flag := regexp.MustCompile(`(?m)^ +(?:(-[A-Za-z]), )?(--[a-z-]+)`)
	for _, m := range regexp.MustCompile("(?s)```text help curfew ?([^\n]*)\n(.*?)```").FindAllStringSubmatch(read(t, "docs/cli.md"), -1) {
		_, flags, _ := strings.Cut(m[2], "Flags:\n")
		verbs[m[1]] = []string{"-h", "--help"}
		for _, f := range flag.FindAllStringSubmatch(flags, -1) {
			verbs[m[1]] = append(verbs[m[1]], f[1:]...)
		}
	}
	if len(verbs) < 20 {
		t.Fatalf("only %d verbs are in docs/cli.md", len(verbs))
	}
	return verbs
}

// call is one call of curfew that a page shows.
type call struct {
	text  string
	words []string
}

// calls are those in a page's blocks and code spans.
func calls(page string) []call {
	var found []call
	code := regexp.MustCompile("(?ms)^```.*?^```|`[^`\n]+(?:\n[^`\n]+)?`")
	comment := regexp.MustCompile(`(?m)(^|[ \t])# .*$|^ *name: .*$`)
	inner := regexp.MustCompile(`\$\([^)\n]*\)`) // a command of another's, whose output is an argument
	start := regexp.MustCompile(`(?:^|[\s(/$"'` + "`" + `])curfew (-{0,2}[a-z][^\n|;)` + "`" + `]*)`)
	for _, span := range code.FindAllString(page, -1) {
		switch {
		case strings.HasPrefix(span, "```text help"), strings.HasPrefix(span, "```text errors"):
			continue // the program's own words
		case strings.HasPrefix(span, "```"):
			span = comment.ReplaceAllString(span, "")
		default:
			span = strings.ReplaceAll(span, "\n", " ")
		}
		for _, m := range start.FindAllStringSubmatch(inner.ReplaceAllString(strings.ReplaceAll(span, "\\\n", " "), "x"), -1) {
			text, _, _ := strings.Cut(m[1]+" ", " -- ")
			text, _, _ = strings.Cut(text, " && ")
			found = append(found, call{strings.TrimSpace(text), strings.Fields(text)})
		}
	}
	return found
}

// fault says what of a call the program doesn't have; "" where it has it all.
func (c call) fault(verbs map[string][]string) string {
	verb, rest := "", c.words
	for len(rest) > 0 {
		next := strings.TrimSpace(verb + " " + rest[0])
		if _, ok := verbs[next]; !ok {
			break
		}
		verb, rest = next, rest[1:]
	}
	if verb == "" && !strings.HasPrefix(c.words[0], "-") {
		return "there is no such verb"
	}
	for _, word := range rest {
		name, _, _ := strings.Cut(regexp.MustCompile(`[\\"',.\]].*`).ReplaceAllString(word, ""), "=")
		name = strings.TrimLeft(name, "([")
		if regexp.MustCompile(`^--?[a-zA-Z]`).MatchString(name) && !slices.Contains(verbs[verb], name) {
			return name + " is no flag of curfew " + verb
		}
	}
	return ""
}
