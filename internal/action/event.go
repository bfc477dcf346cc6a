package action

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/curfew-ci/curfew/internal/markup"
)

// fork is the name of the fork that this run's pull request comes from; "" where it is of none. What it is for is words alone: a
// run that says something else of itself gets no more rights by that.
// https://docs.github.com/en/webhooks/webhook-events-and-payloads#pull_request
func (s Step) fork() (string, error) {
	event := s.Getenv("GITHUB_EVENT_NAME")
	if !strings.HasPrefix(event, "pull_request") {
		return "", nil
	}
	src, err := os.ReadFile(s.Getenv("GITHUB_EVENT_PATH"))
	if err != nil {
		return "", fmt.Errorf("read the event of this %s (GITHUB_EVENT_PATH): %w", event, err)
	}
	type side struct {
		Repo *struct { // null where the fork was deleted
			ID   int64  `json:"id"`
			Name string `json:"full_name"`
		} `json:"repo"`
	}
	var payload struct {
		PullRequest struct {
			Head side `json:"head"`
			Base side `json:"base"`
		} `json:"pull_request"`
	}
	if err := json.Unmarshal(src, &payload); err != nil {
		return "", fmt.Errorf("read the event of this %s (GITHUB_EVENT_PATH): %w", event, err)
	}
	head, base := payload.PullRequest.Head.Repo, payload.PullRequest.Base.Repo
	switch {
	case base == nil: // of no pull request, as far as it says
		return "", nil
	case head == nil:
		return "that was deleted", nil
	case head.ID == base.ID:
		return "", nil
	}
	return markup.Visible(head.Name), nil
}
