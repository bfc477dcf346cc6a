//go:build !unix

package odb

import "os"

// openFlags are none where there are no named pipes among files.
const openFlags = 0

// mapped maps nothing: the file is read piece by piece.
func mapped(*os.File, int64) []byte { return nil }

func unmap([]byte) error { return nil }
