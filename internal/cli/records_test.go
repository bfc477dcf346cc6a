package cli

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/testservers"
)

// TestWriteRecords: who records a review or a certification is told where it is. That it is in the store is never said of one that
// didn't get there.
func TestWriteRecords(t *testing.T) {
	issuer := testservers.StartIssuer(t, nil)
	working, broken := newBucket(t), newBucket(t)
	broken.Close()
	without := &manifest.Policy{}
	for name, tt := range map[string]struct {
		policy      *manifest.Policy
		left, fails string
		deposited   int
	}{
		"store":       {&manifest.Policy{Ledger: ptr(working.policy())}, "", "", 2},
		"unreachable": {&manifest.Policy{Ledger: ptr(broken.policy())}, "", "alone, and not in the organisation's store: run it again", 0},
		"no ledger":   {without, "alone, and counts for nothing until it is collected", "", 0},
		"no policy":   {nil, "alone, and counts for nothing until it is collected", "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			var errs bytes.Buffer
			vars := map[string]string{
				"GITHUB_RUN_ID": "12055500123", "GITHUB_RUN_ATTEMPT": "1", "GITHUB_JOB": "review", "GITHUB_REPOSITORY_ID": "987654",
				"ACTIONS_ID_TOKEN_REQUEST_URL": issuer.RequestURL(), "ACTIONS_ID_TOKEN_REQUEST_TOKEN": issuer.RequestToken,
			}
			env := &Env{Stderr: &errs, Getenv: func(name string) string { return vars[name] }, Now: time.Now}
			state := filepath.Join(t.TempDir(), "curfew")
			left, err := writeRecords(t.Context(), env, state, tt.policy, []ledger.Record{{
				Plane: ledger.Response, Type: ledger.BreakGlassReviewed, Outcome: ledger.Done, Identity: ledger.Identity{RepositoryID: "987654"},
				BreakGlass: &ledger.BreakGlass{Use: "01JD9Z6Q4T8K0000000000000A", RunID: "1205", By: "@zoe", ByID: "1003", Verdict: ledger.Justified, Reason: "it was down"},
			}})
			var ended *exitError
			switch {
			case tt.fails == "" && err != nil, tt.fails != "" && (!errors.As(err, &ended) || ended.code != ExitUnfinished || !strings.Contains(err.Error(), tt.fails)):
				t.Errorf("%v\n%s", err, &errs)
			case (tt.left == "") != (left == "") || !strings.Contains(left, tt.left) || left != "" && !strings.Contains(left, state):
				t.Errorf("left: %q", left)
			case tt.deposited > 0 && len(working.objects) != tt.deposited:
				t.Errorf("%d objects", len(working.objects))
			}
		})
	}
}

func ptr[T any](v T) *T { return &v }
