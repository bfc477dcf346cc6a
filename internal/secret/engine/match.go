package engine

// Span is a range of byte offsets; End is exclusive.
type Span struct{ Start, End int }

// Len is the number of bytes in s.
func (s Span) Len() int { return s.End - s.Start }

// Match is one finding, as gitleaks' library tells it and with the place of its secret besides.
type Match struct {
	Rule string // its id

	// Match is where the rule's match stands in the text. Of a finding in decoded text it is the place
	// that the library tells, which can be off where text before it was decoded in an earlier pass.
	Match Span

	// Secret is where the secret stands in the text: exactly its bytes, or, of a secret that was
	// encoded, all of what it was decoded from. It is empty where the path alone was the finding.
	Secret Span

	// Value is the secret, decoded. Secret and Value are freed of what only surrounds a secret: quotes,
	// the key of a manifest.
	Value []byte

	// Depth is how many layers of encoding were taken off; 0 for what stands in the text itself.
	Depth int

	// Text and Group are what the library tells as its finding's Match and Secret. Of a path they are
	// its "file detected: " and nothing.
	Text, Group []byte

	// Location is what the library tells, counted in its way.
	Location Location
}

// Location is a place as gitleaks' library counts it: lines from 0; columns from 1, and in every line but
// the first from the break before it.
type Location struct{ StartLine, EndLine, StartColumn, EndColumn int }

// Suppressed counts what was matched and is no finding.
type Suppressed struct {
	Allowlist int // a regular expression of an allowlist
	Stopword  int // a stop word of an allowlist
	Entropy   int // too little of it
	Generic   int // a better rule tells the same value on that line
	Required  int // another rule that has to match nearby doesn't
}

func (s *Suppressed) add(o Suppressed) {
	s.Allowlist += o.Allowlist
	s.Stopword += o.Stopword
	s.Entropy += o.Entropy
	s.Generic += o.Generic
	s.Required += o.Required
}
