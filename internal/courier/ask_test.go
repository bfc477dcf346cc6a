package courier

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/redact"
)

// TestOnce: what would do the same thing twice is repeated only where the server did nothing, and otherwise
// nobody is told that it failed.
func TestOnce(t *testing.T) {
	for _, tt := range []struct {
		name     string
		statuses []int // 0 breaks the connection off
		asked    int
		unsure   bool
	}{
		{"done", []int{201}, 1, false},
		{"refused", []int{400}, 1, false},
		{"too many", []int{429, 429, 201}, 3, false},
		{"a fault of the server's", []int{502, 201}, 1, true},
		{"broken off", []int{0, 201}, 1, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			asked := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				status := tt.statuses[min(asked, len(tt.statuses)-1)]
				asked++
				if status == 0 {
					panic(http.ErrAbortHandler)
				}
				w.WriteHeader(status)
			}))
			defer server.Close()
			desk := Desk{
				Client: Client(nil), Timeout: time.Second, Budget: time.Minute,
				Now:   func() time.Time { return time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC) },
				Sleep: func(context.Context, time.Duration) error { return nil },
			}
			line, ctx, cancel, err := desk.Open(t.Context(), server.URL, Dialect{}, redact.New([]byte("a made-up value")))
			if err != nil {
				t.Fatal(err)
			}
			defer cancel()
			_, err = line.Ask(ctx, Question{Method: http.MethodPost, Once: true})
			var unsure *UnsureError
			if errors.As(err, &unsure) != tt.unsure || !tt.unsure && err != nil || asked != tt.asked {
				t.Errorf("asked %d times: %v", asked, err)
			}
		})
	}
}

// TestHideMuch: a token is the server's to choose, and one of very many parts takes no more memory than another.
func TestHideMuch(t *testing.T) {
	desk := Desk{Client: Client(nil), Now: time.Now, Timeout: time.Second, Budget: time.Minute}
	line, _, cancel, err := desk.Open(t.Context(), "https://a.example", Dialect{})
	if err != nil {
		t.Fatal(err)
	}
	defer cancel()
	many := strings.Repeat("made-up.", 1<<14)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	line.Hide(redact.New([]byte(many)))
	if said := line.Say("it is " + many); said != "it is [redacted]" {
		t.Errorf("said %s", said)
	}
	runtime.ReadMemStats(&after)
	if used := (after.TotalAlloc - before.TotalAlloc) >> 20; used > 32 {
		t.Errorf("%d MiB", used)
	}
	line.Hide(redact.New([]byte("first-part.second-part.third-part")))
	if said := line.Say("it is second-part, which stands in it"); said != "it is [redacted], which stands in it" {
		t.Errorf("said %s", said)
	}
}
