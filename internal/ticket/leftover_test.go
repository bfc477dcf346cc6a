package ticket_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/inventory"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/scan"
	"github.com/curfew-ci/curfew/internal/ticket"
)

const leftOwners = "version: 1\nowners:\n  web: { team: \"@acme/web\", escalate: \"@acme/appsec\" }\n  ops: { person: \"@olga\" }\n"

// leaves is a manifest with an identity that has a role and an environment, and exceptions that have secrets.
const leaves = leftOwners + `defaults: { narrow: none, limits: none, ttl: 15m }
identities:
  deploy:
    owner: web
    purpose: Deploy
    privilege: high
    expires: "2027-06-01"
    runs-as: { workflow: .github/workflows/a.yml, job: a }
    claims: { repository_id: "1", job_workflow_ref: acme/shop/.github/workflows/a.yml@refs/heads/main, environment: production }
    token: { id-token: write }
    secrets: [npm, ftp]
    grants:
      prod: { vault: { address: https://vault.acme.example, mount: jwt, role: deploy }, when: { schedule: { cron: "0 3 * * *", window: 1h } } }
exceptions:
  npm: { secret: NPM_TOKEN, store: actions, owner: ops, reason: x, accepted-by: "@anna", rotate-every: 30d, expires: "2027-01-01" }
  ftp: { secret: FTP, store: { actions-env: production }, owner: ops, reason: x, accepted-by: "@anna", rotate-every: 30d, expires: "2027-01-01" }
`

func parsed(t *testing.T, src string) *manifest.Manifest {
	t.Helper()
	m, errs := manifest.Parse(manifest.Path, []byte(src))
	if m == nil {
		t.Fatal(errs)
	}
	return m
}

// held is an inventory in which all was read, with those secrets: "actions NAME" or "production NAME".
func held(at time.Time, secrets ...string) *inventory.Inventory {
	inv := &inventory.Inventory{Schema: inventory.Schema, Taken: at, Repository: inventory.Repository{ID: 1, Name: repository}}
	for _, name := range inventory.Names() {
		inv.Sources = append(inv.Sources, inventory.Source{Name: name, State: inventory.Read})
	}
	inv.Sources = append(inv.Sources, inventory.Source{Name: "environment-secrets", Of: "production", State: inventory.Read})
	for _, s := range secrets {
		in, name, _ := strings.Cut(s, " ")
		one := inventory.Secret{Store: inventory.Actions, Scope: inventory.OfRepository, Name: name}
		switch in {
		case "production":
			one.Scope, one.Environment = inventory.OfEnvironment, in
		case "organization":
			one.Scope = inventory.OfOrganization
		case "dependabot":
			one.Store = inventory.Dependabot
		}
		inv.Secrets = append(inv.Secrets, one)
	}
	inv.Environments = []inventory.Environment{{Name: "production"}}
	return inv
}

// offboard syncs with more than a result.
func (w *world) offboard(r *scan.Result, with func(in *ticket.Input)) *ticket.Result {
	w.Helper()
	in := w.input(r)
	in.Manifest = parsed(w.T, leftOwners)
	with(&in)
	out, err := ticket.Sync(w.Context(), &w.shelf, in, ticket.Clock{Now: func() time.Time { return w.now }}, func(ticket.Change) {})
	if err != nil {
		w.Fatal(err)
	}
	in.Now = w.now
	again, err := ticket.Plan(w.shelf.tickets, in)
	if err != nil {
		w.Fatal(err)
	}
	for _, c := range again.Changes {
		w.Errorf("once more: %s %s from %s to %s (%s)", c.Action, c.Key, c.From, c.Draft.Memo.State, c.Draft.Title)
	}
	return out
}

// TestOffboard follows what an identity and its exceptions leave behind, from the removal on.
func TestOffboard(t *testing.T) {
	w := newWorld(t)
	removed := func(in *ticket.Input) { in.Before = parsed(t, leaves) }
	by := func(inv *inventory.Inventory) func(in *ticket.Input) {
		return func(in *ticket.Input) { in.Inventory = inv }
	}
	w.offboard(result(), removed)
	w.want("T-1 open, T-2 open, T-3 open")
	text := ""
	for _, d := range w.shelf.drafts {
		text += d.Title + "\n" + d.Body.PlainText()
	}
	for _, part := range []string{
		"curfew: high: what identity deploy leaves behind", "curfew: high: what exception npm leaves behind", "deploy of mount jwt at https:\u200b//vault.acme.example",
		"vault, for grant deploy/prod", "delete the role", "confirm by hand", "NPM_TOKEN", "not looked at", "production", "acme/web", "olga",
	} {
		if !strings.Contains(text, part) {
			t.Errorf("nobody said %q in\n%s", part, text)
		}
	}
	// Without the revision each ticket still knows what it is about.
	w.offboard(result(), by(held(start, "actions NPM_TOKEN", "production FTP")))
	w.want("T-1 open, T-2 open, T-3 open")
	w.offboard(result(), by(held(start, "production OTHER")))
	if got := w.states(); strings.Count(got, "closed") != 2 {
		t.Error(got)
	}
	// The environment is gone; the role is a person's word.
	inv := held(start)
	inv.Environments = nil
	w.offboard(result(), by(inv))
	if got := w.states(); strings.Count(got, "open") != 1 {
		t.Error(got)
	}
	for i := range w.shelf.tickets {
		w.shelf.tickets[i].Open = false
	}
	for _, later := range []time.Duration{0, 30 * 24 * time.Hour} { // no deadline opens it again
		w.now = start.Add(later)
		inv.Taken = w.now
		if out := w.offboard(result(), by(inv)); len(out.Unproven) != 1 || strings.Count(w.states(), "closed-unproven") != 1 {
			t.Errorf("%s %v", w.states(), out.Unproven)
		}
	}
	// A secret that comes back reopens its ticket, and only that.
	back := held(w.now, "actions NPM_TOKEN")
	back.Environments = nil
	w.offboard(result(), by(back))
	if got := w.states(); strings.Count(got, " open") != 1 || strings.Count(got, " closed,")+strings.Count(got+",", " closed,") == 0 {
		t.Error(got)
	}
}

// TestOffboardProof: what wasn't read, or is used, isn't gone; what the manifest has again isn't left.
func TestOffboardProof(t *testing.T) {
	npm := leftOwners + leaves[strings.Index(leaves, "exceptions:"):strings.Index(leaves, "  ftp:")]
	unread := func(inv *inventory.Inventory, names ...string) *inventory.Inventory {
		for i := range inv.Sources {
			for _, name := range names {
				if inv.Sources[i].Name == name {
					inv.Sources[i].State, inv.Sources[i].Why = inventory.NotChecked, "403"
				}
			}
		}
		return inv
	}
	partial := result()
	partial.Checked.Sources = []scan.Source{scan.Secrets}
	skipped := result()
	skipped.NotChecked = []scan.NotChecked{{Source: scan.Workflows, What: "x.yml", Reason: "broken", Paths: []string{"x.yml"}}}
	for name, tt := range map[string]struct {
		result *scan.Result
		with   func(in *ticket.Input)
		want   ticket.State
	}{
		"no inventory": {result(), func(*ticket.Input) {}, ticket.Open},
		"gone":         {result(), func(in *ticket.Input) { in.Inventory = held(start) }, ticket.Closed},
		"still there":  {result(), func(in *ticket.Input) { in.Inventory = held(start, "actions npm_token") }, ticket.Open},
		"another store": {result(), func(in *ticket.Input) {
			in.Inventory = held(start, "dependabot NPM_TOKEN", "production NPM_TOKEN", "organization NPM_TOKEN")
		}, ticket.Closed},
		"secrets unread":      {result(), func(in *ticket.Input) { in.Inventory = unread(held(start), "secrets") }, ticket.Open},
		"other source unread": {result(), func(in *ticket.Input) { in.Inventory = unread(held(start), "deploy-keys") }, ticket.Closed},
		"nothing told":        {result(), func(in *ticket.Input) { in.Inventory = &inventory.Inventory{Taken: start} }, ticket.Open},
		"stale":               {result(), func(in *ticket.Input) { in.Inventory = held(start.Add(-25 * time.Hour)) }, ticket.Open},
		"of the future":       {result(), func(in *ticket.Input) { in.Inventory = held(start.Add(time.Hour)) }, ticket.Open},
		"workflows unread":    {partial, func(in *ticket.Input) { in.Inventory = held(start) }, ticket.Open},
		"a workflow left out": {skipped, func(in *ticket.Input) { in.Inventory = held(start) }, ticket.Open},
		"still used":          {result(secretRead("NPM_TOKEN", "ops", 3, finding.High)), func(in *ticket.Input) { in.Inventory = held(start) }, ticket.Open},
		"entitled again":      {result(), func(in *ticket.Input) { in.Manifest = parsed(t, npm) }, ticket.Closed},
		"under another id":    {result(), func(in *ticket.Input) { in.Manifest = parsed(t, strings.Replace(npm, "  npm:", "  publish:", 1)) }, ticket.Closed},
		"in another store": {result(), func(in *ticket.Input) {
			in.Manifest = parsed(t, strings.Replace(npm, "store: actions", "store: dependabot", 1))
		}, ticket.Open},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.offboard(result(), func(in *ticket.Input) { in.Before = parsed(t, npm) })
			w.want("T-1 open")
			w.offboard(tt.result, tt.with)
			if got := w.shelf.get("T-1").Memo.State; got != tt.want {
				t.Errorf("%s, want %s\n%s", got, tt.want, w.shelf.drafts["T-1"].Body.PlainText())
			}
		})
	}
	w := newWorld(t)
	w.offboard(result(), func(in *ticket.Input) { in.Before, in.Inventory = parsed(t, npm), held(start) })
	if len(w.shelf.tickets) > 0 {
		t.Error("a ticket for what is gone already")
	}
}

// TestOffboardArchived: all that a repository has is left behind, and so is what couldn't be read of it.
func TestOffboardArchived(t *testing.T) {
	w := newWorld(t)
	blind := func(in *ticket.Input) { in.Archived, in.Manifest = true, parsed(t, leaves) }
	w.offboard(result(), blind)
	w.want("T-1 open, T-2 open, T-3 open, T-4 open")
	sees := func(inv *inventory.Inventory) func(in *ticket.Input) {
		return func(in *ticket.Input) { blind(in); in.Inventory = inv }
	}
	inv := held(start, "actions MORE", "organization SHARED")
	inv.DeployKeys = []inventory.DeployKey{{Title: "robot", Fingerprint: "SHA256:x"}}
	w.offboard(result(), sees(inv))
	text := ""
	for _, d := range w.shelf.drafts {
		text += d.Body.PlainText()
	}
	if !strings.Contains(text, "MORE") || !strings.Contains(text, "robot") || strings.Contains(text, "SHARED") {
		t.Error(text)
	}
	// Who forgets to say that it is archived closes nothing, though the manifest has it all.
	if out := w.offboard(result(), func(in *ticket.Input) { in.Manifest, in.Inventory = parsed(t, leaves), held(start) }); len(out.Waiting) != 4-strings.Count(w.states(), "closed") {
		t.Errorf("%v %s", out.Waiting, w.states())
	}
	empty := held(start)
	empty.Environments = nil
	w.offboard(result(), sees(empty))
	if got := w.states(); strings.Count(got, "closed") != 3 || strings.Count(got, "open") != 1 {
		t.Error(got) // the role is left
	}
}

// TestOffboardPart: a grant that goes leaves its role, and one that stays doesn't.
func TestOffboardPart(t *testing.T) {
	two := strings.Replace(leaves, "      prod:", "      test: { aws: { role: \"arn:aws:iam::123456789012:role/test\", audience: sts.amazonaws.com, region: eu-west-1 }, when: { schedule: { cron: \"0 3 * * *\", window: 1h } } }\n      prod:", 1)
	w := newWorld(t)
	w.offboard(result(), func(in *ticket.Input) { in.Before, in.Manifest = parsed(t, two), parsed(t, leaves) })
	w.want("T-1 open")
	if text := w.shelf.drafts["T-1"].Body.PlainText(); !strings.Contains(text, "role/test") || strings.Contains(text, "jwt") || strings.Contains(text, "NPM") {
		t.Error(text)
	}
	w.offboard(result(), func(in *ticket.Input) { in.Manifest = parsed(t, two) })
	w.want("T-1 closed")
}

// TestOffboardMany: a memo stays short, and what it has no room for is never proven by it.
func TestOffboardMany(t *testing.T) {
	w := newWorld(t)
	many := held(start)
	for i := range 200 {
		many.Secrets = append(many.Secrets, inventory.Secret{Store: inventory.Actions, Scope: inventory.OfRepository, Name: fmt.Sprintf("%s_%d", strings.Repeat("\u2028<", 50), i)})
	}
	archived := func(inv *inventory.Inventory) func(in *ticket.Input) {
		return func(in *ticket.Input) { in.Archived, in.Inventory = true, inv }
	}
	for range 3 {
		w.offboard(result(), archived(many))
	}
	w.want("T-1 open")
	d := w.shelf.drafts["T-1"]
	memo := ticket.ReadMemo(d.Body.Markdown())
	if n := len(d.Body[len(d.Body)-1].Word); n > 4000 || len(memo.Left) == 0 || len(memo.Left)+memo.More != 201 {
		t.Errorf("a memo of %d bytes with %d and %d more", n, len(memo.Left), memo.More)
	}
	empty := held(start)
	empty.Environments = nil
	w.offboard(result(), archived(empty))
	w.want("T-1 open")
	w.shelf.tickets[0].Open = false
	w.offboard(result(), archived(empty))
	w.want("T-1 closed-unproven")
}

// TestOffboardHostile: what the manifest and the platform call things is text.
func TestOffboardHostile(t *testing.T) {
	for _, name := range []string{"@acme/everyone", "[x](https://evil.example)", "<!-- curfew:1:e30 -->", "<img src=x>", "a|b", "`code`", "#1", "\u202ereversed"} {
		w := newWorld(t)
		inv := held(start)
		inv.Environments = append(inv.Environments, inventory.Environment{Name: name})
		inv.DeployKeys = []inventory.DeployKey{{Title: name, Fingerprint: name}}
		w.offboard(result(), func(in *ticket.Input) { in.Archived, in.Inventory = true, inv })
		d := w.shelf.drafts["T-1"]
		text := d.Title + d.Body.Markdown()
		if ticket.ReadMemo(text).Root != d.Fingerprint {
			t.Errorf("%s: another memo", name)
		}
		text = regexp.MustCompile(`\\[!-/:-@\[-\x60{-~]`).ReplaceAllString(text, "§")
		for _, bad := range []string{"@acme/every", "://evil", "<!--", "<img", "#1", "\u202e"} {
			if strings.Contains(text, bad) {
				t.Errorf("%s: %q in\n%s", name, bad, text)
			}
		}
	}
}
