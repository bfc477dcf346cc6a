package tracker

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// Accounts tells how a case's decision knows the account that goes by a handle of the platform's, "@name", now; "" where
// none does. (*github.Governance).Account is one.
type Accounts func(ctx context.Context, c issuance.Case, handle string) (string, error)

// inquiry is one case that a ticket system is asked about.
type inquiry struct {
	service
	c        issuance.Case
	accounts Accounts
	cloud    bool // of Jira
}

// unproven is why a ticket proves nothing, by what was found.
func unproven(format string, args ...any) error {
	return &issuance.UnprovenError{Why: fmt.Sprintf(format, args...)}
}

// address is where the organisation's policy says that a system is. No other place is asked: a credential goes there.
func address(c issuance.Case) (string, error) {
	if c.System == nil {
		return "", fmt.Errorf("nobody says where %s is: have its url named under systems.%[1]s of the organisation's policy", c.Trigger.Ticket.System)
	}
	return c.System.URL, nil
}

// each looks at every ticket of the job's that has the system's form. One that proves nothing keeps no other from doing so.
func (q *inquiry) each(ctx context.Context, form *regexp.Regexp, one func(ctx context.Context, ref string) ([]manifest.TicketProof, error)) ([]manifest.Proof, error) {
	var found []manifest.Proof
	var why []string
	for _, ref := range q.c.Tickets {
		if !form.MatchString(ref) {
			continue
		}
		proofs, err := one(ctx, ref)
		var not *issuance.UnprovenError
		switch {
		case errors.As(err, &not):
			why = append(why, fmt.Sprintf("the ticket %s %s", ref, not.Why))
		case err != nil:
			return nil, fmt.Errorf("the ticket %s: %w", ref, err)
		}
		for i := range proofs {
			found = append(found, manifest.Proof{Ticket: &proofs[i]})
		}
	}
	if found == nil && why == nil {
		why = []string{fmt.Sprintf("none of the tickets that the job names is one of %s's", q.c.Trigger.Ticket.System)}
	}
	if found == nil {
		return nil, unproven("%s", strings.Join(why, "; "))
	}
	return found, nil
}

// person is who an account is on the platform. Without that nobody can tell whether he started the run himself. The policy
// names him as he was called once: who has another name by now would be somebody else.
func (q *inquiry) person(ctx context.Context, id, name string) (string, error) {
	system := q.c.Trigger.Ticket.System
	handle := q.c.System.People[id]
	if id == "" || handle == "" {
		return "", unproven("was approved by the account %q (%s), and who that is on the platform isn't said: have it named under systems.%s.people of the organisation's policy",
			shown(id), shown(name), system)
	}
	if q.accounts == nil {
		return "", errors.New("nothing here knows the platform's accounts: report this as a fault of curfew's")
	}
	who, err := q.accounts(ctx, q.c, handle)
	switch {
	case err != nil:
		return "", fmt.Errorf("who %s is, whom systems.%s.people names: %w", handle, system, err)
	case who == "":
		return "", unproven("was approved by the account %q (%s), and nobody on the platform is called %s any more: have systems.%s.people of the organisation's policy say who that is now",
			shown(id), shown(name), handle, system)
	}
	return who, nil
}

// named is the one that a text names; "" where it names none.
func (q *inquiry) named(text string) (string, error) {
	all := issuance.Named(text, q.c.Trigger.Ticket.References)
	switch len(all) {
	case 0:
		return "", nil
	case 1:
		return all[0], nil
	}
	return "", unproven("names several, and which was approved isn't known: expected one")
}

// shown is a text of the system's, fit for a message.
func shown(s string) string { return courier.Printable(s, 100) }
