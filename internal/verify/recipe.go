package verify

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/curfew-ci/curfew/internal/courier"
)

// Recipe tells how to ask one service about the finds of one detector: one request without a body, and
// what in the answer means what. It comes from a table of a rules' file:
//
//	[verify.buildkite-token]
//	url = "https://api.buildkite.com/v2/access-token"
//	headers = { Authorization = "Bearer {{secret}}" }
//	live = { status = 200, field = "uuid" }
//	dead = [{ status = 401 }]
//	subject = "user.name"
//	scopes = "scopes"
//
// docs/verify.md describes each key.
type Recipe struct {
	Detector string
	recipeTable
	url *url.URL // scheme and host alone
	at  string   // file:line:col of its table
}

// recipeTable is a recipe as it is written.
type recipeTable struct {
	Method       string            `toml:"method"`
	URL          string            `toml:"url"`
	SecretInURL  bool              `toml:"secret-in-url"`
	Prefix       string            `toml:"prefix"`
	Headers      map[string]string `toml:"headers"`
	Live         condition         `toml:"live"`
	Dead         []condition       `toml:"dead"`
	Subject      string            `toml:"subject"`
	Scopes       string            `toml:"scopes"`
	ScopesHeader string            `toml:"scopes-header"`
	Expires      string            `toml:"expires"`
}

// condition holds for an answer with this status that has this field and, where Is is set, this value in it.
type condition struct {
	Status int    `toml:"status"`
	Field  string `toml:"field"` // keys and indexes, parted by dots: "errors.0.code"
	Is     any    `toml:"is"`    // text, a whole number, true or false
}

// placeholder stands for the credential.
const placeholder = "{{secret}}"

// ParseRecipes reads the [verify.DETECTOR] tables of a rules' file and passes over all else in it. name is
// the file's, for errors, which are "file:line:col: what" and all come at once. The file must be one that
// the user named or curfew's own: a recipe decides where credentials go.
func ParseRecipes(name string, src []byte) ([]Recipe, error) {
	var file struct {
		Verify map[string]recipeTable `toml:"verify"`
	}
	dec := toml.NewDecoder(bytes.NewReader(src)).DisallowUnknownFields()
	if err := dec.Decode(&file); err != nil {
		if err := recipeSyntax(name, err); err != nil {
			return nil, err
		}
	}
	places, err := tomlPlaces(name, src)
	if err != nil {
		return nil, err
	}
	var recipes []Recipe
	var faults []error
	for _, id := range slices.Sorted(maps.Keys(file.Verify)) {
		r := Recipe{Detector: id, recipeTable: file.Verify[id], at: places.of("verify", id)}
		r.Method = orMethod(r.Method)
		for _, f := range r.check() {
			faults = append(faults, fmt.Errorf("%s: recipe %s: %s", places.of("verify", id, f.key), id, f.what))
		}
		recipes = append(recipes, r)
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return recipes, nil
}

func orMethod(m string) string {
	if m == "" {
		return http.MethodGet
	}
	return m
}

// recipeSyntax turns the reader's errors into ours. Keys that it doesn't know count below verify alone.
func recipeSyntax(name string, err error) error {
	var missing *toml.StrictMissingError
	if errors.As(err, &missing) {
		var faults []error
		for i := range missing.Errors {
			e := &missing.Errors[i]
			if key := e.Key(); key[0] == "verify" {
				line, col := e.Position()
				faults = append(faults, fmt.Errorf("%s:%d:%d: %q is no key of a recipe; there are method, url, "+
					"secret-in-url, prefix, headers, live, dead, subject, scopes, scopes-header, expires (in live and dead: "+
					"status, field, is)", name, line, col, strings.Join(key, ".")))
			}
		}
		return errors.Join(faults...)
	}
	var wrong *toml.DecodeError
	if errors.As(err, &wrong) {
		line, col := wrong.Position()
		return fmt.Errorf("%s:%d:%d: %s", name, line, col, strings.TrimPrefix(wrong.Error(), "toml: "))
	}
	return fmt.Errorf("%s: %w", name, err)
}

// recipeFault is what is wrong at a key of a recipe.
type recipeFault struct{ key, what string }

// check lists what is wrong with a recipe, and keeps its host.
func (r *Recipe) check() []recipeFault {
	var faults []recipeFault
	if what := r.checkURL(); what != "" {
		faults = append(faults, recipeFault{"url", what})
	}
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		faults = append(faults, recipeFault{"method", fmt.Sprintf("%q: expected GET or POST", r.Method)})
	}
	inURL := strings.Contains(r.URL, placeholder)
	sent := inURL
	for _, name := range slices.Sorted(maps.Keys(r.Headers)) {
		value := r.Headers[name]
		sent = sent || strings.Contains(value, placeholder)
		switch {
		case !headerName(name):
			faults = append(faults, recipeFault{"headers", fmt.Sprintf("%q is no header that a recipe may set", name)})
		case strings.Contains(strings.ReplaceAll(value, placeholder, ""), "{{") || !courier.HeaderValue(value):
			faults = append(faults, recipeFault{"headers", fmt.Sprintf("%s: expected printable text, with %s where the credential goes", name, placeholder)})
		}
	}
	switch {
	case !sent:
		faults = append(faults, recipeFault{"headers", "sends the credential nowhere: put " + placeholder + " into a header"})
	case len(faults) > 0: // the URL's or the headers' faults come first
	case inURL && !r.SecretInURL:
		faults = append(faults, recipeFault{"url", "URLs end up in logs: put " + placeholder + " into a header, or say secret-in-url = true"})
	case !inURL && r.SecretInURL:
		faults = append(faults, recipeFault{"secret-in-url", "there is no " + placeholder + " in the url: leave it out"})
	}
	return append(faults, r.checkConditions()...)
}

// checkURL says what is wrong with the URL, if anything, and keeps its host.
func (r *Recipe) checkURL() string {
	scheme, rest, _ := strings.Cut(r.URL, "://")
	host, path, _ := strings.Cut(rest, "/")
	if strings.Contains(host, "{{") {
		return "the host must be written out: no " + placeholder + " before the path"
	}
	if strings.Contains(strings.ReplaceAll(path, placeholder, ""), "{{") {
		return "expected no other placeholder than " + placeholder
	}
	if scheme == "" || host == "" {
		return "expected a URL, https://HOST/PATH"
	}
	base, err := courier.ParseEndpoint(scheme + "://" + host)
	if err != nil {
		return err.Error()
	}
	if u, err := url.Parse(r.URL); err != nil || u.Fragment != "" || u.Host != base.Host {
		return "expected a URL without a fragment"
	}
	r.url = base
	return ""
}

// checkConditions lists what is wrong with live, dead and what is read besides.
func (r *Recipe) checkConditions() []recipeFault {
	var faults []recipeFault
	if r.Live.Status < 200 || r.Live.Status > 299 || r.Live.Field == "" {
		faults = append(faults, recipeFault{"live", "expected a status from 200 to 299 and a field that only a true answer has"})
	}
	if what := r.Live.check(); what != "" {
		faults = append(faults, recipeFault{"live", what})
	}
	for _, c := range r.Dead {
		client := 400 <= c.Status && c.Status <= 499 && c.Status != http.StatusTooManyRequests
		if !client && (c.Status < 200 || c.Status > 299 || c.Is == nil) {
			faults = append(faults, recipeFault{"dead", "expected a status from 400 to 499 but 429, or one from 200 to 299 with a field and what it is"})
		}
		if what := c.check(); what != "" {
			faults = append(faults, recipeFault{"dead", what})
		}
	}
	if r.Scopes != "" && r.ScopesHeader != "" {
		faults = append(faults, recipeFault{"scopes-header", "scopes come from a field or from a header, not from both"})
	}
	return faults
}

// check says what is wrong with a condition by itself.
func (c condition) check() string {
	switch c.Is.(type) {
	case nil, string, bool, int64:
	default:
		return "is: expected text, a whole number, true or false"
	}
	if c.Is != nil && c.Field == "" {
		return "is without the field that it is about"
	}
	return ""
}

// headerName reports whether a recipe may set a header of this name.
func headerName(s string) bool {
	for _, c := range []byte(s) {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_') {
			return false
		}
	}
	reserved := []string{"", "Host", "Connection", "Content-Length", "Transfer-Encoding", "Trailer", "Upgrade", "User-Agent"}
	return !slices.Contains(reserved, http.CanonicalHeaderKey(s))
}
