//go:build e2e && linux

package supervise

import "testing"

// TestE2EGigabyte: a whole gigabyte goes through in the memory that a little takes.
func TestE2EGigabyte(t *testing.T) { longOutput(t, 1<<30) }
