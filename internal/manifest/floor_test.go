package manifest

import (
	"strings"
	"testing"
)

// TestPrivilegeOf judges the grants of the manifest that has every provider by the policy that has every
// floor.
func TestPrivilegeOf(t *testing.T) {
	m, errs := Parse("curfew.yml", read(t, "testdata/valid/every-provider.yml"))
	if m == nil {
		t.Fatal(errs)
	}
	p, errs := ParsePolicy("org.yml", read(t, "testdata/valid-org/every-floor.yml"))
	if p == nil {
		t.Fatal(errs)
	}
	for _, tc := range []struct {
		grant  string
		change func(*Grant) // makes another floor hold
		before Privilege
		after  Privilege
	}{
		{"aws", func(g *Grant) { g.AWS.Role, g.AWS.Region = "arn:aws:iam::123456789012:role/b", "eu-west-1" }, PrivilegeMedium, PrivilegeHigh},
		{"gcp", func(g *Grant) { g.GCP.ServiceAccount = "a@b.iam.gserviceaccount.com" }, PrivilegeLow, PrivilegeHigh},
		{"azure", func(g *Grant) { g.Azure.Tenant, g.Azure.Client, g.Azure.Subscription = "a", "b", "c" }, PrivilegeLow, PrivilegeHigh},
		{"vault", func(g *Grant) {
			g.Vault.Address, g.Vault.Mount, g.Vault.Role, g.Vault.Namespace = "https://vault.acme.example:8200/x", "jwt", "ci/admin/all", "team"
		}, PrivilegeLow, PrivilegeCritical},
		{"github", func(g *Grant) { g.GitHub.Permissions = map[string]Access{"administration": Write} }, PrivilegeLow, PrivilegeCritical},
		{"github", func(g *Grant) { g.GitHub.Permissions = map[string]Access{"administration": Read} }, PrivilegeLow, PrivilegeLow},
		{"github", func(g *Grant) {
			g.GitHub.Permissions = map[string]Access{"administration": Write}
			g.GitHub.Repositories = []string{"other/shop"}
		}, PrivilegeLow, PrivilegeLow},
		{"oauth", func(g *Grant) { g.OAuth.TokenURL, g.OAuth.Audience = "https://login.acme.example/token", "a" }, PrivilegeLow, PrivilegeLow},
		{"npm", func(g *Grant) { g.NPM.Package = "shop" }, PrivilegeHigh, PrivilegeLow},
		{"pypi", func(g *Grant) { g.PyPI, g.NPM = nil, g.PyPI }, PrivilegeHigh, PrivilegeLow},
		{"crates", func(g *Grant) { g.Crates.Package = "other" }, PrivilegeHigh, PrivilegeLow},
		{"kubernetes", func(g *Grant) { g.Kubernetes.Server, g.Kubernetes.Namespace = "https://k8s.acme.example", "prod" }, PrivilegeLow, PrivilegeCritical},
	} {
		identity := &Identity{Privilege: PrivilegeLow}
		g := m.Identities["release"].Grants[tc.grant]
		if got := p.PrivilegeOf(identity, &g); got != tc.before {
			t.Errorf("%s is %s, not %s", tc.grant, got, tc.before)
		}
		copied := m.Identities["release"].Grants[tc.grant]
		clone(&copied)
		tc.change(&copied)
		if got := p.PrivilegeOf(identity, &copied); got != tc.after {
			t.Errorf("%s, changed, is %s, not %s", tc.grant, got, tc.after)
		}
		if got := p.PrivilegeOf(&Identity{Privilege: PrivilegeCritical}, &g); got != PrivilegeCritical {
			t.Errorf("a floor lowers %s to %s", tc.grant, got)
		}
		var none *Policy
		if got := none.PrivilegeOf(identity, &g); got != PrivilegeLow {
			t.Errorf("without a policy %s is %s", tc.grant, got)
		}
	}
}

// clone gives g provider structs of its own.
func clone(g *Grant) {
	aws, gcp, azure, vault, github := g.AWS, g.GCP, g.Azure, g.Vault, g.GitHub
	oauth, npm, pypi, crates, kubernetes := g.OAuth, g.NPM, g.PyPI, g.Crates, g.Kubernetes
	g.AWS, g.GCP, g.Azure, g.Vault, g.GitHub = copyOf(aws), copyOf(gcp), copyOf(azure), copyOf(vault), copyOf(github)
	g.OAuth, g.NPM, g.PyPI, g.Crates, g.Kubernetes = copyOf(oauth), copyOf(npm), copyOf(pypi), copyOf(crates), copyOf(kubernetes)
}

func copyOf[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}

// TestFloorsCrossSeparators holds what tells a floor's glob from a claim's.
func TestFloorsCrossSeparators(t *testing.T) {
	role := Match{Glob: "arn:aws:iam::*:role/admin*"}
	f := Floor{AWS: &AWSFloor{Role: &role}, Privilege: PrivilegeCritical}
	g := Grant{AWS: &AWS{Role: "arn:aws:iam::123456789012:role/admin/all"}}
	if !f.covers(&g) || role.Matches(g.AWS.Role) {
		t.Error("in a floor \"*\" crosses \"/\", elsewhere it doesn't")
	}
	if g.AWS.Role = strings.Replace(g.AWS.Role, "admin", "deploy", 1); f.covers(&g) {
		t.Error("the floor covers another role")
	}
}
