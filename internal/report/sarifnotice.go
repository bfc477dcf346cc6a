package report

import (
	"fmt"

	"github.com/owenrumney/go-sarif/v2/sarif"
)

// The kinds of notification that a run may carry.
const (
	noticeNotChecked = "not-checked" // something could not be judged
	noticeLeftOut    = "left-out"    // there are more findings than code scanning keeps
)

// invocation says what wasn't checked and how many results were left out for the platform's limit. It
// was no success where the source could be read in part only, though what was found there is told.
func (b *runBuilder) invocation(leftOut int) *sarif.Invocation {
	inv := &sarif.Invocation{ExecutionSuccessful: ref(b.part.read(b.result))}
	add := func(id, s string) {
		inv.ToolExecutionNotifications = append(inv.ToolExecutionNotifications, &sarif.Notification{
			Descriptor: &sarif.ReportingDescriptorReference{Id: &id}, Level: "warning", Message: message(s),
		})
	}
	for i, n := range b.gaps {
		if i == maxNotCheckedLines {
			add(noticeNotChecked, "Not checked: "+number(len(b.gaps)-i)+" more.")
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
