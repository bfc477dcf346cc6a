package recording

import (
	"bytes"

	"github.com/curfew-ci/curfew/internal/redact"
)

// How much text is held back at most, in bytes. A credential that is longer than what longLine keeps of a line isn't found.
const (
	batch    = 32 << 10 // new text that isn't searched at once
	behind   = 4 << 10  // that was written and is searched once more with what follows it
	settling = 4 << 10  // the newest text, as what follows may say what it is
	pressure = 64 << 10 // all that is held, before the order of the outputs gives way
	unclosed = 64 << 10 // an unfinished line, or key
	longLine = 32 << 10 // the end of a line that is longer than that
)

// free is how much of a text may be written: up to the end of a line, before what may be the beginning of a credential. base is how
// much of it was written before, keep how much of its end stays in any case; ranges are the credentials in it.
func free(text []byte, base, keep int, ranges []redact.Range) int {
	end := max(len(text)-keep, base)
	if at := begun(text); at >= 0 {
		end = min(end, max(at, base))
	}
	end = base + lineEnd(text[base:end])
	tooLong := len(text)-end > unclosed+keep
	if tooLong {
		end = len(text) - longLine
	}
	for _, r := range ranges {
		if r.Start >= end || end >= r.End {
			continue
		}
		if end = max(r.Start, base); end == base && tooLong { // all that is there of it is hidden
			end = r.End
		}
	}
	return end
}

// lineEnd is how long text is up to the last line break in it. A lone carriage return ends a line too: what counts up on one
// writes no other, and no credential holds one but with a line feed.
func lineEnd(text []byte) int { return bytes.LastIndexAny(text, "\r\n") + 1 }

// begun is where a private key begins in text that doesn't end in it; -1 where none does.
func begun(text []byte) int {
	at := -1
	for _, frame := range []struct{ begin, label, end string }{
		{"-----BEGIN ", "PRIVATE KEY", "-----END "},
		{"PuTTY-User-Key-File-", "", "Private-M"}, // -MAC
	} {
		i := bytes.LastIndex(text, []byte(frame.begin))
		if i < 0 || bytes.Contains(text[i:], []byte(frame.end)) {
			continue
		}
		line, _, _ := bytes.Cut(text[i:], []byte("\n"))
		if bytes.Contains(line, []byte(frame.label)) && (at < 0 || i < at) {
			at = i
		}
	}
	return at
}
