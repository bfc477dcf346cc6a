package action

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// SetEnv sets a variable of the environment for the job's next steps.
func (s Step) SetEnv(name, value string) error { return s.set("GITHUB_ENV", name, value) }

// SetOutput sets an output of the step.
func (s Step) SetOutput(name, value string) error { return s.set("GITHUB_OUTPUT", name, value) }

// set adds a name and its value to one of the runner's files. The delimiter is random, so that no value, however many
// lines it has, can end itself and set another.
func (s Step) set(file, name, value string) error {
	end, err := delimiter(s.Random)
	if err != nil {
		return err
	}
	if strings.ContainsAny(name, "\r\n=") || strings.Contains(name, "<<") || name == "" {
		return fmt.Errorf("set %q in %s: no such name can be written", name, file)
	}
	if strings.Contains(value, end) {
		return fmt.Errorf("the value of %s contains its random delimiter", name)
	}
	return s.appendTo(file, []byte(name+"<<"+end+"\n"+value+"\n"+end+"\n"))
}

// Mask has the runner hide a value in the log from here on, each of its lines by itself, as it shows lines. It is the value
// itself that the runner is told, on the log that it reads: in no other place may that log end.
// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#masking-a-value-in-a-log
func (s Step) Mask(value []byte) error {
	for line := range bytes.FieldsFuncSeq(value, func(r rune) bool { return r == '\n' || r == '\r' }) {
		text := append([]byte("::add-mask::"), bytes.ReplaceAll(line, []byte("%"), []byte("%25"))...)
		_, err := s.Log.Write(append(text, '\n'))
		clear(text)
		if err != nil {
			return fmt.Errorf("mask a value: %w", err)
		}
	}
	return nil
}

// appendTo adds b to the file that the runner names in variable, on a line of its own: of what follows a line that somebody left
// open, the runner takes the name for a value and a value for a name.
func (s Step) appendTo(variable string, b []byte) error {
	name := s.Getenv(variable)
	if name == "" {
		return fmt.Errorf("%s isn't set: this is for steps of GitHub Actions", variable)
	}
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the runner names its own files
	if err != nil {
		return fmt.Errorf("open %s: %w", variable, err)
	}
	open, err := endsOpen(f)
	if err == nil && open {
		_, err = f.Write([]byte("\n"))
	}
	if err == nil {
		_, err = f.Write(b)
	}
	return errors.Join(err, f.Close())
}

// endsOpen reports whether the last line of a file has no end.
func endsOpen(f *os.File) (bool, error) {
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return false, err
	}
	var last [1]byte
	_, err = f.ReadAt(last[:], info.Size()-1)
	return last[0] != '\n', err
}

// delimiter is 128 random bits in hex, behind a name that tells a reader of the log whose it is.
func delimiter(random io.Reader) (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("draw a random delimiter: %w", err)
	}
	return "curfew-" + hex.EncodeToString(b[:]), nil
}
