package ledger

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
)

// takenPrefix is what the names of marks begin with: archive/taken/FILE/FIRST-COUNT-DIGEST says that what the inbox has as FILE
// was taken, and that its records are COUNT of the log from FIRST on. A list of them is all that a later Collect needs, so that
// what was taken costs it nothing. As DIGEST is over the hashes of these records, no mark counts in a log that hasn't them just
// there: one that was put back, or begun anew, takes its files once more.
//
// By a mark the inbox isn't asked any more. What somebody puts there in a file's place afterwards is passed over, and what was
// taken is in the log.
const takenPrefix = "archive/taken/"

// basketFile is a file in the basket.
type basketFile struct {
	CollectedFile
	kept string   // where the archive has it
	keys []string // of its records
}

// maxMarked is how long the name of a marked file may be: what file systems take for one part of a path.
const maxMarked = 255

// mark keeps that a file was taken. One whose records aren't side by side in the log, as another file had some of them before, or
// whose name no Deposit makes has no mark, and is read again: of a name with folders a mark could be in the way of another.
func (c *Collector) mark(ctx context.Context, f basketFile) error {
	first, ok := c.Log.index.first(f.keys)
	if !ok || len(f.Name) > maxMarked || strings.Contains(f.Name, "/") {
		return nil
	}
	err := c.Archive.Create(ctx, takenPrefix+f.Name+"/"+c.Log.index.span(first, int64(len(f.keys))), []byte(f.kept+"\n"))
	if errors.Is(err, ErrExists) {
		return nil // a mark's name is all that counts: of the same records under another seal there may be one
	}
	return err
}

// taken are those of names, which are a list of the inbox, that are marked, and whose records the log has.
func (c *Collector) taken(ctx context.Context, names []string) (map[string]bool, error) {
	asked, out := map[string]bool{}, map[string]bool{}
	end := "" // comes after all marks that are asked for. The last name's needn't: of "a" and "a-b", the latter's come first
	for _, name := range names {
		asked[name] = true
		end = max(end, takenPrefix+name+"0") // which comes after the slash
	}
	for marks, err := range listsOf(ctx, c.Archive, takenPrefix, takenPrefix+names[0]) {
		if err != nil {
			return nil, &archiveError{err}
		}
		for _, mark := range marks {
			file := path.Dir(strings.TrimPrefix(mark, takenPrefix))
			if asked[file] && c.Log.index.holds(path.Base(mark)) {
				out[file] = true
			}
		}
		if marks[len(marks)-1] > end {
			break
		}
	}
	return out, nil
}

// span names count records from first on, by where they stand and what they are.
func (x *index) span(first, count int64) string {
	var hashes []byte
	for _, hash := range x.hashes[first : first+count] {
		hashes = append(hashes, hash[:]...)
	}
	return fmt.Sprintf("%019d-%d-%s", first, count, tagOf(hashes))
}

// holds reports whether the log has the records that span named.
func (x *index) holds(span string) bool {
	from, rest, _ := strings.Cut(span, "-")
	number, _, _ := strings.Cut(rest, "-")
	first, err1 := strconv.ParseInt(from, 10, 64)
	count, err2 := strconv.ParseInt(number, 10, 64)
	size := int64(len(x.hashes))
	return err1 == nil && err2 == nil && first >= 0 && count > 0 && first < size && count <= size-first && x.span(first, count) == span
}
