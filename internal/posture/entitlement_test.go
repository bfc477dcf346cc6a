package posture

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/usage"
	"github.com/curfew-ci/curfew/internal/workflow"
	"github.com/curfew-ci/curfew/rules"
)

// entitleAll writes a manifest that entitles each job to exactly what it uses.
func entitleAll(repo *usage.Repo) string {
	identities, exceptions := "", map[string]string{}
	for i, j := range repo.Jobs {
		if !j.NeedsIdentity() {
			continue
		}
		var token, list []string
		for _, s := range j.Token.Levels() {
			token = append(token, s.Name+": "+s.Level)
		}
		for _, s := range j.Secrets {
			id := exceptionID(s.Name)
			if s.Name == "" || slices.Contains(list, id) {
				continue
			}
			list = append(list, id)
			exceptions[id] = fmt.Sprintf(
				"  %s: { secret: %q, store: actions, owner: o, reason: x, accepted-by: \"@a\", rotate-every: 30d, expires: \"2027-01-31\" }\n", id, s.Name)
		}
		identities += fmt.Sprintf(
			"  i%d:\n    owner: o\n    purpose: x\n    expires: \"2027-01-31\"\n    runs-as: { workflow: %q, job: %q }\n    token: { %s }\n    secrets: [%s]\n",
			i, j.File.Path, j.Job.ID.Value, strings.Join(token, ", "), strings.Join(list, ", "))
	}
	out := "version: 1\nowners:\n  o: { team: \"@acme/o\" }\n"
	if identities != "" {
		out += "identities:\n" + identities
	}
	if len(exceptions) > 0 {
		out += "exceptions:\n"
		for _, id := range slices.Sorted(maps.Keys(exceptions)) {
			out += exceptions[id]
		}
	}
	return out
}

func exceptionID(secret string) string {
	return "s-" + strings.ToLower(strings.ReplaceAll(secret, "_", "-"))
}

func entitledFacts(tb testing.TB, files []*workflow.File, know *rules.Actions) *Facts {
	tb.Helper()
	facts := corpusFacts(tb, files, know)
	src := entitleAll(facts.Usage)
	m, errs := manifest.Parse(manifest.Path, []byte(src))
	if len(errs) > 0 {
		tb.Fatalf("%v\n%s", errs, src)
	}
	facts.Manifest = m
	return facts
}

// TestEntitled: a manifest that entitles each job of a real repository to what it uses leaves the rules
// that compare the two with nothing to say.
func TestEntitled(t *testing.T) {
	repos, files := readRepos(t)
	know, err := rules.LoadActions()
	if err != nil {
		t.Fatal(err)
	}
	for _, repo := range repos {
		found, err := Run(entitledFacts(t, files[repo], know))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			switch f.Rule {
			case "secret-unentitled", "token-exceeds-grant", "entitlement-expired", "entitlement-unused":
				t.Errorf("%s: %s: %s: %s", repo, f.Region, f.Rule, f.Message)
			case "static-cloud-key", "static-beside-oidc", "third-party-credential":
				if f.Suppressed == nil {
					t.Errorf("%s: %s: %s: an exception registers it: %s", repo, f.Region, f.Rule, f.Message)
				}
			}
		}
	}
}

// BenchmarkCorpusEntitled measures the rules that compare workflows with a manifest; "ms/file" is what they
// add to a workflow.
func BenchmarkCorpusEntitled(b *testing.B) {
	repos, files := readRepos(b)
	know, err := rules.LoadActions()
	if err != nil {
		b.Fatal(err)
	}
	all, err := rules.All()
	if err != nil {
		b.Fatal(err)
	}
	var facts []*Facts
	count := 0
	for _, repo := range repos {
		f := entitledFacts(b, files[repo], know)
		count += len(f.Files)
		facts = append(facts, f)
	}
	for b.Loop() {
		for _, f := range facts {
			if _, err := run(f, checks(), all); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()*1000/float64(b.N*count), "ms/file")
}
