package yamltree

// header is what follows the "|" or ">" of a block scalar.
type header struct {
	indent int  // as told, or 0
	chomp  byte // '+' keeps the line breaks at the end, '-' strips them, 0 keeps one
	end    int  // offset behind the indicators
}

func (s *scanner) header(p int) header {
	h := header{end: p + 1}
	for ; h.end < len(s.src); h.end++ {
		switch c := s.src[h.end]; {
		case c == '+' || c == '-':
			h.chomp = c
		case '1' <= c && c <= '9':
			h.indent = int(c - '0')
		default:
			return h
		}
	}
	return h
}

// indentation is how far the lines of a block scalar are indented. Where its header doesn't tell, the
// first line that holds more than spaces does.
func (s *scanner) indentation(p, told, parent int) int {
	if told > 0 {
		return max(parent, 0) + told
	}
	widest := 0
	for {
		q := p
		for q < len(s.src) && s.src[q] == ' ' {
			q++
		}
		widest = max(widest, q-p)
		w := s.breakAt(q)
		if w == 0 {
			return max(widest, parent+1, 1)
		}
		p = q + w
	}
}

type lineKind uint8

const (
	lineEnd   lineKind = iota // not of the scalar
	lineBlank                 // a line break at most behind the indentation
	lineText
)

// blockLine says what the line at p is to a block scalar, and where its text begins.
func (s *scanner) blockLine(p, indent int) (text int, kind lineKind) {
	text = p
	for text < len(s.src) && text-p < indent && s.src[text] == ' ' {
		text++
	}
	switch {
	case text >= len(s.src):
		return text, lineEnd
	case s.breakAt(text) > 0:
		return text, lineBlank
	case text-p < indent:
		return text, lineEnd
	}
	return text, lineText
}
