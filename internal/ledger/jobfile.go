package ledger

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/curfew-ci/curfew/internal/jsontree"
)

// JobFile is what a job's file holds.
type JobFile struct {
	Records []Record
	Lines   [][]byte // each record's bytes, without the line break
	// Torn is how many bytes follow the last record: what was being written when the machine went down.
	// It was never acknowledged, and is no record.
	Torn int
}

// ReadJobFile reads a job's file. A last line that has no end, or holds NUL as files do whose bytes
// didn't reach the disk, is torn; any other line that is no record is an error with its place, as is
// an id that is there twice.
func ReadJobFile(name string, content []byte) (JobFile, error) {
	var f JobFile
	seen := map[string]int{}
	for rest := content; len(rest) > 0; {
		line, after, ended := bytes.Cut(rest, []byte("\n"))
		if torn(line, after, ended) {
			f.Torn = len(rest)
			break
		}
		n := len(f.Lines) + 1
		r, err := Decode(name, line)
		if err != nil {
			return JobFile{}, moved(err, n, len(content)-len(rest))
		}
		if first := seen[r.ID]; first > 0 {
			return JobFile{}, fmt.Errorf("%s:%d: the record has the id of line %d", name, n, first)
		}
		seen[r.ID] = n
		f.Records, f.Lines = append(f.Records, r), append(f.Lines, line)
		rest = after
	}
	return f, nil
}

// torn reports whether a line is what a crash leaves behind.
func torn(line, after []byte, ended bool) bool {
	return !ended || len(after) == 0 && bytes.IndexByte(line, 0) >= 0
}

// moved is an error about a line, with the place that it has in the file.
func moved(err error, line, offset int) error {
	var at *jsontree.Error
	if !errors.As(err, &at) {
		return err
	}
	e := *at
	if e.Region.IsZero() { // about the line as a whole
		return fmt.Errorf("%s:%d: %s", e.Region.Path, line, e.Message)
	}
	e.Region.Start.Line += line - 1
	e.Region.End.Line += line - 1
	e.Region.Start.Offset += offset
	e.Region.End.Offset += offset
	return &e
}
