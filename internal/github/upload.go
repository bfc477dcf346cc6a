package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	gogithub "github.com/google/go-github/v62/github"

	"github.com/curfew-ci/curfew/internal/courier"
)

const (
	pollFirst = time.Second // the first pause; each is twice the last, up to pollEvery
	pollEvery = 5 * time.Second
	pollFor   = 2 * time.Minute
	maxFaults = 1000 // characters of what GitHub says of an upload that failed
)

// Receipt is what code scanning made of an upload.
type Receipt struct {
	ID       string // of the upload
	Analyses string // URL of the analyses that came of it; "" where GitHub names none
}

// errPending says that an upload is not worked through yet.
var errPending = errors.New("pending")

// Send sends p to code scanning and returns the upload's id. Its errors carry what GitHub said. It needs the right
// "security-events: write".
func (c *Client) Send(ctx context.Context, p *Parcel) (string, error) {
	id, err := c.send(ctx, p)
	if err != nil {
		return "", fmt.Errorf("upload SARIF to %s/%s: %w", p.Owner, p.Repo, explain(c.hideTokens(err)))
	}
	return id, nil
}

// Await waits until an upload was worked through, at most two minutes, and tells waiting before each question for how
// long it has. One that GitHub took but couldn't process is an error.
func (c *Client) Await(ctx context.Context, p *Parcel, id string, waiting func(time.Duration)) (*Receipt, error) {
	pause := pollFirst
	for waited := time.Duration(0); waited < pollFor; {
		waiting(waited)
		if err := c.sleep(ctx, pause); err != nil {
			return nil, err
		}
		waited += pause
		pause = min(2*pause, pollEvery)
		receipt, err := c.status(ctx, p, id)
		if !errors.Is(err, errPending) {
			return receipt, err
		}
	}
	return nil, fmt.Errorf("code scanning of %s/%s took upload %s but hasn't processed it after %s: look at its tool status page before uploading again",
		p.Owner, p.Repo, id, pollFor)
}

// send posts p and returns the upload's id.
func (c *Client) send(ctx context.Context, p *Parcel) (string, error) {
	// Written out because go-github's SarifAnalysis has no "validate", by which GitHub refuses at once
	// what it would otherwise take and drop.
	req, err := c.rest.NewRequest(http.MethodPost, uploads(p, ""), map[string]any{
		"commit_sha": p.Commit,
		"ref":        p.Ref,
		"sarif":      p.body,
		"tool_name":  p.Run.Tool,
		"validate":   true,
	})
	if err != nil {
		return "", err
	}
	// go-github calls the 202 that means success an error, and keeps its body there.
	_, err = c.rest.Do(ctx, req, nil)
	var accepted *gogithub.AcceptedError
	if !errors.As(err, &accepted) {
		if err == nil {
			err = errors.New("GitHub answered without accepting it")
		}
		return "", err
	}
	var answer gogithub.SarifID
	if err := json.Unmarshal(accepted.Raw, &answer); err != nil {
		return "", fmt.Errorf("read GitHub's answer: %w", err)
	}
	if !validName.MatchString(answer.GetID()) {
		return "", fmt.Errorf("GitHub's answer names no upload: id %q", answer.GetID())
	}
	return answer.GetID(), nil
}

// status asks once what became of upload id; errPending means: ask again.
func (c *Client) status(ctx context.Context, p *Parcel, id string) (*Receipt, error) {
	req, err := c.rest.NewRequest(http.MethodGet, uploads(p, "/"+id), nil)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Status   string   `json:"processing_status"`
		Analyses string   `json:"analyses_url"`
		Errors   []string `json:"errors"` // go-github's SARIFUpload lacks them
	}
	resp, err := c.rest.Do(ctx, req, &answer)
	if err != nil {
		if resp != nil && resp.StatusCode == http.StatusNotFound {
			return nil, errPending // not on every replica yet
		}
		return nil, fmt.Errorf("ask what became of upload %s to %s/%s: %w", id, p.Owner, p.Repo, explain(c.hideTokens(err)))
	}
	switch answer.Status {
	case "complete":
		return &Receipt{ID: id, Analyses: answer.Analyses}, nil
	case "pending":
		return nil, errPending
	}
	return nil, fmt.Errorf("code scanning of %s/%s could not process upload %s (%s): %s",
		p.Owner, p.Repo, id, courier.Printable(answer.Status, maxTold), courier.Printable(strings.Join(answer.Errors, "; "), maxFaults))
}

func uploads(p *Parcel, rest string) string {
	return "repos/" + p.Owner + "/" + p.Repo + "/code-scanning/sarifs" + rest
}

// explain adds to GitHub's refusals what the caller can do about them.
func explain(err error) error {
	var refusal *gogithub.ErrorResponse
	if !errors.As(err, &refusal) || refusal.Response == nil {
		return err
	}
	switch refusal.Response.StatusCode {
	case http.StatusUnauthorized:
		return fmt.Errorf("%w; the token is wrong or has expired", err)
	case http.StatusForbidden:
		return fmt.Errorf("%w; the token needs \"security-events: write\" in the job's permissions, which a pull request from a fork doesn't get, and a private repository needs code scanning enabled", err)
	case http.StatusNotFound:
		return fmt.Errorf("%w; there is no such repository, or the token can't see it", err)
	case http.StatusRequestEntityTooLarge:
		return fmt.Errorf("%w; scan fewer paths at once", err)
	}
	return err
}

// IsNotAllowed reports whether GitHub refused a request because the token may not have what was asked, or may not know of it.
func IsNotAllowed(err error) bool {
	var refusal *gogithub.ErrorResponse
	if !errors.As(err, &refusal) || refusal.Response == nil {
		return false
	}
	status := refusal.Response.StatusCode
	return status == http.StatusForbidden || status == http.StatusNotFound
}
