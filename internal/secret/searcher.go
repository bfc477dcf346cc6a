package secret

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"hash"

	"github.com/curfew-ci/curfew/internal/delta"
	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/secret/engine"
)

// Searcher finds credentials in versions of texts, looking only at what a version adds to another. It is
// one goroutine's; those of one Detector give equal hits equal digests.
type Searcher struct {
	detector *Detector
	scanner  *engine.Scanner
	mac      hash.Hash
}

// NewSearcher makes a Searcher.
func (d *Detector) NewSearcher() *Searcher {
	return &Searcher{detector: d, scanner: d.engine.NewScanner(), mac: d.digests.mac()}
}

// Version is what is known of one version of a text. It belongs to the Searcher that made it.
type Version engine.State

// Suppressed counts what was matched and is no finding.
type Suppressed = engine.Suppressed

// Hit is a credential in a version of a text. Nothing of its value is printed with it.
type Hit struct {
	Detector   string // the id of the gitleaks rule or of ours that found it
	Start, End int    // the secret's bytes, as they are written; 0 and 0 where the path gave it away

	// Digest is the same for equal values that one detector found, in this process.
	Digest Digest

	decoded redact.Secret // the value, where it isn't what is written
}

// Digest stands for a value. Without the key, which never leaves the process, it can't be guessed.
type Digest [16]byte

// Whole looks over a text of which nothing is known yet. It returns nil where the engine breaks down: Hits says so.
func (s *Searcher) Whole(text []byte) (v *Version) {
	defer func() {
		if recover() != nil { // whose message may quote what was searched
			v = nil
		}
	}()
	return (*Version)(s.scanner.Whole(text))
}

// Next is Whole for a text that takes over runs of another, its base, which is baseLen bytes long: it looks only at
// what it adds. copies are in the order of their Dst and don't overlap there.
func (s *Searcher) Next(text []byte, base *Version, baseLen int, copies []delta.Copy) (v *Version) {
	defer func() {
		if recover() != nil { // as in Whole
			v = nil
		}
	}()
	return (*Version)(s.scanner.Next(text, (*engine.State)(base), baseLen, copies))
}

// Hits lists what is found in a version of a text at a path, in the order of their places. It allocates
// nothing where nothing is found. Errors are those of Detector.Detect.
func (s *Searcher) Hits(ctx context.Context, path string, text []byte, v *Version) (hits []Hit, err error) {
	switch {
	case s.leavesOut(path):
		return nil, ErrAllowlisted
	case v == nil:
		return nil, errFailed
	}
	defer func() {
		if recover() != nil { // whose message may quote what was searched
			hits, err = nil, errFailed
		}
	}()
	matches, err := s.scanner.MatchesAnyway(ctx, path, text, (*engine.State)(v))
	if len(matches) == 0 {
		return nil, err
	}
	matches = compact(matches)
	hits = make([]Hit, 0, len(matches))
	for i := range matches {
		m := &matches[i]
		h := Hit{Detector: m.Rule, Start: m.Secret.Start, End: m.Secret.End, Digest: s.digest(m.Rule, m.Value)}
		if m.Depth > 0 {
			h.decoded = redact.New(m.Value)
		}
		hits = append(hits, h)
	}
	return hits, err
}

// Suppressed counts what the last call of Hits left out.
func (s *Searcher) Suppressed() Suppressed { return s.scanner.Suppressed() }

// leavesOut is Detector.LeavesOut.
func (s *Searcher) leavesOut(path string) bool {
	return s.scanner.LeavesOut(path) && !readByGitHub(path)
}

// Tokens describes hits in a text at a path, which is what Detect would return of that text.
func (d *Detector) Tokens(path string, content []byte, hits []Hit) []Token {
	own := make([]hit, len(hits))
	for i, h := range hits {
		own[i] = hit{h.Detector, span{h.Start, h.End}, content[h.Start:h.End]}
		if h.decoded.Len() > 0 {
			own[i].value = h.decoded.Reveal()
		}
	}
	return d.tokens(path, content, own)
}

// digester makes digests under a key of its own.
type digester struct{ key [32]byte }

func newDigester() (d digester) {
	_, _ = rand.Read(d.key[:]) // never fails
	return d
}

func (d *digester) mac() hash.Hash { return hmac.New(sha256.New, d.key[:]) }

func (s *Searcher) digest(detector string, value []byte) (d Digest) {
	s.mac.Reset()
	s.mac.Write([]byte(detector))
	s.mac.Write([]byte{0})
	s.mac.Write(value)
	var room [sha256.Size]byte
	copy(d[:], s.mac.Sum(room[:0]))
	return d
}
