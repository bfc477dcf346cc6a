package issuance_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// TestUnknownFacts: what could not be had is told where the denial may hang on it, and nowhere else.
func TestUnknownFacts(t *testing.T) {
	attempt := errors.New("who started this attempt of the run: 403")
	author := fmt.Errorf("%w: 403", issuance.ErrChangeAuthor)
	nobody := ticket(func(p *manifest.TicketProof) { p.Approvers = nil })
	for name, tt := range map[string]struct {
		alter func(w *world)
		want  []error
	}{
		"over":              {func(w *world) { w.manifest("2027-06-01", "2026-11-27") }, nil},
		"too long":          {func(w *world) { w.manifest("ttl: 15m", "ttl: 31m") }, nil},
		"no such grant":     {func(w *world) { w.request.Grant = "deploy/none" }, nil},
		"too few approvers": {nobody, []error{attempt}},
		"too few approvers, none an author": {func(w *world) {
			nobody(w)
			w.org("ceilings:", "separation: [{ never: approver, is: [actor, owner-of-change] }]\nceilings:")
		}, []error{attempt, author}},
		"a starter who isn't known": {func(w *world) { w.gov.rules.Facts.Run = nil }, []error{attempt}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.gov.rules.Unknown = []error{attempt, author}
			tt.alter(w)
			_, err := w.broker().Issue(t.Context(), w.request)
			var denied *issuance.DeniedError
			if !errors.As(err, &denied) {
				t.Fatal(err)
			}
			var got []string
			for _, r := range denied.Reasons {
				if r.Code == issuance.CodeFacts {
					got = append(got, r.Received)
				}
			}
			var want []string
			for _, err := range tt.want {
				want = append(want, err.Error())
			}
			if !slices.Equal(got, want) {
				t.Errorf("%q, want %q:\n%v", got, want, denied)
			}
		})
	}
}
