package cli_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/cli"
)

// TestErrorsCommandNothing: what a caller passes on in a flag or an argument, such as a branch's name, can't begin a line of
// an error that the runner of a job would take for a command.
func TestErrorsCommandNothing(t *testing.T) {
	const hostile = "a\n::error::x\n \u00a0::warning::x\n##[error]x\u2028::notice::x"
	for _, args := range [][]string{
		{hostile}, {"--" + hostile}, {"scan", "--fail-on", hostile}, {"scan", hostile}, {"explain", hostile}, {"exec", "--" + hostile},
	} {
		var errs bytes.Buffer
		cli.Run(t.Context(), cli.Env{
			Args: args, Stdin: strings.NewReader(""), Stdout: &errs, Stderr: &errs,
			Getenv: func(string) string { return "" }, Now: func() time.Time { return today },
		})
		for line := range strings.Lines(errs.String()) {
			if strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "##[") || strings.Contains(line, "\u2028") {
				t.Errorf("%q: %q", args, line)
			}
		}
	}
}
