package ledger

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// memory is a store in memory, which can be made to break down.
type memory struct {
	mu      sync.Mutex
	objects map[string][]byte
	// writes counts what was written; the one numbered fail isn't, or is but its caller is told that it
	// failed, as after a lost answer.
	writes, fail int
	done         bool
}

var errDown = errors.New("the machine went down")

func newMemory() *memory { return &memory{objects: map[string][]byte{}, fail: -1} }

func (m *memory) Get(_ context.Context, name string) (Object, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	data, ok := m.objects[name]
	if !ok {
		return Object{}, fmt.Errorf("get %s: %w", name, ErrNotFound)
	}
	return Object{slices.Clone(data), tagOf(data)}, nil
}

func (m *memory) Create(_ context.Context, name string, data []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.objects[name]; ok {
		return fmt.Errorf("create %s: %w", name, ErrExists)
	}
	return m.write(name, data)
}

func (m *memory) Replace(_ context.Context, name, tag string, data []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	have, ok := m.objects[name]
	switch {
	case !ok:
		return fmt.Errorf("replace %s: %w", name, ErrNotFound)
	case tagOf(have) != tag:
		return fmt.Errorf("replace %s: %w", name, ErrChanged)
	}
	return m.write(name, data)
}

func (m *memory) write(name string, data []byte) error {
	if err := checkName(name); err != nil {
		return err
	}
	n := m.writes
	m.writes++
	down := m.fail >= 0 && n >= m.fail
	if !down || m.done && n == m.fail {
		m.objects[name] = slices.Clone(data)
	}
	if down {
		return errDown
	}
	return nil
}

func (m *memory) List(_ context.Context, prefix, after string, limit int) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if limit < 1 || limit > MaxList {
		return nil, fmt.Errorf("list: limit %d", limit)
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(m.objects)) {
		if strings.HasPrefix(name, prefix) && name > after && len(out) < limit {
			out = append(out, name)
		}
	}
	return out, nil
}

// TestStores holds the folder, and what tests use in its place, to what Store says.
func TestStores(t *testing.T) {
	for name, s := range map[string]Store{"folder": folder(t), "memory": newMemory()} {
		t.Run(name, func(t *testing.T) {
			testStore(t, s)
		})
	}
}

func testStore(t *testing.T, s Store) {
	t.Helper()
	ctx := t.Context()
	if names, err := s.List(ctx, "none/of/these", "", 1); err != nil || len(names) != 0 {
		t.Errorf("empty: %q, %v", names, err)
	}
	for _, name := range []string{"a/b", "a-b", "a/b.c", "b/1", "b/2", "b/3", "c"} {
		if err := s.Create(ctx, name, []byte(name)); err != nil {
			t.Fatal(err)
		}
		if err := s.Create(ctx, name, []byte(name)); !errors.Is(err, ErrExists) {
			t.Errorf("%s again: %v", name, err)
		}
	}
	got, err := s.Get(ctx, "b/2")
	if err != nil || string(got.Data) != "b/2" {
		t.Fatalf("%q, %v", got.Data, err)
	}
	if _, err := s.Get(ctx, "b/4"); !errors.Is(err, ErrNotFound) {
		t.Errorf("get what isn't there: %v", err)
	}
	if err := s.Replace(ctx, "b/4", got.Tag, nil); !errors.Is(err, ErrNotFound) {
		t.Errorf("replace what isn't there: %v", err)
	}
	if err := s.Replace(ctx, "b/2", got.Tag, []byte("new")); err != nil {
		t.Errorf("replace: %v", err)
	}
	if err := s.Replace(ctx, "b/2", got.Tag, []byte("newer")); !errors.Is(err, ErrChanged) {
		t.Errorf("replace what has changed: %v", err)
	}
	if got, err := s.Get(ctx, "b/2"); err != nil || string(got.Data) != "new" {
		t.Errorf("%q, %v", got.Data, err)
	}
	for _, tt := range []struct {
		prefix, after string
		limit         int
		want          []string
	}{
		{"", "", 10, []string{"a-b", "a/b", "a/b.c", "b/1", "b/2", "b/3", "c"}},
		{"b/", "", 2, []string{"b/1", "b/2"}},
		{"b/", "b/2", 2, []string{"b/3"}},
		{"a", "", 10, []string{"a-b", "a/b", "a/b.c"}},
		{"a/b", "", 1, []string{"a/b"}},
	} {
		got, err := s.List(ctx, tt.prefix, tt.after, tt.limit)
		if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
			t.Errorf("list %q after %q: %v (-want +got):\n%s", tt.prefix, tt.after, err, diff)
		}
	}
	for _, limit := range []int{0, MaxList + 1} {
		if _, err := s.List(ctx, "", "", limit); err == nil {
			t.Errorf("listed %d", limit)
		}
	}
	if _, err := listAll(ctx, s, "", 3); err == nil {
		t.Error("listed more than the bound")
	}
	if err := createSame(ctx, s, "c", []byte("c")); err != nil {
		t.Errorf("the same: %v", err)
	}
	if err := createSame(ctx, s, "c", []byte("d")); err == nil {
		t.Error("created another")
	}
	if err := Probe(ctx, s, "x"); err != nil {
		t.Error(err)
	}
	if err := Probe(ctx, s, "x"); !errors.Is(err, ErrExists) {
		t.Errorf("probed again: %v", err)
	}
}

// heedless is a store that takes conditions and doesn't mind them.
type heedless struct{ *memory }

func (h heedless) Create(_ context.Context, name string, data []byte) error {
	return h.write(name, data)
}

func TestProbeFindsStoresWithoutConditions(t *testing.T) {
	want := "probe store: it created an object that was there: it has no conditional writes, use another"
	if err := Probe(t.Context(), heedless{newMemory()}, "x"); fmt.Sprint(err) != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// TestProbeCreate: who ignores the condition of a write is found out, and nothing is changed by that.
func TestProbeCreate(t *testing.T) {
	m := newMemory()
	if err := m.Create(t.Context(), "a", []byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := ProbeCreate(t.Context(), m, "a"); err != nil {
		t.Error(err)
	}
	err := ProbeCreate(t.Context(), heedless{m}, "a")
	if fmt.Sprint(err) != "probe store: it created an object that was there: it has no conditional writes, use another" || string(m.objects["a"]) != "x" {
		t.Errorf("%v, %q", err, m.objects["a"])
	}
	if err := ProbeCreate(t.Context(), m, "b"); !errors.Is(err, ErrNotFound) {
		t.Errorf("nothing there: %v", err)
	}
}

// TestReplaceRace lets many count up one number: no count is lost.
func TestReplaceRace(t *testing.T) {
	const parallel, each = 8, 5
	dir, ctx := folder(t), t.Context()
	if err := dir.Create(ctx, "n", []byte{0}); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range parallel {
		wg.Go(func() {
			own, err := OpenFolder(dir.path)
			if err != nil {
				t.Error(err)
				return
			}
			defer own.Close() //nolint:errcheck // a test's
			for done := 0; done < each; {
				have, err := own.Get(ctx, "n")
				if err == nil {
					err = own.Replace(ctx, "n", have.Tag, []byte{have.Data[0] + 1})
				}
				switch {
				case err == nil:
					done++
				case !errors.Is(err, ErrChanged):
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if got := get(t, dir, "n"); got[0] != parallel*each {
		t.Errorf("counted %d, want %d", got[0], parallel*each)
	}
}

// TestFolderAfterACrash leaves what a crash leaves in the middle of a write, at every byte: nobody sees it.
func TestFolderAfterACrash(t *testing.T) {
	dir, ctx := folder(t), t.Context()
	data := []byte("an object")
	if err := dir.Create(ctx, "a", data); err != nil {
		t.Fatal(err)
	}
	for cut := range len(data) + 1 {
		name := filepath.Join(dir.path, temporaries, fmt.Sprintf("X%d", cut))
		if err := os.WriteFile(name, data[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if names, err := dir.List(ctx, "", "", 10); err != nil || !slices.Equal(names, []string{"a"}) {
		t.Errorf("%q, %v", names, err)
	}
	if _, err := dir.Get(ctx, temporaries+"/X1"); err == nil {
		t.Error("read what a crash left")
	}
	if err := dir.Create(ctx, "b", data); err != nil {
		t.Error(err)
	}
}
