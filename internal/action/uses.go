package action

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// The action may be used several times in a job, and each use has its end, the last one's first. What an end does for the whole job
// must wait for the last of them, which is the first use's: between them other actions end, such as one that saves a cache with
// a leased credential. So every use says in its state whether it is the first, and which lease is its own. The first one says so in
// words, too: what the runner keeps none of could be in the environment, where any step can put it.
const (
	markFile   = "curfew-action" // in RUNNER_TEMP, which the runner empties for each job
	stateUse   = "use"
	stateLease = "lease"
	firstUse   = "first"
	otherUse   = "other"
)

// joins marks the job as one that uses the action, or this use as another than its first.
func (s Step) joins(temp string) error {
	f, err := os.OpenFile(filepath.Join(temp, markFile), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // the runner names its folder
	if errors.Is(err, fs.ErrExist) {
		return s.setState(stateUse, otherUse)
	}
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), s.setState(stateUse, firstUse))
}

// setState keeps a value for this use's end. A runner that keeps none has every end do all there is to do.
func (s Step) setState(name, value string) error {
	if s.Getenv("GITHUB_STATE") == "" {
		return nil
	}
	return s.set("GITHUB_STATE", name, value)
}

// Due says what the end of this use ends: its own lease, "" for none, and whether all that there is of the job as well.
func (s Step) Due() (lease string, all bool) {
	return s.Getenv("STATE_" + stateLease), s.Getenv("STATE_"+stateUse) != otherUse
}
