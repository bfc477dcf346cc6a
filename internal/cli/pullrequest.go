package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
)

// eventPayload is the part of GitHub's webhook payload that names a change's base.
// https://docs.github.com/en/webhooks/webhook-events-and-payloads
type eventPayload struct {
	PullRequest struct {
		Base struct {
			SHA string `json:"sha"`
		} `json:"base"`
	} `json:"pull_request"`
	MergeGroup struct {
		BaseSHA string `json:"base_sha"`
	} `json:"merge_group"`
}

// pullRequestBase is the commit that the pull request or merge group under test starts from; "" where
// this run is about neither. What a change contains must not judge the change.
func pullRequestBase(env *Env) (string, error) {
	if onGitLab(env) {
		return mergeRequestBase(env)
	}
	event := env.Getenv("GITHUB_EVENT_NAME")
	switch event {
	case "pull_request", "pull_request_target", "pull_request_review", "pull_request_review_comment", "merge_group":
	default:
		return "", nil
	}
	file := env.Getenv("GITHUB_EVENT_PATH")
	src, err := os.ReadFile(file) //nolint:gosec // the runner names its own event file
	if err != nil {
		return "", fmt.Errorf("read the event of this %s (GITHUB_EVENT_PATH): %w; name the base with --base", event, err)
	}
	var p eventPayload
	if err := json.Unmarshal(src, &p); err != nil {
		return "", fmt.Errorf("read the event of this %s: %w; name the base with --base", event, err)
	}
	base := p.PullRequest.Base.SHA
	if event == "merge_group" {
		base = p.MergeGroup.BaseSHA
	}
	if base == "" {
		return "", fmt.Errorf("the event of this %s names no base commit; name it with --base", event)
	}
	return base, nil
}

// mergeRequestBase is the commit that GitLab says a merge request starts from; "" where this is no run of one. Where the
// pipeline is of the merged result that is the target branch's tip; else it is where the branch left it.
func mergeRequestBase(env *Env) (string, error) {
	if env.Getenv("CI_MERGE_REQUEST_IID") == "" && env.Getenv(gitLabCI().event) != "merge_request_event" {
		return "", nil
	}
	for _, name := range []string{"CI_MERGE_REQUEST_TARGET_BRANCH_SHA", "CI_MERGE_REQUEST_DIFF_BASE_SHA"} {
		if base := env.Getenv(name); base != "" {
			return base, nil
		}
	}
	return "", errors.New("this merge request's pipeline names no base commit (CI_MERGE_REQUEST_DIFF_BASE_SHA); name it with --base")
}
