package scan

import (
	"context"
	"strings"

	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/verify"
)

// Exposure is a credential that a scan found.
type Exposure struct {
	Finding   int   // the index in the result of the finding that was named
	Same      []int // of the others that are about the same value
	Candidate verify.Candidate
	Strong    bool // the finding's id is made of the value, so that another value has another id
}

// Expose scans as Run does, and hands out the credential that the one finding is about whose fingerprint begins with id:
// for who ends it, as nothing else may leave a scan. Where no finding has that id, several have, or it is about no
// credential in a file, there is none: the result says what the scan found.
func Expose(ctx context.Context, opt Options, id string) (*Result, *Exposure, error) {
	var e *Exposure
	result, err := runThen(ctx, opt, func(r *run, ctx context.Context) error {
		var err error
		if named := r.theOne(id); named >= 0 && ctx.Err() == nil {
			e, err = r.expose(ctx, named)
		}
		return err
	})
	return result, e, err
}

// theOne is the index of the one finding whose fingerprint begins with id; -1 where there isn't exactly one.
func (r *run) theOne(id string) int {
	named := -1
	for i := range r.result.Findings {
		if !strings.HasPrefix(r.result.Findings[i].Fingerprint, id) {
			continue
		}
		if named >= 0 {
			return -1
		}
		named = i
	}
	return named
}

// expose is the credential that a finding is about; nil where it is about none in a file.
func (r *run) expose(ctx context.Context, named int) (*Exposure, error) {
	f := &r.result.Findings[named]
	t := r.tokenOf(f)
	if t == nil || t.Value.Len() == 0 {
		return nil, nil
	}
	e := &Exposure{Finding: named, Strong: t.Strong, Candidate: verify.Candidate{Detector: t.Detector, Value: redact.New(t.Value.Reveal())}}
	at := version{path: f.Region.Path}
	if f.History != nil {
		at.commit = f.History.First.ID
	}
	near, err := r.candidates(ctx, at, []int{named})
	if err != nil {
		return nil, err
	}
	if len(near) > 0 && near[0].Value.Equal(t.Value) { // else what stands near belongs to another
		e.Candidate.Near = near[0].Near
	}
	for i := range r.result.Findings {
		if other := r.tokenOf(&r.result.Findings[i]); i != named && other != nil && other.Value.Equal(t.Value) {
			e.Same = append(e.Same, i)
		}
	}
	return e, nil
}
