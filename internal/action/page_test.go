package action

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// section lists the names that action.yml has under a key, with their descriptions.
func section(t *testing.T, key string) map[string]string {
	t.Helper()
	src, err := os.ReadFile("../../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(src), "\n"+key+":\n")
	if !ok {
		t.Fatalf("action.yml has no %s", key)
	}
	rest = rest[:len(rest)-len(strings.TrimPrefix(rest, regexp.MustCompile(`(?s)\A.*?\n(?:\S|\z)`).FindString(rest)))]
	names := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^  ([a-z-]+):\n    description: "?(.+?)"?$`).FindAllStringSubmatch(rest, -1) {
		names[m[1]] = m[2]
	}
	return names
}

// TestActionFile: action.yml has the inputs that are read, each says of its commands that they take it, and the outputs are those
// that are written.
func TestActionFile(t *testing.T) {
	inputs := section(t, "inputs")
	var names []string
	for name, says := range inputs {
		names = append(names, name)
		for _, c := range commands() {
			if slices.Contains([]string{"command", tokenInput, "args"}, name) || strings.Contains(c.name, " ") {
				continue
			}
			said := slices.ContainsFunc(strings.Split(says, ". "), func(sentence string) bool {
				of, _, _ := strings.Cut(sentence, ":")
				return slices.Contains(strings.Split(of, ", "), c.name)
			})
			if said != c.takes(name) {
				t.Errorf("input %s: %q, but of %s that is %v", name, says, c.name, c.takes(name))
			}
		}
		if name == "command" {
			for _, c := range commands() {
				if one, _, _ := strings.Cut(c.name, " "); !strings.Contains(says, one) {
					t.Errorf("input command: %q, but there is %s", says, one)
				}
			}
		}
	}
	slices.Sort(names)
	if diff := cmp.Diff(inputNames(), names); diff != "" {
		t.Errorf("inputs (-read +action.yml):\n%s", diff)
	}
	var outputs []string
	for name := range section(t, "outputs") {
		outputs = append(outputs, name)
	}
	slices.Sort(outputs)
	if diff := cmp.Diff([]string{"expires", "findings", "lease-id", "result-file", "sarif-file", "variables-file"}, outputs); diff != "" {
		t.Errorf("outputs (-written +action.yml):\n%s", diff)
	}
}

// TestEachUseHasAnEnd: the end of the job's first use ends what no other does, so that each action here has one: with a first use
// that has none nobody would end what a step has leased, nor bring the records away.
func TestEachUseHasAnEnd(t *testing.T) {
	others, err := filepath.Glob("../../dist/*/action.yml")
	if err != nil || len(others) == 0 {
		t.Fatal("no other actions", err)
	}
	for _, file := range append(others, "../../action.yml") {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m := regexp.MustCompile(`(?m)^  main: (.*)main\.js\n  post: (.*)post\.js(?: #.*)?\n  post-if: always\(\)$`).FindSubmatch(src)
		if m == nil || string(m[1]) != string(m[2]) {
			t.Errorf("%s has no end, or that of another", file)
		}
	}
}

// TestActionPage: docs/action.md has a row for each input and output, with action.yml's words.
func TestActionPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/action.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"inputs", "outputs"} {
		for name, says := range section(t, key) {
			if row := "| `" + name + "` | " + says + " |"; !strings.Contains(string(page), row) {
				t.Errorf("docs/action.md lacks %s", row)
			}
		}
	}
	for _, c := range commands() {
		runs := "`curfew " + strings.Join(c.verb, " ") + "`"
		if len(c.verb) == 0 {
			runs = "nothing"
		}
		if row := "| `" + c.name + "` | " + runs + " | "; !strings.Contains(string(page), row) {
			t.Errorf("docs/action.md lacks %s…", row)
		}
	}
}
