package gitrepo

import (
	"bytes"
	"errors"
)

// maxAnswer bounds what git may say, in bytes. The largest public repositories list their files in a tenth of it; a few
// small trees that name each other often have it list paths without end.
const maxAnswer = 512 << 20

var errLongAnswer = errors.New("a longer answer than is read")

// answer takes in what a program says, up to a limit. What is beyond it ends the program.
type answer struct {
	said  bytes.Buffer // not embedded: its ReadFrom would pass the limit by
	limit int
	end   func()
	over  bool
}

func (a *answer) Write(p []byte) (int, error) {
	if len(p) > a.limit-a.said.Len() {
		a.over = true
		a.end()
		return 0, errLongAnswer
	}
	return a.said.Write(p)
}
