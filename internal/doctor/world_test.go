package doctor_test

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/doctor"
	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/oidc"
	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/testservers"
)

var start = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

const manifestText = `version: 1
extends: acme/.github
owners:
  web: { team: "@acme/web" }
defaults: { ttl: 15m, narrow: none, limits: none }
identities:
  deploy:
    owner: web
    purpose: Deploy it
    privilege: high
    expires: "2027-06-01"
    runs-as: { workflow: .github/workflows/deploy.yml, job: deploy }
    claims:
      repository: acme/web
      repository_id: "987654"
      job_workflow_ref: acme/web/.github/workflows/deploy.yml@refs/heads/main
      environment: production
    grants:
      vault:
        vault: { address: "https://vault.acme.example", mount: jwt, role: deploy }
        when: always
      cloud:
        aws: { role: "arn:aws:iam::123456789012:role/ci/deploy", audience: sts.amazonaws.com, region: eu-west-1 }
        when: always
      source:
        github: { exchange: "https://octo.acme.example", identity: deploy, repositories: [acme/web], permissions: { contents: read } }
        when: always
  other:
    owner: web
    purpose: Something else
    privilege: high
    expires: "2027-06-01"
    runs-as: { workflow: .github/workflows/other.yml, job: other }
    claims:
      repository_id: "987654"
      job_workflow_ref: acme/web/.github/workflows/other.yml@refs/heads/main
    grants:
      vault:
        vault: { address: "https://vault.acme.example", mount: jwt, role: other }
        when: always
`

const orgText = `version: 1
organization: { name: acme, id: "4242" }
issuers: ["https://token.actions.githubusercontent.com"]
`

const ledgerText = `ledger:
  store: "s3://acme-curfew/ledger"
  role: arn:aws:iam::123456789012:role/curfew-ledger
  audience: sts.amazonaws.com
  region: eu-west-1
  collector: acme/.github/.github/workflows/collect.yml@refs/heads/main
`

// world is a job that lacks nothing, and all around it: fakes, but for the rooms that judge. A test changes what it likes.
type world struct {
	t      *testing.T
	at     time.Time
	issuer *testservers.Issuer
	claims map[string]any // of the job's tokens
	forged bool
	fetch  error // why there is no token
	aud    string
	keys   error
	hidden []string
	asked  []string // audiences

	manifest, org string
	rules         issuance.Rules
	unread        error
	files         map[string]string

	o     doctor.Options
	role  func() ([]byte, error)
	reach error
	store *store
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return worldOf(t, testservers.StartIssuer(t, nil))
}

// worldOf is one with a platform that several tests share: its keys take a while to make.
func worldOf(t *testing.T, issuer *testservers.Issuer) *world {
	t.Helper()
	w := &world{t: t, at: start, issuer: issuer, claims: map[string]any{"iss": "https://token.actions.githubusercontent.com"}, manifest: manifestText, org: orgText}
	w.rules = issuance.Rules{Manifest: issuance.File{Path: manifest.Path, Commit: strings.Repeat("a", 40)}, Org: &issuance.File{Path: manifest.PolicyPath, Commit: strings.Repeat("b", 40)}}
	w.role = func() ([]byte, error) {
		return nil, &doctor.UncheckedError{Why: "needs VAULT_TOKEN", Fix: []string{"vault login"}}
	}
	w.o = doctor.Options{
		Job:    doctor.Job{Run: "12055500123", Attempt: "1", Name: "deploy", MayAsk: true, State: "/tmp/curfew"},
		Tokens: w, Keys: w, Governance: w, Now: func() time.Time { return w.at },
		Ahead: func() (time.Duration, bool) { return 0, false },
		Hide: func(all ...redact.Secret) {
			for _, s := range all {
				w.hidden = append(w.hidden, string(s.Reveal()))
			}
		},
		Reach: func(_ context.Context, g *manifest.Grant, _ []byte) (string, error) {
			return "the " + g.Provider() + " of the test answered 200", w.reach
		},
		Role: func(context.Context, *manifest.Vault) ([]byte, error) { return w.role() },
	}
	return w
}

// IDToken is a fake of the job's endpoint.
func (w *world) IDToken(_ context.Context, audience string) (redact.Secret, error) {
	w.asked = append(w.asked, audience)
	if w.fetch != nil {
		return redact.Secret{}, w.fetch
	}
	if w.aud != "" {
		audience = w.aud
	}
	all := map[string]any{"iat": start.Unix(), "nbf": start.Unix() - 300, "exp": start.Unix() + 300}
	maps.Copy(all, w.claims)
	sign := w.issuer.Token
	if w.forged {
		sign = w.issuer.Forged
	}
	return redact.New([]byte(sign(audience, all))), nil
}

// Keys are the fake issuer's, whichever it calls itself.
func (w *world) Keys(ctx context.Context, _ string) (identity.Keys, []byte, error) {
	if w.keys != nil {
		return identity.Keys{}, nil, w.keys
	}
	return oidc.New(oidc.Options{}).Keys(ctx, w.issuer.URL)
}

// Rules are those of the test.
func (w *world) Rules(context.Context, identity.Identity, string) (issuance.Rules, error) {
	r := w.rules
	r.Manifest.Src = []byte(w.manifest)
	if r.Org != nil {
		r.Org = &issuance.File{Path: r.Org.Path, Commit: r.Org.Commit, Src: []byte(w.org)}
	}
	return r, w.unread
}

// File is one of the test's.
func (w *world) File(_ context.Context, _ identity.Identity, _, path string) ([]byte, error) {
	if src, ok := w.files[path]; ok {
		return []byte(src), nil
	}
	return nil, errors.New("there is no " + path)
}

// store is a fake of the organisation's.
type store struct {
	err   error
	alive int
	taken int

	attested []ledger.Record
	uses     []manifest.GlassUse
}

func (s *store) Facts(_ context.Context, _, grant string) (*manifest.LedgerFacts, error) {
	return &manifest.LedgerFacts{Store: "s3://acme-curfew/ledger", BreakGlass: append([]manifest.GlassUse{}, s.uses...), Leases: map[string]manifest.LeaseCount{grant: {Alive: s.alive, LastDay: s.alive}}}, s.err
}

func (s *store) Used(context.Context, []string) (int, error) { return s.alive, s.err }

func (s *store) Attested(context.Context, ledger.Attestor, string) ([]ledger.Record, error) {
	if s.attested == nil {
		return nil, ledger.ErrNotFound
	}
	return s.attested, nil
}

func (s *store) Take(context.Context, ledger.Claim) (string, error) {
	s.taken++
	return "", errors.New("slots aren't to be taken")
}

// edit changes the manifest.
func (w *world) edit(old, by string) {
	w.t.Helper()
	if !strings.Contains(w.manifest, old) {
		w.t.Fatalf("no %q", old)
	}
	w.manifest = strings.Replace(w.manifest, old, by, 1)
}

// examine makes all checks, by name.
func (w *world) examine() map[string]doctor.Finding {
	w.t.Helper()
	out := map[string]doctor.Finding{}
	for _, f := range doctor.Examine(w.t.Context(), w.o).Findings {
		name := strings.TrimSpace(f.Check + " " + f.Grant)
		if _, twice := out[name]; twice || f.Message == "" || f.Status == doctor.Wrong && len(f.Fix) == 0 && len(f.Points) == 0 {
			w.t.Errorf("%s: %+v", name, f)
		}
		out[name] = f
	}
	return out
}

// text is all that a finding says.
func text(f doctor.Finding) string {
	var b strings.Builder
	b.WriteString(f.Message)
	for _, p := range f.Points {
		b.WriteString("\n" + p.What + "|" + p.Received + "|" + p.Expected + "|" + p.Fix + "|" + p.Place)
	}
	return b.String() + "\n" + strings.Join(f.Fix, "\n")
}
