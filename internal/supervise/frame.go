package supervise

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// MaxPayload is the most that a watchdog takes, in bytes: with its header less than a pipe holds, so that sending never
// waits for a watchdog that is stopped.
const MaxPayload = 32 << 10

// A frame is "cfw", a version, a kind, the payload's length as four bytes (big-endian), and the payload.
const (
	frameMagic   = "cfw"
	frameVersion = 1
	headerLen    = len(frameMagic) + 1 + 1 + 4
)

// kind is what a frame says.
type kind byte

const (
	kindPayload kind = 'P' // to the watchdog: what its end is given from now on; empty while there is nothing to end
	kindEnded   kind = 'E' // to the watchdog: it has ended, and how, in words; nothing is left to do
	kindTaken   kind = 'T' // from the watchdog: the payload has come; empty
)

// errFrame says that what came is no frame; it never shows what came.
var errFrame = errors.New("not a frame of this version")

// writeFrame writes a frame in one piece, and leaves no copy of the payload.
func writeFrame(w io.Writer, k kind, payload []byte) error {
	if len(payload) > MaxPayload {
		return fmt.Errorf("a payload of %d bytes: at most %d are taken", len(payload), MaxPayload)
	}
	frame := make([]byte, 0, headerLen+len(payload))
	frame = append(frame, frameMagic...)
	frame = append(frame, frameVersion, byte(k))
	frame = binary.BigEndian.AppendUint32(frame, uint32(len(payload))) //nolint:gosec // at most MaxPayload
	frame = append(frame, payload...)
	defer clear(frame)
	_, err := w.Write(frame)
	return err
}

// readFrame reads a frame, and nothing beyond it. The error is io.EOF where nothing more comes, io.ErrUnexpectedEOF
// within a frame.
func readFrame(r io.Reader) (kind, []byte, error) {
	var header [headerLen]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return 0, nil, err
	}
	rest := header[len(frameMagic):]
	k, n := kind(rest[1]), binary.BigEndian.Uint32(rest[2:])
	switch {
	case string(header[:len(frameMagic)]) != frameMagic, rest[0] != frameVersion, n > MaxPayload:
		return 0, nil, errFrame
	case k != kindPayload && k != kindEnded && (k != kindTaken || n > 0):
		return 0, nil, errFrame
	}
	payload := make([]byte, n)
	if _, err := io.ReadFull(r, payload); err != nil {
		clear(payload)
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return 0, nil, err
	}
	return k, payload, nil
}
