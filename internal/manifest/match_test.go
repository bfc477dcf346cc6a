package manifest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMatchMatches(t *testing.T) {
	for _, tt := range []struct {
		name  string
		match Match
		value string
		want  bool
	}{
		{"literal", Match{Any: []string{"deploy"}}, "deploy", true},
		{"literal is whole", Match{Any: []string{"deploy"}}, "deploy2", false},
		{"literal minds case", Match{Any: []string{"deploy"}}, "Deploy", false},
		{"star in a literal is a star", Match{Any: []string{"d*"}}, "deploy", false},
		{"any of", Match{Any: []string{"a", "b"}}, "b", true},
		{"zero", Match{}, "x", false},
		{"zero, empty", Match{}, "", false},
		{"glob", Match{Glob: "rel-*"}, "rel-1", true},
		{"glob, empty run", Match{Glob: "rel-*"}, "rel-", true},
		{"glob is whole", Match{Glob: "rel-*"}, "a-rel-1", false},
		{"glob stops at slash", Match{Glob: "refs/heads/*"}, "refs/heads/a/b", false},
		{"glob stops at colon", Match{Glob: "repo:*"}, "repo:a:b", false},
		{"literal slash", Match{Glob: "refs/*/*"}, "refs/heads/a", true},
		{"star moves", Match{Glob: "*ab*c"}, "abxabxc", true},
		{"alternation is literal", Match{Glob: "a|b*"}, "a-evil", false},
		{"two stars are one", Match{Glob: "a**"}, "a/b", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.match.Matches(tt.value); got != tt.want {
				t.Errorf("%+v.Matches(%q) = %v, want %v", tt.match, tt.value, got, tt.want)
			}
		})
	}
}

// refGlob is the pattern's definition, word by word, at exponential cost.
func refGlob(pattern, s, barriers string) bool {
	if pattern == "" {
		return s == ""
	}
	if pattern[0] != '*' {
		return s != "" && s[0] == pattern[0] && refGlob(pattern[1:], s[1:], barriers)
	}
	for i := 0; ; i++ {
		if refGlob(pattern[1:], s[i:], barriers) {
			return true
		}
		if i == len(s) {
			return false
		}
		for j := range len(barriers) {
			if s[i] == barriers[j] {
				return false
			}
		}
	}
}

func FuzzGlob(f *testing.F) {
	for _, s := range [][2]string{
		{"*ab*c", "abxabxc"}, {"refs/*/*", "refs/heads/a"}, {"*:*a:*", "x:a:a:b"}, {"**", "a/b"}, {"a*a*a", "aaaa"}, {"", ""},
	} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, pattern, s string) {
		if len(pattern) > 12 || len(s) > 16 {
			t.Skip("the reference is exponential")
		}
		for _, barriers := range []string{"", "/:"} {
			if got, want := glob(pattern, s, barriers), refGlob(pattern, s, barriers); got != want {
				t.Errorf("glob(%q, %q, %q) = %v, want %v", pattern, s, barriers, got, want)
			}
		}
	})
}

func lit(values ...string) Match { return Match{Any: values} }

func TestMatch(t *testing.T) {
	const ci, call, reused = ".github/workflows/ci.yml", ".github/workflows/call.yml", ".github/workflows/reused.yml"
	m := &Manifest{Identities: map[string]Identity{
		"build":  {RunsAs: RunsAs{Workflow: lit(ci), Job: lit("build")}},
		"any":    {RunsAs: RunsAs{Workflow: lit(ci), Job: Match{Glob: "b*"}}},
		"caller": {RunsAs: RunsAs{Workflow: lit(call), Job: lit("one", "two")}},
		"own":    {RunsAs: RunsAs{Workflow: lit(reused), Job: lit("run")}},
		"void":   {},
	}}
	for _, tt := range []struct {
		name    string
		job     JobRef
		callers []JobRef
		want    []string
	}{
		{"literal and glob", JobRef{ci, "build"}, nil, []string{"any: match", "build: match"}},
		{"glob alone", JobRef{ci, "bench"}, nil, []string{"any: match"}},
		{"other job", JobRef{ci, "deploy"}, nil, nil},
		{"other file", JobRef{"ci.yml", "build"}, nil, nil},
		{"job unknown", JobRef{ci, ""}, nil, []string{"any: unknown", "build: unknown"}},
		{"file unknown", JobRef{"", "build"}, nil, []string{"any: unknown", "build: unknown"}},
		{"reused, own identity", JobRef{reused, "run"}, nil, []string{"own: match"}},
		{"reused, all callers", JobRef{reused, "x"}, []JobRef{{call, "one"}, {call, "two"}}, []string{"caller: match"}},
		{"reused, some callers", JobRef{reused, "x"}, []JobRef{{call, "one"}, {call, "three"}}, []string{"caller: unknown"}},
		{"reused, both", JobRef{reused, "run"}, []JobRef{{call, "one"}}, []string{"caller: match", "own: match"}},
		{"reused, caller unknown", JobRef{reused, "x"}, []JobRef{{call, ""}}, []string{"caller: unknown"}},
		{"reused, no caller matches", JobRef{reused, "x"}, []JobRef{{call, "three"}}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, jm := range m.MatchCalled(tt.job, tt.callers...) {
				got = append(got, jm.ID+": "+jm.Verdict.String())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("matches (-want +got):\n%s", diff)
			}
		})
	}
}
