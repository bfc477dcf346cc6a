package recording

import (
	"strconv"
	"time"

	"github.com/curfew-ci/curfew/internal/jsontree"
)

// version is the format's, as a header has it.
const version = 2

// The codes of events that are written and read. A recording has no "i": nothing that is typed is recorded.
const (
	codeOutput = "o"
	codeMarker = "m"
)

// Header is a recording's first line.
type Header struct {
	Version   int    `json:"version"`
	Width     int    `json:"width"`  // columns
	Height    int    `json:"height"` // lines
	Timestamp int64  `json:"timestamp,omitempty"`
	Command   string `json:"command,omitempty"`
	Title     string `json:"title,omitempty"`
}

// Event is what was printed at a moment, or a mark that was set then.
type Event struct {
	At     time.Duration // since the beginning
	Marker bool
	Data   string // valid UTF-8
}

// line is e as a line of a recording.
func (e Event) line() ([]byte, error) {
	code := codeOutput
	if e.Marker {
		code = codeMarker
	}
	data, err := jsontree.Line(e.Data)
	if err != nil {
		return nil, err
	}
	line := append([]byte("["), strconv.FormatFloat(e.At.Seconds(), 'f', 6, 64)...)
	line = append(line, `, "`+code+`", `...)
	return append(append(line, data...), "]\n"...), nil
}
