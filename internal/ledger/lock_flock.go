//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package ledger

import (
	"errors"
	"os"
	"syscall"
)

// lock waits until no other process or goroutine replaces an object of the folder. The system lets go of
// it when a process ends, however that ends.
func (f *Folder) lock() (unlock func() error, err error) {
	file, err := f.root.OpenFile(lockFile, os.O_RDWR|os.O_CREATE|openFlags, fileMode)
	if err != nil {
		return nil, err
	}
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil {
			return nil, errors.Join(err, file.Close())
		}
		return file.Close, nil
	}
}

// occupy keeps others from taking a file that is written to for one that is done with, until it is closed or its process ends.
// It waits for nobody.
func occupy(file *os.File) error {
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EWOULDBLOCK):
			return errBusy
		default:
			return err
		}
	}
}
