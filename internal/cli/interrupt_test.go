package cli_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/cli"
)

// TestInterrupted: a scan that was told to stop is not finished, and says no more than that.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs bytes.Buffer
	code := cli.Run(ctx, cli.Env{
		Args: []string{"scan", t.TempDir()}, Stdout: &out, Stderr: &errs,
		Getenv: func(string) string { return "" }, Now: func() time.Time { return today },
	})
	if code != cli.ExitUnfinished {
		t.Errorf("exit status %d, want %d", code, cli.ExitUnfinished)
	}
	if diff := cmp.Diff("curfew: interrupted before the end; nothing is proven\n", errs.String()+out.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
