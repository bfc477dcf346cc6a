package sshsig

import (
	"encoding/binary"
	"math/big"
)

// wire reads the values of RFC 4251 section 5 one after the other. What isn't there, or isn't in the one form
// that it may have, spoils all that follows: one question at the end, whole, is enough.
type wire struct {
	rest []byte
	bad  bool
}

// raw is the next n bytes.
func (w *wire) raw(n int) []byte {
	if w.bad || n < 0 || n > len(w.rest) {
		w.bad = true
		return nil
	}
	out := w.rest[:n:n]
	w.rest = w.rest[n:]
	return out
}

func (w *wire) uint32() uint32 {
	b := w.raw(4)
	if w.bad {
		return 0
	}
	return binary.BigEndian.Uint32(b)
}

// bytes is a string of the wire: a length, and so many bytes.
func (w *wire) bytes() []byte {
	n := w.uint32()
	if w.bad || uint64(n) > uint64(len(w.rest)) {
		w.bad = true
		return nil
	}
	return w.raw(int(n))
}

// text is a string of the wire.
func (w *wire) text() string { return string(w.bytes()) }

// mpint is a number above 0, in its shortest form.
func (w *wire) mpint() *big.Int {
	b := w.bytes()
	switch {
	case w.bad, len(b) == 0, b[0]&0x80 != 0, b[0] == 0 && (len(b) == 1 || b[1]&0x80 == 0):
		w.bad = true
		return new(big.Int)
	}
	return new(big.Int).SetBytes(b)
}

// whole reports whether all was there, and nothing more.
func (w *wire) whole() bool { return !w.bad && len(w.rest) == 0 }

// appendString adds a string of the wire.
func appendString[T string | []byte](to []byte, s T) []byte {
	to = binary.BigEndian.AppendUint32(to, uint32(len(s))) //nolint:gosec // texts of a few bytes
	return append(to, s...)
}
