// Package openapi holds requests and answers to GitHub's own description of its REST API, so that a fake of GitHub
// can't be wrong where its author is. It has of the description what curfew asks for; testdata/LICENSE.md says where
// that comes from. For tests alone.
package openapi

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

//go:embed testdata/github.json
var description []byte

// Spec is the description.
type Spec struct {
	doc    *openapi3.T
	router routers.Router
}

// Load reads it. Once a process is enough: it takes a while, and every fake needs it.
func Load() (*Spec, error) { return loaded() }

//nolint:gochecknoglobals // what is read once never changes
var loaded = sync.OnceValues(read)

func read() (*Spec, error) {
	doc, err := openapi3.NewLoader().LoadFromData(description)
	if err != nil {
		return nil, fmt.Errorf("GitHub's description: %w", err)
	}
	s := &Spec{doc: doc}
	// The router reads a path's last parameter as one segment; a branch may have several.
	routed := *doc
	routed.Paths = openapi3.NewPaths()
	for path, item := range doc.Paths.Map() {
		if strings.HasSuffix(path, "/commits/{ref}") {
			routed.Paths.Set(path, item) // what is below a commit has an operation of its own
			continue
		}
		routed.Paths.Set(regexp.MustCompile(`\{(ref|branch)\}`).ReplaceAllString(path, "{$1:.+}"), item)
	}
	s.router, err = gorillamux.NewRouter(&routed)
	return s, err
}

// Operations lists what the description has: "GET /repos/{owner}/{repo}".
func (s *Spec) Operations() []string {
	var all []string
	for path, item := range s.doc.Paths.Map() {
		for method := range item.Operations() {
			all = append(all, method+" "+path)
		}
	}
	slices.Sort(all)
	return all
}

// Call is a request with the operation that it is.
type Call struct {
	in  *openapi3filter.RequestValidationInput
	raw bool // a media type that the description tells of in words alone
}

// Match finds a request's operation and holds the request to it: path, query and body. path is that below the API's
// root, escaped. The error says what isn't as GitHub describes it.
func (s *Spec) Match(r *http.Request, path string, body []byte) (*Call, error) {
	// The description leaves out that a repository goes by its id, too, as GitHub's own redirects have it.
	path = regexp.MustCompile(`^/repositories/[0-9]+`).ReplaceAllString(path, "/repos/by/id")
	plain, err := url.PathUnescape(path)
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.URL.Path, r.URL.RawPath = plain, path
	r.Body = io.NopCloser(bytes.NewReader(body))
	route, params, err := s.router.FindRoute(r)
	if err != nil {
		return nil, fmt.Errorf("%s %s: GitHub's description as we keep it has no such operation: %w; add it to operations.txt and run prune", r.Method, path, err)
	}
	c := &Call{
		in: &openapi3filter.RequestValidationInput{
			Request: r, PathParams: params, Route: route,
			Options: &openapi3filter.Options{RejectWhenRequestBodyNotSpecified: true, SkipSettingDefaults: true},
		},
		raw: strings.Contains(r.Header.Get("Accept"), ".raw"),
	}
	for name := range r.URL.Query() {
		if route.Operation.Parameters.GetByInAndName("query", name) == nil {
			return nil, fmt.Errorf("%s %s: GitHub's description has no parameter %q there", r.Method, path, name)
		}
	}
	if err := openapi3filter.ValidateRequest(r.Context(), c.in); err != nil {
		return nil, fmt.Errorf("%s %s: %w", r.Method, path, err)
	}
	return c, nil
}

// CheckAnswer holds an answer to the operation. A refusal of a status that the description doesn't name must have
// what every refusal has, a message.
func (c *Call) CheckAnswer(ctx context.Context, status int, header http.Header, body []byte) error {
	if c.raw && status == http.StatusOK {
		return nil
	}
	in := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: c.in, Status: status, Header: header,
		Options: &openapi3filter.Options{IncludeResponseStatus: status < http.StatusBadRequest},
	}
	in.SetBodyBytes(body)
	err := openapi3filter.ValidateResponse(ctx, in)
	if err == nil && status >= http.StatusBadRequest && !bytes.Contains(body, []byte(`"message"`)) {
		err = fmt.Errorf("a refusal without a message: %q", body)
	}
	if err != nil {
		return fmt.Errorf("answer to %s %s: %w", c.in.Request.Method, c.in.Request.URL.Path, err)
	}
	return nil
}
