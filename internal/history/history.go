package history

import (
	"context"
	"sync/atomic"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/gitrepo"
	"github.com/curfew-ci/curfew/internal/gitrepo/odb"
	"github.com/curfew-ci/curfew/internal/secret"
)

// Options say what is searched.
type Options struct {
	// Since are revisions whose own history is left out.
	Since []string
	// Workers is how many goroutines search; at least one does.
	Workers int
	// Progress, where set, counts while the search goes on.
	Progress *Progress
	// Known, where set, reports whether it has been said already that the file at path is left out for reason.
	Known func(path, reason string) bool
}

// Progress counts what a search has done so far; it may be read at any time.
type Progress struct {
	Objects atomic.Int64 // blobs searched
	Total   atomic.Int64 // blobs to search; grows when it is known
	Bytes   atomic.Int64 // of text
	Found   atomic.Int64 // different credentials at different paths

	step atomic.Pointer[string]
}

// Begin says what is done now beside searching, "reading the commits"; "" for nothing else.
func (p *Progress) Begin(step string) { p.step.Store(&step) }

// Step is what is done now beside searching.
func (p *Progress) Step() string {
	if step := p.step.Load(); step != nil {
		return *step
	}
	return ""
}

// Found is one credential at one path, as the first commit that holds it there has it.
type Found struct {
	Token   secret.Token // its region lies in the file as First of History has it
	History finding.History
	Excerpt []string // the lines under the region, masked by what else the file holds
}

// Result is what a search found, and what it could not look at.
type Result struct {
	Found []Found // sorted by path, place and detector; covered and unlikely tokens are among them

	Commits int
	Blobs   int   // searched, different ones
	Bytes   int64 // of them

	Shallow    bool // the clone lacks the older commits
	Submodules int  // places at which commits of other repositories are named

	Skipped []Skipped
	Missing []gitrepo.Missing // what the repository lacks or can't be read

	// Interrupted is set where ctx ended before everything was searched: Found is right as far as it goes.
	Interrupted bool
}

// Search searches all versions of all files that the tree's repository holds. It goes on where something
// can't be read, and says so in the result; an error means that there is no result at all.
func Search(ctx context.Context, tree *gitrepo.Tree, d *secret.Detector, opt Options) (r *Result, err error) {
	err = odb.Guard(func() (err error) {
		r, err = searchAll(ctx, tree, d, opt)
		return err
	})
	return r, err
}

func searchAll(ctx context.Context, tree *gitrepo.Tree, d *secret.Detector, opt Options) (*Result, error) {
	if opt.Progress == nil {
		opt.Progress = &Progress{}
	}
	s := &search{detector: d, opt: opt, result: &Result{}}
	opt.Progress.Begin("reading the commits")
	defer opt.Progress.Begin("")
	db, err := tree.Objects(ctx)
	if err != nil {
		return s.stopped(ctx, err)
	}
	defer db.Close() //nolint:errcheck // only read
	s.db = db
	if s.history, err = tree.History(ctx, db, gitrepo.HistoryOptions{Since: opt.Since}); err != nil {
		return s.stopped(ctx, err)
	}
	if s.forest, err = db.Forest(ctx); err != nil {
		return s.stopped(ctx, err)
	}
	s.result.Commits, s.result.Missing = s.history.Len(), s.history.Missing
	s.result.Shallow, s.result.Submodules = s.history.Shallow, s.history.Submodules
	total := int64(s.history.Blobs())
	opt.Progress.Total.Add(total)
	opt.Progress.Begin("")
	finds, err := s.walk(ctx)
	if err != nil && !s.interrupted(ctx) {
		return nil, err
	}
	if err == nil {
		opt.Progress.Objects.Add(total - int64(s.met)) // those that can't be read
	}
	opt.Progress.Begin("looking up who held what was found")
	// What was found is told in any case, so an interrupt no longer counts.
	if err := s.describe(context.WithoutCancel(ctx), finds); err != nil {
		return nil, err
	}
	s.tellFaults()
	return s.result, nil
}

// search is a search under way.
type search struct {
	db       *odb.DB
	forest   *odb.Forest
	history  *gitrepo.History
	detector *secret.Detector
	opt      Options
	result   *Result
	met      int         // blobs, searched or not
	faults   []odb.Fault // of the object database
	lost     []string    // credentials that were found and could not be described
}

// stopped is the result of a search that ended before it began.
func (s *search) stopped(ctx context.Context, err error) (*Result, error) {
	if s.interrupted(ctx) {
		return s.result, nil
	}
	return nil, err
}

// interrupted reports whether ctx ended, and notes it: any error may be due to that.
func (s *search) interrupted(ctx context.Context) bool {
	s.result.Interrupted = ctx.Err() != nil
	return s.result.Interrupted
}
