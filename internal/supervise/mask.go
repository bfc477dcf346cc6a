package supervise

import (
	"io"
	"reflect"
	"slices"
	"sync"

	"github.com/curfew-ci/curfew/internal/redact"
)

// Mask is what a command's output must not show. Its methods may be called by several goroutines, while the command runs
// too: whoever renews a credential hides the new one first and hands it out then.
type Mask struct {
	mu      sync.Mutex
	secrets []redact.Secret
	streams []*stream
}

// NewMask makes a Mask that hides secrets.
func NewMask(secrets ...redact.Secret) *Mask {
	m := &Mask{}
	m.Hide(secrets...)
	return m
}

// Hide adds values to what is hidden from here on. It waits for nobody who reads what is written.
func (m *Mask) Hide(secrets ...redact.Secret) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.secrets = append(m.secrets, secrets...)
	for _, s := range m.streams {
		s.masked.Hide(secrets...)
	}
}

// shown is the first of texts that holds a value; -1 where none does.
func (m *Mask) shown(texts []string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	masker := redact.NewMasker(m.secrets...)
	return slices.IndexFunc(texts, func(text string) bool { return masker.Mask(text) != text })
}

// stream masks one of a command's outputs, and remembers why the rest of it is lost.
type stream struct {
	masked *redact.Stream
	mu     sync.Mutex
	err    error
}

// to makes a stream that writes to w.
func (m *Mask) to(w io.Writer) *stream {
	if w == nil {
		w = io.Discard
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s := &stream{masked: redact.NewStream(w, m.secrets...)}
	m.streams = append(m.streams, s)
	return s
}

// forget lets go of what m.to made.
func (m *Mask) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.streams = nil
}

// Write passes p on, masked.
func (s *stream) Write(p []byte) (int, error) {
	n, err := s.masked.Write(p)
	s.note(err)
	return n, err
}

// flush passes on what is held back and returns the first error of all. Where the output was cut off, the beginning of a value
// isn't passed on.
func (s *stream) flush(cut bool) error {
	end := s.masked.Flush
	if cut {
		end = s.masked.Cut
	}
	if s.failed() == nil { // else a piece is missing before it
		s.note(end())
	}
	return s.failed()
}

func (s *stream) note(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
	}
}

func (s *stream) failed() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// same reports whether a and b are one writer: two streams of it would run into each other.
func same(a, b io.Writer) bool {
	return a != nil && b != nil && reflect.TypeOf(a).Comparable() && reflect.TypeOf(a) == reflect.TypeOf(b) && a == b
}
