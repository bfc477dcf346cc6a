package tracker_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/ticket"
	"github.com/curfew-ci/curfew/internal/tracker"
)

// filesSide is a folder: a real one, or a fake in memory that is quicker.
type filesSide struct {
	store ledger.Store
}

func newFilesSide(*testing.T, *clock) side {
	return &filesSide{&memory{objects: map[string][]byte{}}}
}

func newFolderSide(t *testing.T, _ *clock) side {
	folder, err := ledger.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = folder.Close() })
	return &filesSide{folder}
}

// memory is a fake store.
type memory struct{ objects map[string][]byte }

func (m *memory) Get(_ context.Context, name string) (ledger.Object, error) {
	data, ok := m.objects[name]
	if !ok {
		return ledger.Object{}, ledger.ErrNotFound
	}
	return ledger.Object{Data: slices.Clone(data), Tag: string(data)}, nil
}

func (m *memory) Create(_ context.Context, name string, data []byte) error {
	if _, ok := m.objects[name]; ok {
		return ledger.ErrExists
	}
	m.objects[name] = slices.Clone(data)
	return nil
}

func (m *memory) Replace(_ context.Context, name, tag string, data []byte) error {
	if string(m.objects[name]) != tag {
		return ledger.ErrChanged
	}
	m.objects[name] = slices.Clone(data)
	return nil
}

func (m *memory) List(_ context.Context, prefix, after string, limit int) ([]string, error) {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(m.objects)) {
		if strings.HasPrefix(name, prefix) && name > after && len(names) < limit {
			names = append(names, name)
		}
	}
	return names, nil
}

// killStore makes steps of a store's writes and reads.
type killStore struct {
	ledger.Store
	steps *steps
}

func (s *killStore) Get(ctx context.Context, name string) (o ledger.Object, err error) {
	err = s.steps.step(func() (err error) { o, err = s.Store.Get(ctx, name); return err })
	return o, err
}

func (s *killStore) Create(ctx context.Context, name string, data []byte) error {
	return s.steps.step(func() error { return s.Store.Create(ctx, name, data) })
}

func (s *killStore) Replace(ctx context.Context, name, tag string, data []byte) error {
	return s.steps.step(func() error { return s.Store.Replace(ctx, name, tag, data) })
}

func (f *filesSide) files(c *clock, s *steps) *tracker.Files {
	return tracker.NewFiles(&killStore{f.store, s}, c.now)
}

func (f *filesSide) backend(_ *testing.T, c *clock, s *steps) ticket.Backend { return f.files(c, s) }

func (f *filesSide) all(t *testing.T) map[string]tracker.File {
	t.Helper()
	names, err := f.store.List(t.Context(), "", "", ledger.MaxList)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]tracker.File{}
	for _, name := range names {
		print, ok := strings.CutSuffix(name, ".json")
		if !ok {
			continue
		}
		var file tracker.File
		if err := json.Unmarshal(f.get(t, name).Data, &file); err != nil {
			t.Fatal(err)
		}
		if page := f.get(t, print+".md"); ticket.ReadMemo(string(page.Data)).State != file.Memo.State {
			t.Errorf("the page of %s isn't the ticket's", name)
		}
		out[name] = file
	}
	return out
}

func (f *filesSide) get(t *testing.T, name string) ledger.Object {
	t.Helper()
	o, err := f.store.Get(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func (f *filesSide) rows(t *testing.T) []row {
	var out []row
	for _, file := range f.all(t) {
		out = append(out, row{file.Memo.Root, file.Open, file.Memo.State, file.Memo.Turn, file.Title, len(file.Comments)})
	}
	return out
}

func (f *filesSide) person(t *testing.T, fingerprint string) {
	t.Helper()
	for name, file := range f.all(t) {
		if file.Memo.Root != fingerprint {
			continue
		}
		file.Open = false
		src, err := json.Marshal(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.store.Replace(t.Context(), name, f.get(t, name).Tag, src); err != nil {
			t.Fatal(err)
		}
	}
}

// webhookSide is a fake receiver of ours, built from Standard Webhooks: it takes each id once, and only what is signed.
type webhookSide struct {
	filesSide
	*httptest.Server
	key    redact.Secret
	events map[string]tracker.Event
	order  []string
}

func newWebhookSide(t *testing.T, c *clock) side {
	w := &webhookSide{filesSide: filesSide{&memory{objects: map[string][]byte{}}}, key: token(), events: map[string]tracker.Event{}}
	w.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body := readAll(r)
		id, stamp := r.Header.Get("Webhook-Id"), r.Header.Get("Webhook-Timestamp")
		at, err := strconv.ParseInt(stamp, 10, 64)
		age := c.now().Sub(time.Unix(at, 0)).Abs()
		var e tracker.Event
		if err != nil || age > 5*time.Minute || r.Header.Get("Webhook-Signature") != "v1,"+tracker.Sign(w.key, id, stamp, body) || json.Unmarshal(body, &e) != nil {
			http.Error(rw, "no", http.StatusUnauthorized)
			return
		}
		if _, had := w.events[id]; !had {
			w.order = append(w.order, id)
		}
		w.events[id] = e
		rw.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(w.Close)
	return w
}

func (w *webhookSide) backend(t *testing.T, c *clock, s *steps) ticket.Backend {
	t.Helper()
	b, err := tracker.NewWebhook(tracker.Options{Client: &http.Client{Transport: s}, Now: c.now, Sleep: c.sleep}, w.URL+"/hooks/curfew", w.key, w.files(c, s))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// rows are what the receiver makes of the events, in the order in which it first got each.
func (w *webhookSide) rows(t *testing.T) []row {
	mine := w.filesSide.rows(t)
	last, comments := map[string]tracker.Event{}, map[string]int{}
	for _, id := range w.order {
		e := w.events[id]
		last[e.Fingerprint] = e
		if e.Comment != "" {
			comments[e.Fingerprint]++
		}
	}
	for _, r := range mine {
		if e := last[r.fingerprint]; e.Open != r.open || e.State != string(r.state) || comments[r.fingerprint] != r.comments {
			t.Errorf("the receiver has %s %s with %d comments, the folder %s with %d", r.title, e.State, comments[r.fingerprint], r.state, r.comments)
		}
	}
	if len(last) != len(mine) {
		t.Errorf("the receiver has %d tickets, the folder %d", len(last), len(mine))
	}
	return mine
}
