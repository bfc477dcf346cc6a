package custody

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/redact"
)

const (
	dirMode  = 0o700
	fileMode = 0o600
	suffix   = ".json"

	variablesFile = "variables.env"
	fresh         = ".new" // behind the name that a file is to have
)

// Folder holds an entry and, where there are any, the files of each lease of a job that has to be ended. Several processes
// may use one.
type Folder struct {
	root *os.Root
	dir  string // absolute
}

// Open opens the folder at dir, making it where there is none. A link there is refused, as is a folder that others than
// its owner can look into: who put it there would read what is kept.
func Open(dir string) (*Folder, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open the folder of leases: %w", err)
	}
	if err := os.MkdirAll(abs, dirMode); err != nil {
		return nil, fmt.Errorf("open the folder of leases: %w", err)
	}
	info, err := os.Lstat(abs)
	switch {
	case err != nil:
		return nil, fmt.Errorf("open the folder of leases: %w", err)
	case !info.IsDir():
		return nil, fmt.Errorf("open the folder of leases: %s is no folder: remove what is there", abs)
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		return nil, fmt.Errorf("open the folder of leases: %s can be used by others than its owner (%v): expected %v", abs, info.Mode().Perm(), fs.FileMode(dirMode))
	}
	root, err := os.OpenRoot(abs)
	if err != nil {
		return nil, fmt.Errorf("open the folder of leases: %w", err)
	}
	return &Folder{root, abs}, nil
}

// Close lets go of the folder.
func (f *Folder) Close() error { return f.root.Close() }

// Keep writes an entry. One of the same lease must not be there.
func (f *Folder) Keep(e Entry) error {
	text, err := e.Encode()
	if err != nil {
		return err
	}
	defer text.Zero()
	if err := f.write(e.ID+suffix, text); err != nil {
		return fmt.Errorf("keep what ends lease %s: %w", e.ID, err)
	}
	return nil
}

// write makes a file that isn't there, and waits until it is on the disk.
func (f *Folder) write(name string, content redact.Secret) error {
	file, err := f.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return err
	}
	_, err = file.Write(content.Reveal())
	return errors.Join(err, file.Sync(), file.Close())
}

// IDs lists the leases that are kept, the oldest first.
func (f *Folder) IDs() ([]string, error) {
	entries, err := fs.ReadDir(f.root.FS(), ".") // sorted by name, as ULIDs sort by time
	if err != nil {
		return nil, fmt.Errorf("list the leases in %s: %w", f.dir, err)
	}
	var ids []string
	for _, e := range entries {
		if id, ok := strings.CutSuffix(e.Name(), suffix); ok && ledger.ValidID(id) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// Entry reads what ends a lease; fs.ErrNotExist where it isn't kept.
func (f *Folder) Entry(id string) (Entry, error) {
	if !ledger.ValidID(id) {
		return Entry{}, fmt.Errorf("lease %q: expected the 26 characters of a lease's id: %w", id, fs.ErrNotExist)
	}
	info, err := f.root.Lstat(id + suffix) // a pipe would be waited for
	if err != nil {
		return Entry{}, fmt.Errorf("lease %s: %w", id, err)
	}
	if !info.Mode().IsRegular() {
		return Entry{}, fmt.Errorf("%s: no regular file: curfew didn't write it", filepath.Join(f.dir, id+suffix))
	}
	file, err := f.root.Open(id + suffix)
	if err != nil {
		return Entry{}, fmt.Errorf("lease %s: %w", id, err)
	}
	defer file.Close() //nolint:errcheck // only read
	src, err := io.ReadAll(io.LimitReader(file, maxEntry+1))
	if err != nil {
		return Entry{}, fmt.Errorf("lease %s: %w", id, err)
	}
	defer clear(src)
	e, err := Decode(filepath.Join(f.dir, id+suffix), src)
	if err == nil && e.ID != id {
		err = fmt.Errorf("%s: it is of lease %s", filepath.Join(f.dir, id+suffix), e.ID)
	}
	return e, err
}

// Remove removes what is kept of a lease that has ended, and its files. What isn't there needs no removing.
func (f *Folder) Remove(e Entry) error {
	err := f.root.Remove(e.ID + suffix)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove what was kept of lease %s: %w", e.ID, err)
	}
	if e.Files == "" {
		return nil
	}
	return f.RemoveFiles(e.Files)
}

// RemoveFiles removes the files that HandOver wrote for an id.
func (f *Folder) RemoveFiles(id string) error {
	if err := f.root.RemoveAll(id); err != nil {
		return fmt.Errorf("remove the files of lease %s: %w", id, err)
	}
	return nil
}

// HandOver writes a credential's files into the folder of an id, anew where they are there, and returns the variables by which
// tools find them. Each file is replaced as a whole: who reads it sees the old credential or the new one.
func (f *Folder) HandOver(id string, c *lease.Credential) ([]lease.Value, error) {
	files, vars, err := c.Files(filepath.Join(f.dir, id))
	if err != nil {
		return nil, err
	}
	return vars, f.replace(id, files)
}

// Variables writes variables into a file that a shell reads, NAME='VALUE' a line, in the folder of an id, and returns its path.
func (f *Folder) Variables(id string, vars []lease.Value) (string, error) {
	var text []byte
	for _, v := range vars {
		value := v.Value.Reveal()
		if bytes.ContainsRune(value, 0) {
			return "", fmt.Errorf("hand over lease %s: the value of %s has a NUL byte, which no shell reads", id, v.Name)
		}
		text = append(text, v.Name+"='"...)
		text = append(text, bytes.ReplaceAll(value, []byte("'"), []byte(`'\''`))...)
		text = append(text, "'\n"...)
	}
	defer clear(text)
	return filepath.Join(f.dir, id, variablesFile), f.replace(id, []lease.File{{Name: variablesFile, Content: redact.New(text)}})
}

// replace writes files into the folder of an id: all of them, before the first takes its name. What can't be written leaves those that
// were there as they are, of one lease.
func (f *Folder) replace(id string, files []lease.File) error {
	err := f.root.Mkdir(id, dirMode)
	if errors.Is(err, fs.ErrExist) {
		err = nil
	}
	for _, file := range files {
		if err == nil {
			name := filepath.Join(id, file.Name) + fresh
			_ = f.root.Remove(name) // of one that was killed here
			err = f.write(name, file.Content)
		}
	}
	for _, file := range files {
		name := filepath.Join(id, file.Name)
		if err == nil {
			err = f.root.Rename(name+fresh, name)
		}
		if err != nil {
			_ = f.root.Remove(name + fresh)
		}
	}
	if err != nil {
		return fmt.Errorf("hand over lease %s: %w", id, err)
	}
	return nil
}
