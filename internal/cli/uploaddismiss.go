package cli

import (
	"context"
	"fmt"

	"github.com/curfew-ci/curfew/internal/github"
)

// bringInLine dismisses and reopens alerts of what was uploaded, or says what it would.
func (f *uploadFlags) bringInLine(ctx context.Context, env *Env, client *github.Client, parcels []*github.Parcel) error {
	plan, err := client.PlanAlerts(ctx, parcels, env.Now(), f.dryRun)
	if err != nil {
		return err
	}
	for i := range plan.Changes {
		c := &plan.Changes[i]
		if !f.dryRun {
			if err := client.ChangeAlert(ctx, parcels[0], *c); err != nil {
				return err
			}
		}
		if err := say(env, "alert %d %s: %s in %s:%d%s", c.Alert, f.past(c.Action), c.Rule, c.Path, c.Line, why(c)); err != nil {
			return err
		}
	}
	for _, n := range plan.Unclear {
		if err := say(env, "alert %d left alone: which finding it is of can't be told from others of its rule on its line", n); err != nil {
			return err
		}
	}
	if len(plan.Changes) == 0 {
		if err := say(env, "no alert to dismiss or reopen"); err != nil {
			return err
		}
	}
	if plan.Behind > 0 {
		return fmt.Errorf("%s of another commit than this upload, and left alone: if no later upload decides over them, run it again", count(plan.Behind, "alert is", "alerts are"))
	}
	return nil
}

// past is what was done, or would be.
func (f *uploadFlags) past(a github.AlertAction) string {
	done := map[github.AlertAction]string{
		github.DismissAlert: "dismissed", github.RenewAlert: "dismissed anew", github.ReopenAlert: "reopened",
	}[a]
	if f.dryRun {
		return "would be " + done
	}
	return done
}

func why(c *github.AlertChange) string {
	if c.Action == github.ReopenAlert {
		return ": nothing accepts it any more"
	}
	return ": " + c.Comment
}
