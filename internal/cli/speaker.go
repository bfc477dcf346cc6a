package cli

import (
	"io"
	"sync"
)

// speaker writes lines one after the other, and who says one doesn't wait for that: while nobody reads what curfew writes,
// leases are renewed and ended all the same. It may be used by several goroutines.
type speaker struct {
	to io.Writer

	mu     sync.Mutex
	lines  []string      // to be written
	spoken chan struct{} // closed once there are none; nil while nobody writes
}

// say has a line written, after those before it.
func (s *speaker) say(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, line)
	if s.spoken == nil {
		s.spoken = make(chan struct{})
		go s.speak()
	}
}

// speak writes until nothing is left.
func (s *speaker) speak() {
	for {
		s.mu.Lock()
		lines := s.lines
		if s.lines = nil; len(lines) == 0 {
			close(s.spoken)
			s.spoken = nil
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
		for _, line := range lines {
			_, _ = io.WriteString(s.to, line+"\n")
		}
	}
}

// wait waits until all has been written that was said before.
func (s *speaker) wait() {
	s.mu.Lock()
	spoken := s.spoken
	s.mu.Unlock()
	if spoken != nil {
		<-spoken
	}
}
