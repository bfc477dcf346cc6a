package action

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// setOutput sets an output of the step. The delimiter is random, so that no value, however many lines
// it has, can end itself and set another.
func (s Step) setOutput(name, value string) error {
	end, err := delimiter(s.Random)
	if err != nil {
		return err
	}
	if strings.Contains(value, end) {
		return fmt.Errorf("the value of output %s contains its random delimiter", name)
	}
	return s.appendTo("GITHUB_OUTPUT", []byte(name+"<<"+end+"\n"+value+"\n"+end+"\n"))
}

// appendTo adds b to the file that the runner names in variable.
func (s Step) appendTo(variable string, b []byte) error {
	name := s.Getenv(variable)
	if name == "" {
		return fmt.Errorf("%s isn't set: this is for steps of GitHub Actions", variable)
	}
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600) //nolint:gosec // the runner names its own files
	if err != nil {
		return fmt.Errorf("open %s: %w", variable, err)
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Close())
}

// delimiter is 128 random bits in hex, behind a name that tells a reader of the log whose it is.
func delimiter(random io.Reader) (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("draw a random delimiter: %w", err)
	}
	return "curfew-" + hex.EncodeToString(b[:]), nil
}
