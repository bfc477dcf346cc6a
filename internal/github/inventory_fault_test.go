package github

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/inventory"
	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/testservers"
)

// TestFaults: what goes wrong for a while is asked again; what stays wrong is told, and never read as nothing there.
func TestFaults(t *testing.T) {
	const keys = "/actions/runners"
	for name, tt := range map[string]struct {
		fault testservers.Fault
		slept []time.Duration
		why   string
	}{
		"5xx twice":           {testservers.Fault{Status: 502, Times: 2}, []time.Duration{time.Second, 2 * time.Second}, ""},
		"5xx for ever":        {testservers.Fault{Status: 503}, []time.Duration{1e9, 2e9, 4e9, 8e9}, "GitHub answers 503"},
		"secondary, named":    {testservers.Fault{Secondary: true, After: 42 * time.Second, Times: 1}, []time.Duration{42 * time.Second}, ""},
		"secondary, unnamed":  {testservers.Fault{Secondary: true, Times: 2}, []time.Duration{time.Minute, 2 * time.Minute}, ""},
		"primary, soon":       {testservers.Fault{Primary: true, Reset: 5 * time.Minute, Times: 1}, nil, ""},
		"primary, in a while": {testservers.Fault{Primary: true, Reset: 50 * time.Minute}, []time.Duration{}, "rate limit is used up"},
		"a clock ahead":       {testservers.Fault{Primary: true, Reset: time.Minute, Skew: 5 * time.Minute, Times: 1}, nil, ""},
		"a clock behind":      {testservers.Fault{Primary: true, Reset: time.Minute, Skew: -time.Hour, Times: 1}, []time.Duration{time.Second}, ""},
		"cut off once":        {testservers.Fault{Truncated: true, Times: 1}, []time.Duration{}, ""},
		"cut off":             {testservers.Fault{Truncated: true}, []time.Duration{}, "unexpected EOF"},
		"slow":                {testservers.Fault{Slow: 50 * time.Millisecond}, []time.Duration{}, "takes longer than is waited for"},
		"forbidden":           {testservers.Fault{Status: 403}, []time.Duration{}, "needs administration: read"},
		"unauthorised":        {testservers.Fault{Status: 401}, []time.Duration{}, "give a new one"},
		"teapot":              {testservers.Fault{Status: 418}, []time.Duration{}, "418"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := stocked(t)
			tt.fault.Path = keys
			g.Break(tt.fault)
			slept := []time.Duration{}
			c := asks(t, g, func(cfg *Config) {
				cfg.Patience = time.Minute
				if tt.fault.Slow > 0 {
					cfg.Patience = 300 * time.Millisecond
				}
				cfg.Sleep = func(ctx context.Context, d time.Duration) error {
					slept = append(slept, d)
					return ctx.Err()
				}
			})
			inv := take(t, c, wanted())
			ok, why := inv.Has("runners", "")
			if ok != (tt.why == "") || !strings.Contains(why, tt.why) || ok != (len(inv.Runners) == 1) {
				t.Errorf("%v, %q, %d runners", ok, why, len(inv.Runners))
			}
			if tt.slept != nil && !slices.Equal(slept, tt.slept) {
				t.Errorf("slept %v, want %v", slept, tt.slept)
			}
			for _, d := range slept {
				if d < 0 || d > maxWait {
					t.Errorf("slept %v", d)
				}
			}
		})
	}
}

// TestEnded: where the rate limit is used up, nothing more is asked, and all that wasn't is told.
func TestEnded(t *testing.T) {
	g := stocked(t)
	g.Break(testservers.Fault{Path: "/dependabot/secrets", Primary: true, Reset: time.Hour})
	inv := take(t, asks(t, g, nil), wanted())
	asked := g.Asked()
	if last := asked[len(asked)-1]; !strings.HasPrefix(last, "/repos/acme/web/dependabot/secrets") {
		t.Errorf("asked on: %s", last)
	}
	for _, name := range []string{"dependabot-secrets", "environments", "alerts"} {
		if ok, why := inv.Has(name, ""); ok || !strings.Contains(why, "rate limit") {
			t.Errorf("%s: %v %q", name, ok, why)
		}
	}
	if ok, _ := inv.Has("secrets", ""); !ok {
		t.Error("what was read before is lost")
	}
	if ok, why := inv.Has("environment-secrets", ""); ok || !strings.Contains(why, "which environments there are") {
		t.Errorf("of environments that nobody knows: %v %q", ok, why)
	}
}

// TestNoRepository: of a repository that can't be read nothing is known.
func TestNoRepository(t *testing.T) {
	g := stocked(t)
	for name, want := range map[string]string{"acme/gone": "404", "acme/web2": "is called"} {
		if name == "acme/web2" {
			g.Answer = func(w http.ResponseWriter, r *http.Request) bool {
				moved := strings.HasSuffix(r.URL.Path, "/web2")
				if moved {
					says(301, "", "Location", g.API()+"/repositories/987654")(w, r)
				}
				return moved
			}
		}
		w := wanted()
		w.Repository = name
		asked := len(g.Asked())
		inv := take(t, asks(t, g, nil), w)
		if ok, why := inv.Has("repository", ""); ok || !strings.Contains(why, want) {
			t.Errorf("%s: %v %q", name, ok, why)
		}
		if n := len(inv.Unread()); n < 20 || len(g.Asked())-asked > 2 {
			t.Errorf("%s: %d sources unread, asked %v", name, n, g.Asked()[asked:])
		}
	}
	for _, name := range []string{"", "acme", "acme/../x", "acme/web/x", "../..", "acme/web?x"} {
		w := wanted()
		w.Repository = name
		if _, err := asks(t, g, nil).Inventory(t.Context(), w); err == nil {
			t.Errorf("%q is taken", name)
		}
	}
}

// TestHostileAnswers: an answer that isn't what was asked for is no answer.
func TestHostileAnswers(t *testing.T) {
	for name, tt := range map[string]struct{ path, source, body, link, why string }{
		"nonsense":             {"/actions/secrets", "secrets", `{"secrets":`, "", "can't be read"},
		"another shape":        {"/actions/secrets", "secrets", `[]`, "", "can't be read"},
		"no list":              {"/actions/secrets", "secrets", `{"total_count":0}`, "", `no "secrets"`},
		"null for a list":      {"/actions/secrets", "secrets", `{"total_count":1,"secrets":null}`, "", "counts 1 and lists 0"},
		"fewer than it counts": {"/actions/secrets", "secrets", `{"total_count":2,"secrets":[{"name":"A"}]}`, "", "counts 2 and lists 1"},
		"pages without end":    {"/keys", "deploy-keys", `[{"id":1}]`, `<http://evil.example/>; rel="next"`, "used up"},
		"empty pages":          {"/keys", "deploy-keys", `[]`, `<http://evil.example/>; rel="next"`, "an empty page"},
		"no permissions":       {"/actions/permissions/workflow", "workflow-permissions", `{}`, "", "doesn't say"},
		"other permissions":    {"/actions/permissions/workflow", "workflow-permissions", `{"default_workflow_permissions":"none\u001b[2J","can_approve_pull_request_reviews":false}`, "", "doesn't say"},
		"no errors at all":     {"/codeowners/errors", "codeowners", `{}`, "", "doesn't say that there are none"},
		"a document of 20 MB":  {"/codeowners/errors", "codeowners", `{"errors":[],"x":"` + strings.Repeat("x", 20<<20) + `"}`, "", "longer than is read"},
	} {
		t.Run(name, func(t *testing.T) {
			g := stocked(t)
			g.Answer = func(w http.ResponseWriter, r *http.Request) bool {
				hit := strings.HasSuffix(r.URL.Path, "/repos/acme/web"+tt.path)
				if hit {
					says(200, tt.body, "Link", tt.link)(w, r)
				}
				return hit
			}
			inv := take(t, asks(t, g, nil), wanted())
			if ok, why := inv.Has(tt.source, ""); ok || !strings.Contains(why, tt.why) || strings.ContainsAny(why, "\x1b\n") || len(why) > 2000 {
				t.Errorf("%v, %.300q", ok, why)
			}
		})
	}
}

// TestPoisonedCache: who can write the cache's file can't have an inventory say what GitHub didn't.
func TestPoisonedCache(t *testing.T) {
	g := stocked(t)
	c := asks(t, g, nil)
	first := take(t, c, wanted())
	src, err := c.cache.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	evil := strings.ReplaceAll(strings.ReplaceAll(string(src), "NPM_TOKEN", "HARMLESS"), `"write"`, `"read"`)
	if evil == string(src) {
		t.Fatal("nothing was changed")
	}
	for name, tt := range map[string]struct {
		src   string
		other bool // token
	}{"as it was": {string(src), false}, "poisoned": {evil, false}, "of another token": {string(src), true}} {
		kept, err := ReadCache(strings.NewReader(tt.src))
		if err != nil {
			t.Fatal(err)
		}
		c := asks(t, g, func(cfg *Config) {
			cfg.Cache = kept
			if tt.other {
				cfg.Metadata = redact.Secret{}
			}
		})
		inv := take(t, c, wanted())
		_, counted := c.Cost()
		switch name {
		case "as it was":
			if counted != 0 {
				t.Errorf("%d counted", counted)
			}
		case "poisoned":
			if !slices.ContainsFunc(inv.Secrets, func(s inventory.Secret) bool { return s.Name == "NPM_TOKEN" }) || inv.Workflows[0].Permissions != "write" || counted != 2 {
				t.Errorf("the cache was believed: %d counted", counted)
			}
		default:
			if len(inv.Secrets) != 0 || len(first.Secrets) == 0 {
				t.Error("what another token may see was told")
			}
		}
	}
	for _, src := range []string{"", "[]", "{", `{"schema":2}`, `{"schema":1,"entries":[]}`} {
		if _, err := ReadCache(strings.NewReader(src)); err == nil {
			t.Errorf("%q is taken", src)
		}
	}
}

// bottomless is a file that never ends.
type bottomless struct{ read int }

func (e *bottomless) Read(p []byte) (int, error) {
	e.read += len(p)
	return len(p), nil
}

// TestLongCache: of a cache that is too long, no more is read than shows it.
func TestLongCache(t *testing.T) {
	e := &bottomless{}
	if _, err := ReadCache(e); err == nil || !strings.Contains(err.Error(), "delete it") || e.read > 2*maxCacheSize {
		t.Errorf("%v, after %d bytes", err, e.read)
	}
}

func FuzzReadCache(f *testing.F) {
	f.Add([]byte(`{"schema":1,"entries":{"a":{"etag":"x","kept":[],"seal":"y"}}}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		c, err := ReadCache(bytes.NewReader(src))
		if err != nil {
			return
		}
		for key := range c.entries {
			_, address, _ := strings.Cut(key, " ")
			if _, ok := c.get(redact.New([]byte("t")), address); ok {
				t.Errorf("an entry that nobody sealed is believed: %q", key)
			}
		}
		if _, err := c.Bytes(); err != nil {
			t.Error(err)
		}
	})
}

// TestHosts: the hosts of Enterprise Server and of Enterprise Cloud with data residency.
func TestHosts(t *testing.T) {
	for api, want := range map[string]string{
		"":                               "https://api.github.com/",
		"https://ghe.example.com/api/v3": "https://ghe.example.com/api/v3/",
		"https://api.acme.ghe.com":       "https://api.acme.ghe.com/",
		"http://ghe.example.com/api/v3":  "",
		"https://user@ghe.example.com":   "",
		"ftp://ghe.example.com":          "",
	} {
		base, err := parseAPI(api)
		if (err == nil) != (want != "") || err == nil && base.String() != want {
			t.Errorf("%s: %v, %v", api, base, err)
		}
	}
}
