package courier

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
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
