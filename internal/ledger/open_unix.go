//go:build unix

package ledger

import (
	"os"
	"syscall"
)

// openFlags keep an open from waiting for a pipe's other end, and from making a terminal ours.
const openFlags = syscall.O_NONBLOCK | syscall.O_NOCTTY

// syncFolder makes durable which names a folder has.
func syncFolder(folder *os.File) error { return folder.Sync() }
