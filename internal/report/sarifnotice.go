package report

import (
	"fmt"

	"github.com/owenrumney/go-sarif/v2/sarif"

	"github.com/curfew-ci/curfew/internal/scan"
)

// The kinds of notification that a run may carry.
const (
	noticeNotChecked = "not-checked" // something could not be judged
	noticeLeftOut    = "left-out"    // there are more findings than code scanning keeps
)

// invocation says whether the source could be read, what of it wasn't, and how many results were left
// out for the platform's limit.
func (b *runBuilder) invocation(wasRead bool, leftOut int) *sarif.Invocation {
	inv := &sarif.Invocation{ExecutionSuccessful: &wasRead}
	add := func(id, s string) {
		inv.ToolExecutionNotifications = append(inv.ToolExecutionNotifications, &sarif.Notification{
			Descriptor: &sarif.ReportingDescriptorReference{Id: &id}, Level: "warning", Message: message(s),
		})
	}
	var listed []scan.NotChecked
	for _, n := range b.result.NotChecked {
		if n.Source == b.source {
			listed = append(listed, n)
		}
	}
	for i, n := range listed {
		if i == maxNotCheckedLines {
			add(noticeNotChecked, "Not checked: "+number(len(listed)-i)+" more.")
			break
		}
		add(noticeNotChecked, notChecked(n, escapeMessage))
	}
	if leftOut > 0 {
		add(noticeLeftOut, fmt.Sprintf("%s left out, the least severe: code scanning keeps %s of a run.",
			count(leftOut, "finding"), number(maxResults)))
	}
	return inv
}
