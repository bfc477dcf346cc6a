package cli_test

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/curfew-ci/curfew/internal/cli"
)

// TestStdinLimits: what of standard input can't be searched is an error, never a clean scan.
func TestStdinLimits(t *testing.T) {
	for _, c := range []struct {
		name  string
		input io.Reader
		says  string
	}{
		{"too large", io.LimitReader(zeros{}, 100<<20+1), "larger than 100 MiB"},
		{"breaks off", io.MultiReader(strings.NewReader("x"), iotest.ErrReader(io.ErrUnexpectedEOF)), "read standard input: unexpected EOF"},
	} {
		var out, errs bytes.Buffer
		code := cli.Run(t.Context(), cli.Env{
			Args: []string{"scan", "-"}, Stdin: c.input, Stdout: &out, Stderr: &errs,
			Getenv: func(string) string { return "" }, Now: func() time.Time { return today },
		})
		if code != cli.ExitUnfinished || out.Len() > 0 || !strings.Contains(errs.String(), c.says) {
			t.Errorf("%s: exit status %d\n%s%s", c.name, code, &out, &errs)
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
