package recording

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/curfew-ci/curfew/internal/redact"
)

// stream is one of a command's outputs on its way into a recording.
type stream struct {
	r      *Recorder
	before []byte // the last of what was written
	masked *redact.Stream

	// Of one pass:
	text   []byte         // before, and what is held back
	ranges []redact.Range // the credentials in it
	at     int            // so much of it is written
	free   int            // so much may be

	// Of what comes out of masked:
	when time.Duration
	half []byte // the beginning of a code point
}

// Write implements io.Writer, and never fails.
func (s *stream) Write(p []byte) (int, error) {
	s.r.take(s, p)
	return len(p), nil
}

// search finds the credentials in what is held back of s.
func (s *stream) search() error {
	s.text = append([]byte(nil), s.before...)
	for _, p := range s.r.pieces {
		if p.of == s {
			s.text = append(s.text, p.text...)
		}
	}
	s.at, s.ranges = len(s.before), nil
	if s.at == len(s.text) {
		return nil
	}
	found, err := s.r.o.Search.find(s.text)
	if err != nil {
		return err
	}
	for _, f := range found {
		s.r.hide(f.Values)
	}
	for _, r := range rangesOf(found, len(s.text)) {
		if r.End > s.at { // else all of it is written
			s.ranges = append(s.ranges, redact.Range{Start: max(r.Start, s.at), End: r.End})
		}
	}
	return nil
}

// searched forgets the text of a pass but for its end.
func (s *stream) searched() {
	from := max(s.at-behind, 0)
	s.before = append(s.before[:0], s.text[from:s.at]...)
	s.text, s.ranges = nil, nil
}

// write writes the next n bytes of s.text, which came at a moment.
func (s *stream) write(at time.Duration, n int) {
	end := s.at + n
	for _, r := range s.ranges {
		if r.End <= s.at || r.Start >= end {
			continue
		}
		if r.Start >= s.at {
			s.pass(at, s.text[s.at:r.Start])
			s.pass(at, []byte(redact.Placeholder))
		}
		s.at = min(r.End, end)
	}
	s.pass(at, s.text[s.at:end])
	s.at = end
}

// pass passes text on to the mask of known values.
func (s *stream) pass(at time.Duration, text []byte) {
	if len(text) == 0 || s.r.err != nil {
		return
	}
	s.when = at
	if _, err := s.masked.Write(text); err != nil {
		s.r.fail(err)
	}
}

// end passes on what is still held back. It may be the beginning of a value, which is hidden then.
func (s *stream) end() {
	if err := s.masked.Cut(); err != nil {
		s.r.fail(err)
		return
	}
	if len(s.half) > 0 {
		s.half = nil
		if err := s.r.out.output(s.when, string(utf8.RuneError)); err != nil {
			s.r.fail(err)
		}
	}
}

// events takes what a stream's mask lets through, and makes events of it.
type events stream

// Write implements io.Writer. An asciicast is UTF-8: a code point that was cut is held until its rest comes, and what is none is
// replaced by U+FFFD.
func (e *events) Write(p []byte) (int, error) {
	text := append(e.half, p...)
	n := wholeRunes(text)
	out := strings.ToValidUTF8(string(text[:n]), string(utf8.RuneError))
	e.half = append([]byte(nil), text[n:]...)
	return len(p), e.r.out.output(e.when, out)
}

// wholeRunes is how much of text doesn't end within a code point.
func wholeRunes(text []byte) int {
	for back := 1; back <= min(utf8.UTFMax-1, len(text)); back++ {
		if at := len(text) - back; utf8.RuneStart(text[at]) {
			if utf8.FullRune(text[at:]) {
				break
			}
			return at
		}
	}
	return len(text)
}
