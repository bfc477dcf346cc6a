package cli

import (
	"bytes"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/history"
)

func TestProgressLine(t *testing.T) {
	var p history.Progress
	p.Objects.Store(12_345)
	p.Bytes.Store(420e6)
	p.Found.Store(3)
	for _, c := range []struct {
		total int64
		want  string
	}{
		{0, "searched 12,345 objects, 210 MB/s, 3 found"},
		{1_029_761, "searched 12,345 of 1,029,761 objects, 210 MB/s, 3 found"},
	} {
		p.Total.Store(c.total)
		if got := progressLine(&p, 2*time.Second); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	if got := progressLine(&history.Progress{}, 0); got != "searched 0 objects, 0 MB/s, 0 found" {
		t.Errorf("at the beginning: %q", got)
	}
	p.Begin("asking services")
	if got := progressLine(&p, 2*time.Second); got != "searched 12,345 of 1,029,761 objects, 210 MB/s, 3 found, asking services" {
		t.Errorf("with a step: %q", got)
	}
	var first history.Progress
	first.Begin("reading the commits")
	if got := progressLine(&first, time.Second); got != "reading the commits" {
		t.Errorf("before anything is searched: %q", got)
	}
}

// TestNoProgress: nothing is written where nobody looks.
func TestNoProgress(t *testing.T) {
	var out bytes.Buffer
	env := &Env{Stderr: &out, Getenv: func(string) string { return "" }, Now: time.Now}
	stop := showProgress(t.Context(), env, &history.Progress{})
	time.Sleep(2 * progressInterval)
	stop()
	if out.Len() > 0 {
		t.Errorf("%q", out.String())
	}
}
