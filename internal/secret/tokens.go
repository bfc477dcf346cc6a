package secret

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/source"
)

// allowComment is what keeps gitleaks silent about a line.
const allowComment = "gitleaks:allow"

// tokens describes hits in a file's content, each place and detector once, in order.
func (d *Detector) tokens(path string, content []byte, hits []hit) []Token {
	if len(hits) == 0 {
		return nil
	}
	slices.SortFunc(hits, func(a, b hit) int {
		return cmp.Or(cmp.Compare(a.region.start, b.region.start), cmp.Compare(a.region.end, b.region.end), cmp.Compare(a.detector, b.detector))
	})
	hits = slices.CompactFunc(hits, func(a, b hit) bool { return a.detector == b.detector && a.region == b.region })
	void, docs := make([]Unlikely, len(hits)), &documents{content: content}
	for i, h := range hits {
		void[i] = hollow(h, docs)
	}
	covered, keys := d.covered(content, hits, void), d.keysOf(content, hits)
	regions := regionsOf(path, content, hits)
	comments := linesWith(content, allowComment)
	out := make([]Token, len(hits))
	for i, h := range hits {
		out[i] = d.token(h, content, regions[i])
		out[i].Covered, out[i].Key, out[i].Unlikely = covered[i], keys[i], void[i]
		out[i].Allowed = meets(comments, regions[i].Span)
		if d.kinds.of(h.detector, h.value).rank == byGuess && out[i].Written.Len() == 0 {
			out[i].Unlikely = guessAt(path, content, h.region, h.value).unlikely()
		}
	}
	return out
}

// token describes one hit.
func (d *Detector) token(h hit, content []byte, region source.Region) Token {
	k := d.kinds.of(h.detector, h.value)
	t := Token{Detector: h.detector, Kind: k.words, Lifetime: k.lifetime, Region: region}
	if region.Span.IsZero() {
		return t
	}
	t.Value = redact.New(h.value)
	if written := content[h.region.start:h.region.end]; !bytes.Equal(written, h.value) {
		t.Written = redact.New(written)
	}
	t.Strong = isStrong(h.value, k.strong)
	if value, ok := jwtIn(h); ok {
		if claims, ok := readJWT(value); ok {
			t.Expires = claims.expires
			t.Strong = t.Strong || claims.signed
			if t.Lifetime == Unknown {
				t.Lifetime = claims.lifetime
			}
		}
	}
	t.describe(h, content)
	return t
}

// describe adds what the token says of itself.
func (t *Token) describe(h hit, content []byte) {
	t.Says = saysOf(h, content)
	switch h.detector {
	case "private-key":
		t.Kind = keyWords(h.value)
	case "pypi-upload-token", "testpypi-upload-token":
		if p, ok := readPyPI(string(h.value)); ok {
			t.Expires, t.Lifetime = p.expires, p.lifetime()
		}
	case "azure-shared-access-signature":
		t.Expires, t.Lifetime = signatureLife(surroundings{content, h.region})
	}
}

// keysOf lists the key that each hit's value is given to. A key in which a secret stands is none.
func (d *Detector) keysOf(content []byte, hits []hit) []string {
	reach := make([]int, len(hits)+1) // how far the hits before each one go
	for i, h := range hits {
		reach[i+1] = max(reach[i], h.region.end)
	}
	out := make([]string, len(hits))
	for i, h := range hits {
		if h.region.end == h.region.start {
			continue
		}
		key, from, to := d.keys.enclosing(content, h.region.start)
		before, _ := slices.BinarySearchFunc(hits, to, func(x hit, off int) int { return cmp.Compare(x.region.start, off) })
		if reach[before] <= from {
			out[i] = key
		}
	}
	return out
}

// covered says of each hit whether another explains its bytes better. hits are in order of their starts; one that is
// void explains nothing.
func (d *Detector) covered(content []byte, hits []hit, void []Unlikely) []bool {
	out := make([]bool, len(hits))
	for start := 0; start < len(hits); {
		end, reach := start+1, hits[start].region.end
		for end < len(hits) && hits[end].region.start < reach {
			reach = max(reach, hits[end].region.end)
			end++
		}
		d.coverCluster(content, hits[start:end], void[start:end], out[start:end])
		start = end
	}
	return out
}

// coverCluster judges hits that overlap, the best first: a detector that knows the kind before one that
// goes by the place, the longer before the shorter.
func (d *Detector) coverCluster(content []byte, hits []hit, void []Unlikely, covered []bool) {
	order := make([]int, len(hits))
	for i := range order {
		order[i] = i
	}
	kinds := make([]kind, len(hits))
	for i := range hits {
		kinds[i] = d.kinds.of(hits[i].detector, hits[i].value)
	}
	slices.SortStableFunc(order, func(a, b int) int {
		x, y := kinds[a], kinds[b]
		return cmp.Or(cmp.Compare(x.rank, y.rank), cmp.Compare(hits[b].region.len(), hits[a].region.len()),
			cmp.Compare(known(y), known(x)), cmp.Compare(hits[a].detector, hits[b].detector))
	})
	better := cover{regions: map[span]bool{}}
	for _, i := range order {
		if covered[i] = better.covers(hits[i].region, kinds[i].rank > byForm); !covered[i] && void[i] == "" {
			better.add(content, hits[i].region)
		}
	}
}

func (s span) len() int { return s.end - s.start }

func known(k kind) int {
	if k.lifetime == Unknown {
		return 0
	}
	return 1
}
