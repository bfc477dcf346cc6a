package issuance_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/policy"
)

func module(src string) []policy.Module {
	return []policy.Module{{Path: "lease.rego", Src: []byte(src)}}
}

func ticket(alter func(p *manifest.TicketProof)) func(w *world) {
	return func(w *world) { alter(w.tickets.proofs[0].Ticket) }
}

// withdrawn lets the ticket be another from the second question on.
func withdrawn(alter func(p *manifest.TicketProof)) func(w *world) {
	return func(w *world) {
		w.tickets.then = func(all []manifest.Proof) []manifest.Proof {
			alter(all[0].Ticket)
			return all
		}
	}
}

func triggerAttacks() []attack {
	const unproven = "trigger-unproven"
	return []attack{
		{name: "no ticket", alter: func(w *world) { w.tickets.proofs = nil }, code: unproven},
		{name: "ticket of another commit", alter: ticket(func(p *manifest.TicketProof) { p.SHA = commitA }), code: unproven},
		{name: "ticket used", alter: func(w *world) { w.use("once", "jira", "10042") }, code: unproven},
		{name: "ticket approved by the actor", alter: ticket(func(p *manifest.TicketProof) { p.Approvers = []string{"@ALICE"} }), code: unproven},
		{name: "ticket of another project", alter: ticket(func(p *manifest.TicketProof) { p.Project = "PAY" }), code: unproven},
		{name: "ticket with newlines", alter: ticket(func(p *manifest.TicketProof) { p.Status = "Approved\n\x1b[2J" }), code: unproven},
		{name: "ticket system down", alter: fails("proof"), code: issuance.CodeProver},
		{name: "nothing proves tickets", alter: func(w *world) { w.options.Provers = nil }, code: issuance.CodeProver, says: "this curfew has nothing that proves a trigger of the kind ticket"},
		{name: "prover answers for another kind", alter: func(w *world) {
			w.request.Grant = "deploy/ruled"
			w.manifest("policy: { rule: data.curfew.deploy.allow }", "any: [{ policy: { rule: data.curfew.deploy.allow } }, { ticket: { system: jira, project: CHG, status: [Approved], references: sha, use: reusable } }]")
			w.tickets.proofs = []manifest.Proof{{Policy: &manifest.PolicyProof{Rule: "data.curfew.deploy.allow", Allow: true}}}
		}, code: issuance.CodeProver},
		{name: "governance brings the proofs along", alter: func(w *world) {
			w.gov.rules.Facts.Triggers, w.tickets.proofs = w.tickets.proofs, nil
		}, code: unproven},
		{name: "governance brings the counts along", alter: func(w *world) {
			w.gov.rules.Facts.Ledger, w.options.Store = &w.shared.facts, nil
		}, code: "no-shared-store"},
		{name: "a thousand tickets", alter: func(w *world) {
			for range 1000 {
				w.tickets.proofs = append(w.tickets.proofs, manifest.Proof{Ticket: approved()})
			}
		}, code: issuance.CodeProver},
		{name: "ticket withdrawn on the way", alter: withdrawn(func(p *manifest.TicketProof) { p.Status = "Rejected" }), code: unproven, records: "intent revoked denied"},
		{name: "ticket exchanged on the way", alter: withdrawn(func(p *manifest.TicketProof) { p.ID = "CHG-1" }), code: issuance.CodeTask, records: "intent revoked denied"},
		{name: "ticket system down on the way", alter: fails("proof again"), code: issuance.CodeProver, records: "intent revoked denied"},
		{name: "identity over on the way", alter: func(w *world) {
			w.at = time.Date(2027, 6, 1, 23, 59, 50, 0, time.UTC)
			w.server.lasts = 10
			w.fail = func(name string) error {
				if name == "rules again" {
					w.at = w.at.Add(11 * time.Second)
				}
				return nil
			}
		}, code: "expired", records: "intent revoked denied"},
		{name: "limit reached", alter: func(w *world) {
			w.request.Grant = "deploy/limited"
			w.shared.facts.Leases["deploy/limited"] = manifest.LeaseCount{Alive: 3}
		}, code: issuance.CodeLimit},
		{name: "limit without a store", alter: func(w *world) { w.request.Grant, w.options.Store = "deploy/limited", nil }, code: "no-shared-store"},
		{name: "once without a store", alter: func(w *world) { w.options.Store = nil }, code: "no-shared-store"},
		{name: "limit without a ledger in the policy", alter: func(w *world) {
			w.request.Grant = "deploy/limited"
			text := w.gov.rules.Org.Src
			w.org(string(text[strings.Index(string(text), "ledger:"):]), "")
		}, code: "no-shared-store"},
		{name: "limit in a store that can't be opened", alter: func(w *world) {
			w.request.Grant = "deploy/limited"
			fails("open")(w)
		}, code: issuance.CodeStore},
		{name: "limit in a store that isn't there", alter: func(w *world) {
			w.request.Grant = "deploy/limited"
			w.options.Store = func(manifest.Ledger) (issuance.Shared, error) { return nil, nil }
		}, code: issuance.CodeStore},
		{name: "the policy names another store on the way", alter: func(w *world) {
			w.request.Grant = "deploy/limited"
			w.later(func(f *fixed) {
				org := *f.rules.Org
				org.Src = change(w.t, org.Src, "s3://acme-curfew/ledger", "s3://evil/ledger")
				f.rules.Org = &org
			})
		}, code: issuance.CodeChanged, records: "intent revoked denied"},
		{name: "limit in another store", alter: func(w *world) {
			w.request.Grant, w.shared.facts.Store = "deploy/limited", "s3://evil/ledger"
		}, code: "no-shared-store"},
		{name: "counts can't be read", alter: func(w *world) {
			w.request.Grant = "deploy/limited"
			fails("counts")(w)
		}, code: issuance.CodeStore},
		{name: "slot can't be taken", alter: fails("slot"), code: issuance.CodeStore},
	}
}

func serverAttacks(t *testing.T) []attack {
	t.Helper()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a redirect was followed") }))
	t.Cleanup(elsewhere.Close)
	stream := func(rest time.Duration) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := io.WriteString(w, strings.Repeat(" ", 1<<18)); err != nil {
					return
				}
				time.Sleep(rest)
			}
		}
	}
	says := func(status int, body string, headers ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i < len(headers); i += 2 {
				w.Header().Set(headers[i], headers[i+1])
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	answers := func(h http.HandlerFunc) func(w *world) { return func(w *world) { w.server.answer = h } }
	never := func(h http.HandlerFunc) func(w *world) {
		return func(w *world) { w.server.answer, w.patience = h, 300*time.Millisecond }
	}
	repeats := func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write(toJSON(map[string]any{"errors": []string{"not for " + r.Header.Get("Authorization"), strings.Repeat("x", 100_000)}}))
	}
	return []attack{
		{name: "refused", alter: answers(says(400, `{"errors":["invalid audience (aud) claim"]}`)), code: issuance.CodeExchange, records: "intent failed"},
		{name: "refused with newlines", alter: answers(says(400, `{"errors":["no\n::error::\u001b[2J\u202e"]}`)), code: issuance.CodeExchange, records: "intent failed"},
		{name: "refused by repeating the token", alter: func(w *world) { w.server.answer, w.request.Grant = repeats, "deploy/source" }, code: issuance.CodeExchange, records: "intent failed"},
		{name: "an answer of 1 GB and more", alter: answers(stream(0)), code: issuance.CodeFailed, records: "intent failed"},
		{name: "an answer that doesn't end", alter: never(stream(100 * time.Millisecond)), code: issuance.CodeFailed, records: "intent failed"},
		{name: "no answer", alter: never(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }), code: issuance.CodeFailed, records: "intent failed"},
		{name: "redirect", alter: answers(says(307, "", "Location", elsewhere.URL)), code: issuance.CodeFailed, records: "intent failed"},
		{name: "another success", alter: answers(says(202, "{}")), code: issuance.CodeFailed, records: "intent failed"},
		{name: "nonsense", alter: answers(says(200, `{"auth":{"client_token":"a\nb"}}`)), code: issuance.CodeFailed, records: "intent failed"},
		{name: "a token for longer", alter: func(w *world) { w.server.lasts = 901 }, code: issuance.CodeFailed, records: "intent revoked failed"},
		{name: "a token for ever", alter: func(w *world) { w.server.lasts = 0 }, code: issuance.CodeFailed, records: "intent revoked failed"},
		{name: "a session for longer", alter: func(w *world) {
			w.request.Grant, w.server.expires = "deploy/cloud", "2026-11-29T12:00:00Z"
		}, code: issuance.CodeFailed, records: "intent expire-only failed"},
		{name: "a session in the past", alter: func(w *world) {
			w.request.Grant, w.server.expires = "deploy/cloud", "2026-11-28T11:00:00Z"
		}, code: issuance.CodeFailed, records: "intent expire-only failed"},
		{name: "provider lies about the end", alter: liar(func(c *lease.Credential) { c.NotAfter = start.Add(48 * time.Hour) }), code: issuance.CodeLifetime, records: "intent revoked denied"},
		{name: "provider gives no end", alter: liar(func(c *lease.Credential) { c.NotAfter = time.Time{} }), code: issuance.CodeLifetime, records: "intent revoked denied"},
		{name: "provider gives an end of ages", alter: liar(func(c *lease.Credential) { c.NotAfter = start.AddDate(20_000, 0, 0) }), code: issuance.CodeLifetime, records: "intent revoked denied"},
		{name: "provider gives an end gone by", alter: liar(func(c *lease.Credential) { c.NotAfter = start.Add(-time.Hour) }), code: issuance.CodeLifetime, records: "intent revoked denied"},
		{name: "provider issued to come", alter: liar(func(c *lease.Credential) { c.Issued = start.Add(time.Hour) }), code: issuance.CodeLifetime, records: "intent revoked denied"},
		{name: "provider repeats the token", alter: func(w *world) {
			w.options.Providers = func(string) (lease.Provider, error) { return leaky{}, nil }
		}, code: issuance.CodeFailed, records: "intent failed"},
		{name: "a session that ends too late by what is left", alter: func(w *world) {
			w.at = time.Date(2027, 6, 1, 23, 59, 50, 0, time.UTC)
			w.server.lasts = 6
			w.fail = func(name string) error {
				if name == "second token" {
					w.at = w.at.Add(5 * time.Second)
				}
				return nil
			}
		}, code: issuance.CodeFailed, records: "intent revoked failed"},
		{name: "provider gives nothing", alter: func(w *world) {
			w.options.Providers = func(string) (lease.Provider, error) { return silent{}, nil }
		}, code: issuance.CodeFailed, records: "intent failed"},
		{name: "provider gives more than a credential", alter: func(w *world) {
			w.options.Providers = func(string) (lease.Provider, error) { return generous{}, nil }
		}, code: issuance.CodeFailed, records: "intent revoked expire-only failed"},
	}
}

// generous issues two credentials at once, gives both back, and hears no answer to the second.
type generous struct{ silent }

func (generous) Exchange(context.Context, lease.Request) (*lease.Credential, error) {
	c := &lease.Credential{Provider: "vault", Handle: "acc-1", Issued: start, NotAfter: start.Add(time.Minute), Revocable: lease.ByToken}
	more := &lease.Credential{Provider: "vault", Handle: "acc-2", Issued: start, Revocable: lease.ByToken}
	return nil, &lease.GivenBackError{
		Credential: c, Why: errors.New("more than was asked for"), Revocation: lease.Revocation{Outcome: lease.Revoked, NotAfter: c.NotAfter, Answer: "204"},
		Also: &lease.GivenBackError{
			Credential: more, Why: errors.New("not asked for"), Revocation: lease.Revocation{Outcome: lease.ExpireOnly, Answer: "no answer"}, Unanswered: errors.New("no answer"),
		},
	}
}

// liar is a provider with a credential of the fake's of which it says what a test likes.
func liar(alter func(c *lease.Credential)) func(w *world) {
	return func(w *world) {
		honest := w.options.Providers
		w.options.Providers = func(name string) (lease.Provider, error) {
			p, err := honest(name)
			return lying{p, alter}, err
		}
	}
}

type lying struct {
	lease.Provider
	alter func(c *lease.Credential)
}

func (p lying) Exchange(ctx context.Context, r lease.Request) (*lease.Credential, error) {
	c, err := p.Provider.Exchange(ctx, r)
	if c != nil {
		p.alter(c)
	}
	return c, err
}

// leaky repeats what it is sent.
type leaky struct{ silent }

func (leaky) Exchange(_ context.Context, r lease.Request) (*lease.Credential, error) {
	return nil, errors.New("no such token: " + string(r.IDToken.Reveal()))
}

// silent has neither a credential nor a reason.
type silent struct{}

func (silent) Exchange(context.Context, lease.Request) (*lease.Credential, error) { return nil, nil }

func (silent) Revoke(context.Context, *lease.Credential) (lease.Revocation, error) {
	return lease.Revocation{}, errors.New("there is nothing")
}

func brokenAttacks() []attack {
	only := func(t ledger.Type) func(w *world) {
		return func(w *world) { w.broken = func(of ledger.Type) bool { return of == t } }
	}
	return []attack{
		{name: "intent not writable", alter: only(ledger.LeaseIntent), code: issuance.CodeRecord},
		{name: "issued not writable", alter: only(ledger.LeaseIssued), code: issuance.CodeRecord, records: "intent revoked denied"},
		{name: "governance out of order", alter: fails("rules"), code: issuance.CodeGovernance},
		{name: "governance out of order on the way", alter: fails("rules again"), code: issuance.CodeGovernance, records: "intent revoked denied"},
		{name: "governance doesn't answer", alter: func(w *world) {
			w.options.Timeout, w.options.Governance = time.Second, deaf{w.gov} // in which a token and keys are had
		}, code: issuance.CodeGovernance},
		{name: "keys out of order", alter: fails("keys"), code: issuance.CodeKeys},
		{name: "no second token", alter: fails("second token"), code: issuance.CodeToken, records: "intent denied"},
		{name: "no ids", alter: func(w *world) { w.options.NewID = func() (string, error) { return "", errors.New("no randomness") } }, code: issuance.CodeRecord},
		{name: "the environment names another run", alter: claim("run_id", "777"), code: issuance.CodeRecord},
	}
}

// deaf is a governance that waits until it is cut off.
type deaf struct{ *fixed }

func (deaf) Rules(ctx context.Context, _ identity.Identity, _ string) (issuance.Rules, error) {
	<-ctx.Done()
	return issuance.Rules{}, ctx.Err()
}
