package odb

import "syscall"

// unload takes a mapping's pages out of the process's memory. They stay in the system's cache, from where the next
// access gets them back.
func unload(data []byte) {
	_ = syscall.Madvise(data, syscall.MADV_DONTNEED) // advice
}
