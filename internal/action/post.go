package action

import (
	"errors"
	"strings"

	"github.com/curfew-ci/curfew/internal/markup"
)

// Ending is what became of a lease at the end of its job.
type Ending struct {
	Text   string
	Failed bool // it may live on
}

// Kept says where a job's records are.
type Kept struct {
	Text   string // "" where there are none
	Failed bool   // not where they were to be
}

// Post writes into the job summary what became of the job's leases and records, and makes annotations of what went wrong.
func (s Step) Post(endings []Ending, kept Kept) error {
	var b strings.Builder
	var faults []error
	if len(endings) > 0 {
		b.WriteString("## curfew: leases ended\n\n")
	}
	for _, e := range endings {
		b.WriteString("- " + markup.Text(e.Text) + "\n")
		if e.Failed {
			faults = append(faults, s.Tell("error", e.Text))
		}
	}
	if kept.Text != "" {
		b.WriteString("\nRecords: " + markup.Text(kept.Text) + "\n")
		level := "notice"
		if kept.Failed {
			level = "warning"
		}
		faults = append(faults, s.Tell(level, "records: "+kept.Text))
	}
	if b.Len() > 0 {
		faults = append(faults, s.addSummary([]byte(b.String())))
	}
	return errors.Join(faults...)
}
