//go:build !unix

package ledger

import "os"

// openFlags are none where there are no named pipes among files.
const openFlags = 0

// syncFolder does nothing where folders can't be synced.
func syncFolder(*os.File) error { return nil }
