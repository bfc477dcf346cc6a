package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/ledger"
)

// revokeFlags say which leases are ended, or which found credential.
type revokeFlags struct {
	all   bool
	state string
	found findingFlags
}

func newRevoke(env *Env) *cobra.Command {
	var f revokeFlags
	cmd := &cobra.Command{
		Use:     "revoke (--all | ID... | --finding ID [PATH])",
		Short:   "end leases of this job now, or a leaked token by its finding",
		GroupID: groupUse,
		Long: "End leases that `curfew lease` handed over in this job, by what it left in RUNNER_TEMP/curfew/leases,\n" +
			"and say what each server answered. Ending one twice does no harm. A lease whose token isn't kept here\n" +
			"can't be revoked by who only reads records: then it is said what it is called and when it ends by itself.\n" +
			"\n" +
			"With --finding, end the credential that a finding is about, by its service, where that has an API for it.\n" +
			"PATH is scanned again, with the flags that say where: the value is never given here, nor kept. Unless --confirm\n" +
			"gives the id once more, nothing is sent, and it is said what would be. It is recorded, too.\n" +
			"Exit: 0 ended, nothing but time ends it, or only said what would be sent · 2 a flag is wrong ·\n" +
			"3 one may live on, or isn't known.",
		Example: "  curfew revoke --all\n" +
			"  curfew revoke --finding 3f9c21ab --history\n" +
			"  curfew revoke --finding 9b1d77e0 --at vault=https://vault.example.com",
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.found.confirmed = cmd.Flags().Changed(confirmFlag)
			return f.run(cmd.Context(), env, args)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.all, "all", false, "end all leases that are kept here")
	registerState(flags, &f.state)
	f.found.register(flags)
	return cmd
}

func (f *revokeFlags) run(ctx context.Context, env *Env, ids []string) error {
	if f.found.finding != "" {
		if f.all {
			return usageError("--all is for leases, and --finding for one found credential: choose one")
		}
		return f.found.run(ctx, env, f.state, ids)
	}
	if f.found.confirmed || len(f.found.at) > 0 {
		return usageError("--confirm and --at are for a found credential: say which by --finding ID")
	}
	if f.all == (len(ids) > 0) {
		return usageError("which leases? expected --all, or their ids; or --finding ID for a found credential")
	}
	j, err := openToEnd(env, f.state)
	if err != nil {
		return err
	}
	defer j.seal(ctx)
	if j.leases == nil {
		return &exitError{ExitUnfinished, j.shut}
	}
	ender, err := issuance.NewEnder(j.options())
	if err != nil {
		return err
	}
	if f.all {
		if ids, err = j.leases.IDs(); err != nil {
			return &exitError{ExitUnfinished, err}
		}
	}
	var faults []error
	if len(ids) == 0 {
		_, err := fmt.Fprintln(env.Stdout, "no lease is kept here")
		faults = append(faults, err)
	}
	for _, id := range ids {
		faults = append(faults, j.revoke(ctx, ender, id, env.Stdout))
	}
	j.sealLeft(ctx)
	if err := errors.Join(faults...); err != nil {
		return &commandError{exitError{ExitUnfinished, err}}
	}
	return nil
}

// revoke ends one lease, and says on a stream what came of it.
func (j *job) revoke(ctx context.Context, ender *issuance.Ender, id string, to io.Writer) error {
	e, err := j.leases.Entry(id)
	if errors.Is(err, fs.ErrNotExist) {
		return j.recall(ctx, id, to)
	}
	if err != nil {
		return err
	}
	if e.Ledger != nil && j.store == nil {
		if _, err := j.openStore(*e.Ledger); err != nil {
			j.say("the end of lease %s can't be brought to the organisation's store: %v", id, err)
		}
	}
	return j.endEntry(ctx, ender, e, to)
}

// recall says what the records of this job know of a lease that isn't kept: whether it has ended, and if it hasn't that a
// record's handle revokes nothing.
func (j *job) recall(ctx context.Context, id string, to io.Writer) error {
	if j.folder == nil {
		return fmt.Errorf("lease %s: not kept here, and this job's records can't be read: %w", printableLine(id), j.shut)
	}
	var known memory
	if err := eachRecord(ctx, j.folder, func(r *ledger.Record) { known.add(id, r) }); err != nil {
		return err
	}
	last := known.open()
	switch {
	case last == nil && known.ended != nil:
		_, err := fmt.Fprintf(to, "curfew: lease %s: has ended before: %s\n", id, printableLine(reasonOf(known.ended)))
		return err
	case last == nil:
		return fmt.Errorf("lease %s: neither kept here nor in this job's records: expected an id that curfew lease has printed in this job", printableLine(id))
	}
	c := last.Credential
	until := c.NotAfter.UTC().Format(time.RFC3339)
	switch {
	case j.env.Now().After(c.NotAfter):
		_, err := fmt.Fprintf(to, "curfew: lease %s: its time was over at %s\n", id, until)
		return err
	case c.Revocable == ledger.ByRole || c.Revocable == ledger.NotRevocable:
		_, err := fmt.Fprintf(to, "curfew: lease %s: expire-only until %s, as it can't be revoked; %s\n", id, until, byOperator(c))
		return err
	case last.Type == ledger.LeaseIntent:
		return fmt.Errorf("lease %s: it was asked for, and no record says whether it was issued: what would revoke it isn't kept here, and it is over at %s at the latest", id, until)
	}
	return fmt.Errorf("lease %s: what would revoke it isn't kept here, and its record holds no token: it is expire-only until %s; %s",
		id, until, byOperator(c))
}

// memory is what records tell of a lease. It has one credential, or, where what was issued was given back, perhaps another one that came
// along: the end of one isn't the other's.
type memory struct {
	asked *ledger.Record   // for a credential; nil where no record says so
	lives []*ledger.Record // of credentials, as nothing had ended them
	ended *ledger.Record   // by which one is proven to have ended; nil where none is
	dead  map[string]bool  // handles of those
}

// add takes in a record, if it is of that lease.
func (m *memory) add(id string, r *ledger.Record) {
	switch {
	case r.Type == ledger.LeaseIntent && r.ID == id:
		m.asked = r
	case len(r.Links.CausedBy) == 0 || r.Links.CausedBy[0] != id:
	case r.Type == ledger.LeaseIssued, r.Type == ledger.LeaseRenewed, r.Type == ledger.LeaseExpireOnly:
		m.lives = append(m.lives, r)
	case r.Type == ledger.LeaseRevoked, r.Type == ledger.LeaseEnded:
		if m.dead == nil {
			m.dead = map[string]bool{}
		}
		m.ended, m.dead[r.Credential.Handle] = r, true
	}
}

// open is the record that tells most of a credential that no record ends; nil where there is none.
func (m *memory) open() *ledger.Record {
	for _, r := range slices.Backward(m.lives) {
		if !m.dead[r.Credential.Handle] {
			return r
		}
	}
	if m.ended != nil {
		return nil
	}
	return m.asked
}

// reasonOf is what the server said; any step can have written the record, with nothing of it.
func reasonOf(r *ledger.Record) string {
	if r.Decision == nil || len(r.Decision.Reasons) == 0 {
		return string(r.Type)
	}
	return r.Decision.Reasons[0]
}

// byOperator says how who runs the provider could end a credential by its handle.
func byOperator(c *ledger.Credential) string {
	handle := printableLine(c.Handle)
	switch {
	case c.Provider == "vault" && !strings.HasPrefix(handle, "request:"): // it has an accessor
		return "an operator can: vault write auth/token/revoke-accessor accessor=" + handle
	case c.Provider == "aws":
		return "an administrator can deny the role all sessions older than now (aws:TokenIssueTime); this one's key id is " + handle
	case c.Provider == "gcp":
		return "an administrator can take the service account's roles, or disable it with all its tokens; Google's logs have no name for this one, its fingerprint is " + handle
	case strings.HasPrefix(handle, "lease:"):
		return "neither the provider's log nor curfew has a name for it, but this lease's"
	case strings.HasPrefix(handle, "sha256:"):
		return "the provider's log has no name for it; its fingerprint is " + handle
	}
	return "the provider's log calls it " + handle
}

// eachRecord reads the records of a folder's files, whole or not.
func eachRecord(ctx context.Context, folder *ledger.Folder, do func(*ledger.Record)) error {
	names, err := folder.List(ctx, "", "", ledger.MaxList)
	if err != nil {
		return err
	}
	for _, name := range names {
		if !isJobFile(name) {
			continue
		}
		object, err := folder.Get(ctx, name)
		if err != nil {
			return err
		}
		file, err := ledger.ReadJobFile(name, object.Data)
		if err != nil {
			return err
		}
		for i := range file.Records {
			do(&file.Records[i])
		}
	}
	return nil
}

// isJobFile reports whether a name is that of a file of records.
func isJobFile(name string) bool { return strings.HasSuffix(name, ".jsonl") }
