package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/curfew-ci/curfew/internal/ledger"
)

// ledgerRow is a record and where it stands.
type ledgerRow struct {
	record ledger.Record
	line   []byte // its bytes
	index  int64  // in the log
	file   string // a job's file that nobody has collected; "" is the log
}

// rowSource reads rows, from a log or from jobs' files.
type rowSource func(ctx context.Context, f ledger.Filter) iter.Seq2[ledgerRow, error]

// logRows reads a log's records, each proven to be in it.
func logRows(l *ledger.Log) rowSource {
	return func(ctx context.Context, f ledger.Filter) iter.Seq2[ledgerRow, error] {
		return func(yield func(ledgerRow, error) bool) {
			for e, err := range l.Select(ctx, f) {
				if !yield(ledgerRow{record: e.Record, line: e.Line, index: e.Index}, err) {
					return
				}
			}
		}
	}
}

// jobFile is what the name of a job's file of records ends with.
const jobFile = ".jsonl"

// errUnreadFiles says that what was shown isn't all.
var errUnreadFiles = errors.New("not all files could be read: what is shown isn't all")

// fileRows reads the records of jobs' files. What can't be read is said, and is an error once all else was read.
func fileRows(store ledger.Store, said io.Writer) rowSource {
	return func(ctx context.Context, f ledger.Filter) iter.Seq2[ledgerRow, error] {
		return func(yield func(ledgerRow, error) bool) {
			unread := false
			for name, err := range jobFiles(ctx, store) {
				if err != nil {
					yield(ledgerRow{}, err)
					return
				}
				file, err := readJobFile(ctx, store, name)
				if err != nil {
					fmt.Fprintf(said, "%s: not read: %s\n", printableLine(name), printableLine(masked(err)))
					unread = true
					continue
				}
				if file.Torn > 0 {
					fmt.Fprintf(said, "%s: %s at its end are no record: a crash left them, or its job is writing\n", printableLine(name), count(file.Torn, "byte", "bytes"))
				}
				for i, r := range file.Records {
					if f.Match(&r) && !yield(ledgerRow{record: r, line: file.Lines[i], file: name}, nil) {
						return
					}
				}
			}
			if unread {
				yield(ledgerRow{}, errUnreadFiles)
			}
		}
	}
}

// jobFiles names the jobs' files of a store.
func jobFiles(ctx context.Context, store ledger.Store) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for after := ""; ; {
			names, err := store.List(ctx, "", after, ledger.MaxList)
			if err != nil {
				yield("", err)
				return
			}
			for _, name := range names {
				if strings.HasSuffix(name, jobFile) && !yield(name, nil) {
					return
				}
			}
			if len(names) < ledger.MaxList {
				return
			}
			after = names[len(names)-1]
		}
	}
}

func readJobFile(ctx context.Context, store ledger.Store, name string) (ledger.JobFile, error) {
	object, err := store.Get(ctx, name)
	if err != nil {
		return ledger.JobFile{}, err
	}
	return ledger.ReadJobFile(name, object.Data)
}
