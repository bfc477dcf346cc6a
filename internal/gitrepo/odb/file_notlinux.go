//go:build !linux

package odb

// unload does nothing where the system doesn't say how: it takes pages back when it needs them.
func unload([]byte) {}
