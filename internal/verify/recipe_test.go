package verify_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/verify"
	"github.com/curfew-ci/curfew/rules"
)

// ourRecipes are those of rules/secrets.toml.
func ourRecipes(t *testing.T) []verify.Recipe {
	t.Helper()
	recipes, err := verify.ParseRecipes("rules/secrets.toml", rules.SecretRules())
	if err != nil {
		t.Fatal(err)
	}
	if len(recipes) == 0 {
		t.Fatal("no recipes in rules/secrets.toml")
	}
	return recipes
}

// recipes reads recipes in which BASE stands for a fake's address.
func recipes(t *testing.T, f *fake, text string) []verify.Recipe {
	t.Helper()
	r, err := verify.ParseRecipes("rules.toml", []byte(strings.ReplaceAll(text, "BASE", f.URL)))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestRecipeAsks: a recipe's request and what it makes of answers. The service is made up.
func TestRecipeAsks(t *testing.T) {
	const recipe = `
[[rules]]
id = "widget-token"
regex = '''wdg_[a-z]{20}'''

[verify.widget-token]
method = "POST"
url = "BASE/v1/me?full=1"
prefix = "wdg_"
headers = { Authorization = "Token {{secret}}", X-Version = "2" }
live = { status = 200, field = "user.id" }
dead = [
  { status = 401 },
  { status = 200, field = "state", is = "revoked" },
  { status = 403, field = "errors.0.code", is = 7 },
  { status = 403, field = "locked", is = true },
]
subject = "user.name"
scopes = "may"
expires = "until"
`
	tests := []struct {
		name   string
		answer http.HandlerFunc
		want   verify.Result
	}{
		{
			"live", says(200, `{"user":{"id":1,"name":"robot"},"may":["write","read"],"until":"2027-01-31T00:00:00+01:00"}`),
			verify.Result{Status: verify.Live, Subject: "robot", Scopes: []string{"read", "write"}, Expires: time.Date(2027, 1, 30, 23, 0, 0, 0, time.UTC)},
		},
		{"live, scopes in one text", says(200, `{"user":{"id":1},"may":"write, read","until":1795525200}`), verify.Result{Status: verify.Live, Scopes: []string{"read", "write"}, Expires: time.Unix(1795525200, 0).UTC()}},
		{"200 without the field", says(200, `{"user":{}}`), verify.Result{Status: verify.Unknown, Reason: "HOST answered 200, which says neither"}},
		{"200 with null in the field", says(200, `{"user":{"id":null}}`), verify.Result{Status: verify.Unknown, Reason: "HOST answered 200, which says neither"}},
		{"200 of something else", says(200, `<html>`), verify.Result{Status: verify.Unknown, Reason: "HOST answered 200, which says neither"}},
		{"two documents", says(200, `{"user":{"id":1}} {}`), verify.Result{Status: verify.Unknown, Reason: "HOST answered 200, which says neither"}},
		{"dead by status", says(401, ``), verify.Result{Status: verify.Dead, Reason: "HOST answered 401"}},
		{"dead by text", says(200, `{"state":"revoked"}`), verify.Result{Status: verify.Dead, Reason: "HOST answered 200, state: revoked"}},
		{"dead by number", says(403, `{"errors":[{"code":7}]}`), verify.Result{Status: verify.Dead, Reason: "HOST answered 403, errors.0.code: 7"}},
		{"dead by truth", says(403, `{"locked":true}`), verify.Result{Status: verify.Dead, Reason: "HOST answered 403, locked: true"}},
		{"another number", says(403, `{"errors":[{"code":8}]}`), verify.Result{Status: verify.Unknown, Reason: "HOST answered 403, which says neither"}},
		{"a text for the number", says(403, `{"errors":[{"code":"7"}]}`), verify.Result{Status: verify.Unknown, Reason: "HOST answered 403, which says neither"}},
		{"no such index", says(403, `{"errors":[]}`), verify.Result{Status: verify.Unknown, Reason: "HOST answered 403, which says neither"}},
		{"both", says(200, `{"user":{"id":1},"state":"revoked"}`), verify.Result{Status: verify.Unknown, Reason: "by the recipe HOST's answer means both live and dead"}},
		{"rate limited", says(429, ``), verify.Result{Status: verify.Unknown, Reason: "rate limited by HOST"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := serve(t, tt.answer)
			v := verifier(t, verify.Options{Recipes: recipes(t, f, recipe)})
			got := v.Verify(t.Context(), []verify.Candidate{candidate("widget-token", "wdg_abcdefghijklmnopqrst")})
			tt.want.Asked, tt.want.Reason = f.host(), strings.ReplaceAll(tt.want.Reason, "HOST", f.host())
			same(t, []verify.Result{tt.want}, got)
			r := f.seen[0]
			sent := headers(r, "Authorization", "X-Version")
			if r.Method != http.MethodPost || r.URL.String() != "/v1/me?full=1" || sent["Authorization"] != "Token wdg_abcdefghijklmnopqrst" || sent["X-Version"] != "2" {
				t.Errorf("asked %s %s %v", r.Method, r.URL, sent)
			}
		})
	}
}

// TestRecipePrefix: a recipe for some of a detector's finds isn't used for the others.
func TestRecipePrefix(t *testing.T) {
	f := serve(t, says(401, ``))
	v := verifier(t, verify.Options{Recipes: recipes(t, f, `
[verify.widget-token]
url = "BASE/"
prefix = "wdg_"
headers = { X-Token = "{{secret}}" }
live = { status = 200, field = "id" }
dead = [{ status = 401 }]
`)})
	got := v.Verify(t.Context(), []verify.Candidate{candidate("widget-token", "wdx_abcdefghijklmnopqrst")})
	same(t, []verify.Result{{Status: verify.Unknown, Reason: "the recipe for widget-token is for values that begin with wdg_"}}, got)
	if len(f.seen) > 0 {
		t.Error("it was sent")
	}
}

// TestRecipeInURL: a recipe that says so puts the credential into the URL, escaped, and errors don't show it.
func TestRecipeInURL(t *testing.T) {
	f := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-May", "read,write")
		w.Header().Set("Location", "https://"+strings.Trim(r.URL.Path, "/")+".example/")
		if r.URL.Query().Get("go") != "" {
			w.WriteHeader(http.StatusFound)
		}
		_, _ = w.Write([]byte(`{"ok":true}`))
	})
	const value = "bot1234567890abcdef"
	const recipe = `
[verify.widget-token]
url = "BASE/QUERY"
secret-in-url = true
live = { status = 200, field = "ok", is = true }
scopes-header = "X-May"
`
	ask := func(query, value string) verify.Result {
		v := verifier(t, verify.Options{Recipes: recipes(t, f, strings.Replace(recipe, "QUERY", query, 1))})
		return v.Verify(t.Context(), []verify.Candidate{candidate("widget-token", value)})[0]
	}
	same(t, []verify.Result{{Status: verify.Live, Scopes: []string{"read", "write"}, Asked: f.host()}}, []verify.Result{ask("{{secret}}/me?k={{secret}}", "a b/c?d#e&f")})
	if got := f.seen[0]; got.URL.Path != "/a b/c?d#e&f/me" || got.URL.Query().Get("k") != "a b/c?d#e&f" {
		t.Errorf("asked %s", got.URL)
	}
	if r := ask("{{secret}}?go=1", value); strings.Contains(r.Reason, value) || !strings.HasPrefix(r.Reason, f.host()+" answered with a redirect to [redacted].example") {
		t.Errorf("%+v", r)
	}
	f.Close()
	if r := ask("{{secret}}", value); strings.Contains(r.Reason, value) || !strings.Contains(r.Reason, "can't be reached") {
		t.Errorf("%+v", r)
	}
}

// TestRecipeErrors: a recipe decides where credentials go; what is odd about one is refused, with its place.
func TestRecipeErrors(t *testing.T) {
	const good = "[verify.widget-token]\nurl = \"https://api.widget.example/me\"\nheaders = { Authorization = \"Bearer {{secret}}\" }\nlive = { status = 200, field = \"id\" }\n"
	swap := func(old, with string) string { return strings.Replace(good, old, with, 1) }
	tests := []struct{ name, text, want string }{
		{"good", good, ""},
		{"nothing", "", ""},
		{"no recipe", "title = \"x\"\n[[rules]]\nid = \"a\"\nunheard = 1\n", ""},
		{"http", swap("https:", "http:"), `r.toml:2:1: recipe widget-token: "http://api.widget.example": expected https (http is for this machine alone)`},
		{"host from the credential", swap("api.widget", "{{secret}}.widget"), `r.toml:2:1: recipe widget-token: the host must be written out: no {{secret}} before the path`},
		{"a user in the URL", swap("api.widget", "me:pw@api.widget"), `r.toml:2:1: recipe widget-token: has a user or password in it: name the address alone`},
		{"a user from a backslash", swap("api.widget.example", `api.widget.example\\@evil.example`), `r.toml:2:1: recipe widget-token: not a URL`},
		{"another host after a query", swap(".example/me", `.example?@evil.example/me`), `r.toml:2:1: recipe widget-token: "https://api.widget.example": expected no query`},
		{"a fragment", swap("/me", "/me#x"), `r.toml:2:1: recipe widget-token: expected a URL without a fragment`},
		{"no URL", swap("url = \"https://api.widget.example/me\"\n", ""), `r.toml:1:9: recipe widget-token: expected a URL, https://HOST/PATH`},
		{"credential in the URL", swap("/me", "/{{secret}}"), `r.toml:2:1: recipe widget-token: URLs end up in logs: put {{secret}} into a header, or say secret-in-url = true`},
		{"secret-in-url for nothing", good + "secret-in-url = true\n", `r.toml:5:1: recipe widget-token: there is no {{secret}} in the url: leave it out`},
		{"another placeholder in the URL", swap("/me", "/{{user}}"), `r.toml:2:1: recipe widget-token: expected no other placeholder than {{secret}}`},
		{"another placeholder", swap("Bearer", "{{user}}"), `r.toml:3:1: recipe widget-token: Authorization: expected printable text, with {{secret}} where the credential goes`},
		{"nowhere", swap("{{secret}}", "x"), `r.toml:3:1: recipe widget-token: sends the credential nowhere: put {{secret}} into a header`},
		{"a line break in a header", swap("Bearer ", `Bearer\r\nX: `), `r.toml:3:1: recipe widget-token: Authorization: expected printable text, with {{secret}} where the credential goes`},
		{"the host's header", swap("Authorization", "host"), `r.toml:3:1: recipe widget-token: "host" is no header that a recipe may set`},
		{"no header", swap("Authorization", `"A B"`), `r.toml:3:1: recipe widget-token: "A B" is no header that a recipe may set`},
		{"DELETE", good + "method = \"DELETE\"\n", `r.toml:5:1: recipe widget-token: "DELETE": expected GET or POST`},
		{"live without a field", swap(`, field = "id"`, ""), `r.toml:4:1: recipe widget-token: expected a status from 200 to 299 and a field that only a true answer has`},
		{"live by a refusal", swap(`200`, "401"), `r.toml:4:1: recipe widget-token: expected a status from 200 to 299 and a field that only a true answer has`},
		{"dead by too many", good + "dead = [{ status = 429 }]\n", `r.toml:5:1: recipe widget-token: expected a status from 400 to 499 but 429, or one from 200 to 299 with a field and what it is`},
		{"dead by a fault", good + "dead = [{ status = 500 }]\n", `r.toml:5:1: recipe widget-token: expected a status from 400 to 499 but 429, or one from 200 to 299 with a field and what it is`},
		{"dead by 200", good + "dead = [{ status = 200, field = \"x\" }]\n", `r.toml:5:1: recipe widget-token: expected a status from 400 to 499 but 429, or one from 200 to 299 with a field and what it is`},
		{"is without a field", good + "dead = [{ status = 401, is = 1 }]\n", `r.toml:5:1: recipe widget-token: is without the field that it is about`},
		{"is of another kind", good + "dead = [{ status = 401, field = \"x\", is = 1.5 }]\n", `r.toml:5:1: recipe widget-token: is: expected text, a whole number, true or false`},
		{"scopes twice", good + "scopes = \"a\"\nscopes-header = \"B\"\n", `r.toml:6:1: recipe widget-token: scopes come from a field or from a header, not from both`},
		{
			"unknown key", good + "body = \"{{secret}}\"\n",
			`r.toml:5:1: "verify.widget-token.body" is no key of a recipe; there are method, url, secret-in-url, prefix, headers, live, dead, subject, scopes, scopes-header, expires (in live and dead: status, field, is)`,
		},
		{"unknown key in live", swap("field", "feild"), `r.toml:4:24: "verify.widget-token.live.feild" is no key of a recipe; there are method, url, secret-in-url, prefix, headers, live, dead, subject, scopes, scopes-header, expires (in live and dead: status, field, is)`},
		{"wrong kind", swap("200", "\"200\""), `r.toml:4:19: cannot decode TOML string into struct field verify.condition.Status of type int`},
		{"no TOML", "[verify\n", `r.toml:1:8: expected character ]`},
		{
			"two faults", swap("https:", "http:") + "method = \"PUT\"\n",
			"r.toml:2:1: recipe widget-token: \"http://api.widget.example\": expected https (http is for this machine alone)\nr.toml:5:1: recipe widget-token: \"PUT\": expected GET or POST",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := verify.ParseRecipes("r.toml", []byte(tt.text))
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("%s\nwant: %s", got, tt.want)
			}
		})
	}
}

// TestRecipeOfBuiltIn: what is asked by code can't be led elsewhere by a recipe.
func TestRecipeOfBuiltIn(t *testing.T) {
	recipes, err := verify.ParseRecipes("r.toml", []byte(
		"\n[verify.github-pat]\nurl = \"https://evil.example/\"\nheaders = { A = \"{{secret}}\" }\nlive = { status = 200, field = \"id\" }\n"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = verify.New(verify.Options{Recipes: recipes})
	if err == nil || err.Error() != "r.toml:2:9: github-pat is asked of github itself; a recipe can't take its place" {
		t.Errorf("%v", err)
	}
}

// TestRecipeAgain: the later of two recipes counts, so that a user can change ours.
func TestRecipeAgain(t *testing.T) {
	const recipe = "[verify.widget-token]\nurl = \"BASE/\"\nheaders = { A = \"{{secret}}\" }\nlive = { status = 200, field = \"id\" }\n"
	ours, users := serve(t, says(200, `{"id":1}`)), serve(t, says(200, `{"id":1}`))
	v := verifier(t, verify.Options{Recipes: append(recipes(t, ours, recipe), recipes(t, users, recipe)...)})
	got := v.Verify(t.Context(), []verify.Candidate{candidate("widget-token", "abcdefgh")})
	same(t, []verify.Result{{Status: verify.Live, Asked: users.host(), Reason: "the recipe doesn't ask what it may do"}}, got)
	if len(ours.seen) > 0 {
		t.Error("ours was asked too")
	}
}

// FuzzParseRecipes: no file upsets the reader, and no recipe that it takes leads off its host.
func FuzzParseRecipes(f *testing.F) {
	f.Add(string(rules.SecretRules()))
	f.Add("[verify.a]\nurl = \"https://a.example/{{secret}}?x={{secret}}\"\nsecret-in-url = true\nlive = { status = 200, field = \"a\" }\n")
	f.Add("[verify]\na = 1\n[[verify.b]]\n")
	f.Fuzz(func(t *testing.T, text string) {
		recipes, err := verify.ParseRecipes("r.toml", []byte(text))
		if err != nil || len(recipes) == 0 {
			return
		}
		client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			for _, recipe := range recipes {
				if strings.HasPrefix(recipe.URL, r.URL.Scheme+"://"+r.URL.Host) {
					return newRecorder(says(200, `{}`), r), nil
				}
			}
			t.Errorf("led to %s", r.URL)
			return nil, http.ErrAbortHandler
		})}
		v, err := verify.New(verify.Options{Client: client, Recipes: recipes, Interval: time.Nanosecond})
		if err != nil {
			return
		}
		v.Verify(t.Context(), []verify.Candidate{candidate(recipes[0].Detector, recipes[0].Prefix+"@evil.example/../x#?&")})
	})
}
