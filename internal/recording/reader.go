package recording

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/curfew-ci/curfew/internal/jsontree"
)

// The bounds of what is read.
const (
	maxLine = 1 << 20              // of a line, in bytes
	maxSize = 10_000               // of the terminal, in columns or lines
	maxTime = 366 * 24 * time.Hour // of an event
)

// Recording is one that was read.
type Recording struct {
	Header Header
	Events []Event // in the order of their times
}

// Read reads a recording strictly: a header and events "o" and "m" alone, times that don't run backwards, valid UTF-8,
// lines of at most 1 MiB, each with its line break. path names the text in errors, which never quote it.
func Read(path string, src []byte) (*Recording, error) {
	r := &Recording{}
	n := 0
	for line := range bytes.Lines(src) {
		n++
		text, whole := bytes.CutSuffix(line, []byte("\n"))
		err := errors.New("it has no line break: it was cut off")
		if whole {
			err = r.read(n, text)
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, n, err)
		}
	}
	if n == 0 {
		return nil, fmt.Errorf("%s: empty: expected an asciicast of version 2", path)
	}
	return r, nil
}

// read takes in line n.
func (r *Recording) read(n int, line []byte) error {
	doc, err := jsontree.Parse("", line, jsontree.Limits{Bytes: maxLine, Depth: 3, Nodes: 200})
	if err != nil {
		if fault := (*jsontree.Error)(nil); errors.As(err, &fault) {
			err = fmt.Errorf("column %d: %s", fault.Region.Start.Col, fault.Message)
		}
		return err
	}
	if n == 1 {
		r.Header, err = readHeader(doc)
		return err
	}
	e, err := readEvent(doc.Root)
	if err != nil {
		return err
	}
	if last := len(r.Events) - 1; last >= 0 && e.At < r.Events[last].At {
		return errors.New("its time is before that of the line above: expected events in the order of their times")
	}
	r.Events = append(r.Events, e)
	return nil
}

// readHeader reads the first line. What version 2 has beside what is used here may be there, and is left aside.
func readHeader(doc *jsontree.Document) (Header, error) {
	h := Header{}
	if doc.Root.Kind != jsontree.Object {
		return h, fmt.Errorf("expected an asciicast's header, an object, found %s", doc.Root.Kind)
	}
	numbers := map[string]*int{"version": &h.Version, "width": &h.Width, "height": &h.Height}
	texts := map[string]*string{"command": &h.Command, "title": &h.Title}
	for _, m := range doc.Root.Members {
		err := error(nil)
		switch {
		case numbers[m.Name] != nil:
			*numbers[m.Name], err = whole(m.Value)
		case texts[m.Name] != nil && m.Value.Kind == jsontree.String:
			*texts[m.Name] = m.Value.Text
		case m.Name == "timestamp":
			at := 0
			at, err = whole(m.Value)
			h.Timestamp = int64(at)
		case m.Name == "duration", m.Name == "idle_time_limit", m.Name == "env", m.Name == "theme":
		default:
			err = errors.New("a header of version 2 has no such name, or another kind of value")
		}
		if err != nil {
			return h, fmt.Errorf("column %d: %w", doc.Text.Region(m.Start, m.End).Start.Col, err)
		}
	}
	switch {
	case h.Version != version:
		return h, fmt.Errorf("version: expected %d, as asciicasts have it that curfew writes", version)
	case h.Width < 1 || h.Width > maxSize || h.Height < 1 || h.Height > maxSize:
		return h, fmt.Errorf("width and height: expected 1 to %d each", maxSize)
	}
	return h, nil
}

// whole is a whole number from 0.
func whole(n *jsontree.Node) (int, error) {
	v, err := strconv.ParseInt(n.Text, 10, 53)
	if n.Kind != jsontree.Number || err != nil || v < 0 {
		return 0, errors.New("expected a whole number from 0")
	}
	return int(v), nil
}

// readEvent reads [TIME, CODE, DATA].
func readEvent(n *jsontree.Node) (Event, error) {
	if n.Kind != jsontree.Array || len(n.Items) != 3 {
		return Event{}, errors.New(`expected an event, such as [1.5, "o", "text"]`)
	}
	at, code, data := n.Items[0], n.Items[1], n.Items[2]
	seconds, err := strconv.ParseFloat(at.Text, 64)
	switch {
	case at.Kind != jsontree.Number || err != nil || seconds < 0 || seconds > maxTime.Seconds():
		return Event{}, fmt.Errorf("its time: expected seconds from 0 to %.0f", maxTime.Seconds())
	case code.Kind != jsontree.String || code.Text != codeOutput && code.Text != codeMarker:
		return Event{}, errors.New(`its code: expected "o", output, or "m", a marker; curfew records no input`)
	case data.Kind != jsontree.String:
		return Event{}, errors.New("its data: expected a string")
	}
	return Event{At: time.Duration(seconds * float64(time.Second)), Marker: code.Text == codeMarker, Data: data.Text}, nil
}
