package openapi

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func load(t *testing.T) *Spec {
	t.Helper()
	s, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestOperations: the description holds what the list says, no more and no less.
func TestOperations(t *testing.T) {
	list, err := os.ReadFile("testdata/operations.txt")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for line := range strings.Lines(string(list)) {
		if !strings.HasPrefix(line, "#") {
			want = append(want, strings.TrimSpace(line))
		}
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, load(t).Operations()); diff != "" {
		t.Errorf("run prune again (-operations.txt +github.json):\n%s", diff)
	}
	if len(description) > 700_000 {
		t.Errorf("%d bytes: what is in there that nobody asks for?", len(description))
	}
}

func TestMatch(t *testing.T) {
	s := load(t)
	for path, want := range map[string]string{
		"/repos/acme/web":                                         "",
		"/repositories/42":                                        "",
		"/repositories/42/actions/secrets":                        "",
		"/repos/acme/web/git/ref/heads/release/1.0":               "",
		"/repos/acme/web/rules/branches/release/1.0":              "",
		"/repos/acme/web/branches/release/1.0/protection":         "",
		"/repos/acme/web/environments/a%2Fb/secrets?per_page=100": "",
		"/repos/acme/web/environments/a/b/secrets":                "no such operation",
		"/repos/acme/web/actions/secrets?per_page=many":           "per_page",
		"/repos/acme/web/actions/secrets?perpage=10":              `no parameter "perpage"`,
		"/repos/acme/web/actions/secretz":                         "no such operation",
		"/user":                                                   "no such operation",
	} {
		r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1"+path, nil)
		_, err := s.Match(r, r.URL.EscapedPath(), nil)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
	r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/", bytes.NewReader(nil))
	r.Header.Set("Content-Type", "application/json")
	if _, err := s.Match(r, "/repos/acme/web/code-scanning/sarifs", []byte(`{"sarif":"x","ref":"refs/heads/main"}`)); err == nil || !strings.Contains(err.Error(), "commit_sha") {
		t.Errorf("an upload without a commit: %v", err)
	}
}

func TestAnswer(t *testing.T) {
	s := load(t)
	r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1/repos/acme/web/environments", nil)
	c, err := s.Match(r, r.URL.Path, nil)
	if err != nil {
		t.Fatal(err)
	}
	header := http.Header{"Content-Type": {"application/json; charset=utf-8"}}
	for body, want := range map[string]string{
		`{}`: "",
		`{"total_count":1,"environments":[{"name":"a"}]}`: "",
		`{"total_count":"1"}`:                             "total_count",
		`[]`:                                              "",
	} {
		err := c.CheckAnswer(t.Context(), 200, header, []byte(body))
		if wrong := want != "" || body == "[]" || strings.Contains(body, `"a"`); (err != nil) != wrong || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", body, err)
		}
	}
	if err := c.CheckAnswer(t.Context(), 202, header, []byte(`{}`)); err == nil {
		t.Error("a status that isn't described passes")
	}
	if err := c.CheckAnswer(t.Context(), 403, header, []byte(`{}`)); err == nil {
		t.Error("a refusal without a message passes")
	}
}

// TestComplete: what is always there is filled in, and what never is, is refused.
func TestComplete(t *testing.T) {
	s := load(t)
	r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1/repos/acme/web/environments", nil)
	c, err := s.Match(r, r.URL.Path, nil)
	if err != nil {
		t.Fatal(err)
	}
	environment := func(member string, v any) map[string]any {
		return map[string]any{"total_count": 1, "environments": []any{map[string]any{"name": "a", member: v}}}
	}
	full, err := c.Complete(200, environment("protection_rules", []any{map[string]any{"type": "wait_timer", "wait_timer": 30}}))
	if err != nil || !strings.Contains(fmt.Sprint(full), "node_id") {
		t.Errorf("%v, %v", full, err)
	}
	if _, err := c.Complete(200, environment("protection_rulez", nil)); err == nil || !strings.Contains(err.Error(), "protection_rulez") {
		t.Errorf("a misspelt member: %v", err)
	}
}
