package secret

import (
	"context"
	"maps"
	"slices"

	"github.com/zricethezav/gitleaks/v8/config"
	"github.com/zricethezav/gitleaks/v8/detect"
	"github.com/zricethezav/gitleaks/v8/report"
)

// decodeDepth is how many layers of base64, hexadecimal, percent and Unicode escapes are taken off: what
// gitleaks' command does by default. The library's own default is none.
const decodeDepth = 5

// engine runs gitleaks' library. Three quarters of the library's time go into looking for encoded text
// where there is none, and into one rule, generic-api-key, on text that it can't match; a look at the
// bytes tells both beforehand. What is found is the same, or more: on a last line without a break the
// library takes all lines for one, and what one of them allows, all do.
type engine struct {
	rules map[string]config.Rule
	paths []*config.Allowlist // what is left out by its path

	full    *detect.Detector // all rules, all layers
	plain   *detect.Detector // all rules but the generic one, no layer; nil where that rule isn't as we know it
	generic *detect.Detector // the generic rule alone, no layer
}

func newEngine(cfg config.Config) (*engine, error) {
	e := &engine{rules: cfg.Rules}
	var rest []*config.Allowlist
	for _, a := range cfg.Allowlists {
		path, other, err := splitAllowlist(a)
		if err != nil {
			return nil, err
		}
		e.paths, rest = append(e.paths, path...), append(rest, other...)
	}
	cfg.Allowlists = rest
	e.full = newLibrary(cfg, decodeDepth)
	if rule, ok := cfg.Rules[genericRule]; ok && rule.Regex != nil && rule.Regex.String() == genericPattern && len(rule.RequiredRules) == 0 {
		others := maps.Clone(cfg.Rules)
		delete(others, genericRule)
		e.plain = newLibrary(withRules(cfg, others), 0)
		e.generic = newLibrary(withRules(cfg, map[string]config.Rule{genericRule: rule}), 0)
	}
	return e, nil
}

// splitAllowlist parts what an allowlist says of paths alone from what else it says, so that a path is
// judged once and not by each search.
func splitAllowlist(a *config.Allowlist) (path, other []*config.Allowlist, err error) {
	if len(a.Paths) == 0 {
		return nil, []*config.Allowlist{a}, nil
	}
	if a.MatchCondition == config.AllowlistMatchAnd && len(a.Regexes)+len(a.StopWords)+len(a.Commits) > 0 {
		return nil, []*config.Allowlist{a}, nil // the path has to be of one of these, and more has to hold
	}
	path = []*config.Allowlist{{Paths: a.Paths}}
	if len(a.Regexes)+len(a.StopWords)+len(a.Commits) > 0 {
		other = []*config.Allowlist{{Regexes: a.Regexes, RegexTarget: a.RegexTarget, StopWords: a.StopWords, Commits: a.Commits}}
	}
	for _, list := range slices.Concat(path, other) {
		if err := list.Validate(); err != nil {
			return nil, nil, err
		}
	}
	return path, other, nil
}

func newLibrary(cfg config.Config, depth int) *detect.Detector {
	d := detect.NewDetector(cfg)
	d.MaxDecodeDepth = depth
	d.IgnoreGitleaksAllow = true
	return d
}

// withRules is cfg with other rules and their keywords.
func withRules(cfg config.Config, rules map[string]config.Rule) config.Config {
	cfg.Rules = rules
	cfg.Keywords = make(map[string]struct{})
	for _, r := range rules {
		for _, k := range r.Keywords {
			cfg.Keywords[k] = struct{}{}
		}
	}
	return cfg
}

// allowlisted reports whether the configuration leaves out all that is at path.
func (e *engine) allowlisted(path string) bool {
	return slices.ContainsFunc(e.paths, func(a *config.Allowlist) bool { return a.PathAllowed(path) })
}

// part is a stretch of a text and what was found in it. Places of findings are counted in the stretch.
type part struct {
	span
	findings []report.Finding
}

// search runs all rules over a text.
func (e *engine) search(ctx context.Context, path, text string) []part {
	whole := span{0, len(text)}
	if e.plain == nil || foldsOddly(text) || mayDecode(text) {
		return []part{{whole, e.full.DetectContext(ctx, detect.Fragment{Raw: text, FilePath: path})}}
	}
	parts := []part{{whole, e.plain.DetectContext(ctx, detect.Fragment{Raw: text, FilePath: path})}}
	for _, lines := range genericLines(text) {
		found := e.generic.DetectContext(ctx, detect.Fragment{Raw: text[lines.start:lines.end], FilePath: path})
		parts = append(parts, part{lines, found})
	}
	return parts
}
