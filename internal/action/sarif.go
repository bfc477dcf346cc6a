package action

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// checkTo refuses a place for SARIF in the workspace from where a link leads out of it: whoever made what is checked out would choose
// the file that is written over. In what is scanned itself curfew sees to that, and that can be a part of the workspace.
func (f files) checkTo() error {
	if f.sarifTo == "" {
		return nil
	}
	here, err := filepath.Abs(".")
	if err != nil {
		return err
	}
	to, err := filepath.Abs(f.sarifTo)
	if err != nil {
		return err
	}
	name, err := filepath.Rel(here, to)
	if err != nil || !filepath.IsLocal(name) {
		return nil // the input wants it elsewhere
	}
	workspace, err := os.OpenRoot(here)
	if err != nil {
		return fmt.Errorf("open the workspace: %w", err)
	}
	defer workspace.Close() //nolint:errcheck // only read
	if _, err := workspace.Stat(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return &InputError{"sarif-file", fmt.Sprintf("%v: expected a file of the workspace, where no link leads out of it", err)}
	}
	return nil
}

// sarifFile is the file that others may take for this scan's SARIF, "" for none. Where the input wants it there can have stood another
// before, in the repository that is scanned, and the scan has written none or been kept from it: only the same bytes are it.
func (f files) sarifFile() (string, error) {
	own, err := readIfThere(f.sarif)
	switch {
	case err != nil || own == nil:
		return "", err
	case f.sarifTo == "":
		return f.sarif, nil
	}
	info, err := os.Stat(f.sarifTo)
	if err != nil || !info.Mode().IsRegular() || info.Size() != int64(len(own)) { // what isn't there, or has no end, isn't read
		return "", nil //nolint:nilerr // the scan has said why it isn't
	}
	asked, err := os.ReadFile(f.sarifTo)
	if err != nil || !bytes.Equal(asked, own) {
		return "", err
	}
	return f.sarifTo, nil
}
