package engine

import (
	"regexp"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/zricethezav/gitleaks/v8/config"
)

func TestGateHasWhatMatchesMayLack(t *testing.T) {
	for _, tt := range []struct {
		pattern  string
		keywords []string
		want     []string // the literals of the gate
		lowered  bool
	}{
		{`abc[0-9]+`, nil, nil, false},
		{`abc[0-9]+`, []string{"bc"}, nil, false},
		{`(?:abc|abd)[0-9]+`, []string{"abc", "ABD"}, nil, false},
		{`A(?:KIA|SIA|3T[A-Z])`, []string{"akia", "asia", "a3t"}, nil, false},
		{`(?:abc|xyz)[0-9]+`, []string{"abc"}, []string{"abc"}, false},
		{`(?:abc)?[0-9]{4}xyz`, []string{"abc", "aBcd"}, []string{"abc", "abcd"}, false},
		{`abc[0-9]+`, []string{""}, nil, false},
		{`[a-f]+`, []string{""}, nil, false},
		{`abc[0-9]+`, []string{"schlüssel"}, nil, true},
		{`schlüssel[0-9]+`, []string{"schlüssel"}, nil, false},
		{`(?i)schlüssel[0-9]+`, []string{"schlüssel", "key"}, nil, true},
	} {
		names := &literals{numbers: make(map[string]int32)}
		p, err := newPlan(ruleOf(config.Rule{Regex: regexp.MustCompile(tt.pattern), Keywords: tt.keywords}), names)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, k := range p.keywords {
			got = append(got, names.list[k-oddLetters])
		}
		if diff := gocmp.Diff(tt.want, got); diff != "" || p.lowered != tt.lowered {
			t.Errorf("%s with %q: lowered is %t, want %t; gate (-want +got)\n%s", tt.pattern, tt.keywords, p.lowered, tt.lowered, diff)
		}
	}
}

// A rule's search is led by what is rare in it.
func TestChoiceOfAnchors(t *testing.T) {
	for _, tt := range []struct {
		pattern string
		method  method
		want    []string // the anchors
	}{
		{`\bghp_[0-9a-zA-Z]{36}\b`, byAnchor, []string{"ghp_"}},
		{`gh[su]_[0-9]{36}`, byAnchor, []string{"ghs_", "ghu_"}},
		{`(?:^|\W)(?:AKIA|ASIA)[A-Z]{16}`, byAnchor, []string{"akia", "asia"}},
		{`[0-9]{4}\dQ~.`, byAnchor, []string{"0q~", "1q~", "2q~", "3q~", "4q~", "5q~", "6q~", "7q~", "8q~", "9q~"}},
		{`(?:x.|y)?secret`, byAnchor, []string{"secret"}},
		{`(?:secret[0-9]){2,}`, byAnchor, []string{"secret"}},
		{`(?:secret[0-9])*`, byWhole, nil},
		{`[0-9a-f]{32}`, byRun, nil},
		{`(?:[0-9]{20}|[a-f]{32}x?)`, byRun, nil},
		{`[a-z]{3}`, byWhole, nil},
		{`(?s).*`, byWhole, nil},
		{`secret|`, byWhole, nil},
	} {
		names := &literals{numbers: make(map[string]int32)}
		p, err := newPlan(ruleOf(config.Rule{Regex: regexp.MustCompile(tt.pattern)}), names)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, a := range p.anchors {
			got = append(got, names.list[a.literal-oddLetters])
		}
		if diff := gocmp.Diff(tt.want, got); diff != "" || p.method != tt.method {
			t.Errorf("%s: method is %d, want %d; anchors (-want +got)\n%s", tt.pattern, p.method, tt.method, diff)
		}
	}
}

// Every rule of the default configuration and of ours has something to be searched by.
func TestNoRuleIsSearchedInWhole(t *testing.T) {
	for _, p := range allPlans(t).rules {
		if p.method == byWhole {
			t.Errorf("%s is searched in whole texts", p.id)
		}
	}
}
