package cli

import (
	"slices"
	"testing"

	"github.com/curfew-ci/curfew/internal/redact"
)

// TestVeilListen: who listens hears each secret once, those from before too, and none once he doesn't any more. All are hidden.
func TestVeilListen(t *testing.T) {
	v := &veil{}
	hide := func(values ...string) {
		for _, value := range values {
			v.hide(redact.New([]byte(value)))
		}
	}
	hide("the-first", "the-second")
	var heard []string
	stop := v.listen(func(s redact.Secret) { heard = append(heard, string(s.Reveal())) })
	hide("the-second", "the-third", "")
	stop()
	hide("the-fourth")
	if want := []string{"the-first", "the-second", "the-third"}; !slices.Equal(heard, want) {
		t.Errorf("heard %q, expected %q", heard, want)
	}
	if got := v.mask("the-first the-fourth"); got != "[redacted] [redacted]" {
		t.Errorf("%q", got)
	}
}
