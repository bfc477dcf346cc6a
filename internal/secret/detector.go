package secret

import (
	"cmp"
	"context"
	"errors"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/rs/zerolog"
	"github.com/zricethezav/gitleaks/v8/logging"

	"github.com/curfew-ci/curfew/internal/secret/engine"
)

// ErrAllowlisted is returned for a file that the configuration leaves out by its path: images, fonts,
// lock files, vendored code. It wasn't searched.
var ErrAllowlisted = errors.New("its path is on gitleaks' list of files to leave out")

// errFailed is returned where the engine broke down. What it was searching is in no message.
var errFailed = errors.New("the search for credentials broke down on this file")

// Detector finds credentials by gitleaks' rules. It takes some 15 ms to make and may be used by several
// goroutines. It reads no file: neither .gitleaks.toml nor .gitleaksignore of a scanned tree has a say.
type Detector struct {
	engine    *engine.Engine
	searchers sync.Pool // of *Searcher
	kinds     kinds
	keys      *keyForms
	digests   digester
}

// New makes a Detector of gitleaks' default rules and ours, which are rules.SecretRules().
func New(ours []byte) (*Detector, error) { return NewWithConfig(ours, nil) }

// NewWithConfig makes a Detector that takes the user's own gitleaks configuration, which as with gitleaks
// stands in place of the default one unless it has extend.useDefault. Ours are kept unless it disables
// them by id. A nil user is none.
func NewWithConfig(ours, user []byte) (*Detector, error) {
	silence()
	e, err := newEngine(ours, user)
	if err != nil {
		return nil, err
	}
	table, err := loadKinds()
	if err != nil {
		return nil, err
	}
	d := &Detector{engine: e, kinds: table, keys: newKeyForms(), digests: newDigester()}
	d.searchers.New = func() any { return d.NewSearcher() }
	return d, nil
}

// silence turns off the library's logger, which writes to stderr and, when it traces, values too. It is
// the library's package variable, so it is set once, before anything is searched.
var silence = sync.OnceFunc(func() { logging.Logger = zerolog.Nop() }) //nolint:gochecknoglobals // guards the library's global

// Detect finds the credentials in content, in the order of their places. path is relative to the
// repository's root, with slashes. Without content only the path is judged, as for a file that can't be
// read or isn't text.
//
// It returns ErrAllowlisted for a file that was left out, and another error where the search failed or
// ctx ended; the file then wasn't searched to its end, and what was found so far is returned.
func (d *Detector) Detect(ctx context.Context, path string, content []byte) ([]Token, error) {
	found, err := d.Search(ctx, path, content)
	return found.Tokens, err
}

// LeavesOut reports whether what is at path isn't searched.
func (d *Detector) LeavesOut(path string) bool {
	return d.engine.LeavesOut(path) && !readByGitHub(path)
}

// readByGitHub reports whether path is one that a pipeline is made of. Its lines are quoted in reports,
// so it is searched whatever its name: "gitleaks.toml.yml" matches a pattern of gitleaks' list.
func readByGitHub(file string) bool {
	base := path.Base(file)
	return strings.HasPrefix(file, ".github/") || base == "action.yml" || base == "action.yaml"
}

// detect is Detect for a path that may be left out.
func (d *Detector) detect(ctx context.Context, path string, content []byte) ([]Token, error) {
	found, err := d.find(ctx, path, content)
	return found.Tokens, err
}

// hit is a finding of the engine.
type hit struct {
	detector string
	region   span
	value    []byte // decoded
}

// span is a range of byte offsets; end is exclusive.
type span struct{ start, end int }

// search finds what is in one text. A text on which the engine breaks down is an error, and no end of
// the scan.
func (s *Searcher) search(ctx context.Context, path string, text []byte) (hits []hit, err error) {
	defer func() {
		if recover() != nil { // whose message may quote what was searched
			hits, err = nil, errFailed
		}
	}()
	matches, err := s.scanner.MatchesAnyway(ctx, path, text, s.scanner.Whole(text))
	for _, m := range compact(matches) {
		hits = append(hits, hit{m.Rule, span{m.Secret.Start, m.Secret.End}, m.Value})
	}
	return hits, err
}

// compact puts matches in the order of their secrets, each place and rule once, decoded no further than it takes.
func compact(matches []engine.Match) []engine.Match {
	slices.SortStableFunc(matches, func(a, b engine.Match) int {
		return cmp.Or(cmp.Compare(a.Secret.Start, b.Secret.Start), cmp.Compare(a.Secret.End, b.Secret.End),
			cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Depth, b.Depth))
	})
	return slices.CompactFunc(matches, func(a, b engine.Match) bool { return a.Rule == b.Rule && a.Secret == b.Secret })
}
