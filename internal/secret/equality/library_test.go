package equality

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"github.com/rs/zerolog"
	"github.com/spf13/viper"
	"github.com/zricethezav/gitleaks/v8/config"
	"github.com/zricethezav/gitleaks/v8/detect"
	"github.com/zricethezav/gitleaks/v8/logging"

	"github.com/curfew-ci/curfew/rules"
)

// decodeDepth is how many passes of decoding gitleaks' command makes by default.
const decodeDepth = 5

// configuration is gitleaks' default and our rules, as a scan has them. version tells it from others.
func configuration(t testing.TB) (cfg config.Config, version string) {
	t.Helper()
	both := parse(t, []byte(config.DefaultConfig))
	ours := parse(t, rules.SecretRules())
	both.Rules = append(both.Rules, ours.Rules...)
	both.Allowlists = append(both.Allowlists, ours.Allowlists...)
	cfg, err := both.Translate()
	if len(cfg.Rules) != len(both.Rules) {
		t.Fatal("two rules have one id")
	}
	if err != nil {
		t.Fatal(err)
	}
	for id, rule := range cfg.Rules {
		rule.Tags = nil // to which the library would append while it searches
		cfg.Rules[id] = rule
	}
	return cfg, digest(append([]byte(config.DefaultConfig), rules.SecretRules()...))
}

func parse(t testing.TB, toml []byte) config.ViperConfig {
	t.Helper()
	v := viper.New()
	v.SetConfigType("toml")
	var vc config.ViperConfig
	if err := v.ReadConfig(bytes.NewReader(toml)); err != nil {
		t.Fatal(err)
	}
	if err := v.Unmarshal(&vc); err != nil {
		t.Fatal(err)
	}
	if vc.AllowList != nil { // the older form, which the newer one can't stand beside
		vc.Allowlists, vc.AllowList = append(vc.Allowlists, vc.AllowList), nil
	}
	return vc
}

// library is gitleaks' own search.
type library struct{ detector *detect.Detector }

func newLibrary(cfg config.Config) library {
	logging.Logger = zerolog.Nop()
	d := detect.NewDetector(cfg)
	d.MaxDecodeDepth = decodeDepth
	d.IgnoreGitleaksAllow = true
	return library{d}
}

// search lists what the library finds, sorted. It can panic, on a place that it got wrong.
func (l library) search(path string, text []byte) (found []finding, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the library panics: %v", r)
		}
	}()
	for _, f := range l.detector.DetectContext(context.Background(), detect.Fragment{Raw: string(text), FilePath: path}) {
		found = append(found, ofLibrary(f))
	}
	return sorted(found), nil
}
