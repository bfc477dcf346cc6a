package artifact

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/redact"
)

// server is a fake of GitHub's artifact service and of the blob store behind it.
type server struct {
	*httptest.Server
	asked  []string
	blocks map[string][]byte
	blob   []byte
	sealed map[string]string // what FinalizeArtifact was told

	change func(w http.ResponseWriter, r *http.Request) bool // answers instead
}

// runToken is a token as the runner hands out, with nobody's signature.
func runToken(scopes string) redact.Secret {
	part := func(v any) string {
		text, _ := json.Marshal(v)
		return base64.RawURLEncoding.EncodeToString(text)
	}
	return redact.New([]byte(part(map[string]string{"alg": "none"}) + "." + part(map[string]string{"scp": scopes}) + ".c2lnbmF0dXJl"))
}

const signature = "a/made+up=signature"

func startServer(t *testing.T) *server {
	t.Helper()
	s := &server{blocks: map[string][]byte{}, sealed: map[string]string{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked = append(s.asked, r.Method+" "+r.URL.Path+" "+r.URL.Query().Get("comp"))
		if s.change != nil && s.change(w, r) {
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if r.Method == http.MethodPut {
			s.write(w, r, body)
			return
		}
		s.twirp(t, w, r, body)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) twirp(t *testing.T, w http.ResponseWriter, r *http.Request, body []byte) {
	var in map[string]any
	if err := json.Unmarshal(body, &in); err != nil {
		t.Error(err)
	}
	if in["workflow_run_backend_id"] != "run-1" || in["workflow_job_run_backend_id"] != "job-2" || in["name"] != "records" ||
		!strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ey") || r.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%v %v", in, r.Header)
	}
	switch strings.TrimPrefix(r.URL.Path, "/twirp/github.actions.results.api.v1.ArtifactService/") {
	case "CreateArtifact":
		fmt.Fprintf(w, `{"ok":true,"signed_upload_url":"%s/blob/of/it?se=2026&sig=a%%2Fmade%%2Bup%%3Dsignature"}`, s.URL)
	case "FinalizeArtifact":
		for name, v := range in {
			s.sealed[name] = fmt.Sprint(v)
		}
		fmt.Fprint(w, `{"ok":true,"artifact_id":"77"}`)
	default:
		t.Errorf("nobody serves %s", r.URL.Path)
	}
}

func (s *server) write(w http.ResponseWriter, r *http.Request, body []byte) {
	q := r.URL.Query()
	if q.Get("sig") != signature || q.Get("se") != "2026" || r.Header.Get("Authorization") != "" {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	switch q.Get("comp") {
	case "block":
		s.blocks[q.Get("blockid")] = body
	case "blocklist":
		for id, block := range s.blocks {
			if strings.Contains(string(body), "<Latest>"+id+"</Latest>") {
				s.blob = append(s.blob, block...)
			}
		}
	}
	w.WriteHeader(http.StatusCreated)
}

func (s *server) open(t *testing.T) *Service {
	t.Helper()
	got, err := Open(Options{URL: s.URL + "/", Token: runToken("a Actions.Results:run-1:job-2 b"), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// TestUpload: the artifact is what it was made of, as its digest says, and its token goes to the service alone.
func TestUpload(t *testing.T) {
	s := startServer(t)
	files := []File{{"a.jsonl", []byte("one\n")}, {"a.jsonl.seal", []byte("two")}}
	got, err := s.open(t).Upload(t.Context(), "records", files)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(s.blob)
	if got.ID != "77" || got.Bytes != len(s.blob) || s.sealed["size"] != strconv.Itoa(len(s.blob)) || s.sealed["hash"] != "sha256:"+hex.EncodeToString(sum[:]) {
		t.Errorf("%+v %v", got, s.sealed)
	}
	r, err := zip.NewReader(bytes.NewReader(s.blob), int64(len(s.blob)))
	if err != nil {
		t.Fatal(err)
	}
	var back []File
	for _, f := range r.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		back = append(back, File{f.Name, data})
	}
	if diff := cmp.Diff(files, back); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	service := "POST /twirp/github.actions.results.api.v1.ArtifactService/"
	want := []string{service + "CreateArtifact ", "PUT /blob/of/it block", "PUT /blob/of/it blocklist", service + "FinalizeArtifact "}
	if diff := cmp.Diff(want, s.asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

// TestUploadFails: whatever the service or the store answers, it is said, without the token or the signature.
func TestUploadFails(t *testing.T) {
	answer := func(at string, status int, body string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.Contains(r.URL.String(), at) {
				return false
			}
			w.WriteHeader(status)
			fmt.Fprint(w, strings.ReplaceAll(body, "TOKEN", strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")))
			return true
		}
	}
	tests := []struct {
		name   string
		change func(http.ResponseWriter, *http.Request) bool
		want   string
	}{
		{"refused", answer("Create", 403, `{"code":"permission_denied","msg":"not you, TOKEN"}`), "answered 403: not you, [redacted]"},
		{"taken", answer("Create", 200, `{"ok":false}`), "made no artifact"},
		{"no JSON", answer("Create", 200, `<html>`), "no JSON that was expected"},
		{"to the clear", answer("Create", 200, `{"ok":true,"signedUploadUrl":"http://blob.example/x?sig=hush-hush"}`), "expected https"},
		{"to a file", answer("Create", 200, `{"ok":true,"signedUploadUrl":"file:///etc/x"}`), "the signed URL"},
		{"with a password", answer("Create", 200, `{"ok":true,"signedUploadUrl":"https://u:hush-hush@h/x"}`), "a user or password"},
		{"the store refuses", answer("comp=block", 403, "sig "+signature), "write the artifact: 127.0.0.1"},
		{"the store sends on", func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodPut {
				return false
			}
			http.Redirect(w, r, "http://elsewhere.example/?sig=hush-hush", http.StatusTemporaryRedirect)
			return true
		}, "redirect"},
		{"not finalized", answer("Finalize", 200, `{"ok":false}`), "didn't take the artifact"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := startServer(t)
			s.change = tt.change
			_, err := s.open(t).Upload(t.Context(), "records", []File{{"a", nil}})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error %v, want %q", err, tt.want)
			}
			for _, hidden := range []string{"hush", signature, "c2lnbmF0dXJl", "eyJ"} {
				if strings.Contains(err.Error(), hidden) {
					t.Errorf("%q is in %v", hidden, err)
				}
			}
		})
	}
}

// TestOpenRefuses: what names no service is told as such, and no token shows.
func TestOpenRefuses(t *testing.T) {
	tests := []struct {
		url   string
		token redact.Secret
	}{
		{"", runToken("Actions.Results:1:2")},
		{"https://results.example", redact.New(nil)},
		{"https://results.example", redact.New([]byte("hush.hush"))},
		{"https://results.example", redact.New([]byte("hush.%%%.hush"))},
		{"https://results.example", redact.New([]byte("hush.aHVzaA.hush"))},
		{"https://results.example", runToken("")},
		{"https://results.example", runToken("Actions.Results:1")},
		{"https://results.example", runToken("Actions.Results::2")},
		{"https://results.example", runToken("Actions.Results:1:2:3")},
	}
	for i, tt := range tests {
		if _, err := Open(Options{URL: tt.url, Token: tt.token, Now: time.Now}); err == nil || strings.Contains(err.Error(), "hush") {
			t.Errorf("%d: %v", i, err)
		}
	}
	s := startServer(t)
	for _, name := range []string{"", "../records", "a/b", "a\nb", strings.Repeat("x", 201)} {
		if _, err := s.open(t).Upload(t.Context(), name, []File{{"a", nil}}); err == nil {
			t.Errorf("%q is taken", name)
		}
	}
	if _, err := s.open(t).Upload(t.Context(), "records", nil); err == nil || len(s.asked) > 0 {
		t.Errorf("%v %v", err, s.asked)
	}
	cleartext, err := Open(Options{URL: "http://results.example", Token: runToken("Actions.Results:1:2"), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cleartext.Upload(t.Context(), "records", []File{{"a", nil}}); err == nil || !strings.Contains(err.Error(), "expected https") {
		t.Errorf("%v", err)
	}
}

// FuzzBackend: no token panics, and what is read of one has neither blank nor colon.
func FuzzBackend(f *testing.F) {
	for _, scopes := range []string{"", "Actions.Results:1:2", "a Actions.Results:x:y b", "Actions.Results:1:2:3"} {
		f.Add(string(runToken(scopes).Reveal()))
	}
	f.Add("a.b.c")
	f.Fuzz(func(t *testing.T, token string) {
		run, job, err := backend(redact.New([]byte(token)))
		if (err == nil) != (run != "" && job != "") || strings.ContainsAny(run+job, ": \n") {
			t.Errorf("%q %q %v", run, job, err)
		}
	})
}
