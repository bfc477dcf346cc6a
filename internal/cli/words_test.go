package cli_test

import (
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/ticket"
	"github.com/curfew-ci/curfew/internal/verify"
)

// TestWordsCanBeAsked: a ticket waits for a provider's word only where one can be asked about that kind of credential;
// otherwise it would never be closed.
func TestWordsCanBeAsked(t *testing.T) {
	v, err := verify.New(verify.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	asked, _, err := v.Select("all")
	if err != nil {
		t.Fatal(err)
	}
	all, err := ticket.AllSteps()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		for _, d := range s.Detectors {
			if s.Word && (strings.HasSuffix(d, "*") || !asked(d, "")) {
				t.Errorf("%s: nobody can be asked about what %s finds", s.Title, d)
			}
		}
	}
}
