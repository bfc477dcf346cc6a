package form

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestExamples makes sure that what an error recommends isn't an error.
func TestExamples(t *testing.T) {
	for name, f := range forms {
		for _, example := range strings.Split(f.Example, ", ") {
			if err := f.Check(strings.Trim(example, `"`)); err != nil {
				t.Errorf("%s: the example %s is refused: %v", name, example, err)
			}
		}
		for _, known := range f.Known {
			if err := f.Check(known); err != nil {
				t.Errorf("%s: the known value %s is refused: %v", name, known, err)
			}
		}
		if f.Want == "" || f.Check("") == nil {
			t.Errorf("%s says nothing, or takes nothing", name)
		}
	}
}

func TestForms(t *testing.T) {
	for name, tc := range map[string]struct{ good, bad []string }{
		"text":         {[]string{"x", " x\n"}, []string{" ", "\n\t"}},
		"id":           {[]string{"a", "A.b_c-9", strings.Repeat("a", 64)}, []string{"-a", ".", "a/b", "a b", "ä", strings.Repeat("a", 65), "a\n"}},
		"grant":        {[]string{"a/b"}, []string{"a", "a/b/c", "/b", "a/"}},
		"person":       {[]string{"@a", "@a-b", "@a_acme"}, []string{"a", "@", "@a/b", "@a b"}},
		"team":         {[]string{"@a/b", "@a/b.c"}, []string{"@a", "a/b", "@a/b/c", "@/b"}},
		"handle":       {[]string{"@a", "@a/b"}, []string{"a", "@a/", "@a/b/c"}},
		"repository":   {[]string{"a/b", "a/.github"}, []string{"a", "a/b/c", "a/", "https://github.com/a/b"}},
		"environment":  {[]string{"prod", "prod eu/1", "ä"}, []string{"", "a\nb", "a\x00", strings.Repeat("a", 256)}},
		"scope":        {[]string{"id-token", "contents"}, []string{"id_token", "Contents", "-a", "a-"}},
		"permission":   {[]string{"pull_requests", "id-token"}, []string{"Contents", "a__b"}},
		"claim":        {[]string{"sub", "repo_property_team-x"}, []string{"", "a b", "1a"}},
		"number":       {[]string{"0", "1", "18446744073709551615"}, []string{"", "01", "-1", "1.0", "1e3", "x", "123456789012345678901"}},
		"workflow-ref": {[]string{"a/b/.github/workflows/c.yml@refs/heads/d/e", "a/b/.github/workflows/c.yaml@0123abc"}, []string{"a/b/.github/workflows/c.yml", ".github/workflows/c.yml@main", "a/b/.github/workflows/d/c.yml@main", "a/b/.github/workflows/c.yml@"}},
		"guard-ref":    {[]string{"default-branch", "refs/heads/main"}, []string{"main", "refs/tags/v1", "default-branch2"}},
		"variable":     {[]string{"A", "_a1", "GITHUB_TOKEN", "NODE_AUTH_TOKEN"}, []string{"", "1A", "A-B", "PATH", "path", "GITHUB_ENV", "RUNNER_TEMP", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "LD_PRELOAD", "BASH_ENV"}},
		"path":         {[]string{"a", "a/b.json", ".github/x", "..a"}, []string{"", "/a", "a/../b", "..", "../a", "./a", "a/", "a//b", ".", `a\b`, "a\x00b", "a\nb"}},
		"workflow":     {[]string{".github/workflows/a.yml", ".gitlab-ci.yml", "a.yaml"}, []string{"a.txt", "/a.yml", "../a.yml", "a.yml/"}},
		"url":          {[]string{"https://a.example", "https://a.example:8200/x?y=z", "http://127.0.0.1:80", "http://127.9.9.9", "http://[::1]/", "http://localhost:8200"}, []string{"", "a.example", "http://a.example", "https://", "https://u@a.example", "https://u:p@a.example", "https://a.example/#x", "https://a.example#", "ftp://a.example", "http://localhost.evil.example", "http://10.0.0.1", "http://127.0.0.1.evil.example", "https://a b", "https://%zz"}},
		"sts-role":     {[]string{"arn:aws:iam::123456789012:role/a", "arn:aws:iam:::role/a", "arn:minio:iam:::role/a_-9"}, []string{"arn:aws:iam::1:role/a", "arn:minio:iam:::user/a", "arn:minio:iam:::role/a b", "a"}},
		"region":       {[]string{"eu-west-1", "auto"}, []string{"eu west", "EU", "-a"}},
		"s3":           {[]string{"s3://abc", "s3://abc/d/e"}, []string{"s3://", "abc", "s3://abc/", "s3://abc//d", "s3://A"}},
		"gcp-provider": {[]string{"projects/1/locations/global/workloadIdentityPools/a/providers/b"}, []string{"//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/a/providers/b", "projects/acme/locations/global/workloadIdentityPools/a/providers/b"}},
		"mount":        {[]string{"jwt", "a/b"}, []string{"/a", "a/", "a//b", "a b"}},
		"account":      {[]string{"557058:f58131cb-b67d-43c7-b30d-6b58d40bd077", "JIRAUSER10100", "6816f79cc0a8016401c5a33be04be441"}, []string{"", "a b", "@a", "a/b"}},
		"jira-project": {[]string{"PAY", "P2"}, []string{"P", "pay", "2P"}},
		"rule":         {[]string{"data.curfew.a", "data.curfew.a.b_c"}, []string{"data.curfew", "data.other.a", "data.curfew.a-b", "data.curfew.a["}},
		"glob":         {[]string{"*", "a*b"}, []string{"a", ""}},
		"cron": {
			[]string{"0 3 * * 1", "*/15 * * * *", "0-30/5 1,2 1-31 JAN-dec sun", " 0 0 1 1 0 "},
			[]string{"", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 7", "5-1 * * * *", "*/0 * * * *", "*/99 * * * *", "a * * * *", "1, * * * *", "- * * * *", "@daily", "1/2/3 * * * *", "001 * * * *"},
		},
	} {
		for _, s := range tc.good {
			if err := Named(name).Check(s); err != nil {
				t.Errorf("%s refuses %q: %v", name, s, err)
			}
		}
		for _, s := range tc.bad {
			if Named(name).Check(s) == nil {
				t.Errorf("%s takes %q", name, s)
			}
		}
	}
}

// TestPatternsAreAnchored: a pattern that isn't lets what follows it through, here and in the schemas.
func TestPatternsAreAnchored(t *testing.T) {
	free := []string{`\S`, `\*`} // these look for one character
	for name, f := range forms {
		if !slices.Contains(free, f.Pattern) && (!strings.HasPrefix(f.Pattern, "^") || !strings.HasSuffix(f.Pattern, "$")) {
			t.Errorf("%s: %s isn't anchored", name, f.Pattern)
		}
		if strings.Contains(f.Pattern, "|") && !strings.HasPrefix(f.Pattern, "^(") && !strings.HasPrefix(f.Pattern, "^https?") {
			t.Errorf("%s: the alternatives of %s aren't grouped", name, f.Pattern)
		}
	}
}

func TestParse(t *testing.T) {
	got := Parse(reflect.StructTag(`yaml:"x" check:"required,with=a,one=b,min=2,max=3,some,key=id,url"`))
	want := Rules{Required: true, With: "a", One: "b", Min: 2, Max: 3, Some: true}
	if got.Key != Named("id") || got.Form != Named("url") {
		t.Errorf("forms %v and %v", got.Key, got.Form)
	}
	got.Key, got.Form = nil, nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := Parse(`yaml:"x"`); got != (Rules{}) {
		t.Errorf("no tag gives %+v", got)
	}
	for _, bad := range []reflect.StructTag{`check:"requird"`, `check:"min=x"`, `check:"key=nothing"`} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s is taken", bad)
				}
			}()
			Parse(bad)
		}()
	}
}
