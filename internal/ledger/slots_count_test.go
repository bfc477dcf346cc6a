package ledger

import (
	"context"
	"strings"
	"testing"
	"time"
)

func TestSlotsCount(t *testing.T) {
	now := at()
	m := newMemory()
	s := Slots{Store: m, Now: func() time.Time { return now }}
	key := claim(1, now).Key
	counts := func(want int) {
		t.Helper()
		before := m.writes
		if n, err := s.Count(t.Context(), key); n != want || err != nil || m.writes != before {
			t.Errorf("counted %d, %v, want %d", n, err, want)
		}
	}
	take := func(limit int, d time.Duration) {
		t.Helper()
		if _, err := s.Take(t.Context(), claim(limit, now.Add(d))); err != nil {
			t.Fatal(err)
		}
	}
	counts(0)
	for i := range 12 { // more than ten, so that numbers have two digits
		take(12, time.Duration(i+1)*time.Minute)
		counts(i + 1)
	}
	other := claim(1, time.Time{})
	other.Key = []string{"limits", "987654", "deploy", "pro", "d"}
	if _, err := s.Take(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	counts(12)
	now = now.Add(2 * time.Minute)
	counts(11) // to the second in which one ends it is taken, as for who would take it
	now = now.Add(time.Second)
	counts(10)
	// A limit was lowered to 3: what is above it counts, as do those that are free below it and taken again.
	take(3, time.Hour)
	counts(11)
	for range 3 { // many generations of one slot
		now = now.Add(2 * time.Hour)
		counts(0)
		take(1, time.Hour)
		counts(1)
	}
	key = other.Key
	now = now.AddDate(100, 0, 0)
	counts(1)
}

// TestSlotsCountRefuses: what somebody else wrote there is an error, never free, and nothing to count for ever.
func TestSlotsCountRefuses(t *testing.T) {
	m := newMemory()
	s := Slots{Store: m, Now: at}
	c := claim(1, at().Add(time.Minute))
	name, err := s.Take(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	whole, dir := m.objects[name], strings.TrimSuffix(name, "00000/9999999999")
	refuses := func(what string) {
		t.Helper()
		if n, err := s.Count(t.Context(), c.Key); err == nil {
			t.Errorf("%s: counted %d", what, n)
		}
	}
	swap := func(from, to string) []byte { return []byte(strings.Replace(string(whole), from, to, 1)) }
	for _, changed := range [][]byte{
		nil, []byte("{}\n"), whole[:len(whole)-1], swap("prod", "test"), swap(`"slot":0`, `"slot":1`), swap(`"generation":0`, `"generation":1`),
		swap("limits", "once"),
	} {
		m.objects[name] = changed
		refuses(string(changed))
	}
	delete(m.objects, name)
	for n, odd := range map[string][]byte{
		"-0001/9999999999":   swap(`"slot":0`, `"slot":-1`),
		"10000/9999999999":   swap(`"slot":0`, `"slot":10000`),
		"999999/9999999999":  swap(`"slot":0`, `"slot":999999`),
		"00000/10000000000":  swap(`"generation":0`, `"generation":-1`),
		"00000/-1":           swap(`"generation":0`, `"generation":10000000000`),
		"00000/9999999999-x": whole,
		"x":                  whole,
	} {
		m.objects[dir+n] = odd
		refuses(n)
		delete(m.objects, dir+n)
	}
	for _, key := range [][]string{nil, {""}, {"../x"}, {"limits", "\xff"}} {
		if _, err := s.Count(t.Context(), key); err == nil {
			t.Errorf("counted %q", key)
		}
	}
	s.Store = broken{m}
	refuses("store down")
}

// broken is a store that lists nothing.
type broken struct{ *memory }

func (broken) List(_ context.Context, _, _ string, _ int) ([]string, error) { return nil, errDown }
