package github

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/courier"
)

// needAlerts is what changing alerts takes.
const needAlerts = "security-events: write"

// alertLooks is how often alerts are listed until they are of the upload: lists may be behind what was worked through.
const alertLooks = 3

// DefaultRef is the ref of a repository's default branch.
func (c *Client) DefaultRef(ctx context.Context, owner, repo string) (string, error) {
	name := owner + "/" + repo
	if err := checkName(name); err != nil {
		return "", err
	}
	var r repository
	q := question{path: "repos/%s", args: []string{name}, need: "metadata: read", at: name}
	if err := c.ask(ctx, q, &r); err != nil {
		return "", err
	}
	if !strings.EqualFold(r.FullName, name) || r.DefaultBranch == "" {
		return "", fmt.Errorf("GET /%s: the answer is about %q and its branch %q", q.url(), courier.Printable(r.FullName, maxTold), courier.Printable(r.DefaultBranch, maxTold))
	}
	return "refs/heads/" + r.DefaultBranch, nil
}

// PlanAlerts says what to change about the alerts of what was uploaded, which is all to one ref: those of accepted
// findings are dismissed, and those that curfew dismissed for findings that aren't any more are reopened. rehearsed says
// that it wasn't uploaded: the alerts are those of what was last.
func (c *Client) PlanAlerts(ctx context.Context, parcels []*Parcel, now time.Time, rehearsed bool) (*AlertPlan, error) {
	if len(parcels) == 0 {
		return &AlertPlan{}, nil
	}
	for look := 1; ; look++ {
		var all []alert
		for _, state := range []string{"open", "dismissed"} {
			some, err := c.alerts(ctx, parcels[0], state)
			if err != nil {
				return nil, err
			}
			all = append(all, some...)
		}
		out := &AlertPlan{}
		for _, p := range parcels {
			if p.Run.Tool != Tool { // whatever its category, none of these alerts is its
				continue
			}
			one := plan(all, p, now, rehearsed)
			out.Changes, out.Unclear, out.Behind = append(out.Changes, one.Changes...), append(out.Unclear, one.Unclear...), out.Behind+one.Behind
		}
		if out.Behind == 0 || look == alertLooks {
			return out, nil
		}
		if err := c.sleep(ctx, pollEvery); err != nil {
			return nil, err
		}
	}
}

// alerts lists those of a state on p's ref.
func (c *Client) alerts(ctx context.Context, p *Parcel, state string) ([]alert, error) {
	q := question{
		path: "repos/%s/code-scanning/alerts?tool_name=" + Tool + "&sort=created&direction=asc&state=" + state + "&ref=" + percent(p.Ref),
		args: []string{p.Owner + "/" + p.Repo}, need: needAlerts, at: p.Owner + "/" + p.Repo,
	}
	return list[alert](ctx, c, q, "", func() error { return nil })
}

// percent escapes s for a query that is formatted once more.
func percent(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "%", "%%") }

// ChangeAlert carries out a change of an alert of p's repository. Done again, it comes to the same.
func (c *Client) ChangeAlert(ctx context.Context, p *Parcel, change AlertChange) error {
	if change.Action != DismissAlert { // a dismissal's comment isn't known to be changed by another one
		if err := c.setAlert(ctx, p, change.Alert, map[string]any{"state": "open"}); err != nil {
			return err
		}
	}
	if change.Action == ReopenAlert {
		return nil
	}
	return c.setAlert(ctx, p, change.Alert, map[string]any{
		"state": "dismissed", "dismissed_reason": "won't fix", "dismissed_comment": change.Comment,
	})
}

// setAlert changes an alert, with the pause before it that GitHub asks of who writes much.
func (c *Client) setAlert(ctx context.Context, p *Parcel, number int, body map[string]any) error {
	if err := c.sleep(ctx, writeGap); err != nil {
		return err
	}
	q := question{
		method: http.MethodPatch, path: "repos/%s/code-scanning/alerts/%s",
		args: []string{p.Owner + "/" + p.Repo, strconv.Itoa(number)}, need: needAlerts, at: p.Owner + "/" + p.Repo,
	}
	req, err := c.rest.NewRequest(q.method, q.url(), body)
	if err != nil {
		return err
	}
	resp, err := c.rest.BareDo(ctx, req)
	if err != nil {
		return c.explain(ctx, q, err)
	}
	defer resp.Body.Close() //nolint:errcheck // all that is wanted has been read
	var now alert
	src, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err == nil {
		err = json.Unmarshal(src, &now)
	}
	if err == nil && (now.Number != number || now.State != body["state"]) {
		err = fmt.Errorf("alert %d is %s after it", now.Number, courier.Printable(now.State, maxTold))
	}
	if err != nil {
		return fmt.Errorf("PATCH /%s: %w: run it again", q.url(), err)
	}
	return nil
}
