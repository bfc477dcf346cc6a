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

func TestMatch(t *testing.T) {
	const ci = ".github/workflows/ci.yml"
	m := &Manifest{Identities: map[string]Identity{
		"build": {RunsAs: RunsAs{Workflow: Literal(ci), Job: Literal("build")}},
		"any":   {RunsAs: RunsAs{Workflow: Literal(ci), Job: Match{Glob: "b*"}}},
		"void":  {},
	}}
	for _, tt := range []struct {
		name, workflow, job string
		want                []string
	}{
		{"literal and glob", ci, "build", []string{"any: match, by glob", "build: match"}},
		{"glob alone", ci, "bench", []string{"any: match, by glob"}},
		{"other job", ci, "deploy", nil},
		{"other case", ci, "Build", nil},
		{"other file", "ci.yml", "build", nil},
		{"job unknown", ci, "", []string{"any: unknown, by glob", "build: unknown"}},
		{"file unknown", "", "build", []string{"any: unknown, by glob", "build: unknown"}},
		{"file unknown, job no one's", "", "deploy", nil},
		{"nothing known", "", "", []string{"any: unknown, by glob", "build: unknown"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, jm := range m.Match(tt.workflow, tt.job) {
				words := jm.ID + ": " + jm.Verdict.String()
				if jm.Glob {
					words += ", by glob"
				}
				got = append(got, words)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("matches (-want +got):\n%s", diff)
			}
		})
	}
}

// TestMatchOrder: matches come as the file has them, whatever the map's order.
func TestMatchOrder(t *testing.T) {
	s := loadScene(t)
	s.apply(t, []edit{{"manifest", "migrate.yml, job: run }", "deploy.yml, job: { glob: \"*\" } }"}})
	m, _, _, _, _ := s.parse(t)
	for range 20 {
		got := m.Match(".github/workflows/deploy.yml", "deploy")
		if len(got) != 2 || got[0].ID != "deploy" || got[1].ID != "other" || got[0].Region.Start.Line >= got[1].Region.Start.Line {
			t.Fatalf("got %+v", got)
		}
	}
}
