package report

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/owenrumney/go-sarif/v2/sarif"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/scan"
	"github.com/curfew-ci/curfew/rules"
)

// readSARIF reads a log with go-sarif's own types.
func readSARIF(t testing.TB, out string) *sarif.Report {
	t.Helper()
	log, err := sarif.FromString(out)
	if err != nil {
		t.Fatal(err)
	}
	return log
}

func (s sample) sarif(t testing.TB) *sarif.Report {
	t.Helper()
	return readSARIF(t, s.write(t, SARIF, s.options()))
}

func TestRulesOfResults(t *testing.T) {
	for _, s := range samples() {
		for _, run := range s.sarif(t).Runs {
			ids := map[string]bool{}
			for _, rule := range run.Tool.Driver.Rules {
				if ids[rule.ID] {
					t.Errorf("%s: rule %s is there twice", s.name, rule.ID)
				}
				ids[rule.ID] = true
			}
			for _, res := range run.Results {
				at := int(*res.RuleIndex)
				if at < 0 || at >= len(run.Tool.Driver.Rules) || run.Tool.Driver.Rules[at].ID != *res.RuleID {
					t.Errorf("%s: %s has index %d", s.name, *res.RuleID, at)
				}
			}
		}
	}
}

// TestSeverityOfARule: a finding's rule depends on nothing but its own rule and severity.
func TestSeverityOfARule(t *testing.T) {
	find := func(sevs ...finding.Severity) *sarif.Report {
		r := clean()
		for i, sev := range sevs {
			r.Findings = append(r.Findings, finding.Finding{Rule: "token-default", Severity: sev, Key: strconv.Itoa(i)})
		}
		return sample{"severities", tree{}, finish(r)}.sarif(t)
	}
	severity := func(log *sarif.Report, i int) string {
		run := log.Runs[0]
		rule := run.Tool.Driver.Rules[*run.Results[i].RuleIndex]
		return fmt.Sprint(rule.ID, " ", rule.Properties["security-severity"], " ", rule.DefaultConfiguration.Level, " ", *run.Results[i].Level)
	}
	want := map[finding.Severity]string{
		finding.Critical: "token-default/critical 9.5 error error",
		finding.High:     "token-default/high 8.0 error error",
		finding.Medium:   "token-default 5.5 warning warning",
		finding.Low:      "token-default/low 2.5 note note",
		finding.Note:     "token-default/note 1.0 note note",
	}
	all := find(finding.Severities()...)
	for i, sev := range finding.Severities() {
		if got := severity(all, i); got != want[sev] {
			t.Errorf("%s among others: %s, want %s", sev, got, want[sev])
		}
		if got := severity(find(sev), 0); got != want[sev] {
			t.Errorf("%s alone: %s, want %s", sev, got, want[sev])
		}
	}
}

func TestOneRunForEachSourceThatWasRead(t *testing.T) {
	s := sample{"sources", tree{}, clean()}
	runs := func(opt Options, sources ...scan.Source) (ids []string) {
		s.result.Checked.Sources = sources
		opt.Rules = testRules()
		for _, run := range readSARIF(t, s.write(t, SARIF, opt)).Runs {
			ids = append(ids, fmt.Sprint(*run.AutomationDetails.ID, " ", *run.Invocations[0].ExecutionSuccessful))
		}
		return ids
	}
	for _, c := range []struct {
		opt     Options
		sources []scan.Source
		want    []string
	}{
		{Options{}, nil, nil},
		{Options{}, []scan.Source{scan.Secrets}, []string{"curfew/secrets/ true"}},
		{Options{}, []scan.Source{scan.Secrets, scan.Workflows}, []string{"curfew/workflows/ true", "curfew/secrets/ true"}},
		{Options{Category: "shop"}, []scan.Source{scan.Secrets, scan.Workflows}, []string{"shop/workflows/ true", "shop/secrets/ true"}},
	} {
		if diff := cmp.Diff(c.want, runs(c.opt, c.sources...)); diff != "" {
			t.Errorf("%v (-want +got):\n%s", c.sources, diff)
		}
	}
	// What was found is told even where the rest of its source couldn't be read.
	s.result.Findings = []finding.Finding{{Rule: "long-lived-token", Severity: finding.High}}
	if diff := cmp.Diff([]string{"curfew/workflows/ true", "curfew/secrets/ false"}, runs(Options{}, scan.Workflows)); diff != "" {
		t.Errorf("with a finding (-want +got):\n%s", diff)
	}
}

// TestHistoryHasARunOfItsOwn: a scan of the files alone closes no alert of what stands in the history, nor does one of a
// part of that; and one of a bare repository closes none of what stands in files.
func TestHistoryHasARunOfItsOwn(t *testing.T) {
	past := finding.Finding{Rule: "long-lived-token", Severity: finding.High, Key: "past", History: &finding.History{}}
	here := finding.Finding{Rule: "long-lived-token", Severity: finding.High, Key: "here"}
	for _, c := range []struct {
		checked scan.Checked
		found   []finding.Finding
		want    []string
	}{
		{scan.Checked{Scope: scan.InTree, Files: 1}, []finding.Finding{here}, []string{"curfew/secrets/ true 1"}},
		{scan.Checked{Scope: scan.InHistory, Files: 1}, nil, []string{"curfew/secrets/ true 0", "curfew/secrets-history/ true 0"}},
		{scan.Checked{Scope: scan.InHistory, Files: 1}, []finding.Finding{here, past}, []string{"curfew/secrets/ true 1", "curfew/secrets-history/ true 1"}},
		{scan.Checked{Scope: scan.InHistory, Files: 1, HistoryInPart: true}, []finding.Finding{past}, []string{"curfew/secrets/ true 0", "curfew/secrets-history/ false 1"}},
		{scan.Checked{Scope: scan.InHistory, Files: 1, HistoryInPart: true}, nil, []string{"curfew/secrets/ true 0"}},
		{scan.Checked{Scope: scan.InHistory}, []finding.Finding{past}, []string{"curfew/secrets-history/ true 1"}},
	} {
		s := sample{"history", tree{}, clean()}
		c.checked.Sources = []scan.Source{scan.Secrets}
		s.result.Checked, s.result.Findings = c.checked, c.found
		s.result.NotChecked = []scan.NotChecked{{Source: scan.Secrets, What: "w", Reason: "r"}}
		var got []string
		for i, run := range s.sarif(t).Runs {
			got = append(got, fmt.Sprint(*run.AutomationDetails.ID, " ", *run.Invocations[0].ExecutionSuccessful, " ", len(run.Results)))
			if (len(run.Invocations[0].ToolExecutionNotifications) > 0) != (i == 0) {
				t.Errorf("%v: what wasn't checked is told %d times in run %d", c, len(run.Invocations[0].ToolExecutionNotifications), i)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", c.checked, diff)
		}
	}
}

func TestSuppressedFindingsAreLeftOutOfSARIF(t *testing.T) {
	s := example()
	if out := s.write(t, SARIF, s.options()); strings.Contains(out, "suppress") {
		t.Errorf("suppressed findings are in:\n%s", out)
	}
	if n := len(s.sarif(t).Runs[0].Results); n != 1 {
		t.Errorf("%d results, want 1", n)
	}
}

func TestRunKeepsTheWorst(t *testing.T) {
	r := clean()
	for i := range maxResults + 10 {
		sev := finding.Low
		if i%2 == 1 {
			sev = finding.High
		}
		r.Findings = append(r.Findings, finding.Finding{Rule: "token-default", Severity: sev, Key: strconv.Itoa(i)})
	}
	run := sample{"many", tree{}, finish(r)}.sarif(t).Runs[0]
	high := 0
	for _, res := range run.Results {
		if *res.Level == "error" {
			high++
		}
	}
	if len(run.Results) != maxResults || high != maxResults/2+5 {
		t.Errorf("%d results, %d high; want %d, %d", len(run.Results), high, maxResults, maxResults/2+5)
	}
	const want = "10 findings left out, the least severe: code scanning keeps 5,000 of a run."
	notes := run.Invocations[0].ToolExecutionNotifications
	if len(notes) != 1 || *notes[0].Message.Text != want {
		t.Errorf("notifications: %v", notes)
	}
}

func TestWhatWasNotCheckedIsNotified(t *testing.T) {
	s := sample{"gaps", tree{}, clean()}
	for i := range maxNotCheckedLines + 3 {
		s.result.NotChecked = append(s.result.NotChecked, scan.NotChecked{
			Source: scan.Secrets, What: fmt.Sprintf("file %d", i), Reason: "larger than 100 MB",
		})
	}
	for _, run := range s.sarif(t).Runs {
		notes := run.Invocations[0].ToolExecutionNotifications
		if *run.AutomationDetails.ID != "curfew/secrets/" {
			if len(notes) > 0 {
				t.Errorf("%s: another source's gaps", *run.AutomationDetails.ID)
			}
			continue
		}
		first, last := *notes[0].Message.Text, *notes[len(notes)-1].Message.Text
		if len(notes) != maxNotCheckedLines+1 || first != "Not checked (secrets): file 0: larger than 100 MB." || last != "Not checked: 3 more." {
			t.Errorf("%d notifications from %q to %q", len(notes), first, last)
		}
	}
}

// TestGapsOfASourceWithoutARun: they are told in the first run, not lost.
func TestGapsOfASourceWithoutARun(t *testing.T) {
	s := sample{"gap", tree{}, clean()}
	s.result.Checked.Sources = []scan.Source{scan.Workflows, scan.Secrets}
	for _, src := range scan.Sources() {
		s.result.NotChecked = append(s.result.NotChecked, scan.NotChecked{Source: src, What: string(src), Reason: "r"})
	}
	var got []string
	for _, run := range s.sarif(t).Runs {
		for _, n := range run.Invocations[0].ToolExecutionNotifications {
			got = append(got, *run.AutomationDetails.ID+" "+*n.Message.Text)
		}
	}
	want := []string{
		"curfew/workflows/ Not checked (workflows): workflows: r.",
		"curfew/workflows/ Not checked (entitlements): entitlements: r.",
		"curfew/workflows/ Not checked (platform): platform: r.",
		"curfew/secrets/ Not checked (secrets): secrets: r.",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLineHashStandIn(t *testing.T) {
	s := shapes()
	hash := func(res *sarif.Result) string { return fmt.Sprint(res.PartialFingerprints[lineHashKey]) }
	for _, source := range []func(string) ([]byte, error){nil, s.tree.read} {
		opt := s.options()
		opt.Source = source
		for _, run := range readSARIF(t, s.write(t, SARIF, opt)).Runs {
			for _, res := range run.Results {
				own := fmt.Sprint(res.PartialFingerprints[ownHashKey]) + ":1"
				_, err := s.tree.read(*res.Locations[0].PhysicalLocation.ArtifactLocation.URI)
				isHash := source != nil && err == nil
				if isHash == (hash(res) == own) {
					t.Errorf("%s: line hash %s, own %s", *res.Message.Text, hash(res), own)
				}
			}
		}
	}
}

// TestLiveFindings: what an inventory told of a rule that reads workflows goes where an inventory's results go, so that
// an upload without one doesn't close it.
func TestLiveFindings(t *testing.T) {
	s := sample{"live", tree{}, clean()}
	s.result.Checked.Sources = []scan.Source{scan.Workflows, scan.Platform}
	s.result.Findings = []finding.Finding{{Rule: "token-default", Severity: finding.High, Source: "platform"}, {Rule: "token-default", Severity: finding.High}}
	opt := Options{Rules: testRules()}
	opt.Rules[1].Live = true
	var got []string
	for _, run := range readSARIF(t, s.write(t, SARIF, opt)).Runs {
		got = append(got, fmt.Sprint(*run.AutomationDetails.ID, " ", len(run.Results)))
	}
	if diff := cmp.Diff([]string{"curfew/workflows/ 1", "curfew/platform/ 1"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s.result.Findings[0].Source = "stars"
	if err := Write(io.Discard, SARIF, s.result, opt); err == nil || !strings.Contains(err.Error(), "no scan reads") {
		t.Errorf("a source that nobody reads: %v", err)
	}
}

func TestWriteSARIFRefuses(t *testing.T) {
	s := example()
	for _, c := range []struct {
		name   string
		change func(*Options)
		want   string
	}{
		{
			"a rule that nobody describes", func(o *Options) { o.Rules = nil },
			`write sarif: .github/workflows/release.yml:31:28: no rule is called "secret-unentitled"`,
		},
		{
			"a rule of an unknown source", func(o *Options) { o.Rules = []*rules.Rule{{ID: "x", Source: "stars"}} },
			`write sarif: rule "x" reads source "stars", which no scan has`,
		},
		{"a file that can't be read", func(o *Options) {
			o.Source = func(string) ([]byte, error) { return nil, fs.ErrPermission }
		}, "read .github/workflows/release.yml for its line hashes: permission denied"},
	} {
		opt := s.options()
		c.change(&opt)
		var b strings.Builder
		if err := Write(&b, SARIF, s.result, opt); err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
		if b.Len() > 0 {
			t.Errorf("%s: half a log was written", c.name)
		}
	}
}

func TestLimitsOfARule(t *testing.T) {
	long := &rules.Rule{ID: "long", Source: "workflows", Severity: finding.High, Title: strings.Repeat("t", 3000), Meaning: strings.Repeat("é ", 3000)}
	for i := range 40 {
		long.Tags = append(long.Tags, fmt.Sprintf("cwe/cwe-%d", i))
	}
	var b strings.Builder
	if err := Write(&b, SARIF, clean(), Options{Rules: []*rules.Rule{long}}); err != nil {
		t.Fatal(err)
	}
	rule := readSARIF(t, b.String()).Runs[0].Tool.Driver.Rules[0]
	for name, s := range map[string]string{"short": *rule.ShortDescription.Text, "full": *rule.FullDescription.Text} {
		if n := len([]rune(s)); n != maxDescription || !strings.HasSuffix(s, "…") {
			t.Errorf("%s description has %d code points, want %d", name, n, maxDescription)
		}
	}
	if tags, _ := rule.Properties["tags"].([]any); len(tags) != maxTags {
		t.Errorf("%d tags, want %d", len(tags), maxTags)
	}
}

// TestPathsSurviveTheURI: a path comes out of the URI as it went in, and is no absolute URI.
func TestPathsSurviveTheURI(t *testing.T) {
	for _, path := range []string{
		".github/workflows/a b.yml", "http://evil.example/x", "a:b", "c:/x", "100%/x", "é/漢/🚀", "a?b#c", "(x) [y].yml", "x\ny", "\xff\xfe", "~/-._",
	} {
		uri := escapePath(path)
		got, err := url.PathUnescape(uri)
		if err != nil || got != path {
			t.Errorf("%q became %q: %q, %v", path, uri, got, err)
		}
		if u, err := url.Parse(uri); err != nil || u.IsAbs() || u.Host != "" || u.RawQuery != "" || u.Fragment != "" {
			t.Errorf("%q became %q, which isn't a plain path", path, uri)
		}
	}
}

// TestSnippetsOfRegions: the source that a result shows is that of its region.
func TestSnippetsOfRegions(t *testing.T) {
	s := shapes()
	want := map[string]string{
		"finding at after": "after tab", "finding at 🔑": "🔑 before", "finding at |": "|\n  one\n\n    two\n",
		"finding at last": "last\n1\n2\n3\n4\n5\nend", "finding at HERE": "HERE",
	}
	for _, run := range s.sarif(t).Runs {
		for _, res := range run.Results {
			name := strings.TrimSuffix(*res.Message.Text, ".")
			if _, ok := want[name]; !ok {
				continue
			}
			if got := *res.Locations[0].PhysicalLocation.Region.Snippet.Text; got != want[name] {
				t.Errorf("%s: %q, want %q", name, got, want[name])
			}
			delete(want, name)
		}
	}
	if len(want) > 0 {
		t.Errorf("no result for %v", want)
	}
}

// TestRelationships: each rule's taxa are where its relationships say.
func TestRelationships(t *testing.T) {
	var log struct {
		Runs []sarifRun `json:"runs"`
	}
	if err := json.Unmarshal([]byte(example().write(t, SARIF, example().options())), &log); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, run := range log.Runs {
		for _, rule := range run.Tool.Driver.Rules {
			for _, rel := range rule.Relationships {
				n++
				component := run.Taxonomies[rel.Target.Component.Index]
				if component.Name != rel.Target.Component.Name || component.Taxa[rel.Target.Index].ID != rel.Target.ID {
					t.Errorf("%s: %+v isn't there", rule.ID, rel)
				}
			}
		}
	}
	if n != 12 {
		t.Errorf("%d relationships, want 12: one for each tag, and those of a rule in two runs again", n)
	}
}
