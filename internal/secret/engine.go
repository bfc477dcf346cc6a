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

// engine runs gitleaks' library, and does beside it what the library does slowly.
//
// Three quarters of the library's time go into looking for encoded text where there is none, and into one
// rule, generic-api-key, on text that it can't match; a look at the bytes tells both beforehand. And it
// searches a finding's whole line once more for each finding, so that 100 KB on one line can take minutes.
//
// What is found is the same but for what a line allows: of a finding on a last line without a break, or in
// decoded text, the library holds other lines than its own against the allowlist.
type engine struct {
	rules map[string]config.Rule
	paths []*config.Allowlist            // what is left out by its path
	lines map[string][]*config.Allowlist // by rule: what is allowed by the line that it stands on

	full    *detect.Detector // all rules, all layers
	plain   *detect.Detector // all rules but the generic one, no layer; nil where that rule isn't as we know it
	generic *detect.Detector // the generic rule alone, no layer
}

func newEngine(cfg config.Config) (*engine, error) {
	e := &engine{rules: cfg.Rules, lines: make(map[string][]*config.Allowlist)}
	global, err := partAll(cfg.Allowlists)
	if err != nil {
		return nil, err
	}
	e.paths, cfg.Allowlists = global.paths, global.rest
	for id, rule := range cfg.Rules {
		own, err := partAll(rule.Allowlists)
		if err != nil {
			return nil, err
		}
		rule.Allowlists = append(own.paths, own.rest...)
		cfg.Rules[id] = rule
		if lines := slices.Concat(global.lines, own.lines); len(lines) > 0 {
			e.lines[id] = lines
		}
	}
	e.full = newLibrary(cfg, decodeDepth)
	if rule, ok := cfg.Rules[genericRule]; ok && rule.Regex != nil && rule.Regex.String() == genericPattern && len(rule.RequiredRules) == 0 {
		others := maps.Clone(cfg.Rules)
		delete(others, genericRule)
		e.plain = newLibrary(withRules(cfg, others), 0)
		e.generic = newLibrary(withRules(cfg, map[string]config.Rule{genericRule: rule}), 0)
	}
	return e, nil
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

// search runs all rules over a text. What is allowed by a line is still in its findings.
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
