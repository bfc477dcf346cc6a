package github

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/redact"
)

const sarifs = "/api/v3/repos/acme/shop/code-scanning/sarifs"

// send sends a parcel and waits for it.
func send(ctx context.Context, c *Client, p *Parcel) (*Receipt, error) {
	id, err := c.Send(ctx, p)
	if err != nil {
		return nil, err
	}
	return c.Await(ctx, p, id, func(time.Duration) {})
}

func TestUpload(t *testing.T) {
	f := newFake(t, []answer{accepted()}, []answer{{status: 404, body: `{"message":"Not Found"}`}, pending(), complete()})
	receipt, err := send(t.Context(), f.client(t), parcel(t))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&Receipt{ID: "up-1", Analyses: "https://example.com/analyses"}, receipt); diff != "" {
		t.Errorf("receipt (-want +got):\n%s", diff)
	}
	if f.sarif != sampleSARIF {
		t.Errorf("GitHub got %s", f.sarif)
	}
	delete(f.upload, "sarif")
	want := map[string]any{"commit_sha": strings.Repeat("a", 40), "ref": "refs/heads/main", "tool_name": "curfew", "validate": true}
	if diff := cmp.Diff(want, f.upload); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
	asked := []string{"POST " + sarifs, "GET " + sarifs + "/up-1", "GET " + sarifs + "/up-1", "GET " + sarifs + "/up-1"}
	if diff := cmp.Diff(asked, f.seen); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// TestUploadWaits: what GitHub says about when to come back is followed.
func TestUploadWaits(t *testing.T) {
	limit := `{"message":"You have exceeded a secondary rate limit."}`
	tests := []struct {
		name  string
		first []answer
		want  []time.Duration // before the upload went through
	}{
		{"retry-after", []answer{{403, map[string]string{"Retry-After": "7"}, `{}`}}, []time.Duration{7 * time.Second}},
		{"too many requests", []answer{{429, nil, `{}`}}, []time.Duration{time.Minute}},
		{
			"primary limit",
			[]answer{{403, map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1800000030"}, `{}`}},
			[]time.Duration{31 * time.Second},
		},
		{"secondary limit, twice", []answer{{403, nil, limit}, {403, nil, limit}}, []time.Duration{time.Minute, 2 * time.Minute}},
		{"bad gateway, twice", []answer{{502, nil, ""}, {503, nil, ""}}, []time.Duration{time.Second, 2 * time.Second}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t, append(tt.first, accepted()), []answer{complete()})
			if _, err := send(t.Context(), f.client(t), parcel(t)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(append(tt.want, pollFirst), f.slept); diff != "" {
				t.Errorf("pauses (-want +got):\n%s", diff)
			}
			if f.sarif != sampleSARIF {
				t.Errorf("the last attempt sent %q", f.sarif)
			}
		})
	}
}

func TestUploadFails(t *testing.T) {
	tests := []struct {
		name        string
		posts, gets []answer
		want        string
		requests    int
	}{
		{"no right", []answer{{403, nil, `{"message":"Resource not accessible by integration"}`}}, nil, `needs "security-events: write"`, 1},
		{"wrong token", []answer{{401, nil, `{"message":"Bad credentials"}`}}, nil, "has expired", 1},
		{"no repository", []answer{{404, nil, `{"message":"Not Found"}`}}, nil, "can't see it", 1},
		{"refused file", []answer{{422, nil, `{"message":"Invalid SARIF"}`}}, nil, "Invalid SARIF", 1},
		{"too large", []answer{{413, nil, ``}}, nil, "scan fewer paths", 1},
		{"success that isn't 202", []answer{{200, nil, `{}`}}, nil, "without accepting", 1},
		{"an id that is a path", []answer{{202, nil, `{"id":"../../x"}`}}, nil, "names no upload", 1},
		{"no JSON", []answer{{202, nil, `<html>`}}, nil, "read GitHub's answer", 1},
		{"down for good", []answer{{502, nil, ``}}, nil, "502", maxAttempts},
		{"asked to wait an hour", []answer{{429, map[string]string{"Retry-After": "3600"}, `{"message":"slow down"}`}}, nil, "slow down", 1},
		{
			"not processed",
			[]answer{accepted()},
			[]answer{{200, nil, `{"processing_status":"failed","errors":["locationFromSarifResult: expected a physical location","second"]}`}},
			"(failed): locationFromSarifResult: expected a physical location; second", 2,
		},
		{
			"an error that isn't text for a terminal",
			[]answer{accepted()},
			[]answer{{200, nil, `{"processing_status":"failed","errors":["\u001b[2J::error::x\n"]}`}},
			`(failed): \u001b[2J::error::x\u000a`, 2,
		},
		{"a token quoted", []answer{{422, nil, `{"message":"bad ` + token + `"}`}}, nil, "bad [redacted]", 1},
		{"status unreadable", []answer{accepted()}, []answer{{403, nil, `{"message":"no"}`}}, "what became of upload up-1", 2},
		{"never done", []answer{accepted()}, []answer{pending()}, "hasn't processed it after 2m0s", 27},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t, tt.posts, tt.gets)
			receipt, err := send(t.Context(), f.client(t), parcel(t))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("receipt %v, error %v, want one with %q", receipt, err, tt.want)
			}
			if strings.Contains(err.Error(), token) {
				t.Errorf("the token is in the error: %v", err)
			}
			if len(f.seen) != tt.requests {
				t.Errorf("%d requests, want %d: %q", len(f.seen), tt.requests, f.seen)
			}
		})
	}
}

// TestUploadRateOfSuccess: a success that used up the limit doesn't stop the questions after it;
// the next refusal says how long to wait.
func TestUploadRateOfSuccess(t *testing.T) {
	last := pending()
	last.header = map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "4000000000"}
	f := newFake(t, []answer{accepted()}, []answer{last, complete()})
	if _, err := send(t.Context(), f.client(t), parcel(t)); err != nil {
		t.Fatal(err)
	}
}

func TestUploadCancelled(t *testing.T) {
	f := newFake(t, []answer{accepted()}, []answer{pending()})
	ctx, cancel := context.WithCancel(t.Context())
	c := f.client(t)
	c.sleep = func(ctx context.Context, _ time.Duration) error {
		cancel()
		return ctx.Err()
	}
	if _, err := send(ctx, c, parcel(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
}

// TestRedirect: within the host it is followed with the token, to another host it isn't.
func TestRedirect(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("the other host was asked")
	}))
	defer other.Close()
	elsewhere := newFake(t, []answer{{status: 307, header: map[string]string{"Location": other.URL}}}, nil)
	_, err := send(t.Context(), elsewhere.client(t), parcel(t))
	if err == nil || !strings.Contains(err.Error(), "redirects to another host") {
		t.Errorf("error %v", err)
	}

	renamed := newFake(t, []answer{{status: 307, header: map[string]string{"Location": "/api/v3/repositories/1/code-scanning/sarifs"}}, accepted()}, []answer{complete()})
	if _, err := send(t.Context(), renamed.client(t), parcel(t)); err != nil {
		t.Error(err)
	}
	if renamed.sarif != sampleSARIF {
		t.Errorf("after the redirect GitHub got %q", renamed.sarif)
	}
}

func TestNew(t *testing.T) {
	some := redact.New([]byte(token))
	tests := []struct {
		name, api string
		token     redact.Secret
		want      string // the base URL, or a part of the error
		ok        bool
	}{
		{"public", "", some, "https://api.github.com/", true},
		{"enterprise", "https://ghe.example.com/api/v3", some, "https://ghe.example.com/api/v3/", true},
		{"trailing slash", "https://ghe.example.com/api/v3/", some, "https://ghe.example.com/api/v3/", true},
		{"this machine", "http://127.0.0.1:8080", some, "http://127.0.0.1:8080/", true},
		{"plain http", "http://ghe.example.com/api/v3", some, "is no https URL", false},
		{"another scheme", "file:///etc", some, "is no https URL", false},
		{"no host", "https://", some, "is no https URL", false},
		{"a password inside", "https://u:hunter2@ghe.example.com", some, "is no https URL", false},
		{"no token", "", redact.New(nil), "no token for api.github.com: set GITHUB_TOKEN", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := New(Config{API: tt.api, Token: tt.token})
			if (err == nil) != tt.ok {
				t.Fatalf("error %v", err)
			}
			if err != nil {
				if !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hunter2") {
					t.Errorf("error %v, want %q and no password", err, tt.want)
				}
				return
			}
			if got := c.rest.BaseURL.String(); got != tt.want {
				t.Errorf("base URL %s, want %s", got, tt.want)
			}
		})
	}
}

// TestRealClock: without an injected clock the real ones are used, and a wait ends with its context.
func TestRealClock(t *testing.T) {
	f := newFake(t, []answer{{403, map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1"}, `{}`}, accepted()}, []answer{pending()})
	c, err := New(Config{API: f.URL + "/api/v3", Token: redact.New([]byte(token))})
	if err != nil {
		t.Fatal(err)
	}
	p, began := parcel(t), time.Now()
	id, err := c.Send(t.Context(), p)
	if err != nil || time.Since(began) < time.Second {
		t.Fatalf("%v after %s, want one second's pause", err, time.Since(began))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond) // within the pause before the first question
	defer cancel()
	if _, err := c.Await(ctx, p, id, func(time.Duration) {}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want %v", err, context.DeadlineExceeded)
	}
	if got := len(f.seen); got != 2 {
		t.Errorf("%d requests, want 2: %q", got, f.seen)
	}
}
