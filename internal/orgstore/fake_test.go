package orgstore_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/orgstore"
	"github.com/curfew-ci/curfew/internal/redact"
)

var start = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

// world is a fake of an STS and an S3 at one address, as MinIO is, and of what a job gets its ID tokens from. It
// proves neither signatures nor rights: TestE2EStore has real ones.
type world struct {
	t      *testing.T
	server *httptest.Server

	mu       sync.Mutex
	at       time.Time
	lasts    time.Duration // of a session
	objects  map[string]string
	issued   []string // secrets that the STS gave away
	tokens   []string // that it was sent
	hidden   []string
	aud      string                                        // that tokens have; "" is what was asked for
	answer   func(http.ResponseWriter, *http.Request) bool // true: it did
	careless bool                                          // of conditions
	fetch    error
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, at: start, lasts: 15 * time.Minute, objects: map[string]string{}}
	w.server = httptest.NewServer(w)
	t.Cleanup(w.server.Close)
	return w
}

func (w *world) policy() manifest.Ledger {
	return manifest.Ledger{
		Store: "s3://acme-curfew/ledger", Role: "arn:minio:iam:::role/curfew-ledger", Audience: "sts.amazonaws.com",
		Region: "us-east-1", Endpoint: w.server.URL, Collector: "acme/.github/.github/workflows/collect.yml@refs/heads/main",
	}
}

func (w *world) options() orgstore.Options {
	return orgstore.Options{
		Tokens: w, Hide: w.hide, Session: lease.Session{Run: "12055500123", Attempt: "1", Lease: "store"},
		Ask: lease.Options{Now: w.now, Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }},
	}
}

func (w *world) open() *orgstore.Store {
	w.t.Helper()
	s, err := orgstore.Open(w.policy(), w.options())
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *world) later(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

func (w *world) hide(secrets ...redact.Secret) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range secrets {
		w.hidden = append(w.hidden, string(s.Reveal()))
	}
}

// IDToken is a token whose signature means nothing.
func (w *world) IDToken(ctx context.Context, audience string) (redact.Secret, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.aud != "" {
		audience = w.aud
	}
	claims, err := json.Marshal(map[string]string{"aud": audience, "repository_id": "987654", "sub": "repo:acme/web:environment:production"})
	if err != nil {
		w.t.Error(err)
	}
	if w.fetch != nil {
		return redact.Secret{}, w.fetch
	}
	return redact.New([]byte("e30." + base64.RawURLEncoding.EncodeToString(claims) + "." + rand.Text())), ctx.Err()
}

func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.answer != nil && w.answer(rw, r) {
		return
	}
	if r.URL.Path == "/" {
		w.assume(rw, string(body))
		return
	}
	session := r.Header.Get("X-Amz-Security-Token")
	if !slices.Contains(w.issued, session) || !strings.HasPrefix(r.URL.Path, "/acme-curfew") {
		rw.WriteHeader(http.StatusForbidden)
		return
	}
	w.s3(rw, r, string(body))
}

// assume answers AssumeRoleWithWebIdentity.
func (w *world) assume(rw http.ResponseWriter, form string) {
	for field := range strings.SplitSeq(form, "&") {
		if token, ok := strings.CutPrefix(field, "WebIdentityToken="); ok {
			w.tokens = append(w.tokens, token)
		}
	}
	if !strings.Contains(form, "DurationSeconds=900") || !strings.Contains(form, "RoleSessionName=curfew-12055500123-1-store") {
		w.t.Errorf("asked for %s", form)
	}
	secret, session := rand.Text()+rand.Text(), rand.Text()+rand.Text()
	w.issued = append(w.issued, secret, session)
	_, _ = fmt.Fprintf(rw, `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>`+
		`<Credentials><AccessKeyId>ASIAMADEUPMADEUP00</AccessKeyId><SecretAccessKey>%s</SecretAccessKey><SessionToken>%s</SessionToken>`+
		`<Expiration>%s</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`,
		secret, session, w.at.Add(w.lasts).Format(time.RFC3339))
}

// s3 answers what the ledger asks of a bucket.
func (w *world) s3(rw http.ResponseWriter, r *http.Request, body string) {
	key := strings.TrimPrefix(r.URL.Path, "/acme-curfew/")
	have, ok := w.objects[key]
	switch {
	case r.URL.Query().Has("list-type"):
		type content struct{ Key string }
		var list struct {
			XMLName  xml.Name `xml:"ListBucketResult"`
			Contents []content
		}
		q := r.URL.Query()
		for _, name := range slices.Sorted(maps.Keys(w.objects)) {
			if strings.HasPrefix(name, q.Get("prefix")) && name > q.Get("start-after") && strconv.Itoa(len(list.Contents)) != q.Get("max-keys") {
				list.Contents = append(list.Contents, content{name})
			}
		}
		_ = xml.NewEncoder(rw).Encode(list)
	case r.Method == http.MethodPut && ok && !w.careless:
		rw.WriteHeader(http.StatusPreconditionFailed)
	case r.Method == http.MethodPut:
		if r.Header.Get("If-None-Match") != "*" {
			w.t.Errorf("%s is written without a condition", key)
		}
		w.objects[key] = body
	case !ok:
		rw.WriteHeader(http.StatusNotFound)
	default:
		rw.Header().Set("ETag", `"x"`)
		_, _ = io.WriteString(rw, have)
	}
}
