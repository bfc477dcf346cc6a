package github

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/oidc"
	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/testservers"
)

// recorder keeps the records of a broker.
type recorder struct{ got []ledger.Record }

func (r *recorder) Append(of ledger.Record) (string, error) {
	r.got = append(r.got, of)
	return "019400d9-0000-7000-8000-000000000001", nil
}

// made is a provider with a credential of its own: a fake.
type made struct{ during func() }

func (m made) Exchange(_ context.Context, r lease.Request) (*lease.Credential, error) {
	m.during()
	now := time.Now()
	return &lease.Credential{
		Provider: r.Grant.Provider(), Values: []lease.Value{{Name: "TOKEN", Value: redact.New([]byte("made-up"))}},
		Issued: now, NotAfter: now.Add(5 * time.Minute), Revocable: lease.ByToken,
	}, nil
}

func (made) Revoke(context.Context, *lease.Credential) (lease.Revocation, error) {
	return lease.Revocation{Outcome: lease.Revoked, Answer: "204"}, nil
}

// TestLease goes the whole way of a lease by what GitHub says, and by what it says then.
func TestLease(t *testing.T) {
	commit := func(id int64, name, from, to string) func(p *place) {
		return func(p *place) {
			files := map[bool]map[string]string{true: webFiles(), false: orgFiles()}[id == webID]
			files = p.dated(files)
			if from == "" {
				delete(files, name)
			} else {
				files[name] = strings.Replace(files[name], from, to, 1)
			}
			p.g.Commit(id, "main", "bob", files)
		}
	}
	nothing := func(*place) {}
	for name, tt := range map[string]struct {
		before, during func(p *place)
		code, says     string
	}{
		"entitled":                    {nothing, nothing, "", ""},
		"a branch that moves on":      {nothing, commit(webID, "README", "x", "y"), "", ""},
		"no manifest":                 {commit(webID, manifest.Path, "", ""), nothing, issuance.CodeGovernance, "there is no manifest"},
		"an unreadable one":           {commit(webID, manifest.Path, "owners:", "ownerz:"), nothing, issuance.CodeManifest, "ownerz"},
		"a policy that says no":       {commit(orgID, "curfew/policy/lease.rego", "allow := true", "allow := false"), nothing, issuance.CodePolicy, "organisation"},
		"a policy that isn't Rego":    {commit(webID, ".github/curfew/a.rego", "package", "pockage"), nothing, issuance.CodeRego, "a.rego"},
		"a ceiling lowered meanwhile": {nothing, commit(orgID, manifest.PolicyPath, "version: 1", "version: 1\nceilings: { ttl: { critical: 1m, high: 1m, medium: 1m, low: 1m } }"), issuance.CodeChanged, "organisation's policy"},
		"renamed for another's":       {nothing, func(p *place) { p.g.Rename(orgID, "acme/old"); p.g.Host(666, "acme/.github", 666) }, issuance.CodeGovernance, "belongs to the account 666"},
		"another manifest meanwhile":  {nothing, commit(webID, manifest.Path, "ttl: 15m", "ttl: 14m"), issuance.CodeChanged, "the manifest"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			issuer := testservers.StartIssuer(t, p.claims)
			p.issuer = issuer.URL
			p.g.Commit(orgID, "main", "anna", p.dated(orgFiles()))
			p.g.Commit(webID, "main", "bob", p.dated(webFiles()))
			tt.before(p)
			records := &recorder{}
			source := oidc.New(oidc.Options{RequestURL: redact.New([]byte(issuer.RequestURL())), RequestToken: redact.New([]byte(issuer.RequestToken))})
			b, err := issuance.New(issuance.Options{
				Tokens: source, Keys: source, Governance: p.governance(), Records: records, Now: time.Now, Job: "deploy", Issuers: []string{issuer.URL},
				NewID:     func() (string, error) { return "019400d9-0000-7000-8000-000000000000", nil },
				Providers: func(string) (lease.Provider, error) { return made{func() { tt.during(p) }}, nil },
			})
			if err != nil {
				t.Fatal(err)
			}
			l, err := b.Issue(t.Context(), issuance.Request{Grant: "deploy/prod", Task: manifest.Task{Org: "acme/.github"}})
			last := records.got[len(records.got)-1]
			if tt.code == "" {
				if err != nil || l == nil || last.Type != ledger.LeaseIssued || len(last.Manifest.Commit) != 40 || len(last.Manifest.OrgCommit) != 40 {
					t.Errorf("got %v, record %+v", err, last.Manifest)
				}
				return
			}
			var denied *issuance.DeniedError
			if !errors.As(err, &denied) || denied.Reasons[0].Code != tt.code || !strings.Contains(err.Error(), tt.says) || last.Type != ledger.LeaseDenied {
				t.Errorf("got %v, record %s, want %s: %s", err, last.Type, tt.code, tt.says)
			}
		})
	}
}

// dated is files for a lease of today, with the issuer that a test has.
func (p *place) dated(files map[string]string) map[string]string {
	ends := time.Now().AddDate(0, 3, 0).Format("2006-01-02")
	for name, change := range map[string][2]string{
		manifest.Path:              {"2027-06-01", ends},
		manifest.PolicyPath:        {"version: 1\n", "version: 1\nissuers: [\"" + p.issuer + "\"]\n"},
		"curfew/policy/lease.rego": {"package curfew.lease", "package curfew.lease\n\nallow := true\n"},
		".github/curfew/a.rego":    {"package a", "package curfew.lease\n\nallow := true\n"},
	} {
		if src, ok := files[name]; ok {
			files[name] = strings.Replace(src, change[0], change[1], 1)
		}
	}
	return files
}
