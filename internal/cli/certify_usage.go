package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"os"
	"strings"

	"github.com/curfew-ci/curfew/internal/certify"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// readUsage reads what was leased; nil where nothing is said of it. What can't be read to its end isn't used: a
// record that is missing makes something look unused.
func (f *certifyFlags) readUsage(ctx context.Context, env *Env, m *manifest.Manifest) (*certify.Usage, error) {
	records, done, err := f.records(ctx, env)
	if err != nil || records == nil {
		return nil, err
	}
	u, err := certify.NewUsage(m, records, env.Now())
	if err = errors.Join(err, done()); err != nil {
		return nil, &exitError{ExitUnfinished, fmt.Errorf("read --usage %s: %w", f.usage, err)}
	}
	if !f.exported() {
		u.Certified = nil // any job could have written them: the collector takes them of recorders alone
	}
	return u, nil
}

// exported reports whether --usage is an export of a log, and no place of files that nobody has collected.
func (f *certifyFlags) exported() bool {
	info, err := os.Stat(f.usage)
	return f.usage == "-" || err == nil && info.Mode().IsRegular()
}

// certified fills in when identities were certified, by the ledger, where the facts don't say.
func certified(in *certify.Input) {
	if in.Usage == nil {
		return
	}
	all := map[string]manifest.Certified{}
	maps.Copy(all, in.Usage.Certified)
	maps.Copy(all, in.Facts.Certified)
	in.Facts.Certified = all
}

// records are those of --usage, or of a verb's --records, and what closes them.
func (f *certifyFlags) records(ctx context.Context, env *Env) (iter.Seq2[ledger.Record, error], func() error, error) {
	switch f.usage {
	case "":
		return nil, nil, nil
	case "-":
		return exported("stdin", env.Stdin), func() error { return nil }, nil
	}
	if f.exported() {
		file, err := os.Open(f.usage)
		if err != nil {
			return nil, nil, usageError("read records: %w", err)
		}
		return exported(f.usage, file), file.Close, nil
	}
	if _, err := os.Stat(f.usage); errors.Is(err, fs.ErrNotExist) && !strings.Contains(f.usage, "://") {
		return nil, nil, usageError("there is no file or folder %s: expected what `curfew ledger export` wrote, the folder of jobs' records, or s3://BUCKET/PREFIX", f.usage)
	}
	store, err := f.open(env, f.usage, false)
	if err != nil {
		return nil, nil, err
	}
	has, err := store.holdsLog(ctx)
	switch {
	case err != nil:
		err = &exitError{ExitUnfinished, fmt.Errorf("read records of %s: %w", f.usage, err)}
	case has:
		err = usageError("%s: a log is there: give its records as `curfew ledger export --store %s` writes them, each proven", f.usage, f.usage)
	}
	if err != nil {
		return nil, nil, errors.Join(err, store.close())
	}
	rows := func(yield func(ledger.Record, error) bool) {
		for row, err := range fileRows(store, env.Stderr)(ctx, ledger.Filter{}) {
			if !yield(row.record, err) {
				return
			}
		}
	}
	return rows, store.close, nil
}

// exported reads records, one a line, as `curfew ledger export` writes them.
func exported(name string, from io.Reader) iter.Seq2[ledger.Record, error] {
	return func(yield func(ledger.Record, error) bool) {
		lines := bufio.NewReaderSize(from, ledger.MaxRecord+2)
		for n := 1; ; n++ {
			line, err := lines.ReadSlice('\n')
			switch {
			case err == io.EOF && len(line) == 0: //nolint:errorlint // as ReadSlice returns it
				return
			case err == io.EOF: //nolint:errorlint // the same
				err = fmt.Errorf("%s:%d: the line has no end: the export was cut off", name, n)
			case errors.Is(err, bufio.ErrBufferFull):
				err = fmt.Errorf("%s:%d: the line is longer than a record may be: expected what `curfew ledger export` writes", name, n)
			}
			var r ledger.Record
			if err == nil {
				if r, err = ledger.Decode(name, bytes.TrimSuffix(line, []byte("\n"))); err != nil {
					err = fmt.Errorf("line %d: %w", n, err)
				}
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}
