package secret

import (
	"context"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/zricethezav/gitleaks/v8/config"

	"github.com/curfew-ci/curfew/internal/secret/planted"
	"github.com/curfew-ci/curfew/rules"
)

// Joining configurations here gives what the library's own joining gives. The library counts its joinings
// in a package variable and from then on checks less, so this test has a process of its own.
func TestConfigureAsLibrary(t *testing.T) {
	const own = "CURFEW_TEST_JOINING"
	if os.Getenv(own) == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestConfigureAsLibrary$", "-test.v")
		cmd.Env = append(os.Environ(), own+"=1")
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS") {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	custom := `
[extend]
useDefault = true
disabledRules = ["jwt"]
[[rules]]
id = "github-pat"
description = "changed"
entropy = 2.5
keywords = ["extra"]
[[rules.allowlists]]
regexes = ["x{9}"]
[[rules]]
id = "house-token"
regex = '''` + "house-[0-9a-f]{32}" + `'''
keywords = ["house-"]
[allowlist]
paths = ["^skipped/"]
`
	vc, err := parse([]byte(custom))
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := vc.Translate()
	if err != nil {
		t.Fatal(err)
	}
	ours := configured(t, nil, []byte(custom))
	if diff := cmp.Diff(describe(theirs), describe(ours)); diff != "" {
		t.Errorf("rules (-theirs +ours):\n%s", diff)
	}
	if len(theirs.Allowlists) != len(ours.Allowlists) || len(theirs.Keywords) != len(ours.Keywords) {
		t.Errorf("%d allowlists and %d keywords, want %d and %d", len(ours.Allowlists), len(ours.Keywords), len(theirs.Allowlists), len(theirs.Keywords))
	}
}

// configured is what is built in with a user's configuration, compiled.
func configured(t *testing.T, ours, user []byte) config.Config {
	t.Helper()
	vc, err := join(ours, user)
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := translate(vc)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// What is built in reads the same either way.
func TestParseKnown(t *testing.T) {
	for _, toml := range [][]byte{[]byte(config.DefaultConfig), rules.SecretRules()} {
		want, err := parse(toml)
		if err != nil {
			t.Fatal(err)
		}
		got, err := parseKnown(toml)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
			t.Errorf("configurations (-viper +ours):\n%s", diff)
		}
	}
}

// described is what of a rule has a say in a search.
type described struct {
	Description, Regex, Path string
	Entropy                  float64
	Group, Allowlists        int
	Keywords                 []string
}

func describe(cfg config.Config) map[string]described {
	out := make(map[string]described)
	for id, r := range cfg.Rules {
		d := described{r.Description, "", "", r.Entropy, r.SecretGroup, len(r.Allowlists), slices.Sorted(slices.Values(r.Keywords))}
		if r.Regex != nil {
			d.Regex = r.Regex.String()
		}
		if r.Path != nil {
			d.Path = r.Path.String()
		}
		out[id] = d
	}
	return out
}

func TestUsersConfiguration(t *testing.T) {
	pat, crate := pick(t, "github-pat"), pick(t, "crates-io-token")
	house := "hou" + "se-0123456789abcdef0123456789abcdef"
	rule := "[[rules]]\nid = \"house-token\"\nregex = '''house-[0-9a-f]{32}'''\nkeywords = [\"house-\"]\n"
	all := pat.Value + "\n" + crate.Value + "\n" + house + "\n"
	tests := []struct {
		name, toml string
		want       []string
	}{
		{"in place of the default", rule, []string{"crates-io-token", "house-token"}},
		{"beside the default", "[extend]\nuseDefault = true\n" + rule, []string{"github-pat", "crates-io-token", "house-token"}},
		{"without some", "[extend]\nuseDefault = true\ndisabledRules = [\"github-pat\", \"crates-io-token\"]\n" + rule, []string{"house-token"}},
		{"an allowlist alone", "[extend]\nuseDefault = true\n[[allowlists]]\nregexes = ['''^ghp_''']\n", []string{"crates-io-token"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, err := NewWithConfig(rules.SecretRules(), []byte(tt.toml))
			if err != nil {
				t.Fatal(err)
			}
			tokens, err := d.Detect(context.Background(), "a.txt", []byte(all))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, token := range tokens {
				got = append(got, token.Detector)
				if token.Detector == "house-token" && (token.Kind != "house token" || token.Lifetime != Unknown) {
					t.Errorf("an unknown kind is described as %q, %s", token.Kind, token.Lifetime)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("detectors (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUsersConfigurationErrors(t *testing.T) {
	tests := []struct{ name, toml, want string }{
		{"no toml", "rules = [", "read TOML"},
		{"bad regex", "[[rules]]\nid = \"x\"\nregex = '''('''\n", "missing closing )"},
		{"no id", "[[rules]]\nregex = '''x'''\n", "id"},
		{"another file", "[extend]\npath = \"other.toml\"\n", "extend.path"},
		{"nothing left", "[allowlist]\npaths = [\".*\"]\n", "extend.useDefault"},
		{"unknown rule disabled", "[extend]\nuseDefault = true\ndisabledRules = [\"nope\"]\n", `"nope"`},
		{"wrong type", "rules = 3\n", "gitleaks configuration"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := NewWithConfig(rules.SecretRules(), []byte(tt.toml))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want one with %q", err, tt.want)
			}
		})
	}
}

// Every rule is described and planted, and nothing else is described. Our ids are ours.
func TestKindsAreComplete(t *testing.T) {
	cfg := configured(t, rules.SecretRules(), nil)
	table, err := loadKinds()
	if err != nil {
		t.Fatal(err)
	}
	for id := range cfg.Rules {
		if len(table[id]) == 0 {
			t.Errorf("kinds.tsv lacks %s", id)
		}
	}
	for id, rows := range table {
		if _, ok := cfg.Rules[id]; !ok {
			t.Errorf("kinds.tsv describes %s, which is no rule", id)
		}
		for i, row := range rows[:len(rows)-1] {
			if row.prefix == "" {
				t.Errorf("kinds.tsv: row %d of %s hides those after it", i+1, id)
			}
		}
	}
	ours, err := parse(rules.SecretRules())
	if err != nil {
		t.Fatal(err)
	}
	defaults, err := parse([]byte(config.DefaultConfig))
	if err != nil {
		t.Fatal(err)
	}
	theirs, made := make(map[string]bool), make(map[string]bool)
	for _, r := range defaults.Rules {
		theirs[r.ID] = true
	}
	for _, p := range planted.All(0) {
		made[p.Detector] = true
	}
	for _, r := range ours.Rules {
		if theirs[r.ID] {
			t.Errorf("%s changes a rule of gitleaks", r.ID)
		}
		if !made[r.ID] && r.Regex != "" {
			t.Errorf("%s has no planted example", r.ID)
		}
		if len(r.Keywords) == 0 && r.Regex != "" {
			t.Errorf("%s has no keyword: it would run on every file", r.ID)
		}
	}
}

// A table that can't be read is told with its line.
func TestParseKind(t *testing.T) {
	for _, row := range []string{"", "a\tb", "x\t\tforever\tstrong\tkind\tx", "x\t\tunknown\tsome\tkind\tx", "x\t\tunknown\tweak\tsort\tx"} {
		if _, _, err := parseKind(row); err == nil {
			t.Errorf("row %q is taken", row)
		}
	}
}

// The library writes nothing, whatever happens: a value in its log would have left the process.
func TestLibraryIsSilent(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, stderr := os.Stdout, os.Stderr
	os.Stdout, os.Stderr = write, write
	d, err := NewWithConfig(rules.SecretRules(), []byte("minVersion = \"v99.0.0\"\n[extend]\nuseDefault = true\n"))
	for _, p := range planted.All(1) {
		if err == nil {
			_, err = d.Detect(context.Background(), p.Path, []byte(p.Content))
		}
	}
	os.Stdout, os.Stderr = stdout, stderr
	if err != nil {
		t.Fatal(err)
	}
	if err := write.Close(); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 1<<16)
	if n, _ := read.Read(buf); n > 0 {
		t.Errorf("something was written: %s", buf[:n])
	}
}
