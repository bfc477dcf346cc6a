package engine

// State is what is known of one version of a text: where a rule may match, and what was found there so
// far. It belongs to the goroutine of the Scanner that made it, and doesn't hold on to the text.
type State struct {
	windows []window // by rule, then by place; a rule's don't overlap
	gates   []hit    // of keywords that some rule asks for anywhere in a text; in order
	encoded []span   // lines that decode to something; in order, apart from each other
	odd     bool     // has letters beyond ASCII that are ASCII ones without regard to case
	broken  []int32  // the rules that such a letter may have a say in: their windows don't count
	tooLong bool     // for offsets of 32 bits: nothing else is known
}

// empty reports whether nothing can match, whatever the path, of what is searched by hits.
func (st *State) empty() bool {
	return len(st.windows)+len(st.gates)+len(st.encoded) == 0 && !st.odd && !st.tooLong
}

// window is a part of a text in which a rule may match. Windows of a rule that overlap are one.
type window struct {
	rule int32
	span
	hits []hit // of the rule's anchors, in order; their ends are counted from the window's start
	seen *seen // what was found in it; nil where nobody asked yet
}

// seen is what a rule found in the bytes of a window, but for what depends on more than these bytes. It is
// shared by all versions of a text that have the window, and never changed.
type seen struct {
	found []found
	left  Suppressed
}

// found is a match that nothing in it suppresses.
type found struct {
	whole  span // counted from the window's start
	text   span // without line breaks around it, counted from the window's start as well
	group  span // what the library takes for the secret, counted from text's start
	secret span // what we do
}

// span is a Span of a text shorter than 2 GiB.
type span struct{ start, end int32 }

func (s span) wide() Span { return Span{int(s.start), int(s.end)} }

func (s span) shift(by int32) span { return span{s.start + by, s.end + by} }

// narrow is s as a span.
func narrow(s Span) span { return span{int32(s.Start), int32(s.End)} } //nolint:gosec // texts are shorter than 2 GiB
