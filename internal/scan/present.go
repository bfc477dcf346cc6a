package scan

import (
	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/posture"
	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/secret"
	"github.com/curfew-ci/curfew/internal/source"
)

// presenter turns what the checks said into what may leave the process.
type presenter struct {
	texts  map[string]*source.Text   // by path: files that findings point into
	ranges map[string][]redact.Range // by path: where secrets stand
	masker *redact.Masker            // of every value that was found anywhere, for lines of files
	texter *redact.Masker            // of the same, for texts
}

func newPresenter(texts map[string]*source.Text, tokens []secret.Token, past []posture.Past) *presenter {
	p := &presenter{texts: texts, ranges: map[string][]redact.Range{}}
	for path := range texts {
		p.ranges[path] = secret.Ranges(path, tokens...)
	}
	for i := range past {
		tokens = append(tokens, past[i].Token)
	}
	p.masker, p.texter = secret.Maskers(tokens...)
	return p
}

// findings gives each finding its snippet and masks every text in it: a secret that one rule found is
// hidden from what any other rule prints.
func (p *presenter) findings(fs []finding.Finding) {
	for i := range fs {
		f := &fs[i]
		if f.History == nil {
			f.Snippet = p.snippet(f.Region)
		}
		for j, line := range f.Snippet.Lines {
			f.Snippet.Lines[j] = p.masker.Mask(line)
		}
		for _, s := range []*string{&f.Message, &f.Label, &f.Fix, &f.Owner, &f.Identity, &f.Job, &f.Key, &f.Region.Path} {
			*s = p.texter.Mask(*s)
		}
		if c := f.Credential; c != nil {
			c.Secret = p.texter.Mask(c.Secret)
		}
		for j := range f.Related {
			p.place(&f.Related[j].Message, &f.Related[j].Region)
		}
		for j := range f.Flow {
			p.place(&f.Flow[j].Message, &f.Flow[j].Region)
		}
		if h := f.History; h != nil {
			for _, s := range []*string{&h.First.Author, &h.First.Email, &h.Last.Author, &h.Last.Email} {
				*s = p.texter.Mask(*s)
			}
		}
		if l := f.Liveness; l != nil {
			l.Subject, l.Reason, l.Asked = p.texter.Mask(l.Subject), p.texter.Mask(l.Reason), p.texter.Mask(l.Asked)
			for j := range l.Scopes {
				l.Scopes[j] = p.texter.Mask(l.Scopes[j])
			}
		}
		if f.Suppressed != nil {
			p.place(&f.Suppressed.Reason, &f.Suppressed.Region)
		}
	}
}

func (p *presenter) place(message *string, region *source.Region) {
	*message = p.texter.Mask(*message)
	region.Path = p.texter.Mask(region.Path)
}

// snippet is the source under r, masked where it holds a secret.
func (p *presenter) snippet(r source.Region) finding.Snippet {
	lines := secret.Excerpt(p.texts[r.Path], r, p.ranges[r.Path], p.masker)
	if len(lines) == 0 {
		return finding.Snippet{}
	}
	return finding.Snippet{FirstLine: r.Start.Line, Lines: lines}
}
