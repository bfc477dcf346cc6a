package lease_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/redact"
)

// start is when all tests with fakes begin.
var start = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

// sent is one request as a fake saw it.
type sent struct {
	method, path, query string
	header              http.Header
	body                string
}

// fake is a made-up server on this machine. It answers as the provider's documentation, or its source, says
// that the provider does; e2e_test.go meets a real Vault and a real STS.
type fake struct {
	*httptest.Server
	mu   sync.Mutex
	seen []sent
}

// serve starts a fake that gives the answers in turn, the last of them again and again.
func serve(t *testing.T, answers ...http.HandlerFunc) *fake {
	t.Helper()
	f := &fake{}
	f.Server = httptest.NewServer(f.answering(answers...))
	t.Cleanup(f.Close)
	return f
}

// answering gives the answers in turn, and notes what was asked.
func (f *fake) answering(answers ...http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		f.mu.Lock()
		n := len(f.seen)
		f.seen = append(f.seen, sent{r.Method, r.URL.EscapedPath(), r.URL.RawQuery, r.Header, string(body)})
		f.mu.Unlock()
		answers[min(n, len(answers)-1)](w, r)
	}
}

func (f *fake) host() string { return f.Listener.Addr().String() }

// asked lists what was asked for.
func (f *fake) asked() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []string
	for _, s := range f.seen {
		out = append(out, s.method+" "+s.path)
	}
	return out
}

// says is an answer that is always the same. Headers are given as name, value, name, value.
func says(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Add(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// clock goes on by what is slept.
type clock struct {
	mu    sync.Mutex
	at    time.Time
	slept []time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) sleep(_ context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at, c.slept = c.at.Add(d), append(c.slept, d)
	return nil
}

// provider makes one with a clock of the test's.
func provider(t *testing.T, name string) (lease.Provider, *clock) {
	t.Helper()
	return within(t, name, 10*time.Second)
}

// within makes one that waits so long for an answer.
func within(t *testing.T, name string, timeout time.Duration) (lease.Provider, *clock) {
	t.Helper()
	c := &clock{at: start}
	p, err := lease.For(name, lease.Options{Now: c.now, Sleep: c.sleep, Timeout: timeout})
	if err != nil {
		t.Fatal(err)
	}
	return p, c
}

// made is n characters that no test has met before.
func made(n int) string {
	const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[rand.IntN(len(alphabet))]
	}
	return string(b)
}

// claims are those of the ID token in tests, which ends 5 minutes after their start.
const claims = `{"iss":"https://token.actions.githubusercontent.com","aud":"elsewhere","sub":"repo:acme/web:environment:production","repository_id":"12","iat":1795867200,"exp":1795867500}`

// request is one for a grant.
func request(t *testing.T, g *manifest.Grant) lease.Request {
	t.Helper()
	b64 := base64.RawURLEncoding.EncodeToString
	token := b64([]byte(`{"alg":"RS256","kid":"`+made(8)+`"}`)) + "." + b64([]byte(claims)) + "." + b64([]byte(made(256)))
	c, err := identity.ParseClaims("claims", []byte(claims))
	if err != nil {
		t.Fatal(err)
	}
	ttl := 15 * time.Minute
	if g.NPM != nil {
		ttl = time.Hour // it issues for no less
	}
	return lease.Request{
		Grant: g, IDToken: redact.New([]byte(token)), TTL: ttl, Claims: c,
		Session:  lease.Session{Run: "12055500123", Attempt: "1", Lease: "01JD9Z6Q4T8K"},
		Expected: map[string]manifest.Match{"repository_id": manifest.Literal("987654")},
	}
}

// failed is the error of an exchange that must fail, in which no part of a secret may stand.
func failed(t *testing.T, p lease.Provider, r lease.Request, secrets ...string) error {
	t.Helper()
	c, err := p.Exchange(t.Context(), r)
	if err == nil || c != nil {
		t.Fatalf("got %+v and %v, want an error alone", c, err)
	}
	unseen(t, fmt.Sprintf("%v %+v %#v", err, err, err), append(secrets, parts(r.IDToken)...)...)
	return err
}

// parts are a token and what it is made of.
func parts(s redact.Secret) []string {
	all := string(s.Reveal())
	return append(strings.Split(all, "."), all)
}

func unseen(t *testing.T, text string, secrets ...string) {
	t.Helper()
	for _, s := range secrets {
		if s != "" && strings.Contains(text, s) {
			t.Errorf("a secret stands in %s", text)
		}
	}
}

// unfit are the answers that no provider may take for one, whatever it exchanges. HOST is the fake's.
func unfit(t *testing.T) []struct {
	name, want string
	answer     http.HandlerFunc
	tries      int
} {
	t.Helper()
	elsewhere := serve(t, says(http.StatusOK, "{}"))
	t.Cleanup(func() {
		if len(elsewhere.asked()) > 0 {
			t.Error("a redirect was followed")
		}
	})
	const mib = 1 << 20
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	if _, err := z.Write(make([]byte, 16*mib)); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	stream := func(total int, rest time.Duration) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			chunk := strings.Repeat(" ", mib/4)
			for n := 0; n < total && r.Context().Err() == nil; n += len(chunk) {
				if _, err := io.WriteString(w, chunk); err != nil {
					return
				}
				time.Sleep(rest)
			}
		}
	}
	return []struct {
		name, want string
		answer     http.HandlerFunc
		tries      int
	}{
		{"1 GB", "HOST answered more than 1024 KiB", stream(1<<30, 0), 1},
		{"endless", "HOST gave no answer within 300ms, in the last of 4 tries", stream(1<<40, 200*time.Millisecond), 4},
		{"bomb", "HOST answered more than 1024 KiB", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.Copy(w, bytes.NewReader(bomb.Bytes()))
		}, 1},
		{"another success", "HOST answered 202, expected 200: is it the server that the manifest means?", says(202, "{}"), 1},
		{"silent", "HOST gave no answer within 300ms, in the last of 4 tries", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, 4},
		{"cut off", "HOST can't be reached: EOF, in the last of 4 tries", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 4},
		{"long header", "HOST can't be reached: net/http: server response headers exceeded 65536 bytes; aborted, in the last of 4 tries", says(200, "{}", "X-Long", strings.Repeat("x", 100<<10)), 4},
		{
			"redirect elsewhere", "HOST answered with a redirect to " + elsewhere.host() + ", which isn't followed: name the server that answers itself",
			says(307, "", "Location", elsewhere.URL+"/x?token=1"), 1,
		},
		{"redirect within", "HOST answered with a redirect to itself, which isn't followed: name the server that answers itself", says(302, "", "Location", "/x"), 1},
		{"fault", "HOST answered 503, in the last of 4 tries", says(503, "<html>down</html>"), 4},
		{
			"asks to wait too long", "HOST answered 429; the next try was due in 1h0m0s, longer than the 1m0s given for it",
			says(429, "", "Retry-After", "3600"), 1,
		},
		{
			"asks to wait until a date", "HOST answered 429; the next try was due in 2h0m0s, longer than the 1m0s given for it",
			says(429, "", "Retry-After", start.Add(2*time.Hour).Format(http.TimeFormat)), 1,
		},
	}
}

// refuseUnfit holds a provider against them; file is what the grant's file holds.
func refuseUnfit(t *testing.T, name string, file []byte, grant func(f *fake) *manifest.Grant) {
	for _, tt := range unfit(t) {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel() // most of them wait
			f := serve(t, tt.answer)
			p, _ := provider(t, name)
			if strings.Contains(tt.want, "within 300ms") {
				p, _ = within(t, name, 300*time.Millisecond)
			}
			r := request(t, grant(f))
			r.File = file
			err := failed(t, p, r)
			if want := name + ": " + strings.ReplaceAll(tt.want, "HOST", f.host()); err.Error() != want {
				t.Errorf("%v, want %s", err, want)
			}
			if n := len(f.asked()); n != tt.tries {
				t.Errorf("%d tries, want %d", n, tt.tries)
			}
		})
	}
}

// isDenied is the denial in err.
func isDenied(t *testing.T, err error) *lease.DeniedError {
	t.Helper()
	var denied *lease.DeniedError
	if !errors.As(err, &denied) {
		t.Fatalf("%v is no denial", err)
	}
	return denied
}

// values are what a credential hands over, with * before what is secret.
func values(c *lease.Credential) []string {
	var out []string
	for _, v := range c.Values {
		mark := "*"
		if v.Public {
			mark = ""
		}
		out = append(out, mark+v.Name+"="+string(v.Value.Reveal()))
	}
	return out
}

// handOvers is the part of a grant's provider that says how it is handed over.
func handOvers(g *manifest.Grant) []*manifest.HandOver {
	var out []*manifest.HandOver
	v := reflect.ValueOf(g).Elem()
	for i := range v.NumField() {
		if p := v.Field(i); p.Kind() == reflect.Pointer && !p.IsNil() && p.Elem().Kind() == reflect.Struct {
			if h := p.Elem().FieldByName("HandOver"); h.IsValid() {
				out = append(out, h.Addr().Interface().(*manifest.HandOver))
			}
		}
	}
	return out
}
