package secret

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/pelletier/go-toml/v2"
	"github.com/spf13/viper"
	"github.com/zricethezav/gitleaks/v8/config"

	"github.com/curfew-ci/curfew/internal/secret/engine"
)

// newEngine makes the engine of gitleaks' default rules, ours and the user's, which may be nil. What a user
// writes is compiled, and its errors are told; what is built in is known to be right.
func newEngine(ours, user []byte) (*engine.Engine, error) {
	vc, err := join(ours, user)
	if err != nil {
		return nil, err
	}
	if user == nil {
		return engine.NewOfKnown(&vc)
	}
	cfg, err := translate(vc)
	if err != nil {
		return nil, err
	}
	return engine.New(cfg)
}

// join joins gitleaks' default rules, ours and the user's, each in gitleaks' configuration format. As with gitleaks itself, a user's configuration stands in place of the default unless
// it has "extend.useDefault"; ours stay unless it disables them by id.
//
// The library would do the joining too, but through package variables that count how often: the third
// configuration of a process silently loses the default rules.
func join(ours, user []byte) (config.ViperConfig, error) {
	base, err := parseKnown(ours)
	if err != nil {
		return base, fmt.Errorf("curfew's own rules: %w", err)
	}
	custom, err := parse(user)
	if err != nil {
		return base, err
	}
	switch {
	case custom.Extend.Path != "" || custom.Extend.URL != "":
		return base, errors.New("extend.path and extend.url are not read: put all rules into one file, or extend.useDefault")
	case user != nil && len(custom.Rules) == 0 && !custom.Extend.UseDefault:
		return base, errors.New("has no rules and leaves out gitleaks' own: set extend.useDefault = true")
	case user == nil || custom.Extend.UseDefault:
		defaults, err := parseKnown([]byte(config.DefaultConfig))
		if err != nil {
			return base, fmt.Errorf("gitleaks' default rules: %w", err)
		}
		if err := allowWhole(&defaults, "curl-auth-user", "vault-service-token"); err != nil {
			return base, fmt.Errorf("gitleaks' default rules: %w", err)
		}
		base = extend(defaults, base)
	}
	if err := disable(&base, custom.Extend.DisabledRules); err != nil {
		return base, err
	}
	return extend(base, custom), nil
}

// parse reads a configuration the way gitleaks does, so that what gitleaks takes is taken.
func parse(text []byte) (config.ViperConfig, error) {
	var vc config.ViperConfig
	v := viper.New()
	v.SetConfigType("toml")
	if err := v.ReadConfig(bytes.NewReader(text)); err != nil {
		return vc, fmt.Errorf("read TOML: %w", err)
	}
	if err := v.Unmarshal(&vc); err != nil {
		return vc, fmt.Errorf("not a gitleaks configuration: %w", err)
	}
	modernize(&vc)
	return vc, nil
}

// parseKnown is parse for what is built in. The way that gitleaks takes is seven times as long: it is for
// numbers that are written as strings, and the like.
func parseKnown(text []byte) (vc config.ViperConfig, err error) {
	if err = toml.Unmarshal(text, &vc); err != nil {
		return vc, err
	}
	modernize(&vc)
	return vc, nil
}

// modernize takes allowlists over from the older form of a single entry.
func modernize(vc *config.ViperConfig) {
	if vc.AllowList != nil {
		vc.Allowlists = append(vc.Allowlists, vc.AllowList)
		vc.AllowList = nil
	}
	for i := range vc.Rules {
		r := &vc.Rules[i]
		if r.AllowList != nil {
			r.Allowlists = append(r.Allowlists, r.AllowList)
			r.AllowList = nil
		}
	}
}

// extend lays over on base, rule by rule, as gitleaks' own "extend" does: what over sets wins, lists are
// added to.
func extend(base, over config.ViperConfig) config.ViperConfig {
	index := make(map[string]int, len(base.Rules))
	for i, r := range base.Rules {
		index[r.ID] = i
	}
	for _, r := range over.Rules {
		i, ok := index[r.ID]
		if !ok {
			base.Rules = append(base.Rules, r)
			continue
		}
		b := &base.Rules[i]
		b.Description = cmp.Or(r.Description, b.Description)
		b.Path = cmp.Or(r.Path, b.Path)
		b.Regex = cmp.Or(r.Regex, b.Regex)
		b.SecretGroup = cmp.Or(r.SecretGroup, b.SecretGroup)
		b.Entropy = cmp.Or(r.Entropy, b.Entropy)
		b.Keywords = append(b.Keywords, r.Keywords...)
		b.Allowlists = append(b.Allowlists, r.Allowlists...)
	}
	base.Allowlists = append(base.Allowlists, over.Allowlists...)
	return base
}

// disable drops rules by id.
func disable(vc *config.ViperConfig, ids []string) error {
	for _, id := range ids {
		i := ruleIndex(vc, id)
		if i < 0 {
			return fmt.Errorf("extend.disabledRules names %q, which is no rule", id)
		}
		vc.Rules = slices.Delete(vc.Rules, i, i+1)
	}
	return nil
}

// ruleIndex is where a rule stands, -1 where none has the id.
func ruleIndex(vc *config.ViperConfig, id string) int {
	for i := range vc.Rules {
		if vc.Rules[i].ID == id {
			return i
		}
	}
	return -1
}

// allowWhole anchors the allowlists of rules that mean whole values, quoted or not, and say so nowhere. Without it,
// "s\.[A-Za-z]{24}", which means the name of a method, takes one in fifty of Vault's tokens: those that go on
// with so many letters after "hvs." are found by no rule, or as a guess. "[^:]+:x+", which means a login that
// is crossed out, takes each password of curl's that begins with an "x".
func allowWhole(vc *config.ViperConfig, ids ...string) error {
	for _, id := range ids {
		i := ruleIndex(vc, id)
		if i < 0 {
			return fmt.Errorf("no rule is named %q", id)
		}
		for _, list := range vc.Rules[i].Allowlists {
			for n, expression := range list.Regexes {
				list.Regexes[n] = `^['"]?(?:` + expression + `)['"]?$`
			}
		}
	}
	return nil
}

// translate compiles a configuration. The library panics where a regular expression doesn't compile.
func translate(vc config.ViperConfig) (cfg config.Config, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	vc.Extend = config.Extend{}
	cfg, err = vc.Translate()
	if err != nil {
		return cfg, err
	}
	for id, rule := range cfg.Rules {
		// The library appends to a rule's tags while it searches: with room to spare in the slice,
		// two searches at a time would write to the same place. We use none.
		rule.Tags = nil
		cfg.Rules[id] = rule
	}
	return cfg, nil
}
