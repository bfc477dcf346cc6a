package engine

import (
	"bytes"
	"maps"
	"testing"

	"github.com/spf13/viper"
	"github.com/zricethezav/gitleaks/v8/config"

	"github.com/curfew-ci/curfew/rules"
)

// allRules is gitleaks' default configuration with our own rules besides.
func allRules(tb testing.TB) config.Config {
	tb.Helper()
	cfg := parseRules(tb, []byte(config.DefaultConfig))
	maps.Copy(cfg.Rules, parseRules(tb, rules.SecretRules()).Rules)
	return cfg
}

func parseRules(tb testing.TB, toml []byte) config.Config {
	tb.Helper()
	v := viper.New()
	v.SetConfigType("toml")
	if err := v.ReadConfig(bytes.NewReader(toml)); err != nil {
		tb.Fatal(err)
	}
	var vc config.ViperConfig
	if err := v.Unmarshal(&vc); err != nil {
		tb.Fatal(err)
	}
	cfg, err := vc.Translate()
	if err != nil {
		tb.Fatal(err)
	}
	return cfg
}

func allPlans(tb testing.TB) *plans {
	tb.Helper()
	e, err := New(allRules(tb))
	if err != nil {
		tb.Fatal(err)
	}
	return e.plans
}
