package draft

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/yamltree"
	"github.com/curfew-ci/curfew/rules"
)

// schemaURL is what an editor completes and checks the manifest by, from the first line. `curfew manifest schema` prints
// the same, for who is offline.
const schemaURL = "https://raw.githubusercontent.com/curfew-ci/curfew/main/docs/manifest.schema.json"

// printer writes a plan as YAML, two spaces a level.
type printer struct {
	strings.Builder
	in      Input
	expires string
}

// line writes one line at a depth, and its review comment where there is a guess.
func (p *printer) line(depth int, guess, format string, args ...any) {
	p.WriteString(strings.Repeat("  ", depth))
	fmt.Fprintf(p, format, args...)
	if guess != "" {
		p.WriteString("  # review: " + guess)
	}
	p.WriteByte('\n')
}

func print(pl *plan, in Input) []byte {
	p := &printer{in: in, expires: in.Now.UTC().Add(Term).Format(time.DateOnly)}
	p.line(0, "", "# yaml-language-server: $schema=%s", schemaURL)
	p.line(0, "", "# Which CI identity is entitled to what, owned by whom, until when.")
	p.line(0, "", "# Drafted by `curfew init` on %s from what the workflows use; what they don't prove says \"review\".", in.Now.UTC().Format(time.DateOnly))
	p.line(0, "", "version: 1")
	p.owners(pl.owners)
	p.identities(pl.identities)
	p.exceptions(pl.exceptions)
	return []byte(p.String())
}

func (p *printer) owners(owners []*owner) {
	if len(owners) == 0 {
		return
	}
	p.line(0, "", "\nowners:")
	for _, o := range owners {
		kind := "person"
		if strings.Contains(o.handle, "/") {
			kind = "team"
		}
		p.line(1, o.guess, "%s: { %s: %s }", o.id, kind, yamltree.Quote(o.handle))
	}
}

func (p *printer) identities(ids []*identity) {
	if len(ids) == 0 {
		return
	}
	p.line(0, "", "\nidentities:")
	for i, it := range ids {
		if i > 0 {
			p.WriteByte('\n')
		}
		p.identity(it)
	}
}

func (p *printer) identity(it *identity) {
	p.line(1, "", "%s:", it.id)
	p.line(2, "", "owner: %s", it.owner.id)
	p.line(2, "say what it is for", "purpose: %s", yamltree.Quote(it.purpose))
	if len(it.grants) > 0 {
		p.line(2, "how bad would its misuse be?", "privilege: high")
	}
	p.line(2, "when must it be certified again?", "expires: %q", p.expires)
	p.line(2, "", "runs-as: { workflow: %s, job: %s }", yamltree.Quote(it.workflow), flow(it.jobs))
	if len(it.grants) > 0 {
		p.claims(it)
	}
	p.token(it)
	if len(it.secrets) > 0 {
		p.line(2, "", "secrets: [%s]", strings.Join(it.secrets, ", "))
	}
	for _, n := range it.notes {
		p.line(2, "", "# review: %s", n)
	}
	if len(it.grants) == 0 {
		return
	}
	p.line(2, "", "grants:")
	for _, g := range it.grants {
		p.grant(it, g)
	}
}

func (p *printer) claims(it *identity) {
	repo, branch := cmp.Or(p.in.Repository, "OWNER/NAME"), cmp.Or(p.in.Branch, "main")
	guess := "the repository and branch that may use it"
	if p.in.Repository != "" {
		guess = "the branch that may use it"
	}
	p.line(2, "", "claims:")
	p.line(3, "the repository's numeric id; until then every lease is denied", "repository_id: %q", "0")
	if p.in.Repository != "" { // a name makes the subject that providers compare; it can only narrow what the id says
		p.line(3, "as the remote has it; tokens spell it as the platform does", "repository: %s", yamltree.Quote(p.in.Repository))
	}
	p.line(3, guess, "job_workflow_ref: %s", yamltree.Quote(fmt.Sprintf("%s/%s@refs/heads/%s", repo, it.workflow, branch)))
	if it.environment != "" {
		p.line(3, "", "environment: %s", yamltree.Quote(it.environment))
	}
}

func (p *printer) token(it *identity) {
	if len(it.token) == 0 {
		p.line(2, it.tokenGuess, "token: {}")
		return
	}
	var scopes []string
	for _, name := range sortedKeys(it.token) {
		scopes = append(scopes, yamltree.Quote(name)+": "+it.token[name])
	}
	p.line(2, it.tokenGuess, "token: { %s }", strings.Join(scopes, ", "))
}

func (p *printer) grant(it *identity, g *grant) {
	p.line(3, "", "%s:", g.id)
	p.line(4, "", "%s:", g.provider)
	for _, f := range g.fields {
		p.line(5, f.guess, "%s: %s", f.name, yamltree.Quote(f.value))
	}
	p.line(4, "shorter?", "ttl: %s", minutes(g.ttl))
	p.line(4, "an inline session policy", "narrow: none")
	p.line(4, "", "limits: none")
	p.line(4, "the task; or a schedule, a signed tag", "when: %s", p.task(it))
}

// task is a trigger that no job meets unasked: a draft gives no standing privilege.
func (p *printer) task(it *identity) string {
	if it.environment != "" {
		return "{ environment-approval: { min: 1 } }"
	}
	return fmt.Sprintf("{ ticket: { system: github, project: %s, status: [approved], references: sha, use: reusable } }",
		yamltree.Quote(cmp.Or(p.in.Repository, "OWNER/NAME")))
}

func (p *printer) exceptions(exs []*exception) {
	if len(exs) == 0 {
		return
	}
	p.line(0, "", "\nexceptions:")
	for i, e := range exs {
		if i > 0 {
			p.WriteByte('\n')
		}
		p.line(1, "", "%s:", e.id)
		p.line(2, e.guess(), "secret: %s", yamltree.Quote(e.secret))
		p.line(2, "or actions-org, or { actions-env: NAME }", "store: actions")
		p.line(2, "", "owner: %s", e.owner.id)
		p.line(2, "why will no short-lived credential do?", "reason: %s", yamltree.Quote("in use before the manifest"))
		p.line(2, "who accepts the risk? A person, and not the owner", "accepted-by: %s", yamltree.Quote("@PERSON"))
		p.line(2, "", "rotate-every: 90d")
		p.line(2, "", "expires: %q", p.expires)
	}
}

// guess doubts that a secret is one whose name says that it is a name, number or address: a variable needs no exception.
func (e *exception) guess() string {
	if rules.NamesIdentifier(e.secret) {
		return "a secret at all? Otherwise store it as a variable, read vars." + e.secret + " and drop this exception"
	}
	return ""
}

// minutes writes a duration in the manifest's form, rounded up to whole minutes.
func minutes(d time.Duration) string {
	return fmt.Sprintf("%dm", int((d+time.Minute-1)/time.Minute))
}
