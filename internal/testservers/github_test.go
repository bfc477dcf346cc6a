package testservers

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// witness is a test that is told of what fails, and doesn't fail.
type witness struct {
	testing.TB
	told []string
}

func (w *witness) Errorf(format string, args ...any) {
	w.told = append(w.told, fmt.Sprintf(format, args...))
}

// reply is an answer that was read.
type reply struct {
	status int
	header http.Header
	body   string
	err    error // of the body
}

func get(t *testing.T, g *GitHub, path string, header ...string) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, g.API()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+g.Metadata)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // all that is wanted has been read
	body, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, string(body), err}
}

// TestDescription: what isn't as GitHub describes it fails the test, whichever side is wrong.
func TestDescription(t *testing.T) {
	secret := func(member string) func(*GitHub) {
		return func(g *GitHub) {
			g.Add(1, "actions/secrets", map[string]any{"name": "A", member: "2026-01-02T03:04:05Z"})
		}
	}
	for name, tt := range map[string]struct {
		path string
		put  func(*GitHub)
		want string
	}{
		"as described":      {"/repos/acme/web/actions/secrets?per_page=100", secret("created_at"), ""},
		"an unknown one":    {"/user", secret("created_at"), "no such operation"},
		"a misspelt query":  {"/repos/acme/web/actions/secrets?perpage=1", secret("created_at"), "no parameter"},
		"a misspelt member": {"/repos/acme/web/actions/secrets", secret("createdat"), "no such member"},
		"a wrong type": {"/repos/acme/web/keys", func(g *GitHub) {
			g.Add(1, "keys", map[string]any{"read_only": "yes"})
		}, "otherwise than GitHub describes"},
		"a wrong document": {"/repos/acme/web/actions/permissions/workflow", func(g *GitHub) {
			g.Set(1, "actions/permissions/workflow", map[string]any{"default_workflow_permissions": "admin"})
		}, "otherwise than GitHub describes"},
	} {
		t.Run(name, func(t *testing.T) {
			w := &witness{TB: t}
			g := StartGitHub(w)
			g.Host(1, "acme/web", 2)
			tt.put(g)
			if r := get(t, g, tt.path); r.err != nil {
				t.Fatal(r.err)
			}
			if told := strings.Join(w.told, "\n"); (told == "") != (tt.want == "") || !strings.Contains(told, tt.want) {
				t.Errorf("told %q, want %q", told, tt.want)
			}
		})
	}
}

// TestFaults: each is seen as GitHub shows it, and as often as was said.
func TestFaults(t *testing.T) {
	g := StartGitHub(t)
	g.Host(1, "acme/web", 2)
	const path = "/repos/acme/web"
	for name, tt := range map[string]struct {
		fault  Fault
		status int
		header string
		says   string
	}{
		"5xx":       {Fault{Status: 502}, 502, "", "Bad Gateway"},
		"primary":   {Fault{Primary: true, Reset: time.Hour}, 403, "X-RateLimit-Reset", "rate limit exceeded"},
		"secondary": {Fault{Secondary: true, After: time.Minute}, 403, "Retry-After", "secondary rate limit"},
		"unnamed":   {Fault{Secondary: true}, 403, "", "secondary rate limit"},
		"skew":      {Fault{Skew: time.Hour}, 200, "Date", "acme/web"},
		"slow":      {Fault{Slow: time.Microsecond}, 200, "", "acme/web"},
	} {
		tt.fault.Times = 1
		g.Break(tt.fault)
		r := get(t, g, path)
		if r.err != nil || r.status != tt.status || !strings.Contains(r.body, tt.says) || tt.header != "" && r.header.Get(tt.header) == "" {
			t.Errorf("%s: %+v", name, r)
		}
		if r := get(t, g, path); r.status != http.StatusOK {
			t.Errorf("%s: twice", name)
		}
	}
	g.Break(Fault{Truncated: true})
	if r := get(t, g, path); r.err == nil {
		t.Errorf("truncated: %.80q", r.body)
	}
	g.Mend()
	if r := get(t, g, path); r.err != nil {
		t.Error(r.err)
	}
}

// TestETag: what didn't change costs nothing; what did, is sent.
func TestETag(t *testing.T) {
	g := StartGitHub(t)
	g.Host(1, "acme/web", 2)
	first := get(t, g, "/repos/acme/web/keys").header.Get("ETag")
	spent := g.Spent()
	if r := get(t, g, "/repos/acme/web/keys", "If-None-Match", first); r.status != http.StatusNotModified || r.body != "" || g.Spent() != spent {
		t.Errorf("%+v, spent %d", r, g.Spent()-spent)
	}
	g.Add(1, "keys", map[string]any{"title": "x", "created_at": "2026-01-01T00:00:00Z"})
	if r := get(t, g, "/repos/acme/web/keys", "If-None-Match", first); r.status != http.StatusOK {
		t.Error("a change isn't sent")
	}
}
