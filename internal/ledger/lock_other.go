//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package ledger

import (
	"fmt"
	"os"
	"path/filepath"
)

// lock keeps others from replacing an object of the folder, where the system has no lock that ends with
// its process.
func (f *Folder) lock() (unlock func() error, err error) {
	file, err := f.root.OpenFile(lockFile, os.O_RDWR|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return nil, fmt.Errorf("%w: if no curfew runs, remove %s and try again", err, filepath.Join(f.path, lockFile))
	}
	if err := file.Close(); err != nil {
		return nil, err
	}
	return func() error { return f.root.Remove(lockFile) }, nil
}

// occupy can't tell here whether another process writes to a file, so that it is taken for one that does.
func occupy(*os.File) error { return errBusy }
