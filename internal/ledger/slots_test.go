package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/jsontree"
)

const holder = "01JD9Z6Q4T8K0000000000000A"

func claim(limit int, notAfter time.Time) Claim {
	return Claim{Key: []string{"limits", "987654", "deploy", "prod"}, Limit: limit, Holder: holder, NotAfter: notAfter}
}

func TestSlots(t *testing.T) {
	now := at()
	s := Slots{Store: newMemory(), Now: func() time.Time { return now }}
	take := func(limit int, d time.Duration) error {
		_, err := s.Take(t.Context(), claim(limit, now.Add(d)))
		return err
	}
	for _, d := range []time.Duration{10 * time.Minute, 5 * time.Minute} {
		if err := take(2, d); err != nil {
			t.Fatal(err)
		}
	}
	want := "the limit of 2 is reached: try again after 2026-11-23T20:46:07Z"
	if err := take(2, time.Minute); fmt.Sprint(err) != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if err := take(3, time.Minute); err != nil {
		t.Errorf("a higher limit: %v", err)
	}
	now = now.Add(5 * time.Minute)
	if err := take(2, time.Minute); err == nil {
		t.Error("taken in the last second")
	}
	now = now.Add(time.Second)
	for i := range 20 { // many generations of one slot
		if err := take(2, 10*time.Second); err != nil {
			t.Fatalf("%d: %v", i, err)
		}
		if err := take(2, time.Minute); err == nil {
			t.Fatal("taken twice")
		}
		now = now.Add(11 * time.Second)
	}
}

func TestSlotsOnce(t *testing.T) {
	now := at()
	s := Slots{Store: newMemory(), Now: func() time.Time { return now }}
	once := claim(1, time.Time{})
	name, err := s.Take(t.Context(), once)
	if err != nil || !strings.HasPrefix(name, "slots/limits/") || !strings.HasSuffix(name, "/00000/9999999999") {
		t.Fatalf("%s, %v", name, err)
	}
	now = now.AddDate(100, 0, 0)
	if _, err := s.Take(t.Context(), once); fmt.Sprint(err) != "the limit of 1 is reached, and what took it doesn't end" {
		t.Errorf("again: %v", err)
	}
	once.Key = []string{"limits", "987654", "deploy", "pro", "d"}
	if _, err := s.Take(t.Context(), once); err != nil {
		t.Errorf("another key: %v", err)
	}
}

// TestSlotsHostileHolder: who may create slots can put a holder behind another, whose time is over at once. It frees
// what is limited in time, which threat-model.md says, and never what is to be had once.
func TestSlotsHostileHolder(t *testing.T) {
	for _, once := range []bool{true, false} {
		now, m := at(), newMemory()
		s := Slots{Store: m, Now: func() time.Time { return now }}
		c := claim(1, now.Add(time.Hour))
		if once {
			c.NotAfter = time.Time{}
		}
		if _, err := s.Take(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		line, err := jsontree.Line(slot{Schema: Schema, Key: c.Key, Generation: 1, Holder: holder, Taken: now.Add(-time.Hour), NotAfter: now.Add(-time.Minute)})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Create(t.Context(), slotsPrefix(c.Key)+slotNumber(0)+generation(1), append(line, '\n')); err != nil {
			t.Fatal(err)
		}
		if name, err := s.Take(t.Context(), c); (err == nil) == once {
			t.Errorf("once %t: %q, %v", once, name, err)
		}
	}
}

func TestSlotsRefuse(t *testing.T) {
	m := newMemory()
	s := Slots{Store: m, Now: at}
	for _, tt := range []struct {
		want   string
		change func(*Claim)
	}{
		{"take slot: the key's first part must be a plain word", func(c *Claim) { c.Key = nil }},
		{"take slot: the key's first part must be a plain word", func(c *Claim) { c.Key[0] = "../x" }},
		{"take slot: the key isn't UTF-8", func(c *Claim) { c.Key[1] = "\xff" }},
		{"take slot: a limit of 0: expected 1 to 10000", func(c *Claim) { c.Limit = 0 }},
		{"take slot: the holder must be a record's id", func(c *Claim) { c.Holder = "x" }},
		{"take slot: its time is over before it begins", func(c *Claim) { c.NotAfter = at() }},
	} {
		c := claim(1, at().Add(time.Minute))
		tt.change(&c)
		if _, err := s.Take(t.Context(), c); fmt.Sprint(err) != tt.want {
			t.Errorf("got  %v\nwant %s", err, tt.want)
		}
	}
	// What can't be read is never free.
	c := claim(1, at().Add(time.Minute))
	name, err := s.Take(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	whole := m.objects[name]
	for _, changed := range [][]byte{
		nil, []byte("{}\n"), whole[:len(whole)-1], bytes.Replace(whole, []byte("prod"), []byte("test"), 1),
		bytes.Replace(whole, []byte(`"slot":0`), []byte(`"slot":1`), 1), bytes.Replace(whole, []byte(`"generation":0`), []byte(`"generation":1`), 1),
	} {
		m.objects[name] = changed
		if _, err := s.Take(t.Context(), c); err == nil {
			t.Errorf("taken over %s", changed)
		}
	}
	m.objects[name], m.fail = whole, 0
	c.Key[1] = "other"
	if _, err := s.Take(t.Context(), c); !errors.Is(err, errDown) {
		t.Errorf("store down: %v", err)
	}
}

// TestSlotsRace lets 20 jobs ask at once, for as long as it takes to see slots end and be taken again.
func TestSlotsRace(t *testing.T) {
	const jobs, limit, rounds = 20, 3, 3
	path := folder(t).path
	now := at()
	for round := range rounds {
		var got atomic.Int64
		var wg sync.WaitGroup
		for range jobs {
			wg.Go(func() {
				dir, err := OpenFolder(path)
				if err != nil {
					t.Error(err)
					return
				}
				defer dir.Close() //nolint:errcheck // a test's
				_, err = Slots{Store: dir, Now: func() time.Time { return now }}.Take(t.Context(), claim(limit, now.Add(time.Minute)))
				var full *FullError
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
			t.Errorf("round %d: %d slots were taken of %d", round, got.Load(), limit)
		}
		now = now.Add(time.Hour)
	}
}

// TestSlotsRaceOfProcesses is the same with processes, which share nothing but the folder.
func TestSlotsRaceOfProcesses(t *testing.T) {
	const jobs, limit = 20, 4
	if path := os.Getenv("CURFEW_LEDGER_SLOTS"); path != "" {
		dir, err := OpenFolder(path)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Slots{Store: dir, Now: at}.Take(t.Context(), claim(limit, at().Add(time.Minute)))
		var full *FullError
		switch {
		case err == nil:
			fmt.Println("took one")
		case !errors.As(err, &full):
			t.Fatal(err)
		}
		return
	}
	dir := folder(t)
	var got atomic.Int64
	var wg sync.WaitGroup
	for range jobs {
		wg.Go(func() {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSlotsRaceOfProcesses$")
			cmd.Env = append(os.Environ(), "CURFEW_LEDGER_SLOTS="+dir.path)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Errorf("%v\n%s", err, out)
			}
			got.Add(int64(bytes.Count(out, []byte("took one"))))
		})
	}
	wg.Wait()
	if got.Load() != limit {
		t.Errorf("%d slots were taken of %d", got.Load(), limit)
	}
}
