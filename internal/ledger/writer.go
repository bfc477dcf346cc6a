package ledger

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// Job is the job that a process belongs to.
type Job struct {
	RunID   string
	Attempt int64 // from 1
	Name    string
}

// Writer appends records to a file that is this process's alone, so that any number of processes of a
// job, and of jobs, can write to one folder. It may be used by several goroutines.
//
// The file's lines are records in their canonical encoding, and nothing else. Its name is
// RUN-ATTEMPT-JOB-ULID.jsonl with every odd character replaced; who wrote it is what its records and
// its seal say.
type Writer struct {
	dir  *Folder
	name string
	job  Job
	opt  WriterOptions

	mu     sync.Mutex
	file   appender
	size   int
	broken error // why nothing more is taken
}

// appender is what a Writer needs of a file.
type appender interface {
	Write(p []byte) (int, error)
	Sync() error
	Close() error
}

// WriterOptions are what a Writer is handed.
type WriterOptions struct {
	IDs *IDs
	Now func() time.Time
	// Mask hides the secrets that the process knows, such as redact.Masker.Mask does; a record that it
	// would change is refused. Nil: nothing is looked for.
	Mask func(string) string
}

// NewWriter makes a new file in dir, readable for its owner alone.
func NewWriter(dir *Folder, job Job, opt WriterOptions) (*Writer, error) {
	id, err := opt.IDs.New()
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf("%s-%d-%s-%s.jsonl", safe(job.RunID), job.Attempt, safe(job.Name), id)
	if err := checkName(name); err != nil {
		return nil, dir.wrap("create", name, err)
	}
	// O_EXCL follows no link, and takes no file that is there.
	file, err := dir.root.OpenFile(name, os.O_WRONLY|os.O_APPEND|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return nil, dir.wrap("create", name, err)
	}
	err = dir.sync(".")
	if locked := occupy(file); !errors.Is(locked, errBusy) { // nobody else knows of it, so where it is busy there are no locks
		err = errors.Join(err, locked)
	}
	if err != nil {
		return nil, dir.wrap("create", name, errors.Join(err, file.Close()))
	}
	return &Writer{dir: dir, name: name, job: job, opt: opt, file: file}, nil
}

// Name is the file's name in its folder.
func (w *Writer) Name() string { return w.name }

// Append writes one record and returns its id: when it returns without error, the record is on the disk.
// It fills in what is left empty of schema, id, time and the task's run, attempt and job. After an
// error of the disk nothing more is taken, since what the file holds is unknown: make a new Writer.
func (w *Writer) Append(r Record) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.broken != nil {
		return "", w.dir.wrap("append to", w.name, w.broken)
	}
	line, id, err := w.line(r)
	if err != nil {
		return "", w.dir.wrap("append to", w.name, err)
	}
	if w.size+len(line) > MaxObject {
		return "", w.dir.wrap("append to", w.name, fmt.Errorf("the file would have more than %d bytes: make a new Writer", MaxObject))
	}
	w.size += len(line)
	_, err = w.file.Write(line)
	if err == nil {
		err = w.file.Sync()
	}
	if err != nil {
		w.broken = fmt.Errorf("an earlier record could not be written: %w", err)
		return "", w.dir.wrap("append to", w.name, err)
	}
	return id, nil
}

// line completes and encodes a record.
func (w *Writer) line(r Record) (line []byte, id string, err error) {
	if r.Schema == 0 {
		r.Schema = Schema
	}
	if r.ID == "" {
		if r.ID, err = w.opt.IDs.New(); err != nil {
			return nil, "", err
		}
	}
	if r.Time.IsZero() {
		r.Time = w.opt.Now()
	}
	if r.Task.RunID == "" && r.Task.Attempt == 0 && r.Task.Job == "" {
		r.Task.RunID, r.Task.Attempt, r.Task.Job = w.job.RunID, w.job.Attempt, w.job.Name
	}
	if (Job{r.Task.RunID, r.Task.Attempt, r.Task.Job}) != w.job {
		return nil, "", errors.New("the record is of another job: a seal would not hold for it")
	}
	line, err = r.Encode()
	if err != nil {
		return nil, "", err
	}
	if w.opt.Mask != nil && w.opt.Mask(string(line)) != string(line) {
		return nil, "", errors.New("the record holds a secret's value: a record names a credential by its handle")
	}
	return append(line, '\n'), r.ID, nil
}

// Close lets go of the file; nothing more is taken.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.file == nil {
		return nil
	}
	err := w.file.Close()
	w.file, w.broken = nil, errors.New("the file is closed")
	return err
}
