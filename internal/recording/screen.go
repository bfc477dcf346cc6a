package recording

import (
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/curfew-ci/curfew/internal/markup"
)

// How long a sequence of a terminal's may be, in bytes, and how much one may swallow that carries text of its own.
const (
	maxSequence = 64
	maxPayload  = 4 << 10
)

// mode is within what a screen is.
type mode int

const (
	ground  mode = iota // text
	escaped             // ESC has come
	charset             // ESC and an intermediate byte: what follows names a set of characters, and the like
	control             // a control sequence, CSI
	payload             // a sequence with a text of its own: OSC, DCS, SOS, PM, APC
	closing             // ESC has come in one of those
)

// screen lets through to a terminal what draws: text, colours, and moves of the cursor (ECMA-48). A recording holds what
// somebody's command printed, and a terminal does much more than draw when it is told: it sets its title, the clipboard,
// answers questions as if somebody typed, switches character sets. All that is left out and counted. Characters that aren't
// seen are written as escapes, and so is what a runner of jobs would take for a command.
type screen struct {
	to    io.Writer
	plain bool // no colours and no moves either

	mode     mode
	seq      []byte // of a control sequence
	payload  int    // so long
	osc      bool   // it is of the kind that BEL ends
	dropped  int    // so many were left out
	coloured bool   // and not back to none

	begin  bool // only white space since the line began
	colon  bool // and a colon since
	hashes int  // that stand right before
	cr     bool // a carriage return has come last
	out    strings.Builder
}

func newScreen(to io.Writer, plain bool) *screen { return &screen{to: to, plain: plain, begin: true} }

// show writes what may be seen of text. What it ends in the middle of goes on with the next.
func (s *screen) show(text string) error {
	for text != "" {
		r, n := utf8.DecodeRuneInString(text)
		s.take(r, text[:n])
		text = text[n:]
	}
	return s.flush()
}

func (s *screen) flush() error {
	out := s.out.String()
	s.out.Reset()
	if out == "" {
		return nil
	}
	_, err := io.WriteString(s.to, out)
	return err
}

// end brings the terminal back to where a line begins, without colours.
func (s *screen) end() error {
	if s.coloured {
		s.out.WriteString("\x1b[0m")
	}
	if !s.blank() {
		s.out.WriteByte('\n')
	}
	return s.flush()
}

// blank reports whether nothing is seen on the line.
func (s *screen) blank() bool { return s.begin && !s.colon }

// take takes the next code point, which is written as point.
func (s *screen) take(r rune, point string) {
	switch s.mode {
	case ground:
		s.text(r, point)
	case escaped:
		s.afterEscape(r, point)
	case charset:
		if s.mode = ground; r >= 0x20 && r <= 0x2f {
			s.mode = charset
		} else if r < 0x30 || r > 0x7e {
			s.text(r, point)
		}
	case control:
		s.inControl(r, point)
	case payload, closing:
		s.inPayload(r)
	}
}

// afterEscape says what an ESC has begun. Those of two characters are all left out: they reset the terminal, or save and bring back
// what a recording needn't.
func (s *screen) afterEscape(r rune, point string) {
	s.mode = ground
	switch {
	case r == '[':
		s.mode, s.seq = control, s.seq[:0]
	case strings.ContainsRune("]PX^_", r):
		s.dropped++
		s.mode, s.payload, s.osc = payload, 0, r == ']'
	case r == escape:
		s.dropped++
		s.mode = escaped
	case r >= 0x20 && r <= 0x2f:
		s.dropped++
		s.mode = charset
	case r > 0x2f && r <= 0x7e:
		s.dropped++
	default:
		s.dropped++
		s.text(r, point)
	}
}

func (s *screen) inControl(r rune, point string) {
	switch {
	case r >= 0x20 && r <= 0x3f && len(s.seq) < maxSequence:
		s.seq = append(s.seq, byte(r))
	case r >= 0x40 && r <= 0x7e:
		s.mode = ground
		if s.plain || !draws(string(s.seq), r) {
			s.dropped++
			return
		}
		if r == 'm' {
			s.coloured = strings.Trim(string(s.seq), "0") != ""
		}
		s.out.WriteString("\x1b[" + string(s.seq) + string(r))
	default: // no sequence: what follows is text
		s.mode = ground
		s.dropped++
		s.text(r, point)
	}
}

// inPayload swallows a sequence's text up to its end. One that doesn't end must not hide the rest of the recording.
func (s *screen) inPayload(r rune) {
	s.payload += utf8.RuneLen(r)
	switch {
	case s.mode == closing && r != '\\': // it is broken off by another sequence
		s.mode = escaped
		s.afterEscape(r, string(r))
	case s.mode == closing, r == 0x9c, r == 0x18, r == 0x1a, r == '\a' && s.osc, s.payload > maxPayload:
		s.mode = ground
	case r == escape:
		s.mode = closing
	}
}

// draws reports whether a control sequence of these parameters and this final byte colours text, moves the cursor, or
// clears what is on the screen, and does nothing else.
func draws(parameters string, final rune) bool {
	allowed := "0123456789;"
	switch final {
	case 'm':
		allowed += ":"
	case 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'd', 'f', 'K':
	case 'J': // of 3 the terminal forgets what has scrolled by
		return parameters == "" || parameters == "0" || parameters == "1" || parameters == "2"
	default:
		return false
	}
	const digits = 4
	for part := range strings.FieldsFuncSeq(parameters, func(r rune) bool { return r == ';' || r == ':' }) {
		if len(part) > digits {
			return false
		}
	}
	return strings.Trim(parameters, allowed) == ""
}

// text shows a code point that belongs to no sequence.
func (s *screen) text(r rune, point string) {
	lone := s.cr && r != '\n'
	s.cr = r == '\r'
	if s.plain && lone && !s.blank() { // what was to be overwritten is read, too
		s.line("\n")
	}
	switch {
	case r == escape:
		s.mode = escaped
	case r == '\n':
		s.line("\n")
	case r == '\r' && s.plain:
	case r == '\r':
		s.line("\r")
	case r == '\b' && !s.plain:
		s.out.WriteByte('\b')
	case r == '\t':
		s.out.WriteByte('\t')
	case unicode.IsControl(r):
		s.dropped++
	default:
		s.glyph(r, point)
	}
}

// line ends a line. A runner begins one after a carriage return as well.
func (s *screen) line(end string) {
	s.out.WriteString(end)
	s.begin, s.colon, s.hashes = true, false, 0
}

// glyph writes a code point in its visible form, and so that no line begins with what a runner takes for a command (::error::),
// nor has "##[" in it.
func (s *screen) glyph(r rune, point string) {
	switch {
	case r == ':' && s.colon:
		point = `\u003a`
		s.begin, s.colon = false, false
	case r == ':' && s.begin:
		s.colon = true
	case !unicode.IsSpace(r) || s.colon:
		s.begin, s.colon = false, false
	}
	s.out.WriteString(markup.Glyph(point, s.hashes))
	s.hashes = markup.Hashes(s.hashes, r)
}
