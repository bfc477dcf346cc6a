package secret

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"sync"

	"github.com/rs/zerolog"
	"github.com/zricethezav/gitleaks/v8/logging"
)

// maxHits is how many findings in one file are enough. Each costs time, and files that are made to hold
// nothing else could hold up a scan.
const maxHits = 10_000

// ErrAllowlisted is returned for a file that the configuration leaves out by its path: images, fonts,
// lock files, vendored code. It wasn't searched.
var ErrAllowlisted = errors.New("its path is on gitleaks' list of files to leave out")

// Detector finds credentials with gitleaks' library. It takes some 30 ms to make and may be used by
// several goroutines. It reads no file: neither .gitleaks.toml nor .gitleaksignore of a scanned tree has
// a say.
type Detector struct {
	engine *engine
	kinds  kinds
	keys   *keyForms
}

// New makes a Detector of gitleaks' default rules and ours, which are rules.SecretRules().
func New(ours []byte) (*Detector, error) { return NewWithConfig(ours, nil) }

// NewWithConfig makes a Detector that takes the user's own gitleaks configuration, which as with gitleaks
// stands in place of the default one unless it has extend.useDefault. Ours are kept unless it disables
// them by id. A nil user is none.
func NewWithConfig(ours, user []byte) (*Detector, error) {
	silence()
	cfg, err := configure(ours, user)
	if err != nil {
		return nil, err
	}
	table, err := loadKinds()
	if err != nil {
		return nil, err
	}
	engine, err := newEngine(cfg)
	if err != nil {
		return nil, err
	}
	return &Detector{engine: engine, kinds: table, keys: newKeyForms()}, nil
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
	if d.leavesOut(path) {
		return nil, ErrAllowlisted
	}
	return d.detect(ctx, path, content)
}

// leavesOut reports whether what is at path isn't searched.
func (d *Detector) leavesOut(path string) bool {
	return d.engine.allowlisted(path) && !readByGitHub(path)
}

func (d *Detector) detect(ctx context.Context, path string, content []byte) ([]Token, error) {
	var hits []hit
	var failed error
	pieces := windows(content)
	for i, w := range pieces {
		found, err := d.search(ctx, path, content[w.start:w.end])
		for _, h := range found {
			if h.region.start += w.start; w.owns(h.region.start) {
				h.region.end += w.start
				hits = append(hits, h)
			}
		}
		if len(hits) > maxHits && i < len(pieces)-1 && err == nil {
			err = fmt.Errorf("more than %d credentials: the rest of the file was not searched", maxHits)
		}
		failed = cmp.Or(failed, err)
		if len(hits) > maxHits || ctx.Err() != nil {
			break
		}
	}
	return d.tokens(path, content, hits), failed
}

// readByGitHub reports whether path is one that a pipeline is made of. Its lines are quoted in reports,
// so it is searched whatever its name: "gitleaks.toml.yml" matches a pattern of gitleaks' list.
func readByGitHub(file string) bool {
	base := path.Base(file)
	return strings.HasPrefix(file, ".github/") || base == "action.yml" || base == "action.yaml"
}

// hit is one finding of the library, put back into the bytes that were searched.
type hit struct {
	detector string
	region   span
	value    []byte // decoded
}

// span is a range of byte offsets; end is exclusive.
type span struct{ start, end int }

// search runs the library over one text. The library panics on some inputs; that is an error here.
func (d *Detector) search(ctx context.Context, path string, text []byte) (hits []hit, err error) {
	defer func() {
		if recover() != nil { // whose text may quote what was searched
			err = errors.New("gitleaks failed on this file")
		}
	}()
	for _, p := range d.engine.search(ctx, path, string(text)) {
		l := newLocator(d.engine, path, string(text[p.start:p.end]))
		for i := range p.findings {
			for _, h := range l.locate(&p.findings[i]) {
				h.region = span{h.region.start + p.start, h.region.end + p.start}
				hits = append(hits, h)
			}
		}
	}
	return hits, ctx.Err()
}
