package trust

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/curfew-ci/curfew/internal/manifest"
)

// registry are the trusted publishers of a package: settings that its owner makes by hand.
type registry struct {
	kind       registryKind
	issuer     string
	pkg        string
	publishers []publisher
}

// publisher is one of them.
type publisher struct {
	Owner       string `json:"owner"`
	Repository  string `json:"repository"`
	Workflow    string `json:"workflow"`
	Environment string `json:"environment,omitempty"`
}

// registryKind is what a registry goes by, for one platform's tokens.
type registryKind struct {
	name, host string
	settings   string // the page's URL, with %s for the package
	audience   string // which nobody can choose
	platform   string
	project    string // the claim of the project's name
	definition string // the claim of the file that it looks at
	// labels are the settings' names: of owner, repository, file and environment.
	labels [4]string
	// ownerID is whether it keeps the owner's id from when the publisher was made, and holds tokens to it.
	ownerID bool
	hosted  bool // runners of the platform's own alone
	single  bool // one publisher a package
}

// registryKinds are the registries, and what they hold tokens to:
// https://docs.npmjs.com/trusted-publishers, https://docs.pypi.org/trusted-publishers/adding-a-publisher/ with
// https://github.com/pypi/warehouse/tree/main/warehouse/oidc/models, https://crates.io/docs/trusted-publishing with
// https://github.com/rust-lang/crates.io/tree/main/src/controllers/trustpub.
func registryKinds(g *manifest.Grant, gitlab bool) (kind registryKind, pkg string) {
	switch {
	case g.NPM != nil:
		kind, pkg = registryKind{
			name: "npm", host: "registry.npmjs.org", settings: "https://www.npmjs.com/package/%s/access", audience: "npm:registry.npmjs.org", definition: "workflow_ref",
			labels: [4]string{"Organization or user", "Repository", "Workflow filename", "Environment name"}, hosted: true, single: true,
		}, g.NPM.Package
	case g.PyPI != nil:
		kind, pkg = registryKind{
			name: "PyPI", host: "pypi.org", settings: "https://pypi.org/manage/project/%s/settings/publishing/", audience: "pypi", definition: "job_workflow_ref",
			labels: [4]string{"Owner", "Repository name", "Workflow name", "Environment name"}, ownerID: true,
		}, g.PyPI.Package
	default:
		kind, pkg = registryKind{
			name: "crates.io", host: "crates.io", settings: "https://crates.io/crates/%s/settings", audience: "crates.io", definition: "workflow_ref",
			labels: [4]string{"Repository owner", "Repository name", "Workflow filename", "Environment name"}, ownerID: true,
		}, g.Crates.Package
	}
	kind.elsewhere(g)
	kind.platform, kind.project = "GitHub", "repository"
	if gitlab {
		kind.platform, kind.project, kind.definition, kind.ownerID = "GitLab", "project_path", "ci_config_ref_uri", false
		kind.labels = [4]string{"Namespace", "Project name", "Top-level pipeline file path", "Environment name"}
		if g.NPM != nil {
			kind.labels[2] = "Top-level CI file path"
		}
	}
	return kind, pkg
}

// elsewhere heeds what a grant says of the registry. Of one that isn't public nothing is known: its host is "".
func (k *registryKind) elsewhere(g *manifest.Grant) {
	at, said := g.HandOver().Endpoint, ""
	for _, r := range []*manifest.Registry{g.NPM, g.PyPI, g.Crates} {
		if r != nil {
			said = r.Audience
		}
	}
	u, err := url.Parse(at)
	switch {
	case at == "" || err == nil && u.Host == k.host:
	case err == nil && u.Host == "test.pypi.org" && k.host == "pypi.org":
		k.name, k.host, k.audience, k.settings = "TestPyPI", u.Host, "testpypi", strings.Replace(k.settings, k.host, u.Host, 1)
	default:
		k.host = ""
	}
	if said != "" {
		k.audience = said
	}
}

// path is how a token's definition begins that a publisher is for, up to "@".
func (k registryKind) path(p publisher) string {
	if k.platform == "GitLab" {
		return "gitlab.com/" + p.Owner + "/" + p.Repository + "//" + p.Workflow
	}
	return p.Owner + "/" + p.Repository + "/.github/workflows/" + p.Workflow
}

// registry lists the settings, and the package.
func (q *request) registry() (body, string) {
	kind, pkg := registryKinds(q.grant, q.projectClaim() == "project_id")
	switch {
	case kind.host == "":
		return q.none("the grant is for another registry than "+kind.name+", and what that one trusts isn't known", "ask who runs it for a trusted publisher with the same claims"), pkg
	case q.issuer != q.who.PublicIssuer():
		return q.none(kind.name+" trusts the public instances of GitHub and GitLab alone", "publish from there"), pkg
	case !regexp.MustCompile(`^[A-Za-z0-9@][A-Za-z0-9@/._-]*$`).MatchString(pkg):
		return q.none("the package has a name that no registry takes", "write it as "+kind.name+" does"), pkg
	}
	b := &registry{kind: kind, issuer: q.issuer, pkg: pkg}
	files, ok := q.definitions(kind)
	if !ok {
		return nil, pkg
	}
	var left []string
	environments := q.demand.claims["environment"]
	if environments == nil {
		environments = []string{""}
	}
	for _, project := range q.demand.claims[kind.project] {
		i, before := strings.LastIndexByte(project, '/'), len(b.publishers)
		for _, file := range files {
			for _, environment := range environments {
				p := publisher{project[:max(i, 0)], project[i+1:], file, environment}
				if p.Owner != "" && q.defines(kind, p) {
					b.publishers = append(b.publishers, p)
				}
			}
		}
		if len(b.publishers) == before {
			left = append(left, project)
		}
	}
	switch n := len(b.publishers); {
	case n == 0:
		return q.none("no project that the identity lists has the file that defines its job in itself, which is all that "+kind.name+" takes",
			"list "+kind.project+" under claims, and let the job stand in its own project"), pkg
	case n > maxSubjects || n > 1 && kind.single:
		return q.none(fmt.Sprintf("its claims leave %d publishers, which %s doesn't take", n, kind.name), "give each repository and environment an identity of its own"), pkg
	}
	if len(left) > 0 {
		q.gap(Narrower, "", kind.name+" takes a job from a file of its own project alone: those of "+strings.Join(left, ", ")+" are turned away", "let the jobs stand in their own projects")
	}
	q.registryGaps(b)
	return b, pkg
}

// definitions are the files that a registry is told. One that goes by the workflow that was started, and not by the one
// that has the job, is told what the manifest says of where the job lives, unless the claim itself is listed.
func (q *request) definitions(kind registryKind) ([]string, bool) {
	var out []string
	if listed := q.demand.claims[kind.definition]; listed != nil {
		for _, ref := range listed {
			path, _, _ := strings.Cut(ref, "@")
			if _, file, ok := strings.Cut(path, kind.separator()); ok {
				out = append(out, file)
			}
		}
		return slices.Compact(slices.Sorted(slices.Values(out))), true
	}
	if q.identity.RunsAs.Workflow.IsGlob() {
		return nil, q.gap(Missing, "", kind.name+" goes by the file of the workflow that is started, and runs-as has a pattern for it", "list "+kind.definition+" under claims")
	}
	for _, path := range q.identity.RunsAs.Workflow.Any {
		if file, ok := strings.CutPrefix(path, ".github/workflows/"); ok {
			out = append(out, file)
		}
	}
	return out, true
}

func (k registryKind) separator() string {
	if k.platform == "GitLab" {
		return "//"
	}
	return "/.github/workflows/"
}

// defines reports whether a publisher's file is one that the claims allow in its own project: what the claim of the
// file lists of other projects is none of its.
func (q *request) defines(kind registryKind, p publisher) bool {
	listed := q.demand.claims[kind.definition]
	return listed == nil || slices.ContainsFunc(listed, func(ref string) bool { return strings.HasPrefix(ref, kind.path(p)+"@") })
}

func (b *registry) own() Form { return Text }

func (b *registry) data() any {
	return tree{{"registry", b.kind.name}, {"package", b.pkg}, {"settings", b.page()}, {"platform", b.kind.platform}, {"publishers", b.publishers}}
}

func (b *registry) page() string {
	return fmt.Sprintf(b.kind.settings, strings.ReplaceAll(url.PathEscape(b.pkg), "%2F", "/"))
}

// text tells a person what to set, with nothing in it that wouldn't show.
func (b *registry) text() string {
	var out strings.Builder
	fmt.Fprintf(&out, "Trusted publishers of %s on %s, to be set by hand at\n%s\n", b.pkg, b.kind.name, b.page())
	for _, p := range b.publishers {
		out.WriteByte('\n')
		for i, value := range []string{p.Owner, p.Repository, p.Workflow, p.Environment} {
			if value == "" {
				value = "(none)"
			} else if strings.ContainsFunc(value, func(r rune) bool { return !unicode.IsPrint(r) }) {
				value = string(compact(value))
			}
			fmt.Fprintf(&out, "  %-29s %s\n", b.kind.labels[i]+":", value)
		}
	}
	return out.String() + b.command() + "\nRemove every publisher of the package that isn't listed, and its tokens: whatever else may publish it isn't held to the manifest.\n"
}
