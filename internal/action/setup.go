package action

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// IsSetup reports whether the step is asked for nothing but curfew in the job's PATH.
func IsSetup(getenv func(string) string) bool {
	return strings.TrimSpace(getenv("INPUT_COMMAND")) == "setup"
}

// Setup puts the program at self, which is the one that runs, into a folder of its own and that folder into the PATH of the
// job's next steps. It is a copy, as whoever started this program may take away what he checked once it has ended.
func Setup(step Step, self string) error {
	temp := step.Getenv("RUNNER_TEMP")
	if temp == "" {
		return errors.New("RUNNER_TEMP isn't set: this is for steps of GitHub Actions; elsewhere put curfew into the PATH yourself")
	}
	if strings.ContainsAny(temp, "\r\n") {
		return errors.New("RUNNER_TEMP has a line break in it: no such folder can be put into the PATH")
	}
	if err := step.joins(temp); err != nil { // its end may be the job's
		return err
	}
	dir, err := os.MkdirTemp(temp, "curfew-path-")
	if err != nil {
		return fmt.Errorf("make a folder for curfew: %w", err)
	}
	to := filepath.Join(dir, "curfew")
	if strings.EqualFold(filepath.Ext(self), ".exe") {
		to += ".exe"
	}
	if err := copyProgram(to, self); err != nil {
		return fmt.Errorf("copy curfew into the PATH: %w", err)
	}
	if err := step.appendTo("GITHUB_PATH", []byte(dir+"\n")); err != nil {
		return err
	}
	_, err = fmt.Fprintf(step.Log, "curfew is in the PATH of the steps that follow: %s\n", to)
	return err
}

// copyProgram writes a new file that may be executed.
func copyProgram(to, from string) error {
	in, err := os.Open(from) //nolint:gosec // the program that runs
	if err != nil {
		return err
	}
	defer in.Close()                                                      //nolint:errcheck // only read
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o700) //nolint:gosec // a program
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
