package testservers

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"
)

// Fault is what goes wrong with answers. The zero value is nothing.
type Fault struct {
	Path  string        // of requests, its end, without the query; "" is all
	Times int           // how often; 0 is for ever
	Skew  time.Duration // by which the server's clock is ahead of ours

	Status    int           // instead of an answer, a refusal of this status
	Primary   bool          // instead of an answer, the primary limit is used up
	Reset     time.Duration // until it starts anew
	Secondary bool          // instead of an answer, a secondary limit
	After     time.Duration // that is named to retry after; 0 names none
	Truncated bool          // half the body, then the connection is gone
	Slow      time.Duration // for every byte of the body
}

// Break lets answers go wrong from now on.
func (g *GitHub) Break(f Fault) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.faults = append(g.faults, &f)
}

// Mend ends all that was broken.
func (g *GitHub) Mend() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.faults = nil
}

// due is the fault of a request.
func (g *GitHub) due(r *http.Request) *Fault {
	for i, f := range g.faults {
		if !strings.HasSuffix(r.URL.Path, f.Path) {
			continue
		}
		if f.Times == 1 {
			g.faults = append(g.faults[:i:i], g.faults[i+1:]...)
		}
		f.Times--
		return f
	}
	return &Fault{}
}

// instead writes a refusal, where there is to be one.
func (f *Fault) instead(w *httptest.ResponseRecorder, now time.Time) bool {
	status, message := f.Status, http.StatusText(f.Status)
	switch {
	case f.Primary:
		status, message = http.StatusForbidden, "API rate limit exceeded for installation ID 1."
		w.Header().Set("X-RateLimit-Remaining", "0")
		w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(now.Add(f.Reset).Unix(), 10))
	case f.Secondary:
		status, message = http.StatusForbidden, "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
		if f.After > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(f.After.Seconds())))
		}
	case status == 0:
		return false
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"message":%q,"documentation_url":"https://docs.github.com/rest"}`, message) // to memory
	return true
}

// write sends an answer, as far as nothing goes wrong.
func (f *Fault) write(w http.ResponseWriter, r *http.Request, rec *httptest.ResponseRecorder) {
	for name, values := range rec.Header() {
		w.Header()[name] = values
	}
	body := rec.Body.Bytes()
	if rec.Code != http.StatusNotModified {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	if f.Truncated {
		body = body[:len(body)/2]
	}
	w.WriteHeader(rec.Code)
	if f.Slow == 0 {
		_, _ = w.Write(body) // who hung up doesn't wait for it
		return
	}
	for i := range body {
		select {
		case <-r.Context().Done():
			return
		case <-time.After(f.Slow):
		}
		_, _ = w.Write(body[i : i+1])
		_ = http.NewResponseController(w).Flush() // who hung up doesn't wait for it
	}
}
