package posture

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/inventory"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// appTokenExceedsGrant reports tokens of GitHub Apps that jobs make by the App's key and that may more than the manifest
// grants: a key makes whatever token its holder asks for. Without a grant for GitHub there is nothing to compare with.
func appTokenExceedsGrant(p *Pass) {
	if p.Manifest == nil {
		return
	}
	tokens := p.appTokens()
	for i := range tokens {
		p.judgeAppToken(&tokens[i])
	}
	if p.Inventory == nil {
		return
	}
	byApp := map[string][]*appToken{}
	for i := range tokens {
		if id := tokens[i].app; id != "" {
			byApp[id] = append(byApp[id], &tokens[i])
		}
	}
	for _, id := range slices.Sorted(maps.Keys(byApp)) {
		p.judgeApp(id, byApp[id])
	}
}

// judgeAppToken compares a token with the grant that it exceeds least.
func (p *Pass) judgeAppToken(t *appToken) {
	var least []string
	var identity, grant string
	for _, m := range p.acting(t.job) {
		for _, name := range p.Manifest.GrantIDs(m.ID) {
			g := m.Identity.Grants[name]
			if g.GitHub == nil {
				continue
			}
			excess := p.beyond(t, g.GitHub)
			if grant == "" || len(excess) < len(least) {
				least, identity, grant = excess, m.ID, name
			}
		}
	}
	if len(least) == 0 {
		return
	}
	granted := p.Manifest.Identities[identity].Grants[grant].GitHub
	p.Report(finding.Finding{
		Message: fmt.Sprintf("job %q makes an App's token for %s, beyond grant %q", t.job.Job.ID.Value, listed(least, shownExcess), identity+"/"+grant),
		Region:  t.login.Region, Label: loginLabel(t.job, t.login), Job: t.job.Job.ID.Value,
		Identity: identity, Owner: p.Manifest.Identities[identity].Owner,
		Fix: "ask for no more than is granted, " + askFor(granted) + ", or have the owner grant it",
		Related: []finding.Related{manifestLine(p.Manifest.At(manifest.Pointer("identities", identity, "grants", grant)),
			"grant %q says what the token may", identity+"/"+grant)},
		Key: "job " + t.job.Job.ID.Value + " " + stepKey(t.login.Step),
	})
}

// shownExcess is how much of what is too much a message names.
const shownExcess = 4

// askFor writes a grant as the inputs that ask for it.
func askFor(g *manifest.GitHub) string {
	var inputs []string
	for _, name := range slices.Sorted(maps.Keys(g.Permissions)) {
		inputs = append(inputs, fmt.Sprintf("`permission-%s: %s`", strings.ReplaceAll(name, "_", "-"), g.Permissions[name]))
	}
	return listed(inputs, shownExcess)
}

// beyond lists what a token may that a grant doesn't let it.
func (p *Pass) beyond(t *appToken, g *manifest.GitHub) []string {
	var excess []string
	granted := map[string]string{"metadata": "read"} // which GitHub gives to each
	for name, access := range g.Permissions {
		granted[underscored(name)] = string(access)
	}
	for _, name := range slices.Sorted(maps.Keys(t.permissions)) {
		if access := t.permissions[name]; level(access) > level(granted[name]) {
			excess = append(excess, name+": "+access)
		}
	}
	if t.all {
		excess = append(excess, "all that the App may")
	}
	return append(excess, p.beyondRepositories(t, g)...)
}

// beyondRepositories lists the repositories that a token reaches and a grant doesn't name.
func (p *Pass) beyondRepositories(t *appToken, g *manifest.GitHub) []string {
	here, mine, _ := strings.Cut(p.Repository, "/")
	owner := t.owner
	if owner == "" {
		owner = here
	}
	names := t.names
	switch {
	case t.unknown:
		return nil
	case t.every:
		return []string{"every repository that the App is installed on"}
	case len(names) == 0 && mine == "":
		return nil // whose workflow it is isn't known
	case len(names) == 0:
		names = []string{mine}
	}
	var excess []string
	for _, name := range names {
		if !slices.ContainsFunc(g.Repositories, func(granted string) bool {
			of, is, _ := strings.Cut(granted, "/")
			if strings.Contains(name, "/") {
				return strings.EqualFold(granted, name)
			}
			return strings.EqualFold(is, name) && (owner == "" || strings.EqualFold(of, owner))
		}) {
			excess = append(excess, "repository "+name)
		}
	}
	return excess
}

// judgeApp compares what an App may with what all tokens ask for that the jobs make of it. Its key makes any token that
// the App may have.
func (p *Pass) judgeApp(id string, tokens []*appToken) {
	number, err := strconv.ParseInt(id, 10, 64)
	i := slices.IndexFunc(p.Inventory.Apps, func(a inventory.App) bool { return a.App == number })
	if err != nil || i < 0 || p.Inventory.Apps[i].Suspended {
		return
	}
	app, asked := &p.Inventory.Apps[i], map[string]int{}
	for _, t := range tokens {
		if t.all || t.computed {
			return // all may be meant
		}
		for name, access := range t.permissions {
			if access == "" {
				access = "admin" // computed
			}
			if n := level(access); n > 0 { // else GitHub refuses it
				asked[name] = max(asked[name], n)
			}
		}
	}
	var extra []string
	for _, name := range slices.Sorted(maps.Keys(app.Permissions)) {
		if access := app.Permissions[name]; level(access) > level("read") && asked[underscored(name)] < level(access) {
			extra = append(extra, name+": "+access)
		}
	}
	var told []string
	for _, name := range slices.Sorted(maps.Keys(asked)) {
		told = append(told, name+": "+levels()[asked[name]-1])
	}
	if len(told) == 0 {
		told = []string{"nothing"}
	}
	if len(extra) > 0 {
		p.reportApp(app, extra, told, tokens[0])
	}
}

func (p *Pass) reportApp(app *inventory.App, extra, asked []string, t *appToken) {
	f := finding.Finding{
		Severity: finding.Medium,
		Message: fmt.Sprintf("App %s may %s on %s repositories, and the workflows ask for %s: whoever has its key has all of it", app.Name,
			listed(extra, shownExcess), app.Repositories, listed(asked, shownExcess)),
		Region: t.login.Region, Label: loginLabel(t.job, t.login), Job: t.job.Job.ID.Value,
		Fix: "take from the App what its jobs don't need, or give them an App of their own",
		Key: fmt.Sprintf("app %d", app.App),
	}
	if acting := p.acting(t.job); len(acting) > 0 {
		f.Identity, f.Owner = acting[0].ID, acting[0].Identity.Owner
	}
	p.ReportLive(f)
}
