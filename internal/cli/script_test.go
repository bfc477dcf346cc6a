package cli_test

import (
	"context"
	"flag"
	"os"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/curfew-ci/curfew/internal/cli"
)

var update = flag.Bool("update", false, "rewrite the expected output in testdata/script and docs/cli.md")

// today is the day on which every transcript runs.
var today = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"curfew": func() {
			os.Exit(cli.Run(context.Background(), cli.Env{
				Args:   os.Args[1:],
				Stdin:  os.Stdin,
				Stdout: os.Stdout,
				Stderr: os.Stderr,
				Getenv: os.Getenv,
				Now:    func() time.Time { return today },
			}))
		},
	})
}

// TestScripts runs the transcripts: a verb as its users type it, and what it answers.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			// Nothing of the machine's git configuration or of a CI run around the tests may matter.
			env.Setenv("GIT_CONFIG_NOSYSTEM", "1")
			env.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
			env.Setenv("GIT_AUTHOR_NAME", "Anna")
			env.Setenv("GIT_AUTHOR_EMAIL", "anna@example.com")
			env.Setenv("GIT_COMMITTER_NAME", "Anna")
			env.Setenv("GIT_COMMITTER_EMAIL", "anna@example.com")
			env.Setenv("NO_COLOR", "1")
			return nil
		},
	})
}
