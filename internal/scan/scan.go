package scan

import (
	"cmp"
	"context"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/history"
	"github.com/curfew-ci/curfew/internal/inventory"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/posture"
	"github.com/curfew-ci/curfew/internal/secret"
	"github.com/curfew-ci/curfew/internal/source"
	"github.com/curfew-ci/curfew/internal/suppress"
	"github.com/curfew-ci/curfew/internal/usage"
	"github.com/curfew-ci/curfew/rules"
)

// Options say what is scanned and against what. The paths of Policy, Baseline and GitleaksConfig are
// the caller's own; Manifest's is in the tree.
type Options struct {
	Dir       string // the root of what is scanned
	Manifest  string // relative to Dir; "" means manifest.Path
	Base      string // revision whose manifest, ignores and baseline judge; "" means the working tree's
	Policy    string // the organisation's policy: a file, or a folder that holds curfew/org.yml
	Baseline  string // "" for none
	Inventory string // of what the platform holds; "" for none
	// Live is an inventory that was just taken, in place of the file.
	Live *inventory.Inventory
	// Ledger is an exported ledger, by which uses of break-glass are judged; "" for none.
	Ledger         string
	GitleaksConfig string // rules in place of gitleaks' default ones, unless it extends them; "" for none
	Search         Search
	Verify         Verification
	Progress       *history.Progress // where set, counts files and versions while they are searched
	Version        string            // of curfew
	Now            time.Time
	// Repository is OWNER/NAME of what is scanned, where the caller says so.
	Repository string
	Job        Job
}

// Search says where credentials are searched for. The zero value is the working tree.
type Search struct {
	History bool     // the working tree, and all that the commits ever held
	Since   []string // with History: only what these revisions don't reach

	// The next three search one thing alone, and nothing but the rules about secrets is judged.
	Diff   string // what one revision adds to another: BASE..HEAD
	Staged bool   // what is staged
	Text   []byte // a text that is in no file; nil for none

	Archives bool // files in archives too
}

// scope is what s searches.
func (s *Search) scope() Scope {
	switch {
	case s.Text != nil:
		return InText
	case s.Diff != "":
		return InDiff
	case s.Staged:
		return InIndex
	case s.History:
		return InHistory
	}
	return InTree
}

func (s *Search) alone() bool { return s.scope().Alone() }

// InputError is something wrong with what the caller named: a folder, a manifest, a policy, a baseline,
// a configuration. Its text is masked.
type InputError struct{ Text string }

func (e *InputError) Error() string { return e.Text }

// Run scans and returns the result. An error is an *InputError, or says what could not be read.
func Run(ctx context.Context, opt Options) (*Result, error) { return runThen(ctx, opt, (*run).ask) }

// runThen scans, and does something with what was found before it is masked.
func runThen(ctx context.Context, opt Options, then func(*run, context.Context) error) (*Result, error) {
	if opt.Manifest == "" {
		opt.Manifest = manifest.Path
	}
	r := &run{opt: opt, result: &Result{
		Schema: Schema,
		Tool:   Tool{Name: "curfew", Version: opt.Version},
	}}
	r.detector = sync.OnceValues(r.newDetector)
	if err := r.open(ctx); err != nil {
		return nil, err
	}
	defer r.tree.Close() //nolint:errcheck // only read
	if err := r.search(ctx); err != nil {
		return nil, err
	}
	asking, ctx := ctx, context.WithoutCancel(ctx) // of an interrupted search, what was found so far is told
	if err := r.judge(ctx); err != nil {
		return nil, err
	}
	if err := then(r, asking); err != nil {
		return nil, err
	}
	return r.finish(ctx)
}

// judge runs the checks and applies what suppresses their findings.
func (r *run) judge(ctx context.Context) error {
	known, err := rules.LoadActions()
	if err != nil {
		return err
	}
	r.facts.Now = r.opt.Now
	r.facts.Repository = cmp.Or(r.opt.Repository, r.tree.Origin(ctx))
	r.facts.Usage = usage.Collect(r.facts.Files, known)
	r.unfollowed(r.facts.Usage)
	r.foreign()
	r.unlisted()
	r.facts.Tokens = append(r.facts.Tokens, posture.Literals(r.facts.Files)...)
	r.date()
	if err := r.compare(ctx, known); err != nil {
		return err
	}
	found, err := posture.Run(&r.facts, r.sources()...)
	if err != nil {
		return err
	}
	opt := suppress.Options{Rules: rules.IDs(), Term: r.facts.Policy.ExceptionTerm().Std(), Now: r.opt.Now, Judged: r.judged()}
	if r.commit != nil {
		opt.Base = &r.baseState
	}
	r.result.Findings = suppress.Apply(found, r.state, opt)
	return nil
}

// judged says of which rules everything could be read.
func (r *run) judged() func(rule string) bool {
	partial := map[string]bool{}
	for _, n := range r.result.NotChecked {
		partial[string(n.Source)] = true
	}
	return func(id string) bool {
		rule, err := rules.Lookup(id)
		asks := err == nil && (rule.Live || rule.Source == string(Platform)) // which nobody does without an inventory
		return err == nil && !partial[rule.Source] && (!asks || r.platformRead()) && !r.opt.Search.alone()
	}
}

// finish counts, masks and returns the result.
func (r *run) finish(ctx context.Context) (*Result, error) {
	r.result.Of = r.of(ctx)
	named, err := r.secretsInNames(ctx)
	if err != nil {
		return nil, err
	}
	r.leftOut()
	p := newPresenter(r.texts, slices.Concat(r.facts.Tokens, r.old, named), r.facts.Past)
	p.findings(r.result.Findings)
	for i := range r.result.NotChecked {
		n := &r.result.NotChecked[i]
		n.What, n.Reason = p.texter.Mask(n.What), p.texter.Mask(n.Reason)
		for j := range n.Paths {
			n.Paths[j] = p.texter.Mask(n.Paths[j])
		}
	}
	r.count()
	r.result.Of.Ref, r.result.Of.Folder = p.texter.Mask(r.result.Of.Ref), p.texter.Mask(r.result.Of.Folder)
	return r.result, nil
}

// secretsInNames looks for credentials in the names of files that the result speaks of: no detector
// reads names, and a name is printed as it is. Each part of a path is looked at by itself, with its
// ending and without, since most detectors want a token to end where a word does.
func (r *run) secretsInNames(ctx context.Context) ([]secret.Token, error) {
	detector, err := r.detector()
	if err != nil {
		return nil, err
	}
	var names strings.Builder
	seen := map[string]bool{}
	add := func(name string) {
		for rest, more := name, true; more && !seen[rest]; {
			seen[rest] = true
			part, after, found := strings.Cut(rest, "/")
			for _, s := range []string{part, rest} { // a value may have slashes of its own
				names.WriteString(s + "\n" + strings.TrimSuffix(s, path.Ext(s)) + "\n")
			}
			rest, more = after, found
		}
	}
	add(r.result.Of.Ref)
	add(r.result.Of.Folder)
	for i := range r.result.Findings {
		f := &r.result.Findings[i]
		for inner := range strings.SplitSeq(f.Region.Path, "!") { // a file in an archive
			add(inner)
		}
		if h := f.History; h != nil {
			for _, c := range []finding.Commit{h.First, h.Last} {
				add(c.Author)
				add(c.Email)
			}
		}
		for _, rel := range f.Related {
			add(rel.Message)
		}
	}
	for _, n := range r.result.NotChecked {
		for name := range strings.SplitSeq(n.What+", "+n.Reason, ", ") {
			add(name)
		}
		for name := range strings.FieldsFuncSeq(n.What+" "+n.Reason, func(c rune) bool { return strings.ContainsRune("!,: ", c) }) {
			add(name)
		}
		for _, name := range n.Paths {
			add(name)
		}
	}
	found, err := detector.Detect(ctx, manifest.Path, []byte(names.String()))
	for i := range found {
		found[i].Region = source.Region{} // which was one of the list
	}
	return found, err
}
