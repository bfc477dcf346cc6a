package engine

import (
	"regexp"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/spf13/viper"
	"github.com/zricethezav/gitleaks/v8/config"

	"github.com/curfew-ci/curfew/rules"
)

// Rules that aren't compiled yet are those that the library makes, and all of them compile.
func TestRulesOfKnownConfiguration(t *testing.T) {
	for _, toml := range []string{config.DefaultConfig, string(rules.SecretRules()), unusual, targeted} {
		v := viper.New()
		v.SetConfigType("toml")
		if err := v.ReadConfig(strings.NewReader(toml)); err != nil {
			t.Fatal(err)
		}
		var vc config.ViperConfig
		if err := v.Unmarshal(&vc); err != nil {
			t.Fatal(err)
		}
		if vc.AllowList != nil { // the older form, which the newer one cannot stand beside
			vc.Allowlists, vc.AllowList = append(vc.Allowlists, vc.AllowList), nil
		}
		ours, global := rulesOf(&vc)
		cfg, err := vc.Translate()
		if err != nil {
			t.Fatal(err)
		}
		theirs := make(map[string]rule)
		for id, r := range cfg.Rules {
			theirs[id] = ruleOf(r)
		}
		same := []gocmp.Option{
			cmpopts.EquateEmpty(), cmpopts.IgnoreFields(config.Rule{}, "Tags", "Regex", "Path", "Allowlists"), cmpopts.IgnoreUnexported(config.Rule{}),
			gocmp.AllowUnexported(rule{}, allowlist{}),
			gocmp.Comparer(func(a, b pattern) bool { return a.text == b.text && expression(a) == expression(b) }),
			gocmp.Comparer(func(a, b func() *config.Allowlist) bool { return equalLists(a(), b()) }),
		}
		if diff := gocmp.Diff(theirs, ours, same...); diff != "" {
			t.Errorf("rules (-library +ours):\n%s", diff)
		}
		if diff := gocmp.Diff(allowlistsOf(cfg.Allowlists), global, same...); diff != "" {
			t.Errorf("global allowlists (-library +ours):\n%s", diff)
		}
	}
}

// targeted is a configuration of what the others have nothing of.
const targeted = `
[[allowlists]]
targetRules = ["a"]
condition = "&&"
regexTarget = "secret"
regexes = ['''x''']
stopwords = ["Y", "y", "z"]
commits = ["abc"]
[[rules]]
id = "a"
regex = '''a+'''
keywords = ["KEY"]
[[rules.allowlists]]
condition = "or"
regexTarget = "match"
regexes = ['''x''', '''y''']
[[rules]]
id = "b"
path = '''b'''
`

func expression(p pattern) string {
	if p.compiled == nil {
		return ""
	}
	return p.compiled().String()
}

func equalLists(a, b *config.Allowlist) bool {
	sorted := cmpopts.SortSlices(strings.Compare)
	return gocmp.Equal(a, b, cmpopts.EquateEmpty(), sorted, cmpopts.IgnoreUnexported(config.Allowlist{}), cmpopts.IgnoreFields(config.Allowlist{}, "Description"),
		gocmp.Comparer(func(a, b *regexp.Regexp) bool { return a.String() == b.String() }))
}
