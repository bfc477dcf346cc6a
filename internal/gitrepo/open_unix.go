//go:build unix

package gitrepo

import "syscall"

// openFlags keep an open from waiting for a pipe's other end, and from making a terminal ours.
const openFlags = syscall.O_NONBLOCK | syscall.O_NOCTTY
