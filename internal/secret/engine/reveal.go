package engine

import (
	"hash/maphash"
	"slices"
	"sort"
	"strings"

	"github.com/curfew-ci/curfew/internal/delta"
)

// revealed is what was found in the decoded layers of a cluster, which is some lines of a text around
// those that are encoded. Offsets count in the cluster.
type revealed struct {
	found  []unveiled
	left   Suppressed
	words  []int32 // the literals in its layers that rules ask for anywhere in a text
	shrunk shrinkage
	size   int  // bytes of the layers that found holds on to
	odd    bool // a layer has a letter for which literals alone don't tell where a rule may match
	beyond bool // what is outside of the cluster may have a say in what was found
}

// mostHeld is how many bytes of layers an Engine remembers with what was found in them.
const mostHeld = 32 << 20

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
	closed bool // none of the keywords that its rule asks for is in the layer; told of odd layers alone
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
				if rest[i].start < l.start || l.end < rest[i].end {
					s.lines = append(s.lines, wholeLines(text, rest[i].span))
				}
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
		r := s.reveal(text, st, parts[i])
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
func (s *Scanner) reveal(text []byte, st *State, cluster Span) *revealed {
	m, ends := s.e.memos, edgesOf(text, cluster)
	key := mix(maphash.Bytes(m.seed, text[cluster.Start:cluster.End]), int(ends))
	r := m.opened.get(key)
	if r == nil {
		r = s.open(text, st, cluster, ends)
		if m.held.Add(int64(r.size)) > mostHeld {
			m.opened.clear()
			m.held.Store(int64(r.size))
		}
		m.opened.keep(key, r)
	}
	return r
}

// open decodes a cluster. A layer is made of the layer below, and the first of the text, as a version of a
// text is made of its base: what wasn't decoded is taken over.
func (s *Scanner) open(text []byte, st *State, cluster Span, ends edge) *revealed {
	layers := decodeCluster(strings.Clone(asString(text[cluster.Start:cluster.End])))
	r := &revealed{}
	r.shrunk.add(layers)
	below := version{st, len(text), cluster}
	for n := range layers {
		before := len(r.found)
		if below = s.openLayer(r, layers[:n+1], below, ends); r.odd {
			break
		}
		if len(r.found) > before {
			r.size += len(layers[n].text)
		}
	}
	if len(r.found)+len(r.words) == 0 && r.shrunk == (shrinkage{}) && !r.odd && !r.beyond && r.left == (Suppressed{}) {
		return &s.e.unrevealed
	}
	return r
}

// version is a text that a layer is made of: all of it that is in part, and nothing else.
type version struct {
	state *State
	size  int
	part  Span
}

// openLayer searches the last of layers. It returns what is known of it, for the next.
func (s *Scanner) openLayer(r *revealed, layers []layer, below version, ends edge) version {
	top := &layers[len(layers)-1]
	text := asBytes(top.text)
	s.copies = top.copies(below.part, s.copies[:0])
	if below.state.odd || !s.ranges.lay(len(text), below.size, s.copies) {
		s.restart()
		s.hits = s.e.plans.auto.scan(text, 0, len(text), s.hits[:0])
		r.odd = s.take(text)
	} else {
		r.odd = s.inherit(text, below.state, below.size)
	}
	if r.odd {
		return version{}
	}
	st := &State{gates: slices.Clone(s.gates), windows: s.merge()}
	for _, h := range st.gates {
		if !slices.Contains(r.words, h.lit) {
			r.words = append(r.words, h.lit)
		}
	}
	for i := range st.windows {
		w := &st.windows[i]
		s.openWindow(r, layers, w.rule, w.wide(), w.seen, ends)
	}
	for _, rule := range s.e.ungated {
		for _, w := range s.e.plans.rules[rule].windows(text, nil) {
			s.openWindow(r, layers, rule, w, nil, ends)
		}
	}
	return version{st, len(text), Span{0, len(text)}}
}

// copies appends what a layer takes over of the part of a text that it was made of.
func (l *layer) copies(of Span, out []delta.Copy) []delta.Copy {
	src, dst := of.Start, 0
	add := func(end int) {
		if n := of.Start + end - src; n > 0 {
			out = append(out, delta.Copy{Dst: int32(dst), Src: int32(src), Len: int32(n)}) //nolint:gosec // texts are shorter than 2 GiB
		}
	}
	for _, p := range l.segments {
		add(p.encoded.Start)
		src, dst = of.Start+p.encoded.End, p.decoded.End
	}
	add(of.Len())
	return out
}

// openWindow searches a window of the last of layers, if it touches what was decoded to make that layer:
// what doesn't was found in the layer below.
func (s *Scanner) openWindow(r *revealed, layers []layer, rule int32, w Span, v *seen, ends edge) {
	top := &layers[len(layers)-1]
	if len(top.touched(w)) == 0 {
		return
	}
	if w.Start == 0 && ends&atStart == 0 || w.End == len(top.text) && ends&atEnd == 0 {
		r.beyond = true
	}
	text := asBytes(top.text)
	if v == nil {
		v = s.see(text, rule, w)
	}
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
	text := asBytes(top.text)
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
