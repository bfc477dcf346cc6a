package manifest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/identity"
)

// world is a manifest and all around it, made at random such that the target identity's grants are
// allowed; but where it is wild, terms and lifetimes are anything, and some grants are denied.
type world struct {
	*rand.Rand
	wild     bool
	gitlab   bool
	now      time.Time
	manifest *node
	org      *node // nil: no policy
	token    map[string]string
	facts    Facts
	task     Task
	target   string
	grants   []string // identity/grant of the target
	glass    string   // break-glass entry for the first grant, "" where there is none

	ceilings map[Privilege]int // minutes
}

const (
	worldIssuer = "https://token.actions.githubusercontent.com"
	worldStore  = "s3://acme-curfew/ledger"
)

func newWorld(seed uint64, wild bool) *world {
	w := &world{Rand: rand.New(rand.NewPCG(seed, 1)), wild: wild}
	w.now = time.Date(2026, 11, 23, 4, 30, 0, 0, time.UTC)
	w.gitlab = w.one(5)
	w.makeToken()
	w.facts = Facts{
		Run:       &Run{ID: w.claim(identity.Run), Attempt: w.claim(identity.Attempt), TriggeringActor: "@alice", ChangeAuthor: "@bob"},
		Certified: map[string]Certified{}, Members: map[string][]string{"@acme/oncall": {"@alice"}, "@acme/appsec": {"@zoe"}},
	}
	if !w.one(5) {
		w.makeOrg()
	}
	w.makeManifest()
	return w
}

// one is true once in n times.
func (w *world) one(n int) bool { return w.IntN(n) == 0 }

func pick[T any](w *world, of ...T) T { return of[w.IntN(len(of))] }

// claim is the token's value of an attribute, by either platform's name of it.
func (w *world) claim(a identity.Attribute) string {
	who, err := identity.From(w.claims(nil))
	if err != nil {
		panic(err)
	}
	v, _ := who.Get(a)
	return v
}

// claims is the token with some claims changed; "" leaves a claim out.
func (w *world) claims(change map[string]string) identity.Claims {
	all := map[string]string{}
	for k, v := range w.token {
		all[k] = v
	}
	for k, v := range change {
		all[k] = v
		if v == "" {
			delete(all, k)
		}
	}
	src, err := json.Marshal(all)
	if err != nil {
		panic(err)
	}
	c, err := identity.ParseClaims("claims.json", src)
	if err != nil {
		panic(err)
	}
	return c
}

func (w *world) makeToken() {
	ref := pick(w, "refs/heads/main", "refs/tags/v1.2")
	if w.gitlab {
		w.token = map[string]string{
			"iss": "https://gitlab.com", "sub": "project_path:acme/app:ref_type:branch:ref:main", "project_id": "987",
			"namespace_id": "4242", "ci_config_ref_uri": "gitlab.com/acme/app//.gitlab-ci.yml@refs/heads/main",
			"pipeline_source": pick(w, "push", "schedule", "web"), "user_login": "alice", "pipeline_id": "1205", "job_id": "77",
			"sha": "9f2c41e", "ref_path": ref, "environment": "production", "ref_protected": "true",
		}
		return
	}
	w.token = map[string]string{
		"iss": worldIssuer, "sub": pick(w, "repo:acme/app:ref:"+ref, "repo:acme@4242/app@987:ref:"+ref), "repository_id": "987",
		"repository_owner_id": "4242", "job_workflow_ref": "acme/app/.github/workflows/deploy.yml@refs/heads/main",
		"event_name": pick(w, "push", "schedule", "workflow_dispatch"), "actor": "alice", "run_id": "1205", "run_attempt": "2",
		"sha": "9f2c41e", "ref": ref, "environment": "production", "runner_environment": "github-hosted", "repository": "acme/app",
	}
}

func (w *world) makeOrg() {
	w.ceilings = map[Privilege]int{PrivilegeCritical: pick(w, 15, 20, 60)}
	w.ceilings[PrivilegeHigh] = w.ceilings[PrivilegeCritical] + pick(w, 0, 15)
	w.ceilings[PrivilegeMedium] = w.ceilings[PrivilegeHigh] + pick(w, 0, 60)
	w.ceilings[PrivilegeLow] = w.ceilings[PrivilegeMedium] + pick(w, 0, 120)
	ttl := table()
	for _, p := range []Privilege{PrivilegeCritical, PrivilegeHigh, PrivilegeMedium, PrivilegeLow} {
		ttl.add(string(p), str(fmt.Sprintf("%dm", w.ceilings[p])))
	}
	w.org = table(
		"version", num(1),
		"organization", table("name", str("acme"), "id", str("4242")),
		"systems", table("jira", table("url", str("https://acme.example"), "projects", strs("CHG", "PAY"))),
		"owners", table("appsec", table("team", str("@acme/appsec"))),
		"ceilings", table("ttl", ttl, "identity-term", str("365d"), "exception-term", str("90d"),
			"break-glass", table("ttl", str("1h"), "max-uses", table("count", num(3), "per", str("30d")))),
		"privilege-floor", seq(
			table("aws", table("role", globbed("arn:aws:iam::*:role/admin*")), "privilege", str("critical")),
			table("vault", table("namespace", str("prod")), "privilege", str("critical")),
			table("azure", table("subscription", globbed("6f*")), "privilege", str("high")),
			table("github", table("permissions", table("contents", str("write"))), "privilege", str("high")),
			table("kubernetes", table("namespace", str("prod")), "privilege", str("critical")),
		),
		"separation", seq(
			table("never", str("approver"), "is", strs("actor", "owner-of-change")),
			table("conflict", strs("release", "migrate")),
		),
		"ledger", table("store", str(worldStore), "role", str("arn:aws:iam::123456789012:role/curfew-ledger"), "audience", str("sts.amazonaws.com"),
			"region", str("eu-west-1"), "collector", str("acme/.github/.github/workflows/collect.yml@refs/heads/main")),
	)
	if w.one(2) {
		w.org.add("issuers", strs(w.token["iss"]))
	}
	if w.one(2) {
		w.org.add("certification", table("every", table("critical", str("30d"), "high", str("90d"), "medium", str("180d"), "low", str("365d")), "grace", str("7d")))
	}
	if w.one(2) {
		w.org.add("guard", table("ref", str("default-branch"), "approvals", num(1), "code-owners", bare("true"), "last-push-approval", bare("true"),
			"bypass", str("none"), "max-age", str("24h"), "required", bare("true")))
	}
	w.facts.Guard = &GuardFacts{
		Taken: Instant{w.now.Add(-3 * time.Hour)}, Collector: "acme/.github/.github/workflows/collect.yml@refs/heads/main",
		Project: w.claim(identity.Project), Ref: "refs/heads/main", DefaultBranch: true, Approvals: 1, CodeOwners: true,
		LastPushApproval: true, Bypass: []string{},
	}
	w.facts.Ledger = &LedgerFacts{Store: worldStore, Leases: map[string]LeaseCount{}, BreakGlass: []GlassUse{}}
}

func (w *world) makeManifest() {
	m := table("version", num(1))
	if w.org != nil {
		m.add("extends", str("acme/.github"))
		w.task.Org = pick(w, "", "acme/.github")
	}
	m.add("owners", table("payments", table("team", str("@acme/payments")), "web", table("person", str("@wanda"))))
	if w.one(3) {
		m.add("defaults", table("narrow", str("none"), "limits", str("none")))
	}
	m.add("exceptions", table("ftp", table("secret", str("FTP"), "store", str("actions"), "owner", str("web"), "reason", str("No OIDC there"),
		"accepted-by", str("@anna"), "rotate-every", str("30d"), "expires", onDay(DateOf(w.now).AddDays(20)))))
	ids := table()
	names := []string{"deploy", "publish", "db.migrate"}
	w.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	w.target = names[0]
	for i := range 1 + w.IntN(len(names)) {
		ids.add(names[i], w.makeIdentity(m, names[i]))
		w.facts.Certified[names[i]] = Certified{Instant{w.now.Add(-time.Duration(1+w.IntN(20)) * day)}}
	}
	m.add("identities", ids)
	if w.org != nil && w.one(2) {
		w.glass = "oncall"
		m.add("break-glass", table("oncall", table("grants", strs(w.grants[0]), "activators", strs("@acme/oncall"), "requires", strs("reason"),
			"ttl", str("30m"), "max-uses", table("count", num(2), "per", str("30d")),
			"review", table("within", str("24h"), "by", str("@acme/appsec"), "on-missed", str("suspend")))))
	}
	m.visit(func(_ []int, _ []string, v *node) { v.flow = w.one(2) })
	w.manifest = m
}

func (w *world) makeIdentity(m *node, id string) *node {
	expires := DateOf(w.now).AddDays(1 + w.IntN(300))
	if w.wild {
		expires = DateOf(w.now).AddDays(w.IntN(500) - 40)
	}
	privilege := pick(w, PrivilegeCritical, PrivilegeHigh, PrivilegeMedium, PrivilegeLow)
	x := table("owner", str(pick(w, "payments", "web")), "purpose", str("Do it"), "privilege", str(string(privilege)), "expires", onDay(expires),
		"runs-as", table("workflow", str(".github/workflows/"+id+".yml"), "job", str(pick(w, "run", id))),
		"token", table("contents", str("read"), "id-token", str("write")))
	if w.org != nil && w.one(4) {
		x.kids[0] = str("appsec")
	}
	if w.one(4) {
		x.add("secrets", strs("ftp"))
	}
	switch {
	case w.one(4):
		x.add("kind", str("contractor"))
		x.add("sponsor", table("person", str("@maria"), "company", str("Initech"), "ends", onDay(DateOf(w.now).AddDays(w.IntN(200)))))
	case w.one(2):
		x.add("kind", str(pick(w, "workload", "service-account", "ai-agent")))
	}
	x.add("claims", w.makeClaims(id))
	grants := table()
	names := []string{"release", "prod", "migrate"}
	if !w.wild {
		names = []string{"release", "prod", "read"}
	}
	w.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	for _, name := range names[:1+w.IntN(len(names))] {
		grants.add(name, w.makeGrant(m, id+"/"+name, x.get("claims")))
		if id == w.target {
			w.grants = append(w.grants, id+"/"+name)
		}
	}
	x.add("grants", grants)
	return x
}

// makeClaims lists claims that the token proves, for the target; another identity is another workflow's.
func (w *world) makeClaims(id string) *node {
	project, definition := "repository_id", "job_workflow_ref"
	if w.gitlab {
		project, definition = "project_id", "ci_config_ref_uri"
	}
	claims := table(project, str(w.token[project]))
	if id != w.target {
		claims.add(definition, str(strings.Replace(w.token[definition], "main", id, 1)))
		return claims
	}
	claims.add(definition, w.match(w.token[definition], true))
	for _, name := range []string{"environment", "event_name", "pipeline_source", "ref", "iss", "runner_environment", "ref_protected"} {
		if v, ok := w.token[name]; ok && w.one(3) {
			claims.add(name, w.match(v, false))
		}
	}
	return claims
}

// match is a literal, list or pattern that accepts v. The file that defines a job has a form of its own.
func (w *world) match(v string, isFile bool) *node {
	last := strings.LastIndexAny(v, "/:") + 1
	switch {
	case isFile && w.one(3):
		return strs(strings.Replace(v, "@refs/heads/main", "@refs/heads/old", 1), v)
	case !isFile && w.one(4):
		return strs(v, "decoy")
	case !isFile && w.one(4):
		return globbed(v[:last+1] + "*")
	}
	return str(v)
}

func (w *world) makeGrant(m *node, name string, claims *node) *node {
	g := table()
	provider, v := w.makeProvider()
	g.add(provider, v)
	minutes := 15
	if w.ceilings != nil {
		minutes += w.IntN(w.ceilings[PrivilegeCritical] - 14)
	}
	if w.wild {
		minutes = pick(w, 15, 25, 60, 240, 400)
	}
	g.add("ttl", str(fmt.Sprintf("%dm", minutes)))
	if m.get("defaults") == nil {
		g.add("narrow", pick(w, str("none"), str("policies/p.json")))
		limits := str("none")
		if w.org != nil && w.one(3) {
			limits = table("concurrent", num(2), "per-day", num(10))
			w.facts.Ledger.Leases[name] = LeaseCount{Alive: 1, LastDay: 9}
		}
		g.add("limits", limits)
	}
	g.add("when", w.makeWhen(claims, 0))
	return g
}

func (w *world) makeProvider() (string, *node) {
	audience := str("aud")
	switch provider := pick(w, "aws", "gcp", "azure", "vault", "github", "oauth", "npm", "pypi", "crates", "kubernetes"); provider {
	case "aws":
		return provider, table("role", str("arn:aws:iam::123456789012:role/"+pick(w, "deploy", "admin", "admin/x")), "audience", audience, "region", str("eu-west-1"))
	case "gcp":
		return provider, table("provider", str("projects/1/locations/global/workloadIdentityPools/ci/providers/gh"), "service-account", str("d@p.iam.gserviceaccount.com"),
			"scopes", pick(w, str("none"), strs("https://www.googleapis.com/auth/devstorage.read_only")), "boundary", pick(w, str("none"), str("policies/b.json")))
	case "azure":
		return provider, table("tenant", str("6f9d1c1e-2b1f-4c0e-9a52-3f1f6f0f2d11"), "client", str("6f9d1c1e-2b1f-4c0e-9a52-3f1f6f0f2d12"),
			"subscription", str("6f9d1c1e-2b1f-4c0e-9a52-3f1f6f0f2d13"))
	case "vault":
		return provider, table("address", str("https://vault.example"), "mount", str("jwt"), "role", str("deploy"), "namespace", str(pick(w, "prod", "test")),
			"read", table("secret/db", str("DB_PASSWORD")))
	case "github":
		return provider, table("exchange", str("https://octo.example"), "identity", str("deploy"), "repositories", strs("acme/app", "acme/lib"),
			"permissions", table("contents", str(pick(w, "read", "write")), "issues", str("write")))
	case "oauth":
		return provider, table("token-url", str("https://idp.example/token"), "audience", audience, "scope", pick(w, str("none"), strs("read")), "resource", str("none"))
	case "kubernetes":
		return provider, table("server", str("https://k8s.example"), "ca", str("keys/ca.pem"), "audience", audience, "namespace", str(pick(w, "prod", "test")), "as", str("file"))
	default:
		return provider, table("package", str("acme-app"))
	}
}

// makeWhen makes a trigger and proves it.
func (w *world) makeWhen(claims *node, depth int) *node {
	if depth < 2 && w.one(3) {
		ways := seq()
		for range 1 + w.IntN(3) {
			ways.kids = append(ways.kids, w.makeWhen(claims, depth+1))
		}
		ways.kids = slices.DeleteFunc(ways.kids, func(n *node) bool { return n.kind != mapping }) // always stands alone
		if len(ways.kids) > 0 {
			return table(pick(w, "any", "all"), ways)
		}
	}
	switch w.IntN(6) {
	case 0:
		return w.makeTicket()
	case 1:
		if claims.get("environment") != nil {
			w.prove(Proof{EnvironmentApproval: &ApprovalProof{Environment: w.token["environment"], Approvers: []string{"@anna", "@carl", "@alice"}}})
			return table("environment-approval", table("min", num(1+w.IntN(2))))
		}
	case 2:
		if ref := w.claim(identity.Ref); strings.HasPrefix(ref, "refs/tags/") {
			w.prove(Proof{SignedTag: &TagProof{Ref: ref, SHA: w.token["sha"], Key: "keys/a.pub"}})
			return table("signed-tag", table("keys", strs("keys/b.pub", "keys/a.pub")))
		}
	case 3:
		if w.claim(identity.Event) == "schedule" {
			w.prove(Proof{Schedule: &ScheduleProof{Cron: "0 3 * * 1", Due: Instant{w.now.Add(-90 * time.Minute)}}})
			return table("schedule", table("cron", str("0 3 * * 1"), "window", str("2h")))
		}
	case 4:
		w.prove(Proof{Policy: &PolicyProof{Rule: "data.curfew.deploy.allow", Allow: true}})
		return table("policy", table("rule", str("data.curfew.deploy.allow")))
	}
	return str("always")
}

func (w *world) makeTicket() *node {
	use, zero := "reusable", 0
	if w.org != nil && w.one(2) {
		use = "once"
	}
	references := pick(w, "sha", "run")
	w.prove(Proof{Ticket: &TicketProof{
		System: SystemJira, Project: "CHG", ID: "CHG-1", Status: "Approved", SHA: w.token["sha"], Run: w.claim(identity.Run),
		Approvers: []string{"@anna"}, Used: &zero,
	}})
	project := "CHG"
	if w.wild && w.one(4) {
		project = "TOY"
	}
	return table("ticket", table("system", str("jira"), "project", str(project), "status", strs("Approved", "Done"), "references", str(references), "use", str(use)))
}

func (w *world) prove(p Proof) { w.facts.Triggers = append(w.facts.Triggers, p) }

// parse reads what the world has written; it must be valid.
func (w *world) parse(t *testing.T) (*Manifest, *Policy) {
	t.Helper()
	m, errs := Parse(Path, []byte(w.manifest.write()))
	if errs != nil {
		t.Fatalf("%v\n%s", errs, w.manifest.write())
	}
	if w.org == nil {
		return m, nil
	}
	p, errs := ParsePolicy(PolicyPath, []byte(w.org.write()))
	if errs != nil {
		t.Fatalf("%v\n%s", errs, w.org.write())
	}
	return m, p
}
