//go:build e2e

package report

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/owenrumney/go-sarif/v2/sarif"

	"github.com/curfew-ci/curfew/internal/corpus"
)

// validator is Microsoft's SARIF Multitool, which knows what GitHub asks of a log.
type validator struct{ binary, config string }

// newValidator turns on the rules of GitHub's that are off by default, each as an error, and turns off
// the one that tries to fetch every URL.
func newValidator(t *testing.T) validator {
	t.Helper()
	binary := os.Getenv("CURFEW_SARIF_MULTITOOL")
	if binary == "" {
		t.Fatal("CURFEW_SARIF_MULTITOOL doesn't name the validator: run make e2e")
	}
	v := validator{binary: binary, config: filepath.Join(t.TempDir(), "config.json")}
	v.run(t, "export-validation-config", v.config)
	src, err := os.ReadFile(v.config)
	if err != nil {
		t.Fatal(err)
	}
	var exported map[string]json.RawMessage
	if err := json.Unmarshal(src, &exported); err != nil {
		t.Fatal(err)
	}
	type option struct {
		RuleEnabled string
	}
	config := map[string]option{}
	for name := range exported {
		switch {
		case strings.HasPrefix(name, "GH1"), strings.HasPrefix(name, "GH2"):
			config[name] = option{"Error"}
		case strings.HasPrefix(name, "SARIF2006."):
			config[name] = option{"Disabled"}
		}
	}
	for n := 1001; n <= 1007; n++ {
		if !regexp.MustCompile(fmt.Sprintf(`"GH%d\.\w+\.Options"`, n)).Match(src) {
			t.Fatalf("the validator has no rule GH%d", n)
		}
	}
	if src, err = json.Marshal(config); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(v.config, src, 0o600); err != nil {
		t.Fatal(err)
	}
	return v
}

func (v validator) run(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), v.binary, args...)
	// .NET otherwise asks for ICU, which a small machine doesn't have.
	cmd.Env = append(os.Environ(), "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", args[0], err, out)
	}
	return string(out)
}

// faults are the errors and warnings among what the validator says of the n logs in dir. It exits 0
// whatever it finds, also where it could not read a log, so its words are what counts.
func (v validator) faults(t *testing.T, dir string, n int) (errors, warnings []string) {
	t.Helper()
	out := v.run(t, "validate", filepath.Join(dir, "*.sarif"), "--config", v.config, "--rule-kind", "Ghas;Sarif",
		"--level", "Error;Warning", "--max-file-size-in-kb", "1000000",
		"--output", filepath.Join(t.TempDir(), "said.sarif"))
	if !strings.Contains(out, fmt.Sprintf("Done. %d files scanned.", n)) || !strings.Contains(out, "Analysis completed successfully.") {
		t.Fatalf("the validator didn't read %d logs to the end:\n%s", n, out)
	}
	for line := range strings.Lines(out) {
		switch {
		case strings.Contains(line, ": error "):
			errors = append(errors, strings.TrimSpace(line))
		case strings.Contains(line, ": warning "):
			warnings = append(warnings, strings.TrimSpace(line))
		}
	}
	return errors, warnings
}

func tell(t *testing.T, errors, warnings []string) {
	t.Helper()
	for _, e := range errors {
		t.Error(e)
	}
	for _, w := range warnings {
		t.Log(w)
	}
}

func save(t *testing.T, dir, name, log string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name+".sarif"), []byte(log), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestE2EValidatorTakesSARIF(t *testing.T) {
	v := newValidator(t)
	dir := t.TempDir()
	// The validator still counts 1,000 results too many; code scanning keeps 5,000 by now.
	all := append(samples(), many("one of many", 300, 300, 300), everywhere("http://a:b/%zz?#[x](1)"))
	all[len(all)-1].name = "everywhere"
	for i := range all[len(all)-1].result.Findings {
		all[len(all)-1].result.Findings[i].Rule = "secret-unentitled"
	}
	for _, s := range all {
		save(t, dir, s.name, s.write(t, SARIF, s.options()))
	}
	silenced := example().options()
	silenced.Silenced = true
	save(t, dir, "silenced", example().write(t, SARIF, silenced))
	errors, warnings := v.faults(t, dir, len(all)+1)
	tell(t, errors, warnings)
}

// TestE2EValidatorRefuses: the rules that GitHub's acceptance hangs on are on, and a fault is heard.
func TestE2EValidatorRefuses(t *testing.T) {
	v := newValidator(t)
	dir := t.TempDir()
	whole := example().write(t, SARIF, example().options())
	faults := []struct{ rule, pattern, with string }{
		{"GH1001", `(?s)"locations": \[.*?\n          \],\n`, `"locations": [],` + "\n"},
		{"GH1003", `"startLine": 31,`, ``},
		{"GH1005", `"uri": "\.github/workflows/release\.yml"`, `"uri": "https://example.com/release.yml"`},
		{"GH2012", `(?s)"help": \{.*?\n              \},\n`, ``},
		{"SARIF1008", `"startLine": 31,\n                  "endLine": 31`, `"startLine": 32, "endLine": 33`},
		{"JSON1", `"kinds": \[`, `"kinds": null, "x": [`},
	}
	for _, c := range faults {
		at := regexp.MustCompile(c.pattern).FindStringIndex(whole)
		if at == nil {
			t.Fatalf("%s isn't in the log", c.pattern)
		}
		save(t, dir, c.rule, whole[:at[0]]+c.with+whole[at[1]:])
	}
	errors, _ := v.faults(t, dir, len(faults))
	for _, c := range faults {
		heard := regexp.MustCompile(c.rule + `\.sarif\(\d+,\d+\): error ` + c.rule)
		if !slices.ContainsFunc(errors, heard.MatchString) {
			t.Errorf("the validator takes what breaks %s: %q", c.rule, errors)
		}
	}
}

// TestE2EValidatorTakesTheCorpus scans each repository of the corpus with the real program.
func TestE2EValidatorTakesTheCorpus(t *testing.T) {
	root, repos := corpus.Dir(t), corpus.Repositories(t)
	v := newValidator(t)
	dir := t.TempDir()
	curfew := filepath.Join(dir, "curfew")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", curfew, "../../cmd/curfew").CombinedOutput(); err != nil {
		t.Fatalf("build curfew: %v\n%s", err, out)
	}
	results := 0
	for _, repo := range repos {
		cmd := exec.CommandContext(t.Context(), curfew, "scan", "--fail-on", "never", "-f", "sarif", filepath.Join(root, repo))
		cmd.Env = []string{} // no CI's variables: nothing to take for a pull request
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("scan %s: %v", repo, err)
		}
		save(t, dir, repo, string(out))
		for _, run := range readSARIF(t, string(out)).Runs {
			results += len(run.Results)
			checkRuleIndexes(t, repo, run)
		}
	}
	t.Logf("%d results in %d repositories", results, len(repos))
	if results < len(repos) {
		t.Errorf("%d results: the scan found next to nothing", results)
	}
	errors, warnings := v.faults(t, dir, len(repos))
	tell(t, errors, warnings)
}

func checkRuleIndexes(t *testing.T, name string, run *sarif.Run) {
	t.Helper()
	rules := run.Tool.Driver.Rules
	for _, res := range run.Results {
		if at := int(*res.RuleIndex); at < 0 || at >= len(rules) || rules[at].ID != *res.RuleID {
			t.Errorf("%s: %s has index %d of %d rules", name, *res.RuleID, at, len(rules))
		}
	}
}
