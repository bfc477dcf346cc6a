package custody

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// unfinished stands behind the name that a recording is to have, until it is whole: what a crash leaves is no recording
// that anything vouches for.
const unfinished = ".part"

// Recording is the file of a command's output as it is recorded. What a crash leaves of it can be read, up to the last
// line that was written. It is masked, and still for its owner alone: it shows what was done with a credential.
type Recording struct {
	root *os.Root
	dir  string
	name string
	file *os.File
}

// Record begins a recording that is to lie at path. Nothing may be there, nor an unfinished recording of that name: neither is
// replaced, and no link is followed.
func Record(path string) (*Recording, error) {
	r, err := vacant(path)
	if err != nil {
		return nil, err
	}
	r.file, err = r.root.OpenFile(r.name+unfinished, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("record to %s: %w", path, err), r.root.Close())
	}
	return r, nil
}

// Recordable errs where Record would.
func Recordable(path string) error {
	r, err := vacant(path)
	if err != nil {
		return err
	}
	return r.root.Close()
}

// vacant opens the folder of path, where nothing may be at path.
func vacant(path string) (*Recording, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("record to a file: %w", err)
	}
	r := &Recording{dir: filepath.Dir(path), name: filepath.Base(path)}
	if r.root, err = os.OpenRoot(r.dir); err != nil {
		return nil, fmt.Errorf("record to %s: its folder can't be opened: %w", path, err)
	}
	for _, name := range []string{r.name, r.name + unfinished} {
		if err = r.free(name); err != nil {
			return nil, errors.Join(fmt.Errorf("record to %s: %w", path, err), r.root.Close())
		}
	}
	return r, nil
}

// free errs where there is something of a name.
func (r *Recording) free(name string) error {
	switch _, err := r.root.Lstat(name); {
	case err == nil:
		return fmt.Errorf("%s is there already, and a recording replaces nothing: name another file, or move that one away", name)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return nil
}

// Path is where the recording is to lie.
func (r *Recording) Path() string { return filepath.Join(r.dir, r.name) }

// Left is where what has been recorded lies as long as it isn't finished.
func (r *Recording) Left() string { return r.Path() + unfinished }

// Write implements io.Writer.
func (r *Recording) Write(p []byte) (int, error) { return r.file.Write(p) }

// Finish waits until the recording is on the disk, and gives it its name.
func (r *Recording) Finish() error {
	err := errors.Join(r.file.Sync(), r.file.Close())
	if err == nil {
		err = r.free(r.name)
	}
	if err == nil {
		err = r.root.Rename(r.name+unfinished, r.name)
	}
	if err = errors.Join(err, r.root.Close()); err != nil {
		return fmt.Errorf("finish the recording %s: %w", r.Path(), err)
	}
	return nil
}

// Leave closes a recording that isn't whole, and leaves what there is of it under the name of an unfinished one.
func (r *Recording) Leave() error { return errors.Join(r.file.Close(), r.root.Close()) }

// Discard removes a recording that has nothing to show.
func (r *Recording) Discard() error {
	return errors.Join(r.file.Close(), r.root.Remove(r.name+unfinished), r.root.Close())
}
