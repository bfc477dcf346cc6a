package gitrepo

import (
	"time"

	"github.com/curfew-ci/curfew/internal/gitrepo/odb"
)

// CommitInfo is what a commit says of itself: anyone can write anything there. Bytes that aren't UTF-8 are
// replaced; control characters are not.
type CommitInfo struct {
	ID      odb.ID
	Author  string    // the name
	Email   string    // as written between the angle brackets
	Date    time.Time // when the author says to have made it, in the author's time zone
	Subject string    // the message's first paragraph in one line
}
