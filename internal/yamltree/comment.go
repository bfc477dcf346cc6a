package yamltree

import "bytes"

// gap collects the comments between two values. Whatever else stands there (indicators, anchors, tags,
// directives) can't hold a "#".
func (r *reader) gap(from, to int) {
	for {
		i := bytes.IndexByte(r.src[from:to], '#')
		if i < 0 {
			return
		}
		start := from + i
		end, _ := r.eol(start)
		r.comments = append(r.comments, Comment{
			Span:  r.span(start, end),
			Text:  r.slice(start+1, end),
			Alone: r.alone(start),
		})
		if from = end; from >= to {
			return
		}
	}
}

// slice is a part of the source as a string; all of them share one copy of it.
func (r *reader) slice(from, to int) string {
	if r.copied == "" {
		r.copied = string(r.src)
	}
	return r.copied[from:to]
}

func (r *reader) alone(p int) bool {
	before := r.src[r.lineOf(p):p]
	return len(bytes.TrimLeft(before, " \t")) == 0
}

// prolog moves past the directives and the "---" that may begin a document.
func (r *reader) prolog() {
	for p := r.lineStart(1); p < len(r.src); {
		end, next := r.eol(p)
		if r.marker(p, "---") {
			r.read(p + len("---"))
			return
		}
		if q := r.blanks(p); q < end && r.src[q] != '#' && r.src[p] != '%' {
			return
		}
		p = next
	}
}

// rest collects the comments behind the document and says where anything else begins: yaml.v3 doesn't look.
func (r *reader) rest() error {
	for p := r.token(r.done); p < len(r.src); p = r.token(r.done) {
		r.read(p)
		first := r.lineOf(p) == p
		switch {
		case first && r.marker(p, "..."):
			r.done = p + len("...")
		case first && r.marker(p, "---"):
			return r.fail(p, "found a second document: one is read")
		default:
			return r.fail(p, "expected the end of the file: nothing may follow here")
		}
	}
	r.read(len(r.src))
	return nil
}
