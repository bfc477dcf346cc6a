//go:build unix

package odb

import (
	"os"
	"syscall"
)

// openFlags keep an open from waiting for a pipe's other end, and from making a terminal ours.
const openFlags = syscall.O_NONBLOCK | syscall.O_NOCTTY

// mapped maps a file for reading; nil where that can't be done.
func mapped(f *os.File, size int64) []byte {
	if size <= 0 || int64(int(size)) != size {
		return nil
	}
	data, err := syscall.Mmap(int(f.Fd()), 0, int(size), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return nil
	}
	return data
}

func unmap(data []byte) error { return syscall.Munmap(data) }
