package scan

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/secret"
	"github.com/curfew-ci/curfew/internal/unpack"
	"github.com/curfew-ci/curfew/internal/verify"
	"github.com/curfew-ci/curfew/rules"
)

// Verification says which of the credentials found to ask their services about.
type Verification struct {
	Spec    string         // as verify.Verifier.Select reads it; "" asks about none
	Options verify.Options // Recipes are those of the rules, and added
}

// verifier asks services about what the caller named.
type verifier struct {
	*verify.Verifier
	asked  func(detector, fingerprint string) bool
	prints []string // of the findings that the caller named one by one
}

// verification makes the verifier. Recipes decide where credentials go:
// besides our own, only those of the configuration that judges count.
func (r *run) verification(context.Context) error {
	if r.opt.Verify.Spec == "" {
		return nil
	}
	o := r.opt.Verify.Options
	for _, file := range []struct {
		name string
		src  []byte
	}{{"rules/secrets.toml", rules.SecretRules()}, {r.opt.GitleaksConfig, r.gitleaks}} {
		recipes, err := verify.ParseRecipes(file.name, file.src)
		if err != nil {
			return Masked(file.name, file.src, err)
		}
		o.Recipes = append(o.Recipes, recipes...)
	}
	v, err := verify.New(o)
	if err != nil {
		return &InputError{"--verify-at: " + err.Error()}
	}
	asked, prints, err := v.Select(r.opt.Verify.Spec)
	if err != nil {
		return &InputError{"--verify: " + err.Error()}
	}
	r.verifier = &verifier{v, asked, prints}
	return nil
}

// unnamed says which of the fingerprints that the caller named are no finding's.
func (r *run) unnamed(prints []string) {
	for _, p := range prints {
		if !slices.ContainsFunc(r.result.Findings, func(f finding.Finding) bool { return strings.HasPrefix(f.Fingerprint, p) }) {
			r.notChecked(Secrets, "whether "+p+" still works", "no finding of this scan has that id", "search where it was found: --history, say")
		}
	}
}

// version is one text that tokens stand in: a file as it is, or as a commit has it.
type version struct{ path, commit string }

// ask verifies, where the caller asked for it, until ctx ends.
func (r *run) ask(ctx context.Context) error {
	if r.verifier == nil {
		return nil
	}
	if ctx.Err() == nil {
		if err := r.verify(ctx); err != nil && ctx.Err() == nil {
			return err
		}
	}
	if ctx.Err() != nil {
		r.notChecked(Secrets, "which of them still work", interrupted, "scan again")
	}
	return nil
}

// verify asks about the findings that the caller named, and notes what was answered. What is suppressed
// isn't asked about.
func (r *run) verify(ctx context.Context) error {
	v := r.verifier
	if p := r.opt.Progress; p != nil {
		p.Begin("asking services")
		defer p.Begin("")
	}
	r.unnamed(v.prints)
	var order []version
	asked := map[version][]int{}
	for i := range r.result.Findings {
		f := &r.result.Findings[i]
		t := r.tokenOf(f)
		if t == nil || f.Suppressed != nil || !v.asked(t.Detector, f.Fingerprint) {
			continue
		}
		at := version{path: f.Region.Path}
		if f.History != nil {
			at.commit = f.History.First.ID
		}
		if asked[at] == nil {
			order = append(order, at)
		}
		asked[at] = append(asked[at], i)
	}
	var candidates []verify.Candidate
	for _, at := range order {
		c, err := r.candidates(ctx, at, asked[at])
		if err != nil {
			return err
		}
		candidates = append(candidates, c...)
	}
	for _, answer := range v.Verify(ctx, candidates) {
		settle(&r.result.Findings[answer.Index], &answer)
	}
	for _, findings := range asked {
		for _, i := range findings {
			if f := &r.result.Findings[i]; f.Liveness == nil {
				f.Liveness = &finding.Liveness{Status: string(verify.Unknown), Reason: "not asked: what it stands in can't be read again"}
			}
		}
	}
	return nil
}

// tokenOf is the token that f is about; nil where it is about none.
func (r *run) tokenOf(f *finding.Finding) *secret.Token {
	if f.Region.Span.IsZero() {
		return nil
	}
	if f.History != nil {
		for i := range r.facts.Past {
			p := &r.facts.Past[i]
			if p.Token.Region == f.Region && p.History.First == f.History.First && f.Label == p.Token.Kind {
				return &p.Token
			}
		}
		return nil
	}
	for i := range r.facts.Tokens {
		if t := &r.facts.Tokens[i]; t.Region == f.Region && !t.Covered && f.Label == t.Kind {
			return t
		}
	}
	return nil
}

// candidates pairs the tokens of findings with what belongs to them in the same text. There are none where it can't be
// read again, as a link's target in a commit.
func (r *run) candidates(ctx context.Context, at version, findings []int) ([]verify.Candidate, error) {
	detector, err := r.detector()
	if err != nil {
		return nil, err
	}
	for _, text := range unpack.Texts(r.again(ctx, at)) {
		if c := r.pair(ctx, detector, at.path, text, findings); len(c) > 0 {
			return c, nil
		}
	}
	return nil, ctx.Err()
}

// again reads a version of a file once more; nil where that can't be done.
func (r *run) again(ctx context.Context, at version) []byte {
	if at.commit == "" {
		if text := r.texts[at.path]; text != nil {
			return text.Src
		}
		return nil
	}
	commit, err := r.tree.Commit(ctx, at.commit)
	if err != nil {
		return nil
	}
	content, err := commit.ReadFile(ctx, at.path)
	if err != nil {
		return nil
	}
	return content
}

// pair is candidates for one text. Where it isn't searched to its end, what was found so far counts.
func (r *run) pair(ctx context.Context, detector *secret.Detector, name string, text []byte, findings []int) []verify.Candidate {
	tokens, _ := detector.Detect(ctx, name, text)
	found := make([]verify.Found, len(tokens))
	for i := range tokens {
		t := &tokens[i]
		index := slices.IndexFunc(findings, func(f int) bool {
			return !t.Covered && r.result.Findings[f].Region == t.Region && r.result.Findings[f].Label == t.Kind
		})
		if index >= 0 {
			index = findings[index]
		}
		found[i] = verify.Found{Index: index, Detector: t.Detector, Value: t.Value, Start: t.Region.Start.Offset, End: t.Region.End.Offset}
	}
	return slices.DeleteFunc(verify.Pair(text, found), func(c verify.Candidate) bool { return c.Index < 0 })
}

// settle notes an answer. What works is worse than what may; what is dead is only worth a note.
func settle(f *finding.Finding, r *verify.Result) {
	f.Liveness = &finding.Liveness{
		Status: string(r.Status), Subject: r.Subject, Scopes: r.Scopes, Reason: r.Reason, Asked: r.Asked,
	}
	if !r.Expires.IsZero() {
		f.Liveness.Expires = r.Expires.UTC().Format(time.RFC3339)
	}
	switch r.Status {
	case verify.Live:
		f.Severity = max(f.Severity, finding.Critical)
	case verify.Dead:
		f.Severity = finding.Note
	}
}
