package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestExport(t *testing.T) {
	m := newMemory()
	l := open(t, m)
	records := []Record{issued(), denied(), issued(), denied()}
	var lines [][]byte
	for i, r := range records {
		r.ID = fmt.Sprintf("01JD9Z6Q4T8K%014d", i)
		r.Time = r.Time.Add(time.Duration(i) * time.Minute)
		r.Task.RunID = strconv.Itoa(i / 2)
		lines = append(lines, mustEncode(t, r))
	}
	add(t, l, lines)
	for _, tt := range []struct {
		name   string
		filter Filter
		want   []int
	}{
		{"all", Filter{}, []int{0, 1, 2, 3}},
		{"identity", Filter{Identity: "deploy"}, []int{0, 2}},
		{"run", Filter{Run: "1"}, []int{2, 3}},
		{"type", Filter{Type: LeaseDenied}, []int{1, 3}},
		{"since", Filter{Since: at().Add(2 * time.Minute)}, []int{2, 3}},
		{"several", Filter{Type: LeaseDenied, Run: "0"}, []int{1}},
		{"none", Filter{Run: "7"}, nil},
	} {
		var want []byte
		for _, i := range tt.want {
			want = append(append(want, lines[i]...), '\n')
		}
		var got bytes.Buffer
		if n, err := l.Export(t.Context(), &got, tt.filter); err != nil || n != len(tt.want) || !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%s: %d, %v: %s", tt.name, n, err, got.Bytes())
		}
	}
	if _, err := l.Export(t.Context(), full{}, Filter{}); !errors.Is(err, errDown) {
		t.Errorf("to what takes nothing: %v", err)
	}
	for e, err := range l.Select(t.Context(), Filter{Type: LeaseDenied}) {
		if err != nil || e.Index != 1 {
			t.Errorf("the first: %d, %v", e.Index, err)
		}
		break
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errDown }

func TestShow(t *testing.T) {
	m := newMemory()
	l := grown(t, m, 300)
	_, known := keyOf(t, origin, 1)
	found, err := l.Show(t.Context(), "01JD9Z6Q4T8K00000000000270")
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	s := found[0]
	// What is shown is proven without the store.
	c, err := ParseCheckpoint(s.Signed, known)
	if err == nil {
		err = s.Proof.Check(c, s.Line)
	}
	if err != nil || s.Index != 270 || !bytes.Equal(s.Line, recordLines(t, 270, 1)[0]) {
		t.Errorf("%d, %v", s.Index, err)
	}
	_, err = l.Show(t.Context(), "01JD9Z6Q4T8K00000000000999")
	if !errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), "it may not be collected yet") {
		t.Errorf("absent: %v", err)
	}
	m.objects["log/tile/8/data/000"][5] ^= 1
	for _, err := range []error{
		func() error { _, err := l.Show(t.Context(), "01JD9Z6Q4T8K00000000000270"); return err }(),
		func() error { _, err := l.Export(t.Context(), &bytes.Buffer{}, Filter{Run: "none"}); return err }(),
	} {
		if err == nil || !strings.Contains(err.Error(), "the ledger was tampered with") {
			t.Errorf("tampered with: %v", err)
		}
	}
}
