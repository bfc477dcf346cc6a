package verify_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/secret/planted"
	"github.com/curfew-ci/curfew/internal/verify"
)

// now is the time of all tests.
var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// fake is a made-up service on this machine, which answers as a provider's documentation says that the
// provider does; no test here meets a real one (but for Vault: e2e_test.go does).
type fake struct {
	*httptest.Server
	mu   sync.Mutex
	seen []*http.Request
	form []map[string]string
}

// serve starts a fake.
func serve(t *testing.T, answer http.HandlerFunc) *fake {
	t.Helper()
	f := &fake{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		form := map[string]string{}
		for k := range r.Form {
			form[k] = r.Form.Get(k)
		}
		f.mu.Lock()
		f.seen, f.form = append(f.seen, r), append(f.form, form)
		f.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(f.Close)
	return f
}

// host is the fake's host and port, as in Result.Asked.
func (f *fake) host() string { return f.Listener.Addr().String() }

// says is an answer that is always the same. Headers are given as name, value, name, value.
func says(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Add(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// verifier makes one that asks quickly.
func verifier(t *testing.T, o verify.Options) *verify.Verifier {
	t.Helper()
	o.Now = func() time.Time { return now }
	if o.Interval == 0 {
		o.Interval = time.Nanosecond
	}
	v, err := verify.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// at is the endpoint of one provider.
func at(name string, f *fake) verify.Options {
	return verify.Options{Endpoints: map[string][]string{name: {f.URL}}}
}

// candidate is one of a detector's finds.
func candidate(detector, value string) verify.Candidate {
	return verify.Candidate{Detector: detector, Value: redact.New([]byte(value))}
}

// made is a made-up credential of a kind.
func made(t *testing.T, detector string) string {
	t.Helper()
	for _, s := range planted.All(7) {
		if s.Detector == detector {
			return s.Value
		}
	}
	t.Fatalf("no %s is planted", detector)
	return ""
}

// same compares results; lists that are empty are equal.
func same(t *testing.T, want, got []verify.Result) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
}

// headers picks headers out of a request.
func headers(r *http.Request, names ...string) map[string]string {
	out := map[string]string{}
	for _, n := range names {
		if v := r.Header.Get(n); v != "" {
			out[n] = v
		}
	}
	return out
}

// keysOf lists a map's keys, sorted.
func keysOf[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
