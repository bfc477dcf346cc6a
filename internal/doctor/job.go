package doctor

import (
	"strconv"
	"strings"
)

// check is whether the environment says which job this is.
func (j Job) check() Finding {
	attempt, err := strconv.ParseInt(j.Attempt, 10, 64)
	var missing []string
	for _, v := range []struct {
		name  string
		there bool
	}{{j.Platform.Run, j.Run != ""}, {j.Platform.Attempt, err == nil && attempt > 0}, {j.Platform.Job, j.Name != ""}} {
		if !v.there {
			missing = append(missing, v.name)
		}
	}
	if j.Run == "" && j.Attempt == "" && j.Name == "" && j.Event == "" && !j.MayAsk {
		return wrong("this is no job of CI: nothing that a runner sets is there",
			"run it as a step of the job that is to lease; docs/leases.md shows one",
			"on this machine `curfew manifest check` reads the manifest, and `curfew manifest decide` says what it would decide")
	}
	if len(missing) > 0 {
		return wrong("which job is this? not there, or not what the runner sets: "+strings.Join(missing, ", "),
			"run it in "+j.Platform.Where+"; in a container hand these variables on")
	}
	return ok("run " + j.Run + ", attempt " + j.Attempt + ", job " + j.Name)
}

// checkState is whether records and leases can be kept.
func (j Job) checkState() Finding {
	switch {
	case j.State == "":
		return wrong("there is no place for records and leases: "+j.Platform.NoState, "run it in "+j.Platform.Where+", or say --state DIR")
	case j.StateErr != nil:
		return wrong("records and leases can't be kept: "+j.StateErr.Error(), "see that the job's user owns the folder, with mode 0700, or say --state DIR")
	}
	return ok(j.State)
}
