package lease_test

import (
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// unasked expects that each of these changes to a request has it refused, with the reason that it stands by, before anybody is asked.
func unasked(t *testing.T, provided string, grant func(url string) *manifest.Grant, changes map[string]func(*lease.Request)) {
	t.Helper()
	f := serve(t, says(200, ""))
	for want, change := range changes {
		p, _ := provider(t, provided)
		r := request(t, grant(f.URL))
		change(&r)
		if err := failed(t, p, r); !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s in it", err, want)
		}
	}
	if len(f.asked()) > 0 {
		t.Errorf("asked %v", f.asked())
	}
}
