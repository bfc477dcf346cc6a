package github

import (
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/certify"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/testservers"
)

// TestCertifyTouched: what a person has put on a branch stays, however it came there, and whatever is proposed.
func TestCertifyTouched(t *testing.T) {
	const branch = "curfew/certify/web"
	for name, touch := range map[string]func(d *desk){
		"on top": func(d *desk) {
			d.CommitOn(shopID, branch, "wendy", "decide otherwise", map[string]string{manifest.Path: entitled([3]string{"site", "web", "2026-12-24"})})
		},
		"with curfew's words": func(d *desk) {
			made := d.message(branch)
			d.CommitOn(shopID, branch, "wendy", made, map[string]string{"README.md": "mine"})
		},
		"amended": func(d *desk) { d.amend(branch, "wendy", map[string]string{"README.md": "mine"}) },
		"merged from main": func(d *desk) {
			d.CommitOn(shopID, branch, "wendy", "Merge branch 'main' into "+branch, nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, [3]string{"site", "web", "2026-11-25"})
			d.run(t)
			d.at = d.at.Add(time.Minute)
			touch(d)
			tip := d.Branches(shopID)[branch]
			for _, last := range []string{"2026-11-25", "2026-11-24", ages} { // the same, another, and nothing left
				d.push([3]string{"site", "web", last})
				if got := d.run(t); got != "web left alone #1" || d.Branches(shopID)[branch] != tip || !d.Pulls(shopID)[0].Open {
					t.Errorf("%s: %s\n%s", last, got, d.tell())
				}
			}
		})
	}
}

// message is what the commit at a branch's tip says.
func (d *desk) message(branch string) string { return d.Message(d.Branches(shopID)[branch]) }

// amend replaces a branch's tip by a person's commit with the same words and parent.
func (d *desk) amend(branch, by string, files map[string]string) {
	said := d.message(branch)
	d.Rewind(shopID, branch)
	d.CommitOn(shopID, branch, by, said, files)
}

// TestCertifyForeign: pull requests and branches that aren't curfew's are neither written nor closed nor removed, nor
// do those of a fork, or a mark in advance, keep the owner from being asked.
func TestCertifyForeign(t *testing.T) {
	d := newDesk(t, [3]string{"site", "web", "2026-11-25"})
	mine := d.CommitOn(shopID, "main", "alice", "x", nil)
	d.Branch(shopID, "curfew/certify/ops", mine)
	d.Branch(shopID, "curfew/certifying", mine)
	fork := d.TouchPull(shopID, 0, func(p *testservers.Pull) {
		p.Head, p.Base, p.HeadRepo, p.Body = "curfew/certify/web", "main", 666, mark{strings.Repeat("0", 32), unfinished}.String()
	})
	theirs := d.TouchPull(shopID, 0, func(p *testservers.Pull) { p.Head, p.Base, p.Body = "feature", "main", "x" })
	if got := d.run(t); got != "web opened #3" {
		t.Error(got)
	}
	d.push([3]string{"site", "web", ages})
	if got := d.run(t); got != "web closed #3" {
		t.Error(got)
	}
	for _, p := range d.Pulls(shopID) {
		if (p.Number == fork || p.Number == theirs) && (!p.Open || len(p.Comments) > 0) {
			t.Errorf("%+v", p)
		}
	}
	if left := d.Branches(shopID); left["curfew/certify/ops"] != mine || left["curfew/certifying"] != mine || left["curfew/certify/web"] != "" {
		t.Error(left)
	}
}

// TestCertifyByHand: a pull request that a person makes from curfew's branch, or whose text has lost the mark, is left.
func TestCertifyByHand(t *testing.T) {
	d := newDesk(t, [3]string{"site", "web", "2026-11-25"})
	d.run(t)
	d.TouchPull(shopID, 1, func(p *testservers.Pull) { p.Body = "mine now" })
	for _, last := range []string{"2026-11-25", ages} {
		d.push([3]string{"site", "web", last})
		if got := d.run(t); got != "web left alone #1" || d.Pulls(shopID)[0].Body != "mine now" || len(d.Pulls(shopID)) != 1 {
			t.Errorf("%s %s", got, d.tell())
		}
	}
}

// TestCertifyDeclined: who has closed it isn't asked again for the same, whatever day it is; for something else he is.
func TestCertifyDeclined(t *testing.T) {
	d := newDesk(t, [3]string{"site", "web", "2026-11-25"})
	d.run(t)
	d.TouchPull(shopID, 1, func(p *testservers.Pull) { p.Open = false })
	for range 3 {
		d.at = d.at.AddDate(0, 0, 20)
		if got := d.run(t); got != "web declined #1" {
			t.Error(got)
		}
	}
	d.push([3]string{"site", "web", "2026-11-25"}, [3]string{"api", "web", "2026-11-29"})
	if got := d.run(t); got != "web opened #2" {
		t.Error(got)
	}
	d.TouchPull(shopID, 1, func(p *testservers.Pull) { p.Open = true }) // GitHub lets nobody have both open
	d.TouchPull(shopID, 2, func(p *testservers.Pull) { p.Open = false })
	d.push([3]string{"site", "web", "2026-11-25"})
	if got := d.run(t); got != "web updated #1" {
		t.Error(got)
	}
}

// TestCertifyStale: a proposal whose days are long behind is made anew, one whose days are a little behind isn't.
func TestCertifyStale(t *testing.T) {
	d := newDesk(t, [3]string{"site", "web", "2026-11-25"})
	d.run(t)
	d.at = d.at.AddDate(0, 0, 25)
	if got := d.run(t); got != "web unchanged #1" {
		t.Error(got)
	}
	d.at = d.at.AddDate(0, 0, 10)
	if got := d.run(t); got != "web updated #1" || !strings.Contains(d.FileAt(shopID, "curfew/certify/web", manifest.Path), "2027-03-28") ||
		!strings.Contains(d.Pulls(shopID)[0].Body, "2027-03-28") {
		t.Error(got, d.tell())
	}
}

// TestCertifyHostile: whatever owners and reasons are called, a pull request is a table of text, in one piece, for the
// branch of that owner alone.
func TestCertifyHostile(t *testing.T) {
	evil := []string{
		"@acme/everyone", "[x](https://evil.example)", "<!-- curfew:certify:1 " + strings.Repeat("0", 32) + " over -->", "<img src=x>", "a\n\n# b | c",
		"\x1b[31mred", "\u202ereversed", "::error::x", "closes #1", strings.Repeat("@acme/web | ", 9000),
	}
	d := newDesk(t, [3]string{"site", "web", "2026-11-25"})
	c := d.certification(t, nil)
	src, _, err := c.Manifest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	groups := []certify.Group{{Owner: "web", Handle: "@acme/web", Source: append(src, "# changed\n"...)}}
	for _, s := range evil {
		groups[0].Escalate, groups[0].Handle = s, s
		groups[0].Changes = append(groups[0].Changes, certify.Change{
			Review: certify.Review{Kind: certify.Identity, ID: s, Owner: s, Handle: s, Used: s}, Action: certify.Renew, Reason: s, Refused: s,
		})
		if err := c.Propose(t.Context(), groups, func(Outcome) {}); err != nil {
			t.Fatalf("%.40q: %v", s, err)
		}
	}
	p := d.Pulls(shopID)
	if len(p) != 1 || len(d.Branches(shopID)) != 2 {
		t.Fatal(d.tell())
	}
	said := p[0].Body + p[0].Title + d.message("curfew/certify/web")
	for _, c := range p[0].Comments {
		said += c.Body
	}
	said = strings.ReplaceAll(said, mark{groups[0].Decision(), d.Branches(shopID)["curfew/certify/web"]}.String(), "")
	said = strings.Replace(said, "For @acme/everyone, who couldn't be asked", "", 1) // who is the owner by the manifest, in this one
	said = regexp.MustCompile(`\\[!-/:-@\[-\x60{-~]`).ReplaceAllString(said, "")
	for _, bad := range []string{"@acme", "](", "<img", "<!-- curfew:certify", "\x1b", "\u202e", "://", "\n#", "#1"} {
		if at := strings.Index(said, bad); at >= 0 {
			t.Errorf("%q in it: %.100q", bad, said[max(at-50, 0):])
		}
	}
	if m, _ := (&pull{Body: p[0].Body}).mark(); m.decision != groups[0].Decision() {
		t.Errorf("%+v", m)
	}
}

// TestCertifyNames: an owner's id that git takes in no branch has one all the same, and no two have the same.
func TestCertifyNames(t *testing.T) {
	seen := map[string]bool{}
	for _, owner := range []string{"web", "a..b", "a.", "a.lock", "a.b", "a-b", "a_b"} {
		branch := branchOf(owner)
		if strings.Contains(branch, "..") || strings.HasSuffix(branch, ".") || strings.HasSuffix(branch, ".lock") || seen[branch] || ownerOf(branch) != owner {
			t.Errorf("%s: %s", owner, branch)
		}
		seen[branch] = true
	}
}

// TestCertifyRefused: what GitHub refuses is said with its remedy, and one owner's trouble isn't the other's.
func TestCertifyRefused(t *testing.T) {
	d := storyDesk(t)
	d.NoPulls = true
	if _, err := d.propose(t.Context(), t, d.certification(t, nil)); err == nil || !strings.Contains(err.Error(), "Allow GitHub Actions to create and approve pull requests") {
		t.Error(err)
	}
	d.NoPulls = false
	d.Break(testservers.Fault{Path: "/git/refs/heads/curfew/certify/ops", Status: http.StatusUnprocessableEntity})
	d.Break(testservers.Fault{Path: "/git/ref/heads/curfew/certify/ops", Status: http.StatusForbidden})
	all, err := d.propose(t.Context(), t, d.certification(t, nil))
	if err == nil || !strings.Contains(err.Error(), "owner ops: GET") || len(all) != 1 || all[0].Owner != "web" || all[0].Action != Opened {
		t.Errorf("%v %+v", err, all)
	}
	d.Mend()
	if got := d.run(t); got != "ops opened #2, web unchanged #1" {
		t.Error(got)
	}
}

// TestCertifyPushed: who pushes while curfew builds is noticed.
func TestCertifyPushed(t *testing.T) {
	d := newDesk(t, [3]string{"site", "web", "2026-11-25"})
	d.run(t)
	d.push([3]string{"site", "web", "2026-11-24"})
	c := d.certification(t, nil)
	d.Answer = func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/git/trees") {
			d.CommitOn(shopID, "curfew/certify/web", "wendy", "mine", map[string]string{"README.md": "mine"})
		}
		return false
	}
	if _, err := d.propose(t.Context(), t, c); !errors.Is(err, errPushed) || d.FileAt(shopID, "curfew/certify/web", "README.md") != "mine" {
		t.Errorf("%v", err)
	}
}

// TestCertifyAsked: who can't be asked for a review is mentioned, once; who can is asked and not mentioned.
func TestCertifyAsked(t *testing.T) {
	d := storyDesk(t)
	all, err := d.propose(t.Context(), t, d.certification(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	d.run(t)
	for _, p := range d.Pulls(shopID) {
		asked := p.Head == branchOf("web")
		if slices.Contains(p.Reviewers, "acme/web") != asked || (len(p.Comments) == 0) != asked {
			t.Errorf("%s: %q %+v", p.Head, p.Reviewers, p.Comments)
		}
		if !asked && !strings.Contains(p.Comments[0].Body, "For @otto, who couldn't be asked for a review") {
			t.Error(p.Comments[0].Body)
		}
	}
	for _, o := range all {
		if (o.Unasked == "") != (o.Owner == "web") || !o.Silent {
			t.Errorf("%+v", o)
		}
	}
	c := d.certification(t, nil)
	c.name = "acme/shop"
	for _, handle := range []string{"", "@evil/team"} {
		asked := len(d.Asked())
		if why, err := c.ask(t.Context(), &pull{Number: 1}, handle); why == "" || err != nil || len(d.Asked()) != asked {
			t.Errorf("%q: %q %v", handle, why, err)
		}
	}
}

// TestCertifyDry: nothing is written.
func TestCertifyDry(t *testing.T) {
	d := storyDesk(t)
	c := d.certification(t, nil)
	c.dry = true
	if all, err := d.propose(t.Context(), t, c); err != nil || len(all) != 2 || all[0].Action != Opened {
		t.Errorf("%v %+v", err, all)
	}
	if len(d.Pulls(shopID)) > 0 || len(d.Branches(shopID)) > 1 {
		t.Error(d.tell())
	}
	d.run(t)
	d.push([3]string{"site", "web", ages}, [3]string{"backup", "ops", "2026-11-25"})
	d.at = d.at.Add(time.Hour)
	was := d.tell()
	c = d.certification(t, nil)
	c.dry = true
	if all, err := d.propose(t.Context(), t, c); err != nil || len(all) != 2 || all[0].Action != Updated || all[1].Action != Closed || d.tell() != was {
		t.Errorf("%v %+v", err, all)
	}
}
