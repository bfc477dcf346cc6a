//go:build unix && !linux

package supervise

import "syscall"

// endWithUs does nothing here: a command goes on when we are killed, until its credential ends.
func endWithUs(*syscall.SysProcAttr) {}
