package action

import "fmt"

// upload sends SARIF to code scanning. Where auto is set, a job that isn't allowed to goes on without, and says so.
func (s Step) upload(auto bool, sarif string, curfew Curfew) (int, error) {
	there, err := isThere(sarif)
	if err != nil || !there {
		return 0, err // the scan didn't come about, which it has said
	}
	if auto {
		why, err := s.noUpload()
		if err != nil {
			return 0, err
		}
		if why != "" {
			return 0, s.withoutUpload(why)
		}
	}
	out, err := s.framed(curfew, []string{"upload", "--", sarif})
	if err != nil {
		return 0, err
	}
	if auto && out.Code != 0 && out.NotAllowed {
		return 0, s.withoutUpload("github-token may not write to code scanning: give the job security-events: write; a private repository needs code scanning enabled, and what Dependabot starts has no such token")
	}
	return out.Code, s.complain(out)
}

func (s Step) withoutUpload(why string) error {
	return s.Tell("notice", "SARIF isn't uploaded: "+why+". The findings are in the log and in the job summary")
}

// noUpload says why a job can't upload what it has scanned, as far as that is known beforehand; "" where it may.
func (s Step) noUpload() (string, error) {
	from, err := s.fork()
	event := s.Getenv("GITHUB_EVENT_NAME")
	switch {
	case err != nil:
		return "", err
	case event == "pull_request_target" || event == "workflow_run":
		return fmt.Sprintf("in a run of %s nobody knows of which commit it is: give ref and commit to curfew upload", event), nil
	case from != "":
		return fmt.Sprintf("this pull request comes from the fork %s, and such runs get no token that may write", from), nil
	case Getenv(s.Getenv, "")("GITHUB_TOKEN") == "":
		return "there is no github-token", nil
	}
	return "", nil
}
