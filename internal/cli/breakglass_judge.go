package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/attest"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/scan"
)

// glassState is where the review of a use stands.
type glassState string

// The states.
const (
	glassIsReviewed glassState = "reviewed" // with a manifest: by somebody who may
	glassDue        glassState = "due"
	glassOverdue    glassState = "overdue"
	glassUnsure     glassState = "unsure" // reviewed by somebody of whom nobody knows whether he may
)

// glassJudge judges reviews: as leases do where there is a manifest, and else by who used and who reviewed alone.
type glassJudge struct {
	standing   *manifest.Standing // nil without a manifest
	repository string             // the id of the one whose uses are judged; "" for all
	now        time.Time
}

// judge reads what reviews are judged by.
func (f *glassStatusFlags) judge(env *Env) (*glassJudge, error) {
	j := &glassJudge{now: env.Now()}
	if f.manifest == "" {
		return j, nil
	}
	src, err := os.ReadFile(f.manifest)
	if err != nil {
		return nil, usageError("read the manifest: %w", err)
	}
	j.standing = &manifest.Standing{Now: j.now}
	if j.standing.Manifest, err = scan.ParseManifest(filepath.ToSlash(f.manifest), src); err == nil {
		j.standing.Policy, err = scan.ReadPolicy(f.orgPolicy)
	}
	if err != nil {
		return nil, &exitError{ExitUsage, err}
	}
	if f.inventory == "" {
		return j, nil
	}
	v, err := readInventory(f.inventory)
	if err != nil {
		return nil, err
	}
	j.repository, j.standing.Facts.Members = attest.Repository(v.Inventory), v.Members()
	return j, nil
}

// concerns reports whether a use is one that is judged.
func (j *glassJudge) concerns(row *glassRow) bool {
	return j.repository == "" || strings.HasPrefix(row.Use, j.repository+"/")
}

// judge says where the review of a use stands.
func (j *glassJudge) judge(row *glassRow) {
	use := manifest.GlassUse{
		Entry: row.Entry, Grant: row.Grant, Time: manifest.Instant{Time: row.Used}, Activator: row.Activator, ActivatorID: row.account,
	}
	for _, r := range row.Reviews {
		use.Reviews = append(use.Reviews, manifest.GlassReview{By: r.By, ByID: r.account, Time: manifest.Instant{Time: r.Time}})
	}
	another := slices.ContainsFunc(use.Reviews, func(r manifest.GlassReview) bool { return use.ByAnother(&r) && !r.Time.Before(row.Used) })
	switch {
	case j.standing != nil:
		row.State, row.Why = j.byManifest(row, &use, another)
	case another:
		row.State = glassIsReviewed
	case j.now.Before(row.Due):
		row.State = glassDue
	default:
		row.State = glassOverdue
	}
}

// byManifest is where a review stands for a lease, and why where another's review isn't enough.
func (j *glassJudge) byManifest(row *glassRow, use *manifest.GlassUse, another bool) (glassState, string) {
	entry, known := j.standing.Manifest.BreakGlass[use.Entry]
	reviewed, due := j.standing.Reviewed(use)
	team := j.standing.ReviewersUnknown(use)
	why := ""
	switch {
	case reviewed:
		return glassIsReviewed, ""
	case !known:
		return glassOverdue, "the manifest has no entry " + use.Entry + " any more, which says who may review: put it back"
	case another && team != "":
		return glassUnsure, "who is in " + team + " isn't known: give --inventory, taken with --organization"
	case another:
		why = "no review counts: " + entry.Review.By + " may review, and not who used it"
	}
	if due.IsZero() {
		return glassOverdue, why
	}
	row.Due = due
	return glassDue, why
}
