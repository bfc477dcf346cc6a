package scan

import (
	"context"
	"slices"
	"strings"
	"time"
)

// Of says what a result is of, as far as that is known, so that nobody takes it for another repository's, another
// commit's or today's.
type Of struct {
	Repository   string `json:"repository,omitempty"`   // OWNER/NAME
	RepositoryID string `json:"repositoryId,omitempty"` // the platform's, which nobody else can get
	Folder       string `json:"folder,omitempty"`       // of the repository, where no more was scanned
	Ref          string `json:"ref,omitempty"`          // refs/heads/main
	Commit       string `json:"commit,omitempty"`       // what is checked out, or ends the change that was searched
	// Changed says that what was read differs from the commit: files were changed, added or deleted. Files that no scan
	// reads aren't compared.
	Changed bool      `json:"changed,omitempty"`
	Time    time.Time `json:"time"` // when the scan began
}

// Job is what a CI job says of itself. It counts where what is scanned is the job's own repository.
type Job struct {
	Repository   string // OWNER/NAME
	RepositoryID string
	Ref, Commit  string
	Host         string // of the platform, "github.com"
}

// platformHosts are those on which a repository is called by two names, and so in the manifest.
func (j *Job) platformHosts() []string { return []string{"github.com", "ssh.github.com", j.Host} }

// of says what is scanned. A job may have checked out another repository than its own: where the remote says so, what
// the job says of itself is about something else. What isn't in any repository is none's: a job that has checked out
// nothing would find nothing in its own.
func (r *run) of(ctx context.Context) Of {
	o := Of{Repository: r.opt.Repository, Time: r.opt.Now.UTC().Truncate(time.Second)}
	job := &r.opt.Job
	if r.opt.Search.Text != nil {
		return o // whatever it is of, the folder says nothing of it
	}
	if !r.tree.InRepository() {
		return o
	}
	o.Folder = r.tree.Folder()
	origin := r.tree.OriginAt(ctx, job.platformHosts()...)
	for _, name := range []string{origin, job.Repository} {
		if o.Repository == "" {
			o.Repository = name
		}
	}
	own := job.Repository != "" && strings.EqualFold(o.Repository, job.Repository) && (origin == "" || strings.EqualFold(origin, job.Repository))
	if own {
		o.RepositoryID = job.RepositoryID
	}
	if o.Commit = r.commitSearched(ctx); o.Commit == "" {
		return o
	}
	o.Changed = r.head != nil && len(r.files) > 0 && (r.changed.Load() || r.otherFiles())
	switch {
	case r.opt.Search.Diff != "":
	case own && job.Commit == o.Commit:
		o.Ref = job.Ref
	default:
		o.Ref = r.tree.HeadRef(ctx)
	}
	return o
}

// commitSearched is the commit that the result is of; "" where there is none.
func (r *run) commitSearched(ctx context.Context) string {
	head := r.head
	switch {
	case r.opt.Search.Diff != "" && r.diff.Head != "":
		id, err := r.tree.CommitID(ctx, r.diff.Head)
		if err != nil {
			return ""
		}
		return id
	case head == nil && r.opt.Search.alone():
		head = r.tree.Head(ctx)
	}
	if head == nil {
		return ""
	}
	return head.ID
}

// otherFiles reports whether the tree has files that its commit lacks, or lacks some that it has.
func (r *run) otherFiles() bool {
	here := make(map[string]bool, len(r.files))
	for _, name := range slices.Concat(r.files, r.facts.Unread) {
		here[name] = true
	}
	return slices.ContainsFunc(r.files, func(name string) bool { return !r.head.Holds(name) }) ||
		slices.ContainsFunc(r.head.Files(), func(name string) bool { return !here[name] })
}
