package secret

const (
	// wholeFile is the size up to which a file is searched in one piece. The library copies a text
	// several times over and looks through all its line breaks for each finding.
	wholeFile = 512 << 10
	// windowSize is the size of the pieces of a larger file, and overlap what two neighbours share, so
	// that nothing is cut that is shorter than half of it.
	windowSize = 256 << 10
	overlap    = 32 << 10
)

// window is a piece of a text. Two neighbours see the overlap; each owns one half of it, so that a
// finding is taken once, by the piece that sees more of what surrounds it.
type window struct {
	span
	own span
}

// owns reports whether a finding that begins at byte offset off of the text is this window's to tell.
func (w window) owns(off int) bool { return w.own.start <= off && off < w.own.end }

// windows cuts a text into pieces. A text without a byte is one empty piece: its path is judged.
func windows(text []byte) []window {
	if len(text) <= wholeFile {
		return []window{{span{0, len(text)}, span{0, len(text) + 1}}}
	}
	var out []window
	for start, owned := 0, 0; ; {
		end := start + windowSize
		if end >= len(text) {
			return append(out, window{span{start, len(text)}, span{owned, len(text) + 1}})
		}
		next := end - overlap/2
		out = append(out, window{span{start, end}, span{owned, next}})
		start, owned = end-overlap, next
	}
}
