//go:build unix

package main

import (
	"os"
	"runtime"
	"syscall"
)

// peak is the largest resident size, in bytes, that an ended process or one of its children had.
func peak(state *os.ProcessState) int64 {
	u, ok := state.SysUsage().(*syscall.Rusage)
	switch {
	case !ok:
		return 0
	case runtime.GOOS == "darwin", runtime.GOOS == "ios":
		return u.Maxrss
	}
	return u.Maxrss << 10 // getrusage(2): kilobytes, save on Apple's systems
}
