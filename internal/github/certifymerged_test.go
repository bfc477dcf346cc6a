package github

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/testservers"
)

const webBranch = "curfew/certify/web"

// judged says what is certified of what was merged, a line each.
func (d *desk) judged(t *testing.T, since time.Duration) string {
	t.Helper()
	d.at = d.at.Add(time.Minute)
	c := d.certification(t, nil)
	if _, _, err := c.Manifest(t.Context()); err != nil {
		t.Fatal(err)
	}
	merges, err := c.Merges(t.Context(), d.at.Add(-since))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for i := range merges {
		records, not, err := merges[i].Certified(nil, c.Members(t.Context()))
		if err != nil {
			t.Fatal(err)
		}
		for n := range records {
			r := records[n]
			r.Schema, r.ID, r.Time, r.Task = ledger.Schema, "01JD9Z6Q4T8K0000000000000A", d.at, ledger.Task{RunID: "1", Attempt: 1, Job: "record"}
			if _, err := r.Encode(); err != nil {
				t.Error(err)
			}
			c := r.Certification
			lines = append(lines, fmt.Sprintf("%s %s of %s until %q by %s in %s", c.Action, r.Identity.ID, r.Identity.Owner, c.Until, strings.Join(c.By, " "), c.PullRequest))
			if r.Identity.RepositoryID != "42" || r.Manifest.Commit != c.Commit || !c.Merged.Equal(merges[i].Merged) {
				t.Errorf("%+v", r)
			}
		}
		for _, u := range not {
			lines = append(lines, "not "+u.Identity+": "+u.Why)
		}
	}
	return strings.Join(lines, "\n")
}

// approve lets a person review web's branch as it is.
func (d *desk) approve(login, state string) { d.review(webBranch, login, state) }

// approveFeature lets a person approve another branch.
func (d *desk) approveFeature(login string) { d.review("feature", login, "APPROVED") }

func (d *desk) review(branch, login, state string) {
	tip := d.Branches(shopID)[branch]
	d.TouchPull(shopID, 1, func(p *testservers.Pull) {
		p.Reviews = append(p.Reviews, testservers.Review{Login: login, State: state, Commit: tip, At: d.at})
	})
}

// change lets a person put a manifest on web's branch.
func (d *desk) change(by string, entries ...[3]string) {
	d.CommitOn(shopID, webBranch, by, "decide otherwise", map[string]string{manifest.Path: entitled(entries...)})
}

// forge puts a commit on web's branch that says of itself that curfew made it, in the name of a job's robot.
func (d *desk) forge(entries ...[3]string) {
	content := entitled(entries...)
	parent := d.Branches(shopID)["main"]
	d.Branch(shopID, webBranch, parent)
	d.CommitOn(shopID, webBranch, "github-actions[bot]", "x", map[string]string{manifest.Path: content})
	_, tree := d.Parts(d.Branches(shopID)[webBranch])
	p := proof{decision: strings.Repeat("0", 32), before: strings.Repeat("0", 40), after: strings.Repeat("0", 40)}
	d.Branch(shopID, webBranch, parent)
	d.CommitOn(shopID, webBranch, "github-actions[bot]", "x\n\n"+proofTrailer+strings.Join([]string{p.decision, p.before, p.after, p.sum(webBranch, parent, tree)}, " "),
		map[string]string{manifest.Path: content})
}

// TestCertified: a merge certifies what an owner approved just as it was merged, and nobody else's word does.
func TestCertified(t *testing.T) {
	site, other := [3]string{"site", "web", "2026-11-25"}, [3]string{"api", "web", ages}
	renewed := [3]string{"site", "web", "2027-02-21"}
	for name, tt := range map[string]struct {
		do   func(d *desk)
		want string
	}{
		"approved": {func(d *desk) { d.approve("Wendy", "APPROVED") }, `renew site of web until "2027-02-21" by @Wendy in acme/shop#1`},
		"approved by two, and commented on": {func(d *desk) {
			d.approve("wendy", "APPROVED")
			d.approve("wilma", "APPROVED")
			d.approve("wendy", "COMMENTED")
		}, `renew site of web until "2027-02-21" by @wendy @wilma in acme/shop#1`},
		"approved for another branch": {func(d *desk) {
			d.approve("wendy", "APPROVED")
			d.at = d.at.Add(time.Second)
			d.Retarget(shopID, 1, "mallory", "main")
		}, "not site: nobody of owner web approved the commit that was merged"},
		"approved by nobody":             {func(*desk) {}, "not site: nobody of owner web approved the commit that was merged"},
		"approved by others":             {func(d *desk) { d.approve("otto", "APPROVED") }, "not site: nobody of owner web approved the commit that was merged"},
		"approved and taken back":        {func(d *desk) { d.approve("wendy", "APPROVED"); d.approve("wendy", "CHANGES_REQUESTED") }, "not site: nobody of owner web approved the commit that was merged"},
		"approved and dismissed":         {func(d *desk) { d.approve("wendy", "APPROVED"); d.approve("wendy", "DISMISSED") }, "not site: nobody of owner web approved the commit that was merged"},
		"approved before it was changed": {func(d *desk) { d.approve("wendy", "APPROVED"); d.change("wilma", renewed, other) }, "not site: nobody of owner web approved the commit that was merged"},
		"changed and approved by another": {func(d *desk) {
			d.change("wilma", [3]string{"site", "web", "2026-12-24"}, other)
			d.approve("wendy", "APPROVED")
		}, `renew site of web until "2026-12-24" by @wendy in acme/shop#1`},
		"changed and approved by oneself": {func(d *desk) { d.change("wendy", renewed, other); d.approve("WENDY", "APPROVED") }, "not site: who approved it for owner web had written on its branch: another one has to approve"},
		"changed under a false name": {func(d *desk) {
			d.Unsigned = true
			d.change("wilma", renewed, other)
			d.approve("wendy", "APPROVED")
		}, "not : commit COMMIT on its branch has no signature that GitHub has verified: anybody could have written it"},
		"changed by a job's robot": {func(d *desk) { d.change("github-actions[bot]", renewed, other); d.approve("wendy", "APPROVED") }, "not : commit COMMIT on its branch is a robot's: nobody knows who wrote it"},
		"widened in curfew's name": {func(d *desk) { d.forge(site, other, [3]string{"evil", "web", ages}); d.approve("wendy", "APPROVED") }, "not : commit COMMIT on its branch is a robot's: nobody knows who wrote it"},
		"reverted":                 {func(d *desk) { d.change("wilma", site, other); d.approve("wendy", "APPROVED") }, ""},
		"removed":                  {func(d *desk) { d.change("wilma", other); d.approve("wendy", "APPROVED") }, `remove site of web until "" by @wendy in acme/shop#1`},
		"ended": {func(d *desk) {
			d.change("wilma", [3]string{"site", "web", "2026-11-20"}, other)
			d.approve("wendy", "APPROVED")
		}, `suspend site of web until "" by @wendy in acme/shop#1`},
		"shortened": {func(d *desk) {
			d.change("wilma", [3]string{"site", "web", "2026-11-24"}, other)
			d.approve("wendy", "APPROVED")
		}, `narrow site of web until "2026-11-24" by @wendy in acme/shop#1`},
		"given away": {func(d *desk) {
			d.change("wilma", [3]string{"site", "ops", "2026-12-24"}, other)
			d.approve("wendy", "APPROVED")
		}, "not site: nobody of owner ops approved the commit that was merged"},
		"given away, and taken": {func(d *desk) {
			d.change("wilma", [3]string{"site", "ops", "2026-12-24"}, other)
			d.approve("wendy", "APPROVED")
			d.approve("otto", "APPROVED")
		}, `renew site of ops until "2026-12-24" by @wendy in acme/shop#1`},
		"more than its own, by the wrong one": {func(d *desk) {
			d.change("wilma", renewed, [3]string{"api", "web", "2027-11-02"}, [3]string{"backup", "ops", ages})
			d.approve("wendy", "APPROVED")
		}, "renew api of web until \"2027-11-02\" by @wendy in acme/shop#1\nrenew site of web until \"2027-02-21\" by @wendy in acme/shop#1\nnot backup: nobody of owner ops approved the commit that was merged"},
		"the owner's handle is changed too": {func(d *desk) {
			src := strings.Replace(entitled(renewed, other), "@acme/web", "@acme/evil", 1)
			d.CommitOn(shopID, webBranch, "mallory", "x", map[string]string{manifest.Path: src})
			d.approve("mike", "APPROVED")
		}, "not site: nobody of owner web approved the commit that was merged"},
		"broken": {func(d *desk) {
			d.CommitOn(shopID, webBranch, "mallory", "x", map[string]string{manifest.Path: "version: 1\nx: y\n"})
			d.approve("wendy", "APPROVED")
		}, "not : the manifest that was approved has faults"},
	} {
		for way, merge := range map[string]func(d *desk){
			"merge":  func(d *desk) { d.Merge(shopID, 1, "otto") },
			"squash": func(d *desk) { d.Squash(shopID, 1, "otto") },
			"rebase": func(d *desk) { d.Rebase(shopID, 1, "otto") },
		} {
			t.Run(name+"/"+way, func(t *testing.T) {
				d := newDesk(t, site, other)
				d.Team("acme/web", "wendy", "wilma")
				d.Team("acme/evil", "mike")
				d.run(t)
				tt.do(d)
				d.CommitOn(shopID, "main", "alice", "go on", map[string]string{"README.md": "more"})
				merge(d)
				want := strings.ReplaceAll(tt.want, "COMMIT", d.Pulls(shopID)[0].HeadSHA)
				if got := d.judged(t, time.Hour); got != want {
					t.Errorf("%s\nwant %s", got, want)
				}
				if got := d.judged(t, time.Second); got != "" {
					t.Errorf("long ago: %s", got)
				}
			})
		}
	}
}

// TestCertifiedRebased: where a branch's commits were put onto the default branch one by one, what is before the last of them isn't what
// they were put onto.
func TestCertifiedRebased(t *testing.T) {
	for _, moves := range []bool{false, true} {
		d := newDesk(t, [3]string{"site", "web", "2026-11-25"})
		d.Team("acme/web", "wendy")
		d.Team("acme/ops", "otto")
		d.Branch(shopID, "feature", d.Branches(shopID)["main"])
		want := `renew site of web until "2027-02-22" by @wendy in acme/shop#1`
		if moves {
			src := strings.Replace(entitled([3]string{"site", "web", "2026-11-25"}), "@acme/web", "@acme/ops", 1)
			d.CommitOn(shopID, "main", "alice", "it is ops' now", map[string]string{manifest.Path: src})
			want = "not site: who approved it was owner web where its branch began, and wasn't any more where it was merged"
		}
		d.CommitOn(shopID, "feature", "wilma", "x", map[string]string{manifest.Path: entitled([3]string{"site", "web", "2027-02-22"})})
		d.CommitOn(shopID, "feature", "wilma", "y", map[string]string{"README.md": "y"})
		d.CommitOn(shopID, "feature", "wilma", "z", map[string]string{"README.md": "z"})
		d.TouchPull(shopID, 0, func(p *testservers.Pull) { p.Head, p.Base, p.By = "feature", "main", "wilma" })
		d.approveFeature("wendy")
		d.Rebase(shopID, 1, "otto")
		if got := d.judged(t, time.Hour); got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
}

// TestCertifiedMeanwhile: what was merged otherwise than it was approved, or is gone from the branch, certifies nothing.
func TestCertifiedMeanwhile(t *testing.T) {
	d := newDesk(t, [3]string{"site", "web", "2026-11-25"})
	d.Team("acme/web", "wendy")
	d.run(t)
	d.approve("wendy", "APPROVED")
	main := d.Branches(shopID)["main"]
	d.Merge(shopID, 1, "otto")
	merged := d.Branches(shopID)["main"]
	d.Branch(shopID, "main", main)
	if got := d.judged(t, time.Hour); got != "" {
		t.Error(got)
	}
	other := d.CommitOn(shopID, "main", "mallory", "mine", map[string]string{manifest.Path: entitled([3]string{"site", "web", "2030-01-01"})})
	d.TouchPull(shopID, 1, func(p *testservers.Pull) { p.Merged = other })
	if got := d.judged(t, time.Hour); got != "not site: what was merged isn't what was approved: something else has changed it as well" {
		t.Error(got)
	}
	d.Branch(shopID, "main", merged)
	d.TouchPull(shopID, 1, func(p *testservers.Pull) { p.Merged = merged })
	if got := d.judged(t, time.Hour); !strings.HasPrefix(got, "renew site") {
		t.Error(got)
	}
	d.TouchPull(shopID, 1, func(p *testservers.Pull) { p.Base = "x" })
	if got := d.judged(t, time.Hour); got != "" {
		t.Errorf("into another branch: %s", got)
	}
}

// TestCertifiedOthers: a pull request that a person made counts as curfew's do, by an approval that isn't his; what was
// pushed without one doesn't.
func TestCertifiedOthers(t *testing.T) {
	for name, tt := range map[string]struct {
		do   func(d *desk)
		want string
	}{
		"approved":       {func(d *desk) { d.approveFeature("wendy") }, `renew site of web until "2027-02-22" by @wendy in acme/shop#1`},
		"by who made it": {func(d *desk) { d.approveFeature("wilma") }, "not site: who approved it for owner web had written on its branch: another one has to approve"},
		"by who wrote it": {func(d *desk) {
			d.CommitOn(shopID, "feature", "wendy", "y", map[string]string{"README.md": "y"})
			d.approveFeature("wendy")
		}, "not site: who approved it for owner web had written on its branch: another one has to approve"},
		"by nobody": {func(*desk) {}, "not site: nobody of owner web approved the commit that was merged"},
		"from a fork": {func(d *desk) {
			d.approveFeature("wendy")
			d.TouchPull(shopID, 1, func(p *testservers.Pull) { p.HeadRepo = 666 })
		}, `renew site of web until "2027-02-22" by @wendy in acme/shop#1`},
		"without a signature": {func(d *desk) {
			d.Unsigned = true
			d.CommitOn(shopID, "feature", "wilma", "y", nil)
			d.approveFeature("wendy")
		}, "not : commit COMMIT on its branch has no signature that GitHub has verified: anybody could have written it"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, [3]string{"site", "web", "2026-11-25"})
			d.Team("acme/web", "wendy", "wilma")
			d.Branch(shopID, "feature", d.Branches(shopID)["main"])
			d.CommitOn(shopID, "feature", "wilma", "x", map[string]string{manifest.Path: entitled([3]string{"site", "web", "2027-02-22"})})
			d.TouchPull(shopID, 0, func(p *testservers.Pull) { p.Head, p.Base, p.By = "feature", "main", "wilma" })
			tt.do(d)
			d.Merge(shopID, 1, "otto")
			d.push([3]string{"site", "web", "2027-02-22"}, [3]string{"other", "web", ages}) // pushed, which certifies nothing
			if got, want := d.judged(t, time.Hour), strings.ReplaceAll(tt.want, "COMMIT", d.Pulls(shopID)[0].HeadSHA); got != want {
				t.Errorf("%s\nwant %s", got, want)
			}
		})
	}
}

// TestCertifiedUnread: what can't be read is nobody's approval, and no silence either.
func TestCertifiedUnread(t *testing.T) {
	d := newDesk(t, [3]string{"site", "web", "2026-11-25"})
	d.run(t)
	d.approve("wendy", "APPROVED")
	d.Merge(shopID, 1, "otto")
	c := d.certification(t, nil)
	d.at = d.at.Add(time.Minute)
	if _, _, err := c.Manifest(t.Context()); err != nil {
		t.Fatal(err)
	}
	merges, err := c.Merges(t.Context(), deskStart)
	if err != nil || len(merges) != 1 {
		t.Fatal(err, merges)
	}
	if _, _, err := merges[0].Certified(nil, c.Members(t.Context())); err == nil || !strings.Contains(err.Error(), "members: read") {
		t.Error(err) // there is no such team
	}
	for _, path := range []string{"/reviews", "/shop/commits", "/pulls/1/commits", "/pulls"} {
		d.Break(testservers.Fault{Path: path, Status: http.StatusForbidden})
		if _, err := c.Merges(t.Context(), deskStart); err == nil {
			t.Errorf("%s: read", path)
		}
		d.Mend()
	}
	d.Answer = func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/pulls/1/commits") {
			return false
		}
		_, _ = w.Write([]byte("[]"))
		return true
	}
	if merges, err := c.Merges(t.Context(), deskStart); err != nil || merges[0].Unknown == "" {
		t.Error(err, merges)
	}
}
