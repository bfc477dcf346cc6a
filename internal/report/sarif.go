package report

import (
	"fmt"
	"io"
	"regexp"
	"slices"

	"github.com/owenrumney/go-sarif/v2/sarif"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/markup"
	"github.com/curfew-ci/curfew/internal/scan"
)

const (
	sarifSchema = "https://json.schemastore.org/sarif-2.1.0.json"
	homepage    = "https://github.com/curfew-ci/curfew"

	// maxResults is how many results of a run code scanning keeps; it refuses a run with 25,000.
	maxResults = 5000

	// sourceRoot stands for the repository's root, which paths are relative to.
	sourceRoot = "%SRCROOT%"
)

// writeSARIF writes a SARIF 2.1.0 log with one run for each part that was read, also where it has no
// result: code scanning closes a category's alerts only when it is uploaded without them, and must not
// close those of what nobody read. Suppressed findings are left out unless opt asks for them, as code
// scanning ignores "suppressions" and would open them as alerts.
func writeSARIF(w io.Writer, r *scan.Result, opt Options) error {
	shown := counting(r)
	if opt.Silenced {
		shown = every(r)
	}
	found, err := bySource(shown, opt.Rules)
	if err != nil {
		return err
	}
	hashes := lineHasher{source: opt.Source, files: map[string][]string{}}
	if err := hashes.load(shown); err != nil {
		return err
	}
	log := sarifLog{Schema: sarifSchema, Version: string(sarif.Version210), Runs: []*sarifRun{}}
	all := slices.DeleteFunc(parts(), func(p part) bool { return len(found[p]) == 0 && !p.read(r) })
	for i, p := range all {
		b := runBuilder{result: r, opt: opt, part: p, hashes: &hashes, gaps: gaps(r.NotChecked, all, i)}
		run, err := b.build(found[p])
		if err != nil {
			return err
		}
		log.Runs = append(log.Runs, run)
	}
	return encode(w, log)
}

// runBuilder makes one run.
type runBuilder struct {
	result *scan.Result
	opt    Options
	part   part
	hashes *lineHasher
	gaps   []scan.NotChecked
	rules  ruleTable
}

// build makes the run for fs.
func (b *runBuilder) build(fs []*finding.Finding) (*sarifRun, error) {
	kept := keep(fs, maxResults)
	b.rules = newRuleTable(b.opt.Rules, b.part.source, kept)
	run := &sarifRun{Tool: sarifTool{Driver: b.driver()}, Taxonomies: b.rules.taxonomies.components}
	run.Results = make([]sarifResult, len(kept))
	for i, f := range kept {
		run.Results[i] = sarifResult{b.finding(f), b.suppressions(f)}
	}
	run.AutomationDetails = &sarif.RunAutomationDetails{ID: ref(b.category())}
	run.ColumnKind = "unicodeCodePoints"
	run.OriginalUriBaseIDs = map[string]*sarif.ArtifactLocation{
		sourceRoot: {Description: message("The root of the scanned repository.")},
	}
	run.Invocations = []*sarif.Invocation{b.invocation(len(fs) - len(kept))}
	run.VersionControlProvenance = b.provenance()
	run.Properties = sarif.Properties{"manifest": manifestProperties(b.result.Manifest)}
	return run, run.checkIndexes()
}

func (b *runBuilder) driver() sarifDriver {
	d := sarifDriver{Rules: b.rules.descriptors, SupportedTaxonomies: b.rules.taxonomies.references()}
	d.Name = "curfew"
	d.InformationURI = ref(homepage)
	if v := b.result.Tool.Version; isSemver(v) {
		d.SemanticVersion = &v
	} else if v != "" {
		d.Version = ref(markup.Visible(v))
	}
	return d
}

// category is the run's: what ends in a slash leaves the run without an id of its own, so that each
// upload takes the last one's place.
func (b *runBuilder) category() string {
	name := b.opt.Category
	if name == "" {
		name = "curfew"
	}
	name += "/" + string(b.part.source)
	if b.part.past {
		name += "-history"
	}
	if scope := b.result.Checked.Scope; scope.Alone() {
		name += "-" + string(scope) // a part isn't all: its upload closes no alert of the whole
	}
	return name + "/"
}

// provenance says which commit was scanned, where Options do.
func (b *runBuilder) provenance() []*sarif.VersionControlDetails {
	if b.opt.SHA == "" || !isWebURL(b.opt.Repository) {
		return nil
	}
	return []*sarif.VersionControlDetails{{
		RepositoryURI: ref(b.opt.Repository),
		RevisionID:    ref(markup.Visible(b.opt.SHA)),
		MappedTo:      &sarif.ArtifactLocation{URIBaseId: ref(sourceRoot)},
	}}
}

func manifestProperties(m scan.Manifest) map[string]string {
	p := map[string]string{"path": markup.Visible(m.Path), "from": markup.Visible(m.From)}
	if m.SHA256 != "" {
		p["sha256"] = markup.Visible(m.SHA256)
	}
	if m.Mode != "" {
		p["mode"] = markup.Visible(m.Mode)
	}
	return p
}

// checkIndexes proves that each result names a rule by the place where it stands. Validators don't look,
// and code scanning shows the wrong rule.
func (r *sarifRun) checkIndexes() error {
	for _, res := range r.Results {
		at := *res.RuleIndex
		if at >= uint(len(r.Tool.Driver.Rules)) || r.Tool.Driver.Rules[at].ID != *res.RuleID {
			return fmt.Errorf("write sarif: rule %q has index %d, where it doesn't stand", *res.RuleID, at)
		}
	}
	return nil
}

// keep keeps n of fs in their order: those that count before those that don't, and of each the worst.
func keep(fs []*finding.Finding, n int) []*finding.Finding {
	if len(fs) <= n {
		return fs
	}
	sorted := worstFirst(fs)
	slices.SortStableFunc(sorted, func(a, b *finding.Finding) int {
		switch {
		case a.Counts() == b.Counts():
			return 0
		case a.Counts():
			return -1
		}
		return 1
	})
	kept := make(map[*finding.Finding]bool, n)
	for _, f := range sorted[:n] {
		kept[f] = true
	}
	return slices.DeleteFunc(slices.Clone(fs), func(f *finding.Finding) bool { return !kept[f] })
}

// isSemver reports whether v is a version as semver.org writes it, which SARIF asks of semanticVersion.
func isSemver(v string) bool {
	return regexp.MustCompile(`^(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$`).MatchString(v)
}

func ref[T any](v T) *T { return &v }
