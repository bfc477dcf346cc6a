package engine

import (
	"hash/maphash"
	"slices"
	"sort"
	"strings"
	"unsafe"
)

// revealed is what was found in the decoded layers of a cluster, which is some lines of a text around
// those that are encoded. Offsets count in the cluster.
type revealed struct {
	found  []unveiled
	left   Suppressed
	words  []int32 // the literals in its layers that rules ask for anywhere in a text
	shrunk shrinkage
	odd    bool // a layer has a letter for which literals alone don't tell where a rule may match
	beyond bool // what is outside of the cluster may have a say in what was found
}

// unveiled is a match in a layer.
type unveiled struct {
	rule   int32
	depth  int
	told   place // where the library says that it was written
	secret Span  // where the secret really was
	text   []byte
	group  Span // in text
	value  Span // in text
	line   []byte
	own    []byte
}

// clustersOf lists the clusters of a text. Around encoded lines there is as much as it takes for the
// windows and quick tests of hits in them. A hit further away matters if its window in the text itself
// reaches the encoded lines: up to there a layer is the same text, so the window in the layer reaches them
// too. Its window then belongs to the cluster.
func (s *Scanner) clustersOf(text []byte, st *State) []Span {
	margin := 2*sight + s.e.plans.auto.longest
	s.lines = s.lines[:0]
	for _, l := range st.encoded {
		s.lines = append(s.lines, l.wide())
	}
	for rest := st.windows; len(rest) > 0; {
		rule := rest[0].rule
		n := sort.Search(len(rest), func(i int) bool { return rest[i].rule > rule })
		for _, l := range st.encoded {
			first := sort.Search(n, func(i int) bool { return rest[i].end >= l.start })
			for i := first; i < n && rest[i].start <= l.end; i++ {
				s.lines = append(s.lines, wholeLines(text, rest[i].span))
			}
		}
		rest = rest[n:]
	}
	s.lines = union(s.lines)
	s.spans = clusters(text, s.lines, margin, s.spans[:0])
	return s.spans
}

// revealAll finds what is in the decoded layers of a text, cluster by cluster. It returns the clusters and
// appends what is in each to out.
func (s *Scanner) revealAll(text []byte, st *State, out []*revealed) ([]Span, []*revealed) {
	whole := []Span{{0, len(text)}}
	parts := s.clustersOf(text, st)
	for i := 0; i < len(parts); {
		r := s.reveal(text, parts[i])
		if r.odd {
			return whole, append(out[:0], s.revealOdd(text))
		}
		if r.beyond {
			parts = spread(text, parts, i)
			i, out = 0, out[:0]
			continue
		}
		out = append(out, r)
		i++
	}
	return parts, out
}

// spread widens cluster i by three times its size on either side.
func spread(text []byte, parts []Span, i int) []Span {
	by := 3 * parts[i].Len()
	start, end := max(0, parts[i].Start-by), min(len(text), parts[i].End+by)
	parts[i] = wholeLines(text, narrow(Span{start, end}))
	return union(parts)
}

// reveal finds what is in the decoded layers of a cluster.
func (s *Scanner) reveal(text []byte, cluster Span) *revealed {
	ends := edgesOf(text, cluster)
	key := mix(maphash.Bytes(s.e.seed, text[cluster.Start:cluster.End]), int(ends))
	r := s.opened.get(key)
	if r == nil {
		r = s.open(text[cluster.Start:cluster.End], ends)
		s.opened.keep(key, r)
	}
	return r
}

func (s *Scanner) open(cluster []byte, ends edge) *revealed {
	layers := decodeCluster(strings.Clone(asString(cluster)))
	r := &revealed{}
	r.shrunk.add(layers)
	for n := range layers {
		s.openLayer(r, layers[:n+1], ends)
	}
	if len(r.found)+len(r.words) == 0 && r.shrunk == (shrinkage{}) && !r.odd && !r.beyond && r.left == (Suppressed{}) {
		return &s.e.unrevealed
	}
	return r
}

// openLayer searches the last of layers.
func (s *Scanner) openLayer(r *revealed, layers []layer, ends edge) {
	top := &layers[len(layers)-1]
	text := unsafe.Slice(unsafe.StringData(top.text), len(top.text))
	s.cand, s.gates = s.cand[:0], s.gates[:0]
	s.hits = s.e.plans.auto.scan(text, 0, len(text), s.hits[:0])
	if s.take(text) {
		r.odd = true
		return
	}
	for _, h := range s.gates {
		if !slices.Contains(r.words, h.lit) {
			r.words = append(r.words, h.lit)
		}
	}
	for _, w := range s.merge() {
		s.openWindow(r, layers, w.rule, w.wide(), ends)
	}
	for _, rule := range s.e.ungated {
		for _, w := range s.e.plans.rules[rule].windows(text, nil) {
			s.openWindow(r, layers, rule, w, ends)
		}
	}
}

// openWindow searches a window of the last of layers, if it touches what was decoded to make that layer:
// what doesn't was found in the layer below.
func (s *Scanner) openWindow(r *revealed, layers []layer, rule int32, w Span, ends edge) {
	top := &layers[len(layers)-1]
	if len(top.touched(w)) == 0 {
		return
	}
	if w.Start == 0 && ends&atStart == 0 || w.End == len(top.text) && ends&atEnd == 0 {
		r.beyond = true
	}
	text := unsafe.Slice(unsafe.StringData(top.text), len(top.text))
	v := s.see(text, rule, w)
	r.left.add(v.left)
	for i := range v.found {
		s.unveil(r, layers, rule, w.Start, &v.found[i])
	}
}

// unveil adds a match in the last of layers to r.
func (s *Scanner) unveil(r *revealed, layers []layer, rule int32, base int, f *found) {
	top := &layers[len(layers)-1]
	whole := f.whole.shift(narrow(Span{base, 0}).start).wide()
	touched := top.touched(whole)
	if len(touched) == 0 {
		return
	}
	at := int(f.text.start) + base
	match := Span{at, int(f.text.end) + base}
	text := unsafe.Slice(unsafe.StringData(top.text), len(top.text))
	if !s.layer.of(text) {
		s.layer.reset(text)
	}
	line, own := s.layer.around(touched[0].decoded.Start, touched[len(touched)-1].decoded.End), s.layer.own(match)
	r.found = append(r.found, unveiled{
		rule:   rule,
		depth:  len(layers),
		told:   toldPlace(layers, whole),
		secret: origin(layers, Span{at + int(f.secret.start), at + int(f.secret.end)}),
		text:   text[match.Start:match.End],
		group:  f.group.wide(),
		value:  f.secret.wide(),
		line:   text[line.Start:line.End],
		own:    text[own.Start:own.End],
	})
}

// revealOdd searches the layers of a whole text, one of which has odd letters near what was decoded, as the
// library does: every rule whose keyword is there, in all of the layer.
func (s *Scanner) revealOdd(text []byte) *revealed {
	layers := decodeCluster(strings.Clone(asString(text)))
	r := &revealed{odd: true}
	r.shrunk.add(layers)
	for n := range layers {
		top := layers[n].text
		lower := strings.ToLower(top)
		for i, p := range s.e.plans.rules {
			if s.e.searched(int32(i)) && p.open(lower) { //nolint:gosec // an index of a rule
				s.openWindow(r, layers[:n+1], int32(i), Span{0, len(top)}, atStart|atEnd) //nolint:gosec // the same
			}
		}
	}
	return r
}
