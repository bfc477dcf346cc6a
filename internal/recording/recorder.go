package recording

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/curfew-ci/curfew/internal/redact"
)

// What a Recorder makes of output that comes in small pieces.
const (
	together   = 10 * time.Millisecond // what comes within it is one event
	searchEach = time.Second           // text that has come is searched then, however little it is
	maxHeader  = 4 << 10               // bytes of a command's line, and of a title
	maxValues  = 200                   // so many values are hidden wherever they turn up again; others only where they are found
)

// Options are what a Recorder needs.
type Options struct {
	To      io.Writer        // gets the recording, in whole lines
	Limit   int64            // of the recording's size, in bytes: MinLimit to MaxLimit
	Now     func() time.Time // the clock
	Search  Search           // finds what is to be masked
	Header  Header           // Version and Timestamp are filled in, Command and Title masked and cut at 4 KiB
	OnFault func(err error)  // if set, is told once, and at once, why nothing more is recorded
}

// Summary is what a recording has come to.
type Summary struct {
	Bytes     int64
	SHA256    string // of the bytes, hexadecimal
	Truncated bool   // the limit was reached
}

// Recorder records what a command writes. Its methods, and the writers that Stream makes, may be used by several goroutines.
type Recorder struct {
	mu      sync.Mutex
	o       Options
	began   time.Time
	out     *writer
	streams []*stream

	pieces   []piece       // what is held back, in the order of arrival
	held     int           // so many bytes
	fresh    int           // so many of them weren't searched
	searched time.Duration // when they were last
	values   []redact.Secret
	err      error // why nothing more is recorded
	ended    bool
}

// piece is what came of one output at a moment.
type piece struct {
	of   *stream
	at   time.Duration
	text []byte
}

// Begin begins a recording: its header is written.
func Begin(o Options) (*Recorder, error) {
	r := &Recorder{o: o, began: o.Now()}
	h := o.Header
	h.Version, h.Timestamp = version, r.began.Unix()
	for _, text := range []*string{&h.Command, &h.Title} {
		masked, err := o.Search.mask(*text)
		if err != nil {
			return nil, fmt.Errorf("begin a recording: mask its header: %w", err)
		}
		*text = masked[:cutRune(masked, maxHeader)]
	}
	out, err := newWriter(o.To, o.Limit, h)
	if err != nil {
		return nil, fmt.Errorf("begin a recording: %w", err)
	}
	r.out = out
	return r, nil
}

// Stream is a writer for one of the command's outputs. It never fails: the command's output goes on where its recording can't,
// and End says so.
func (r *Recorder) Stream() io.Writer {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := &stream{r: r}
	s.masked = redact.NewStream((*events)(s), r.values...)
	r.streams = append(r.streams, s)
	return s
}

// take takes in what one of the outputs got.
func (r *Recorder) take(s *stream, p []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped() || len(p) == 0 {
		return
	}
	at := r.o.Now().Sub(r.began)
	if last := len(r.pieces) - 1; last >= 0 && r.pieces[last].of == s && at-r.pieces[last].at < together {
		r.pieces[last].text = append(r.pieces[last].text, p...)
	} else {
		r.pieces = append(r.pieces, piece{s, at, append([]byte(nil), p...)})
	}
	r.held += len(p)
	r.fresh += len(p)
	if r.fresh >= batch || at-r.searched >= searchEach {
		r.searched = at
		r.pass(settling)
	}
}

// stopped reports whether what comes now isn't recorded.
func (r *Recorder) stopped() bool { return r.ended || r.err != nil || r.out.full }

// pass searches what is held back and writes what needn't be any longer; keep is how much of each output's end stays.
func (r *Recorder) pass(keep int) {
	r.fresh = 0
	for _, s := range r.streams {
		if err := s.search(); err != nil {
			r.fail(err)
			_ = r.out.marker(r.searched, "curfew: the recording ends here, as it could not be searched for credentials")
			return
		}
	}
	r.release(keep, true)
	if r.held > pressure {
		r.release(0, true)
	}
	if r.held > pressure {
		r.release(0, false)
	}
	for _, s := range r.streams {
		s.searched()
	}
}

// release writes what may be written: in order nothing that came after what stays.
func (r *Recorder) release(keep int, inOrder bool) {
	for _, s := range r.streams {
		if s.free = len(s.text); keep != everything {
			s.free = free(s.text, s.at, keep, s.ranges)
		}
	}
	left := r.pieces[:0]
	for _, p := range r.pieces {
		n := min(len(p.text), p.of.free-p.of.at)
		if inOrder && len(left) > 0 {
			n = 0
		}
		p.of.write(p.at, n)
		r.held -= n
		if p.text = p.text[n:]; len(p.text) > 0 {
			left = append(left, p)
		}
	}
	r.pieces = left
}

// hide hides values wherever they turn up from here on.
func (r *Recorder) hide(values []redact.Secret) {
	for _, v := range values {
		if !redact.Seeks(v) || len(r.values) == maxValues || r.knows(v) {
			continue
		}
		r.values = append(r.values, v)
		for _, s := range r.streams {
			s.masked.Hide(v)
		}
	}
}

func (r *Recorder) knows(v redact.Secret) bool {
	for _, known := range r.values {
		if known.Equal(v) {
			return true
		}
	}
	return false
}

// fail records nothing more, because of err. What is held back is forgotten.
func (r *Recorder) fail(err error) {
	if r.err != nil {
		return
	}
	r.err, r.pieces, r.held = err, nil, 0
	if r.o.OnFault != nil {
		r.o.OnFault(err)
	}
}

// End writes what is held back, and a mark that says how the command ended. What comes afterwards isn't recorded. The error says
// why the recording isn't what was printed; a recording that has reached its limit is none.
func (r *Recorder) End(how string) (Summary, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.stopped() {
		r.pass(everything)
	}
	if r.err == nil && !r.ended {
		for _, s := range r.streams {
			s.end()
		}
		if err := r.out.marker(r.o.Now().Sub(r.began), how); err != nil {
			r.fail(err)
		}
	}
	r.ended = true
	return Summary{r.out.size, r.out.digest(), r.out.full}, r.err
}

// everything has release keep nothing, finished or not.
const everything = -1
