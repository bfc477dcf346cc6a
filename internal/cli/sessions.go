package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/ledger"
)

// sessions is what records say of the recording that an id is about.
type sessions struct {
	id       string
	named    []ledgerRow // that have the id itself
	recorded []ledgerRow // of a recording, that have the id or lead to it
	begun    []ledgerRow
	failed   []ledgerRow
}

// add takes in a record.
func (s *sessions) add(row ledgerRow) {
	r := &row.record
	if r.ID == s.id {
		s.named = append(s.named, row)
	}
	if r.ID != s.id && !slices.Contains(r.Links.CausedBy, s.id) {
		return
	}
	switch r.Type {
	case ledger.SessionRecorded:
		s.recorded = append(s.recorded, row)
	case ledger.SessionBegun:
		s.begun = append(s.begun, row)
	case ledger.SessionFailed:
		s.failed = append(s.failed, row)
	}
}

// only is the one record of a recording. A record of another run than the lease's own says nothing of it: any job that may write to
// the ledger could name it.
func (s *sessions) only() (ledgerRow, error) {
	if len(s.named) == 0 {
		return ledgerRow{}, fmt.Errorf("no record has the id %s: is it collected yet, and is it this ledger's?", s.id)
	}
	recorded, failed, begun := s.own(s.recorded), s.own(s.failed), s.own(s.begun)
	runs := runsOf(s.named)
	switch {
	case len(runs) > 1: // jobs give ids themselves, and one could have copied another's
		return ledgerRow{}, fmt.Errorf("records of %d runs have the id %s: give --run ID of the one that is meant: %s", len(runs), s.id, strings.Join(runs, ", "))
	case len(recorded) == 1:
		return recorded[0], nil
	case len(recorded) > 1:
		return ledgerRow{}, fmt.Errorf("%d records tell of a recording of %s: give the id of one of them, or --run ID: %s", len(recorded), s.id, idsOf(recorded))
	case len(failed) > 0:
		return ledgerRow{}, fmt.Errorf("the recording failed, as record %s says: %s", failed[0].record.ID, printableLine(failed[0].record.Session.Reason))
	case len(begun) > 0:
		return ledgerRow{}, fmt.Errorf("a recording was begun, as record %s says, and no record says what became of it: "+
			"curfew was killed or still runs, or its records are not all here", begun[0].record.ID)
	}
	return ledgerRow{}, errors.New("no recording is recorded of " + s.id)
}

// own are those rows that are of the run which has the record of the id itself.
func (s *sessions) own(rows []ledgerRow) []ledgerRow {
	return slices.DeleteFunc(slices.Clone(rows), func(row ledgerRow) bool { return !slices.Contains(runsOf(s.named), runOf(&row.record)) })
}

// runsOf are the runs that records are of, each once.
func runsOf(rows []ledgerRow) []string {
	var all []string
	for i := range rows {
		if run := runOf(&rows[i].record); !slices.Contains(all, run) {
			all = append(all, run)
		}
	}
	return all
}

// runOf names the run that a record is of, as its seal proves it.
func runOf(r *ledger.Record) string {
	return printableLine(fmt.Sprintf("run %s, attempt %d, of repository %s", r.Task.RunID, r.Task.Attempt, r.Identity.RepositoryID))
}

// idsOf lists the ids of records with their runs.
func idsOf(rows []ledgerRow) string {
	var all []string
	for _, row := range rows {
		all = append(all, fmt.Sprintf("%s (run %s)", row.record.ID, printableLine(row.record.Task.RunID)))
	}
	return strings.Join(all, ", ")
}
