package ledger

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/redact"
)

const s3Secret = "made-up-secret-of-the-tests"

// bucketOf is a bucket at a server of ours. It shows how we take answers; that we ask as S3 wants to be
// asked shows the real one of TestE2ES3.
func bucketOf(t *testing.T, handler http.HandlerFunc) *S3 {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	s, err := NewS3(S3Options{
		Endpoint: server.URL, Region: "eu-west-1", Bucket: "evidence", Prefix: "l/", Now: at,
		Credentials: func(context.Context) (S3Credentials, error) {
			return S3Credentials{"AKIAXXXXXXXXXXXXXXXX", redact.New([]byte(s3Secret)), redact.New([]byte("made-up-session"))}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestS3Answers(t *testing.T) {
	say := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}
	}
	list := func(keys ...string) string {
		return "<ListBucketResult><Contents><Key>" + strings.Join(keys, "</Key></Contents><Contents><Key>") + "</Key></Contents></ListBucketResult>"
	}
	get := func(s *S3) error { _, err := s.Get(t.Context(), "a"); return err }
	create := func(s *S3) error { return s.Create(t.Context(), "a", nil) }
	replace := func(s *S3) error { return s.Replace(t.Context(), "a", `"t"`, nil) }
	names := func(s *S3) error { _, err := s.List(t.Context(), "b/", "b/2", 10); return err }
	for _, tt := range []struct {
		name   string
		answer http.HandlerFunc
		call   func(*S3) error
		want   string
	}{
		{"absent", say(404, "<Error><Code>NoSuchKey</Code></Error>"), get, `read "a" in the bucket evidence: not found`},
		{"forbidden", say(403, "<Error><Code>AccessDenied</Code></Error>"), get, "403 AccessDenied"},
		{"hostile", say(500, "<Error><Code>\x1b[2J</Code></Error>"), get, "500 "},
		{"repeats the session", say(403, "<Error><Code>made-up-session</Code></Error>"), get, "403 [redacted]"},
		{"no tag", say(200, "x"), get, "the answer has no ETag"},
		{"too large", say(200, strings.Repeat("x", MaxObject+1)), get, fmt.Sprintf("more than %d bytes", MaxObject)},
		{"too large an error", say(500, "<Error><Code>SlowDown</Code></Error>"+strings.Repeat(" ", MaxObject)), get, "500 SlowDown"},
		{"too large a list", say(200, "<ListBucketResult>"+strings.Repeat("x", MaxObject)), names, "the answer is no list"},
		{"taken", say(412, ""), create, `create "a" in the bucket evidence: already there`},
		{"changed", say(412, ""), replace, `replace "a" in the bucket evidence: changed meanwhile`},
		{"gone", say(404, "<Error><Code>NoSuchKey</Code></Error>"), replace, `replace "a" in the bucket evidence: not found`},
		{"no bucket", say(404, "<Error><Code>NoSuchBucket</Code></Error>"), create, "404 NoSuchBucket"},
		{"redirect", say(307, ""), create, "307 "},
		{"no list", say(200, "{}"), names, "the answer is no list"},
		{"other prefix", say(200, list("l/c/3")), names, "the answer lists what wasn't asked for, or in another order"},
		{"other order", say(200, list("l/b/4", "l/b/3")), names, "the answer lists what wasn't asked for, or in another order"},
		{"before", say(200, list("l/b/2")), names, "the answer lists what wasn't asked for, or in another order"},
	} {
		err := tt.call(bucketOf(t, tt.answer))
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), s3Secret) || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.want)
		}
	}
}

// TestS3Conflict: a write that meets another one asks again until it is known which came first.
func TestS3Conflict(t *testing.T) {
	asked := 0
	s := bucketOf(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") != "*" || r.URL.Path != "/evidence/l/a" || r.Header.Get("X-Amz-Security-Token") != "made-up-session" {
			t.Errorf("asked %s %v", r.URL, r.Header)
		}
		if asked++; asked < 3 {
			w.WriteHeader(http.StatusConflict)
			return
		}
		w.WriteHeader(http.StatusPreconditionFailed)
	})
	if err := s.Create(t.Context(), "a", nil); !errors.Is(err, ErrExists) || asked != 3 {
		t.Errorf("asked %d times: %v", asked, err)
	}
}

func TestS3Refuses(t *testing.T) {
	good := S3Options{Region: "eu-west-1", Bucket: "evidence"}
	if s, err := NewS3(good); err != nil || s.base.Host != "s3.eu-west-1.amazonaws.com" {
		t.Errorf("%v", err)
	}
	for want, change := range map[string]func(*S3Options){
		"S3 endpoint: \"http://s3.example\": expected https (http is for this machine alone)": func(o *S3Options) { o.Endpoint = "http://s3.example" },
		"S3 endpoint: expected no path":                                           func(o *S3Options) { o.Endpoint = "https://s3.example/x" },
		"S3 region: expected a name such as eu-west-1":                            func(o *S3Options) { o.Endpoint, o.Region = "https://s3.example", "" },
		"S3 bucket: expected a name of a-z 0-9 . - that doesn't begin with a dot": func(o *S3Options) { o.Bucket = "a/b" },
		"S3 prefix: expected parts of A-Z a-z 0-9 . _ -, each ended by a slash":   func(o *S3Options) { o.Prefix = "a" },
	} {
		opt := good
		change(&opt)
		if _, err := NewS3(opt); fmt.Sprint(err) != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	s := bucketOf(t, func(http.ResponseWriter, *http.Request) { t.Error("asked") })
	for what, err := range map[string]error{
		"name":   s.Create(t.Context(), "../x", nil),
		"size":   s.Create(t.Context(), "x", make([]byte, MaxObject+1)),
		"limit":  func() error { _, err := s.List(t.Context(), "", "", 0); return err }(),
		"prefix": func() error { _, err := s.List(t.Context(), "a b", "", 1); return err }(),
	} {
		if err == nil {
			t.Errorf("%s: taken", what)
		}
	}
	s.opt.Credentials = func(context.Context) (S3Credentials, error) { return S3Credentials{}, errDown }
	if err := s.Create(t.Context(), "x", nil); !errors.Is(err, errDown) {
		t.Errorf("no credentials: %v", err)
	}
}
