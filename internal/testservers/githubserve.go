package testservers

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/testservers/openapi"
)

const apiRoot = "/api/v3"

// perHour is the primary rate limit.
const perHour = 5000

// handler holds every request to GitHub's description, then lets it be answered.
func (g *GitHub) handler(tb testing.TB, next http.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			tb.Errorf("%s %s: %v", r.Method, r.URL.Path, err)
		}
		g.mu.Lock()
		g.asked = append(g.asked, strings.TrimPrefix(r.URL.RequestURI(), apiRoot))
		answer := g.Answer
		g.mu.Unlock()
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		if token != g.Token && token != g.Metadata {
			tb.Errorf("%s %s came without the token", r.Method, r.URL.Path)
			refuse(w, http.StatusUnauthorized)
			return
		}
		call, err := g.spec.Match(r, strings.TrimPrefix(r.URL.EscapedPath(), apiRoot), body)
		if err != nil {
			tb.Errorf("a request that isn't as GitHub describes it: %v", err)
			refuse(w, http.StatusBadRequest)
			return
		}
		if answer != nil && answer(w, r) {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		rec, fault := g.answer(tb, next, call, r)
		fault.write(w, r, rec)
	}
}

// answer makes the answer, held to the description, and says what is to go wrong with it.
func (g *GitHub) answer(tb testing.TB, next http.Handler, call *openapi.Call, r *http.Request) (*httptest.ResponseRecorder, *Fault) {
	g.mu.Lock()
	defer g.mu.Unlock()
	rec := httptest.NewRecorder()
	fault := g.due(r)
	now := time.Now().Add(fault.Skew)
	if !fault.instead(rec, now) {
		next.ServeHTTP(rec, r)
		g.check(tb, call, r, rec)
		tag(rec, r)
	}
	rec.Header().Set("Date", now.UTC().Format(http.TimeFormat))
	if rec.Code != http.StatusNotModified {
		g.spent++
	}
	for name, value := range map[string]string{
		"X-RateLimit-Limit": strconv.Itoa(perHour), "X-RateLimit-Remaining": strconv.Itoa(perHour - g.spent),
		"X-RateLimit-Reset": strconv.FormatInt(now.Add(time.Hour).Unix(), 10), "X-GitHub-Media-Type": "github.v3; format=json",
	} {
		if rec.Header().Get(name) == "" {
			rec.Header().Set(name, value)
		}
	}
	return rec, fault
}

// check fills an answer up and holds it to the description.
func (g *GitHub) check(tb testing.TB, call *openapi.Call, r *http.Request, rec *httptest.ResponseRecorder) {
	tb.Helper()
	if strings.HasPrefix(rec.Header().Get("Content-Type"), "application/json") {
		d := json.NewDecoder(bytes.NewReader(rec.Body.Bytes()))
		d.UseNumber()
		var v any
		err := d.Decode(&v)
		if err == nil {
			v, err = call.Complete(rec.Code, v)
		}
		var full []byte
		if err == nil {
			full, err = json.Marshal(v)
		}
		if err != nil {
			tb.Errorf("the fake's answer: %v", err)
		}
		rec.Body = bytes.NewBuffer(full)
	}
	if err := call.CheckAnswer(r.Context(), rec.Code, rec.Header(), rec.Body.Bytes()); err != nil {
		tb.Errorf("the fake answers otherwise than GitHub describes: %v", err)
	}
}

// tag gives an answer its ETag, which differs by token as GitHub's does, and answers 304 to who has it.
func tag(rec *httptest.ResponseRecorder, r *http.Request) {
	if rec.Code != http.StatusOK {
		return
	}
	sum := sha256.Sum256(append(rec.Body.Bytes(), r.Header.Get("Authorization")+rec.Header().Get("Link")...))
	etag := `W/"` + base64.RawURLEncoding.EncodeToString(sum[:]) + `"`
	rec.Header().Set("ETag", etag)
	rec.Header().Set("Vary", "Accept, Authorization")
	if r.Header.Get("If-None-Match") == etag {
		rec.Code, rec.Body = http.StatusNotModified, &bytes.Buffer{}
		rec.Header().Del("Content-Type")
		rec.Header().Del("Link")
	}
}

// Spent is how many requests have counted against the rate limit.
func (g *GitHub) Spent() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.spent
}
