package action

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// setup puts the program that runs into a folder of its own below temp and that folder into the PATH of the job's next steps. It is
// a copy, as whoever started this program may take away what he checked once it has ended.
func (s Step) setup(temp string) error {
	if strings.ContainsAny(temp, "\r\n") {
		return errors.New("RUNNER_TEMP has a line break in it: no such folder can be put into the PATH")
	}
	self, err := s.Executable()
	if err != nil {
		return fmt.Errorf("find the program that runs: %w", err)
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
	if err := s.appendTo("GITHUB_PATH", []byte(dir+"\n")); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.Log, "curfew is in the PATH of the steps that follow: %s\n", to)
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
