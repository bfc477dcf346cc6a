package engine

import "unsafe"

// asString is b as a string that shares its bytes: for calls that neither keep it nor outlive b.
func asString(b []byte) string {
	return unsafe.String(unsafe.SliceData(b), len(b)) //nolint:gosec // as the comment says
}

// asBytes is s as bytes that it shares: for calls that don't write to them.
func asBytes(s string) []byte {
	return unsafe.Slice(unsafe.StringData(s), len(s)) //nolint:gosec // as the comment says
}

// extent tells slices of the same bytes at the same place from others that look alike.
type extent struct {
	start *byte
	size  int
}

func extentOf(b []byte) extent {
	return extent{unsafe.SliceData(b), len(b)} //nolint:gosec // compared, not read
}
