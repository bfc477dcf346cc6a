package recording

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"time"

	"github.com/curfew-ci/curfew/internal/jsontree"
)

// The bounds of a recording's size, in bytes. The smallest has room for the longest header.
const (
	MinLimit = 64 << 10
	MaxLimit = 100 << 20
)

// reserve is what is kept free for the marks that say that a recording has reached its limit, and how the command ended.
const reserve = 1 << 10

// writer writes the lines of a recording, and counts them.
type writer struct {
	to    io.Writer
	limit int64
	size  int64
	sum   hash.Hash
	last  time.Duration // of the event before: time doesn't run backwards
	full  bool          // the limit is reached: what comes now isn't written
}

func newWriter(to io.Writer, limit int64, h Header) (*writer, error) {
	if limit < MinLimit || limit > MaxLimit {
		return nil, fmt.Errorf("a limit of %d bytes: expected %d to %d", limit, MinLimit, MaxLimit)
	}
	w := &writer{to: to, limit: limit, sum: sha256.New()}
	line, err := jsontree.Line(h)
	if err != nil {
		return nil, err
	}
	return w, w.write(append(line, '\n'))
}

// write writes a whole line.
func (w *writer) write(line []byte) error {
	n, err := w.to.Write(line)
	w.size += int64(n)
	w.sum.Write(line[:max(min(n, len(line)), 0)])
	if err == nil && n < len(line) {
		err = io.ErrShortWrite
	}
	return err
}

// output writes what was printed. The first that doesn't fit is replaced by a mark that says so, and is the last.
func (w *writer) output(at time.Duration, data string) error {
	for data != "" && !w.full {
		piece := data[:cutRune(data, maxData)]
		data = data[len(piece):]
		w.last = max(w.last, at)
		line, err := Event{At: w.last, Data: piece}.line()
		if err != nil {
			return err
		}
		if w.size+int64(len(line)) > w.limit-reserve {
			w.full = true
			return w.marker(w.last, fmt.Sprintf("curfew: the recording has reached its limit of %d bytes; the command goes on", w.limit))
		}
		if err := w.write(line); err != nil {
			return err
		}
	}
	return nil
}

// marker sets a mark, for which there is room in the reserve.
func (w *writer) marker(at time.Duration, label string) error {
	w.last = max(w.last, at)
	line, err := Event{At: w.last, Marker: true, Data: label[:cutRune(label, reserve/8)]}.line()
	if err != nil {
		return err
	}
	return w.write(line)
}

func (w *writer) digest() string { return hex.EncodeToString(w.sum.Sum(nil)) }

// maxData is how many bytes of text an event has at most: escaped in the longest way it fits a reader's line by far, and no more than
// that of a recording's room is left unused.
const maxData = 8 << 10

// cutRune is where to cut s so that at most n bytes are left and no code point is torn.
func cutRune(s string, n int) int {
	if len(s) <= n {
		return len(s)
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return n
}
