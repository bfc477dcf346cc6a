package action

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/sethvargo/go-githubactions"
)

// Step is what the runner gives a step.
type Step struct {
	Getenv  func(string) string
	Environ func() []string // all of the environment, NAME=VALUE each, for inputs that nobody knows
	Log     io.Writer       // whose lines the runner reads for workflow commands
	Random  io.Reader       // crypto/rand's, for delimiters that nobody can guess

	Executable func() (string, error) // the path of this program
}

// Curfew runs one of curfew's command lines, given without the program's name.
type Curfew func(args []string) Outcome

// Outcome is how a command line ended.
type Outcome struct {
	Code       int    // its exit status
	Said       string // why it isn't 0, fit to be printed; "" where its results say it
	NotAllowed bool   // GitHub refused what was asked, as the token may not have it
	Lease      *Lease // what was handed over
}

// Lease is what a lease is called, and no secret of it.
type Lease struct {
	Grant, ID string
	Until     time.Time
	File      string // of the variables for a shell; "" unless they were handed over by one
}

// Run does what the step's inputs ask. It calls curfew with the command line they stand for, keeps everything that curfew
// prints from being taken for workflow commands, and then writes annotations, the job summary and the outputs, which
// action.yml lists. An output that there is no value for is left empty.
//
// It returns curfew's exit status. The error is an *InputError where an input is wrong, and anything else where the
// runner's files can't be used.
func Run(step Step, curfew Curfew) (int, error) {
	temp := step.Getenv("RUNNER_TEMP")
	if temp == "" {
		return 0, errors.New("RUNNER_TEMP isn't set: this is for steps of GitHub Actions; elsewhere run curfew scan")
	}
	in := inputs{githubactions.New(githubactions.WithGetenv(step.Getenv), githubactions.WithWriter(step.Log))}
	c, err := in.chosen(step.Environ())
	if err != nil {
		return 0, err
	}
	if err := step.joins(temp); err != nil {
		return 0, fmt.Errorf("mark this job as one that uses the action: %w", err)
	}
	switch c.name {
	case "scan", "report":
		dir, err := os.MkdirTemp(temp, "curfew-")
		if err != nil {
			return 0, fmt.Errorf("make a folder for this step: %w", err)
		}
		return step.scan(c, in, dir, curfew)
	case "lease":
		return step.lease(c, in, curfew)
	case "revoke":
		args, err := c.revokeLine(in)
		return step.plain(args, err, curfew)
	case "setup":
		return 0, step.setup(temp)
	}
	args, err := c.line(in)
	if err == nil {
		err = c.checkFrom(in.get("from"))
	}
	return step.plain(args, err, curfew)
}

// plain runs a command of which there is nothing to write but what it prints.
func (s Step) plain(args []string, err error, curfew Curfew) (int, error) {
	if err != nil {
		return 0, err
	}
	out, err := s.framed(curfew, args)
	if err != nil {
		return 0, err
	}
	return out.Code, s.complain(out)
}

// framed calls curfew, its output a group of the log that is framed by stop-commands: what it quotes comes from others, and a line
// such as "##[set-output name=x]y" would work from anywhere.
// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
func (s Step) framed(curfew Curfew, args []string) (Outcome, error) {
	token, err := delimiter(s.Random)
	if err != nil {
		return Outcome{}, err
	}
	group := &githubactions.Command{Name: "group", Message: "curfew " + args[0]}
	stop := &githubactions.Command{Name: "stop-commands", Message: token}
	if _, err := fmt.Fprintf(s.Log, "%s\n%s\n", group, stop); err != nil {
		return Outcome{}, err
	}
	out := curfew(args)
	// A command counts at the start of a line only, wherever curfew's own output ended.
	_, err = fmt.Fprintf(s.Log, "\n%s\n%s\n", &githubactions.Command{Name: token}, &githubactions.Command{Name: "endgroup"})
	return out, err
}

// complain makes an annotation of why curfew failed, where it said so.
func (s Step) complain(out Outcome) error {
	if out.Code == 0 || out.Said == "" {
		return nil
	}
	return s.Tell("error", out.Said)
}

// Tell writes an annotation: an error, a warning or a notice.
func (s Step) Tell(level, text string) error {
	_, err := fmt.Fprintln(s.Log, &githubactions.Command{Name: level, Message: text, Properties: map[string]string{"title": "curfew"}})
	return err
}
