package orgstore_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/orgstore"
)

var _ issuance.Shared = (*orgstore.Store)(nil)

const (
	project = "987654"
	grant   = "deploy/prod"
	holder  = "01JD9Z6Q4T8K0000000000000A"
)

func (w *world) claim(key []string, limit int) ledger.Claim {
	return ledger.Claim{Key: key, Limit: limit, Holder: holder, NotAfter: w.now().Add(25 * time.Minute)}
}

func (w *world) facts(s *orgstore.Store) *manifest.LedgerFacts {
	w.t.Helper()
	f, err := s.Facts(w.t.Context(), project, grant)
	if err != nil {
		w.t.Fatal(err)
	}
	return f
}

// TestFacts counts by slots, also those above a limit that was lowered.
func TestFacts(t *testing.T) {
	w := newWorld(t)
	s := w.open()
	for range 3 {
		for _, c := range []ledger.Claim{w.claim(issuance.AliveKey(project, grant), 3), w.claim(issuance.DayKey(project, grant), 9), w.claim(issuance.AliveKey("111", grant), 9)} {
			if _, err := s.Take(t.Context(), c); err != nil {
				t.Fatal(err)
			}
		}
	}
	want := &manifest.LedgerFacts{
		Store: "s3://acme-curfew/ledger", Leases: map[string]manifest.LeaseCount{grant: {Alive: 3, LastDay: 3}}, BreakGlass: []manifest.GlassUse{},
	}
	if diff := cmp.Diff(want, w.facts(s)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	w.later(26 * time.Minute)
	if got := w.facts(w.open()).Leases[grant]; got != (manifest.LeaseCount{}) {
		t.Errorf("all are over: %+v", got)
	}
	for name := range w.objects {
		if !strings.HasPrefix(name, "ledger/slots/limits/") {
			t.Errorf("%s was left there", name)
		}
	}
}

// TestTakeAtOnce lets 20 jobs ask at once, each with a store of its own, and 20 parts of one job.
func TestTakeAtOnce(t *testing.T) {
	const jobs, limit = 20, 3
	for _, shared := range []bool{false, true} {
		w := newWorld(t)
		one := w.open()
		var got atomic.Int64
		var wg sync.WaitGroup
		for range jobs {
			wg.Go(func() {
				s := one
				if !shared {
					s = w.open()
				}
				_, err := s.Take(t.Context(), w.claim(issuance.AliveKey(project, grant), limit))
				var full *ledger.FullError
				switch {
				case err == nil:
					got.Add(1)
				case !errors.As(err, &full):
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if got.Load() != limit {
			t.Errorf("%d slots were taken of %d", got.Load(), limit)
		}
		if shared && len(w.tokens) != 1 {
			t.Errorf("%d sessions were leased", len(w.tokens))
		}
	}
}

// TestTakeCareless: a store that overwrites all the same is found out by the first slot.
func TestTakeCareless(t *testing.T) {
	w := newWorld(t)
	w.careless = true
	if name, err := w.open().Take(t.Context(), w.claim(issuance.AliveKey(project, grant), 3)); err == nil || !strings.Contains(err.Error(), "no conditional writes") {
		t.Errorf("%s, %v", name, err)
	}
}

// TestBreakGlass tells the uses that slots were taken for, of this project alone, for as long as they are there.
func TestBreakGlass(t *testing.T) {
	w := newWorld(t)
	s := w.open()
	claim := func(project string) ledger.Claim {
		c := w.claim([]string{"break-glass", project, "oncall"}, 1)
		c.Use = &ledger.Use{Grant: grant, Activator: "@alice", ActivatorID: "1001", RunID: "12055500123", Attempt: 1, Ticket: "acme/ops#12"}
		return c
	}
	for _, spoil := range []func(*ledger.Claim){
		func(c *ledger.Claim) { c.Use = nil }, func(c *ledger.Claim) { c.Key = c.Key[:2] }, func(c *ledger.Claim) { c.Use.Activator = "alice" },
	} {
		c := claim(project)
		spoil(&c)
		if _, err := s.Take(t.Context(), c); err == nil {
			t.Errorf("taken: %+v", c)
		}
	}
	for _, c := range []ledger.Claim{claim("111"), claim(project)} {
		if _, err := s.Take(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	want := []manifest.GlassUse{{
		Entry: "oncall", Grant: grant, Time: manifest.Instant{Time: start}, Activator: "@alice", ActivatorID: "1001", ID: holder, Run: "12055500123", Unproven: true,
	}}
	for range 2 {
		if diff := cmp.Diff(want, w.facts(s).BreakGlass); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		w.later(2400 * time.Hour) // its slot is free by then
	}
	if _, err := (ledger.Slots{Store: s.Objects(), Now: w.now}).Take(t.Context(), w.claim([]string{"break-glass", project, "other"}, 1)); err != nil {
		t.Fatal(err)
	}
	if f, err := s.Facts(t.Context(), project, grant); err == nil {
		t.Errorf("nobody knows who used it: %+v", f)
	}
}

// TestUnreadable: what can't be read is an error, never free and never none.
func TestUnreadable(t *testing.T) {
	for name, alter := range map[string]func(w *world){
		"a slot that somebody wrote": func(w *world) {
			for name := range w.objects {
				w.objects[name] = "{}\n"
			}
		},
		"break-glass that somebody wrote": func(w *world) {
			c := w.claim([]string{"break-glass", project, "oncall"}, 1)
			c.Use = &ledger.Use{Grant: grant, Activator: "@alice", ActivatorID: "1001", RunID: "1", Attempt: 1, Ticket: "acme/ops#12"}
			name, err := w.open().Take(w.t.Context(), c)
			if err != nil {
				w.t.Fatal(err)
			}
			w.objects["ledger/"+name] = ""
		},
		"forbidden": func(w *world) {
			w.answer = func(rw http.ResponseWriter, r *http.Request) bool {
				rw.WriteHeader(http.StatusForbidden)
				return r.URL.Path != "/x"
			}
		},
		"another bucket's list": func(w *world) {
			w.answer = func(rw http.ResponseWriter, r *http.Request) bool {
				_, _ = rw.Write([]byte("<ListBucketResult><Contents><Key>other/slots/x</Key></Contents></ListBucketResult>"))
				return r.URL.Query().Has("list-type")
			}
		},
		"gone": func(w *world) { w.server.Close() },
	} {
		w := newWorld(t)
		s := w.open()
		c := w.claim(issuance.AliveKey(project, grant), 1)
		if _, err := s.Take(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		alter(w)
		if f, err := s.Facts(t.Context(), project, grant); err == nil {
			t.Errorf("%s: %+v", name, f)
		}
		if name, err := s.Take(t.Context(), c); err == nil {
			t.Errorf("took %s", name)
		}
	}
}

// TestOpenRefuses sends nothing: not a token for an audience of curfew's own, and none where it isn't clear to
// whom.
func TestOpenRefuses(t *testing.T) {
	w := newWorld(t)
	for want, change := range map[string]func(*manifest.Ledger, *orgstore.Options){
		`no ID token can be sent to STS for the audience "curfew"`:               func(l *manifest.Ledger, _ *orgstore.Options) { l.Audience = "curfew" },
		`no ID token can be sent to STS for the audience "curfew-ledger:00"`:     func(l *manifest.Ledger, _ *orgstore.Options) { l.Audience = "curfew-ledger:00" },
		`no ID token can be sent to STS for the audience ""`:                     func(l *manifest.Ledger, _ *orgstore.Options) { l.Audience = "" },
		"the S3 of the partition \"minio\" isn't known: name it as the endpoint": func(l *manifest.Ledger, _ *orgstore.Options) { l.Endpoint = "" },
		"expected https":                   func(l *manifest.Ledger, _ *orgstore.Options) { l.Endpoint = "http://s3.example" },
		"expected no path":                 func(l *manifest.Ledger, _ *orgstore.Options) { l.Endpoint += "/x" },
		"expected s3://BUCKET/PREFIX":      func(l *manifest.Ledger, _ *orgstore.Options) { l.Store = "https://acme" },
		"S3 prefix: expected parts":        func(l *manifest.Ledger, _ *orgstore.Options) { l.Store = "s3://acme/a%2f" },
		"S3 bucket: expected a name":       func(l *manifest.Ledger, _ *orgstore.Options) { l.Store = "s3://" },
		"S3 region: expected a name":       func(l *manifest.Ledger, _ *orgstore.Options) { l.Region = "" },
		"no source of ID tokens was given": func(_ *manifest.Ledger, o *orgstore.Options) { o.Tokens = nil },
		"no clock was given":               func(_ *manifest.Ledger, o *orgstore.Options) { o.Ask.Now = nil },
	} {
		l, o := w.policy(), w.options()
		change(&l, &o)
		s, err := orgstore.Open(l, o)
		if s != nil || err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "open the ledger store ") {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	l := w.policy()
	l.Store, l.Role, l.Endpoint = "s3://acme", "arn:aws-cn:iam::123456789012:role/curfew", ""
	if _, err := orgstore.Open(l, w.options()); err != nil {
		t.Errorf("without a prefix, at Amazon's: %v", err)
	}
	if len(w.tokens) > 0 || len(w.objects) > 0 {
		t.Error("something was sent")
	}
}

// hides holds that nothing secret stands in texts.
func (w *world) hides(texts ...any) {
	w.t.Helper()
	all := fmt.Sprintf("%v %+v", texts, texts)
	for _, secret := range slices.Concat(w.issued, w.tokens) {
		if strings.Contains(all, secret) {
			w.t.Errorf("a secret stands in %s", all)
		}
	}
}

func TestCancelled(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.open().Facts(ctx, project, grant); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
