package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/jsontree"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/scan"
)

// rowWriter writes records one by one, as many as there are. Each is masked by itself: what stands in one
// can't hide another.
type rowWriter struct {
	to   io.Writer
	json bool
	mask func(ctx context.Context, text string) (string, error)
}

func newRowWriter(env *Env, format string) (*rowWriter, error) {
	mask, err := scan.MaskEach(nil)
	if err != nil {
		return nil, &exitError{ExitUnfinished, err}
	}
	return &rowWriter{env.Stdout, format == "json", mask}, nil
}

// rowJSON is a record as JSON. What proves it is about Bytes: Record may be escaped in another way.
type rowJSON struct {
	Collected  bool              `json:"collected"`
	Index      *int64            `json:"index,omitempty"`
	File       string            `json:"file,omitempty"`
	Record     json.RawMessage   `json:"record"`
	Bytes      []byte            `json:"bytes,omitempty"`
	Proof      *ledger.Inclusion `json:"proof,omitempty"`
	Checkpoint string            `json:"checkpoint,omitempty"`
}

func (w *rowWriter) writeJSON(row ledgerRow, whole bool, shown *ledger.Shown) error {
	out := rowJSON{Collected: row.file == "", File: row.file, Record: row.line}
	if out.Collected {
		out.Index = &row.index
	}
	encode := jsontree.Line
	if whole {
		out.Bytes, encode = row.line, jsontree.Indented
	}
	if shown != nil {
		out.Proof, out.Checkpoint = &shown.Proof, string(shown.Signed)
	}
	text, err := encode(out)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(w.to, strings.TrimSuffix(printable(string(text)), "\n"))
	return err
}

// list writes a line for each record and returns how many there were.
func (w *rowWriter) list(ctx context.Context, rows iter.Seq2[ledgerRow, error]) (int, error) {
	n := 0
	for row, err := range rows {
		if err != nil {
			return n, err
		}
		if n++; w.json {
			err = w.writeJSON(row, false, nil)
		} else {
			err = w.line(ctx, n == 1, &row.record)
		}
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

const rowFormat = "%-26s  %-20s  %-22s  %-7s  %-24s  %-8s  %s  %s\n"

// line writes a record as a line of a table, under a heading where it is the first.
func (w *rowWriter) line(ctx context.Context, first bool, r *ledger.Record) error {
	if first {
		fmt.Fprintf(w.to, rowFormat, "ID", "TIME", "TYPE", "OUTCOME", "ABOUT", "PROVIDER", fmt.Sprintf("%-*s", keyIDWidth, "HANDLE"), "NOT AFTER")
	}
	var c ledger.Credential
	if r.Credential != nil {
		c = *r.Credential
	}
	handle := hidden(c.Handle)
	if handle != handleMark {
		handle = fmt.Sprintf("%-*s", keyIDWidth, handle)
	}
	text := fmt.Sprintf(rowFormat, r.ID, stamp(r.Time), r.Type, r.Outcome, cell(aboutOf(r)), cell(c.Provider), handle, stamp(c.NotAfter))
	return w.write(ctx, text, c.Handle)
}

// one writes all of a record, with what proves it; shown is nil where nothing does.
func (w *rowWriter) one(ctx context.Context, row ledgerRow, shown *ledger.Shown) error {
	if w.json {
		return w.writeJSON(row, true, shown)
	}
	r := &row.record
	handle := ""
	if r.Credential != nil {
		handle = r.Credential.Handle
	}
	if err := w.write(ctx, recordText(r), handle); err != nil {
		return err
	}
	if shown == nil {
		_, err := fmt.Fprintf(w.to, "not collected yet: proven by nothing but the file %s\n", printableLine(row.file))
		return err
	}
	_, err := fmt.Fprintf(w.to, "proven: record %d of the log, by %s and the checkpoint (--format json has them)\n\n%s",
		row.index, count(len(shown.Proof.Hashes), "hash", "hashes"), printable(string(shown.Signed)))
	return err
}

// write masks a text and writes it. A handle that is the id of an AWS key looks like a credential and is the one thing
// that CloudTrail knows it by: it stands in the text as a mark, and is put in after masking.
func (w *rowWriter) write(ctx context.Context, text, handle string) error {
	safe, err := w.mask(ctx, text)
	if err != nil {
		return err
	}
	if isKeyID(handle) {
		safe = strings.Replace(safe, handleMark, handle, 1)
	}
	_, err = io.WriteString(w.to, disarm(safe))
	return err
}

// handleMark stands for a handle while a text is masked. Nothing printable holds it.
const handleMark = "\x00"

// hidden is a handle as it is masked: the mark where it is the id of an AWS key.
func hidden(handle string) string {
	if isKeyID(handle) {
		return handleMark
	}
	return cell(handle)
}

// keyIDWidth is how long the ids of AWS' keys are: four letters for the kind, and base32.
const keyIDWidth = 20

// isKeyID reports whether a handle is the id of an AWS access key.
func isKeyID(handle string) bool {
	kind, rest := handle[:min(4, len(handle))], handle[min(4, len(handle)):]
	return len(handle) == keyIDWidth && (kind == "ASIA" || kind == "AKIA") && strings.Trim(rest, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

// cell is a text in a table's line.
func cell(s string) string {
	if s == "" {
		return "-"
	}
	return strings.ReplaceAll(printableLine(s), "\t", " ")
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.RFC3339)
}
