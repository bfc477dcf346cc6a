package identity

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func parse(t *testing.T, src string) Claims {
	t.Helper()
	c, err := ParseClaims("claims.json", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestClaims(t *testing.T) {
	c := parse(t, `{"s": "x", "n": 12, "b": true, "e": "", "z": null, "l": ["a"], "o": {}, "q": "a\u0000\"\nb"}`)
	if got, want := c.Names(), []string{"b", "e", "l", "n", "o", "q", "s", "z"}; !slices.Equal(got, want) {
		t.Errorf("names: got %q, want %q", got, want)
	}
	for _, tt := range []struct{ name, text, describe string }{
		{"s", "x", `"x"`},
		{"n", "12", `"12"`},
		{"b", "true", `"true"`},
		{"e", "", `""`},
		{"z", "", "null"},
		{"l", "", "an array"},
		{"o", "", "an object"},
		{"q", "a\x00\"\nb", `"a\x00\"\nb"`},
		{"missing", "", "absent"},
	} {
		text, ok := c.Text(tt.name)
		if text != tt.text || ok != (tt.text != "") {
			t.Errorf("Text(%q) = %q, %v", tt.name, text, ok)
		}
		if got := c.Describe(tt.name); got != tt.describe {
			t.Errorf("Describe(%q) = %s, want %s", tt.name, got, tt.describe)
		}
	}
}

func TestParseClaimsRefuses(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"array", "[]", "c:1:1: expected an object of claims, found an array"},
		{"duplicate", `{"sub": "a", "sub": "b"}`, "c:1:14: this name is in the object twice: remove one, since readers differ in which counts"},
		{"duplicate deep", `{"a": {"b": 1, "b": 1}}`, "c:1:16: this name is in the object twice: remove one, since readers differ in which counts"},
		{"two values", `{} {}`, "c:1:4: unexpected text after the value"},
		{"deep", `{"a": ` + strings.Repeat("[", 9), "c:1:15: nested more than 8 deep"},
		{"long", `{"a": "` + strings.Repeat("x", 64<<10) + `"}`, "c: 65545 bytes: at most 65536 are read"},
		{"many", `{"a": [` + strings.Repeat("1,", 1000) + `1]}`, "c:1:2004: more than 1000 values"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseClaims("c", []byte(tt.src))
			if got := fmt.Sprint(err); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestFrom(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"by names", `{"sub": "repo:acme/app:pull_request", "repository_id": "2", "event_name": "push"}`, "GitHub Actions 2 push"},
		{"by ids", `{"sub": "repo:acme@1/app@2:pull_request", "repository_id": "2", "repository_owner_id": "1", "event_name": "push"}`, "GitHub Actions 2 push"},
		{"custom subject", `{"sub": "environment:prod", "repository_id": "2"}`, "GitHub Actions 2 "},
		{"no subject", `{"project_id": 7, "pipeline_source": "web"}`, "GitLab CI 7 web"},
		{"gitlab", `{"sub": "project_path:g/s/p:ref_type:branch:ref:main", "project_id": "7"}`, "GitLab CI 7 "},
		{
			"other repository's id", `{"sub": "repo:acme@1/app@3:x", "repository_id": "2", "repository_owner_id": "1"}`,
			`the subject has the id "3" where the claim repository_id is "2": one of them is wrong`,
		},
		{
			"other owner's id", `{"sub": "repo:acme@9/app@2:x", "repository_id": "2", "repository_owner_id": "1"}`,
			`the subject has the id "9" where the claim repository_owner_id is "1": one of them is wrong`,
		},
		{
			"owner's id missing", `{"sub": "repo:acme@1/app@2:x", "repository_id": "2"}`,
			`the subject has the id "1" where the claim repository_owner_id is absent: one of them is wrong`,
		},
		{
			"neither", `{"sub": "repo:acme/app:x"}`,
			"expected exactly one of the claims repository_id and project_id, found 0: whose token this is can't be told",
		},
		{
			"both", `{"repository_id": "1", "project_id": "1"}`,
			"expected exactly one of the claims repository_id and project_id, found 2: whose token this is can't be told",
		},
		{
			"empty id", `{"repository_id": ""}`,
			"expected exactly one of the claims repository_id and project_id, found 0: whose token this is can't be told",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			if i, err := From(parse(t, tt.src)); err != nil {
				got = err.Error()
			} else {
				project, _ := i.Get(Project)
				event, _ := i.Get(Event)
				got = i.Platform() + " " + project + " " + event
			}
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestPlatformsAreComplete(t *testing.T) {
	for _, p := range platforms() {
		for a := Project; a <= Environment; a++ {
			if p.claims[a] == "" {
				t.Errorf("%s has no claim for attribute %d", p.name, a)
			}
		}
	}
	want := []string{"https://token.actions.githubusercontent.com", "https://gitlab.com"}
	if diff := cmp.Diff(want, BuiltInIssuers()); diff != "" {
		t.Errorf("issuers (-want +got):\n%s", diff)
	}
}

func TestDefaultEvents(t *testing.T) {
	hub, err := From(parse(t, `{"repository_id": "1"}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := hub.DefaultEvents(); slices.Contains(got, "pull_request_target") || !slices.Contains(got, "push") {
		t.Errorf("GitHub: %q", got)
	}
	lab, err := From(parse(t, `{"project_id": "1"}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := lab.DefaultEvents(); got != nil {
		t.Errorf("GitLab: %q", got)
	}
}

func TestParseSubject(t *testing.T) {
	for _, tt := range []struct {
		sub  string
		want *Subject
	}{
		{"repo:acme/app:ref:refs/heads/main", &Subject{"repo", "acme", "", "app", "", "ref:refs/heads/main"}},
		{"repo:acme@4242/app@987:environment:a%3Ab", &Subject{"repo", "acme", "4242", "app", "987", "environment:a%3Ab"}},
		{"project_path:g/s/p:ref_type:branch:ref:main", &Subject{"project_path", "g/s", "", "p", "", "ref_type:branch:ref:main"}},
		{"project_path:g@1/p@2:x", &Subject{"project_path", "g@1", "", "p@2", "", "x"}},
		{"repo:acme/app", nil},
		{"repo:acme/app:", nil},
		{"repo:acme:x", nil},
		{"repo:/app:x", nil},
		{"repo:acme/:x", nil},
		{"repo:a/b/c:x", nil},
		{"repo:acme@1/app:x", nil},
		{"repo:acme/app@1:x", nil},
		{"repo:acme@/app@1:x", nil},
		{"repo:acme@1a/app@1:x", nil},
		{"repo:@1/app@1:x", nil},
		{"repo:acme@1@2/app@1:x", nil},
		{"Repo:acme/app:x", nil},
		{"repository_owner_id:1:repository_id:2", nil},
		{"", nil},
	} {
		got, ok := ParseSubject(tt.sub)
		if ok != (tt.want != nil) {
			t.Errorf("ParseSubject(%q) ok = %v", tt.sub, ok)
			continue
		}
		if !ok {
			continue
		}
		if diff := cmp.Diff(*tt.want, got); diff != "" {
			t.Errorf("ParseSubject(%q) (-want +got):\n%s", tt.sub, diff)
		}
	}
	s, _ := ParseSubject("repo:acme@1/app@2:environment:prod")
	if got := s.ByNames().String(); got != "repo:acme/app:environment:prod" || !s.Immutable() || s.ByNames().Immutable() {
		t.Errorf("by names: %s", got)
	}
}

func FuzzParseSubject(f *testing.F) {
	for _, s := range []string{"repo:acme/app:ref:refs/heads/main", "repo:a@1/b@2:environment:a%3Ab", "project_path:g/s/p:x", "repo:a@1/b:x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, sub string) {
		if s, ok := ParseSubject(sub); ok && s.String() != sub {
			t.Errorf("%q became %q", sub, s)
		}
	})
}

// FuzzParseClaims compares with the standard library, which must see the same claims in whatever is taken.
func FuzzParseClaims(f *testing.F) {
	for _, s := range []string{
		`{"sub":"repo:acme/app:x","repository_id":"1","aud":["a","b"],"exp":1}`, `{"a":1,"a":2}`, `{"a":{"b":"\u00e4"}}`, `{"":""}`, `[]`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		c, err := ParseClaims("c", src)
		if err != nil {
			return
		}
		var std map[string]json.RawMessage
		if err := json.Unmarshal(src, &std); err != nil {
			t.Fatalf("taken, but invalid: %v", err)
		}
		if len(std) != len(c.Names()) {
			t.Fatalf("%d claims, the standard library sees %d", len(c.Names()), len(std))
		}
		for name, raw := range std {
			var want string
			if json.Unmarshal(raw, &want) != nil || raw[0] != '"' {
				continue
			}
			if got, ok := c.Text(name); got != want || ok != (want != "") {
				t.Errorf("claim %q is %q, %v; want %q", name, got, ok, want)
			}
		}
	})
}
