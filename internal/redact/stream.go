package redact

import (
	"io"
	"sync"
)

// Stream masks what is written to it on the way to another writer, in the forms that a Masker knows, however it is cut
// into pieces. It holds back only what may turn out to be the beginning of a value, so that a prompt shows at once.
// What comes out depends on the bytes alone. It may be used by several goroutines.
//
// It differs from Masker in base64: what was written of a run of its characters before the value is out already. Of the
// value itself, at most four bits stand in the character before it, and in the one after it where that is on the next line; of
// one that was wrapped after its first character, that is out as well.
// And a value's characters may have between them what a terminal doesn't show, and line breaks where they were wrapped.
type Stream struct {
	coming sync.Mutex // held for moments, whoever reads what is written
	later  []Secret   // that the next Write looks for too

	mu      sync.Mutex // held while something is written
	to      io.Writer
	secrets []Secret
	trie    *trie // nil until something is written

	held    []byte  // not passed on yet
	state   int32   // the beginning of a form that held ends in
	bridge  bridge  // the same, across what isn't of it
	before  int     // so many characters of base64 stand right before held
	hits    []Range // values in held, in order of their ends, by offsets in it
	running bool    // the last hit goes on as long as base64 does
	hidden  int     // so many first bytes of held belong to a value whose placeholder is out already
}

// NewStream makes a Stream that writes to another writer. It goes by the values of secrets as they are now, as Hide does.
func NewStream(to io.Writer, secrets ...Secret) *Stream {
	s := &Stream{to: to}
	s.Hide(secrets...)
	return s
}

// Hide adds values to what is masked from here on: nothing of them has been written yet. It doesn't wait for what is being written:
// nobody may read it.
func (s *Stream) Hide(secrets ...Secret) {
	s.coming.Lock()
	defer s.coming.Unlock()
	s.later = append(s.later, copies(secrets)...)
}

// heed begins to look for what was hidden meanwhile.
func (s *Stream) heed() {
	s.coming.Lock()
	later := s.later
	s.later = nil
	s.coming.Unlock()
	if len(later) == 0 && s.trie != nil {
		return
	}
	s.secrets = append(s.secrets, later...)
	s.trie, s.state = newTrie(formsOf(s.secrets)), 0
	s.bridge.sleep()
	for i := range s.held {
		s.advance(i + 1)
	}
}

// Write masks p and passes on what is certain to be no part of a value, or of one that has ended.
func (s *Stream) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heed()
	s.look(p)
	if err := s.pass(len(s.held) - s.wait()); err != nil {
		return 0, err
	}
	return len(p), nil
}

// wait is how much of the end of held may be the beginning of a value.
func (s *Stream) wait() int {
	n, held := int(s.trie.nodes[s.state].wait), len(s.held)
	if b := &s.bridge; b.state > 0 {
		n = max(n, held-b.start(held, int(s.trie.nodes[b.state].wait)))
	}
	return n
}

// Flush passes on what is held back: nothing more comes that could make it a value.
func (s *Stream) Flush() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.flush()
}

func (s *Stream) flush() error {
	s.state, s.running = 0, false
	s.bridge.sleep()
	return s.pass(len(s.held))
}

// Cut is Flush where something was cut off, so that the end may stand in the middle of a value: a beginning of one that is as
// long as what is masked at all is hidden.
func (s *Stream) Cut() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heed()
	if max(s.trie.nodes[s.state].wait, s.trie.nodes[s.bridge.state].wait) >= minSearch {
		s.hit(Range{len(s.held) - s.wait(), len(s.held)})
	}
	return s.flush()
}

// look takes in bytes and finds the values that end in them.
func (s *Stream) look(p []byte) {
	for len(p) > 0 {
		if s.state == 0 && s.bridge.state == 0 && !s.running {
			n := s.trie.idle(p)
			s.held = append(s.held, p[:n]...)
			if p = p[n:]; len(p) == 0 {
				return
			}
		}
		s.held = append(s.held, p[0])
		s.find(p[0])
		p = p[1:]
	}
}

// find finds the values that end in c, which held does.
func (s *Stream) find(c byte) {
	end := len(s.held)
	s.advance(end)
	if s.running {
		if s.running = isBase64(c) || c == '='; s.running {
			s.hits[len(s.hits)-1].End = end
		}
	}
	if n := s.trie.nodes[s.state]; n.ends > 0 {
		s.hit(Range{end - int(n.ends), end})
		s.running = s.running || n.run
	}
	if n := s.trie.nodes[s.bridge.state]; n.ends > 0 && s.bridge.since > 0 {
		s.hit(Range{s.bridge.start(end, int(n.ends)), end})
		s.running = s.running || n.run
	}
	if s.bridge.state > 0 && s.trie.nodes[s.bridge.state].wait == 0 {
		s.bridge.sleep() // nothing of it goes on
	}
}

// hit notes a value. One that begins within the last, or before it, is one with it.
func (s *Stream) hit(r Range) {
	for n := len(s.hits); n > 0 && r.Start < s.hits[n-1].End; n-- {
		r.Start = min(r.Start, s.hits[n-1].Start)
		s.hits = s.hits[:n-1]
	}
	s.hits = append(s.hits, r)
}

// pass passes on the first bytes of held, with a placeholder for each value that begins in them.
func (s *Stream) pass(end int) error {
	if end == 0 {
		return nil
	}
	out := s.held[:end]
	if len(s.hits) > 0 || s.hidden > 0 {
		out = s.veil(end)
	}
	var err error
	if len(out) > 0 {
		_, err = s.to.Write(out)
	}
	s.before = s.run(end)
	s.bridge.shift(end)
	s.held = append(s.held[:0], s.held[end:]...)
	return err
}

// veil is the first bytes of held as they are passed on. What it knows of values is of the rest from then on.
func (s *Stream) veil(end int) []byte {
	var out []byte
	at := min(s.hidden, end)
	left := s.hits[:0]
	hidden := s.hidden
	for _, r := range s.hits {
		if r.Start >= end {
			left = append(left, Range{r.Start - end, r.End - end})
			continue
		}
		if r.Start >= hidden { // else its placeholder is out
			out = append(append(out, s.held[at:max(at, r.Start)]...), Placeholder...)
		}
		hidden = max(hidden, r.End)
		at = min(hidden, end)
		if r.End > end || s.running && r == s.hits[len(s.hits)-1] {
			left = append(left, Range{min(r.Start-end, 0), r.End - end})
		}
	}
	s.hits, s.hidden = left, max(hidden-end, 0)
	return append(out, s.held[at:end]...)
}
