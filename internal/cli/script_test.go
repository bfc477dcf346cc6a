package cli_test

import (
	"context"
	"flag"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/curfew-ci/curfew/internal/cli"
	"github.com/curfew-ci/curfew/internal/secret/planted"
)

var update = flag.Bool("update", false, "rewrite the expected output in testdata/script and docs/cli.md")

// today is the day on which every transcript runs.
var today = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "watchdog" {
		os.Exit(2) // a verb that was run in this process took it for curfew: the tests would start themselves without end
	}
	testscript.Main(m, map[string]func(){
		"curfew": func() {
			os.Exit(cli.Run(context.Background(), cli.Env{
				Args:   os.Args[1:],
				Stdin:  os.Stdin,
				Stdout: os.Stdout,
				Stderr: os.Stderr,
				Getenv: os.Getenv, Environ: os.Environ, Executable: os.Executable,
				Now: func() time.Time { return today },
			}))
		},
	})
}

// TestScripts runs the transcripts: a verb as its users type it, and what it answers.
func TestScripts(t *testing.T) {
	commands := ledgerCommands(t)
	commands["plant"] = plant
	commands["leases"] = leases
	commands["inventoried"] = inventoried
	commands["certified"] = certified
	commands["gitlab"], commands["based"] = gitlab(t), gitlabBase
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		Cmds:                commands,
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

// plant adds to a file a line that sets a variable to a made-up GitHub token: plant FILE NAME SEED. Equal seeds
// give equal tokens.
func plant(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: plant FILE NAME SEED")
	}
	seed, err := strconv.ParseUint(args[2], 10, 64)
	ts.Check(err)
	file, err := os.OpenFile(ts.MkAbs(args[0]), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	ts.Check(err)
	_, err = file.WriteString(args[1] + "=" + planted.All(seed)[0].Value + "\n")
	ts.Check(err)
	ts.Check(file.Close())
}
