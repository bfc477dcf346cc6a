package github

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/testservers/openapi"
)

const token = "not-a-real-token-a1b2c3"

// answer is one scripted reply of the fake.
type answer struct {
	status int
	header map[string]string
	body   string
}

// fakeGitHub is a fake, not GitHub: it plays scripted answers to uploads and status questions, in
// order, the last one for ever, holds what was sent to GitHub's description, and records it.
type fakeGitHub struct {
	*httptest.Server
	spec        *openapi.Spec
	posts, gets []answer

	mu     sync.Mutex
	seen   []string // "METHOD path"
	upload map[string]any
	sarif  string // of the last upload, unpacked
	slept  []time.Duration
}

func newFake(t *testing.T, posts, gets []answer) *fakeGitHub {
	t.Helper()
	spec, err := openapi.Load()
	if err != nil {
		t.Fatal(err)
	}
	f := &fakeGitHub{spec: spec, posts: posts, gets: gets}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { f.serve(t, w, r) }))
	t.Cleanup(f.Close)
	return f
}

func (f *fakeGitHub) serve(t *testing.T, w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen = append(f.seen, r.Method+" "+r.URL.Path)
	if got := r.Header.Get("Authorization"); got != "Bearer "+token {
		t.Errorf("%s %s: authorization %q", r.Method, r.URL.Path, got)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	if _, err := f.spec.Match(r, strings.TrimPrefix(r.URL.EscapedPath(), "/api/v3"), body); err != nil {
		t.Errorf("a request that isn't as GitHub describes it: %v", err)
	}
	script := &f.gets
	if r.Method == http.MethodPost {
		script = &f.posts
		f.unpack(t, bytes.NewReader(body))
	}
	a := (*script)[0]
	if len(*script) > 1 {
		*script = (*script)[1:]
	}
	for k, v := range a.header {
		w.Header().Set(k, v)
	}
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, a.body)
}

func (f *fakeGitHub) unpack(t *testing.T, body io.Reader) {
	f.upload = nil
	if err := json.NewDecoder(body).Decode(&f.upload); err != nil {
		t.Errorf("upload's body: %v", err)
		return
	}
	text, _ := f.upload["sarif"].(string)
	z, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(text)))
	if err != nil {
		t.Errorf("upload's SARIF: %v", err)
		return
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Errorf("upload's SARIF: %v", err)
	}
	f.sarif = string(b)
}

// client speaks to f under an Enterprise Server's path and doesn't really sleep.
func (f *fakeGitHub) client(t *testing.T) *Client {
	t.Helper()
	c, err := New(Config{
		API:   f.URL + "/api/v3",
		Token: redact.New([]byte(token)),
		Agent: "curfew/test",
		Now:   func() time.Time { return time.Unix(1_800_000_000, 0) },
		Sleep: func(ctx context.Context, d time.Duration) error {
			f.slept = append(f.slept, d)
			return ctx.Err()
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func accepted() answer { return answer{status: 202, body: `{"id":"up-1","url":"https://example.com"}`} }

func complete() answer {
	return answer{status: 200, body: `{"processing_status":"complete","analyses_url":"https://example.com/analyses"}`}
}

func pending() answer { return answer{status: 200, body: `{"processing_status":"pending"}`} }

const sampleSARIF = `{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"curfew"}},"automationDetails":{"id":"curfew/workflows/"},"results":[{}]}]}`

func parcel(t *testing.T) *Parcel {
	t.Helper()
	p, err := Pack(Upload{
		Owner: "acme", Repo: "shop", Commit: strings.Repeat("a", 40), Ref: "refs/heads/main", SARIF: []byte(sampleSARIF),
	})
	if err != nil {
		t.Fatal(err)
	}
	return p[0]
}
