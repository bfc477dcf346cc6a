package cli

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/curfew-ci/curfew/internal/attest"
	"github.com/curfew-ci/curfew/internal/inventory"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/orgstore"
)

// ledgerAttestFlags say what is attested, and where to.
type ledgerAttestFlags struct {
	ledgerFlags
	inventories []string
	certified   string
	inbox       string
	state       string
}

func newLedgerAttest(env *Env) *cobra.Command {
	var f ledgerAttestFlags
	cmd := &cobra.Command{
		Use:   "attest --org-policy DIR --inventory FILE",
		Short: "tell leases what guards their manifest, and who certified and reviewed what",
		Long: "In a job of the collector's workflow: record inventories that were just taken, the newest certification\n" +
			"of each identity, and uses of break-glass with their reviews, sealed by the job's ID token. A lease whose\n" +
			"policy or manifest needs to know that reads the newest of its repository; the inbox gets each too, for the\n" +
			"log. Exit:\n" +
			"0 attested · 1 a lease wouldn't take it, or the log isn't proven · 2 a flag or a file is wrong ·\n" +
			"3 could not finish.",
		Example: "  curfew inventory --repository acme/web -o web.json\n" +
			"  curfew ledger attest --org-policy . --inventory web.json",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd, env) },
	}
	flags := cmd.Flags()
	f.register(flags)
	flags.StringArrayVar(&f.inventories, "inventory", nil, "attest of the repository that this `FILE` of curfew inventory is about; repeatable")
	flags.StringVar(&f.certified, "certified", "", "take certifications and break-glass from the records in `FILE`, as ledger export\nwrites them (\"-\" is stdin); from the store's log unless said")
	flags.StringVar(&f.inbox, "inbox", "", "the `STORE` that is collected from; inbox/ of the ledger's unless said")
	registerState(flags, &f.state)
	return cmd
}

// viewed is an inventory, with its file's bytes.
type viewed struct {
	*inventory.Inventory
	src []byte
}

func (f *ledgerAttestFlags) run(cmd *cobra.Command, env *Env) error {
	views, err := f.views(env)
	if err != nil {
		return err
	}
	store, err := f.open(env, f.store, true)
	if err != nil {
		return err
	}
	defer store.close() //nolint:errcheck // what was written has been synced
	inbox, err := f.open(env, f.inbox, true)
	if err != nil {
		return err
	}
	defer inbox.close() //nolint:errcheck // the same
	known, err := f.certifications(cmd.Context(), env, store)
	if err != nil {
		return err
	}
	ring, err := f.ring(cmd.Context(), env, store, true)
	if err != nil {
		return err
	}
	j, err := openJob(env, f.state)
	if err != nil {
		return err
	}
	defer j.close() //nolint:errcheck // what was written has been synced
	a := attesting{j: j, store: store, inbox: inbox, noted: f.noted(), known: known, ring: ring, by: ledger.Attestor{
		Verify: ring.verify, Issuers: f.issuers, Owner: f.policy.Organization.ID, Definition: f.policy.Ledger.Collector, Now: env.Now(),
	}}
	for _, v := range views {
		said, err := a.attest(cmd.Context(), v)
		if err != nil {
			return err
		}
		if err := printMasked(cmd, env, said); err != nil {
			return err
		}
	}
	return nil
}

// views checks the flags, and reads the inventories: before anything is recorded.
func (f *ledgerAttestFlags) views(env *Env) ([]viewed, error) {
	switch {
	case f.orgPolicy == "":
		return nil, usageError("whose leases are told? expected --org-policy, which names the collector that they believe")
	case len(f.inventories) == 0:
		return nil, usageError("what is attested? expected --inventory FILE, as curfew inventory writes it")
	}
	if err := f.complete(); err != nil {
		return nil, err
	}
	if env.Getenv("ACTIONS_ID_TOKEN_REQUEST_URL") == "" {
		return nil, usageError("what seals it? expected a job of GitHub Actions with `permissions: id-token: write`")
	}
	if f.inbox == "" {
		f.inbox = strings.TrimRight(f.store, "/") + "/" + orgstore.InboxPrefix
	}
	return f.viewed(env)
}

// noted is what the job's state calls a file that is in the inbox: the one that jobs deposit in is the organisation's store.
func (f *ledgerAttestFlags) noted() string {
	if strings.TrimRight(f.inbox, "/")+"/" == strings.TrimRight(f.policy.Ledger.Store, "/")+"/"+orgstore.InboxPrefix {
		return storedPrefix
	}
	return broughtPrefix
}

// viewed reads the inventories, which must be new and of the organisation's repositories.
func (f *ledgerAttestFlags) viewed(env *Env) ([]viewed, error) {
	var out []viewed
	for _, name := range f.inventories {
		v, err := readInventory(name)
		if err != nil {
			return nil, err
		}
		if err := attest.Fresh(v.Inventory, env.Now()); err != nil {
			return nil, usageError("--inventory %s: %w", name, err)
		}
		if owner := strconv.FormatInt(v.Repository.OwnerID, 10); owner != f.policy.Organization.ID {
			return nil, usageError("--inventory %s: %s belongs to the account %s, not to the policy's organisation, %s", name, v.Repository.Name, owner, f.policy.Organization.ID)
		}
		out = append(out, v)
	}
	return out, nil
}

// readInventory reads an inventory that says of which repository it is.
func readInventory(name string) (viewed, error) {
	src, err := os.ReadFile(name) //nolint:gosec // the user names it
	if err != nil {
		return viewed{}, usageError("read the inventory: %w", err)
	}
	inv, err := inventory.Parse(filepath.ToSlash(name), src)
	if err != nil {
		return viewed{}, usageError("--inventory %s: %w", name, err)
	}
	if read, why := inv.Has("repository", ""); !read || inv.Repository.ID < 1 {
		return viewed{}, usageError("--inventory %s: of which repository isn't known: %s", name, why)
	}
	return viewed{inv, src}, nil
}

// attesting is where things are attested to, by whom.
type attesting struct {
	j            *job
	store, inbox *openedStore
	noted        string          // as what files are noted once they are in the inbox
	known        []ledger.Record // certifications, and what is known of break-glass
	ring         *keyring
	by           ledger.Attestor
}

// attest records, seals and hands over what is known of one repository, and says what that is.
func (a *attesting) attest(ctx context.Context, v viewed) (string, error) {
	repository := attest.Repository(v.Inventory)
	records, err := attest.Certifications(each(a.known), repository)
	var glass []ledger.Record
	if err == nil {
		glass, err = attest.BreakGlass(each(a.known), repository)
	}
	if err != nil {
		return "", &exitError{ExitUnfinished, err}
	}
	taken := attest.Inventory(v.Inventory, v.src)
	file, err := a.write(ctx, slices.Concat(records, glass, []ledger.Record{taken}))
	if err != nil {
		return "", &exitError{ExitUnfinished, err}
	}
	if err := a.by.Check(ctx, a.j.folder, repository, file); err != nil {
		code := ExitFindings
		if a.ring.fault != nil || ctx.Err() != nil {
			code = ExitUnfinished
		}
		return "", &exitError{code, fmt.Errorf("%s: %w", v.Repository.Name, err)}
	}
	// The log hears of it first: nothing that leases go by is missing there.
	err = ledger.Deposit(ctx, a.j.folder, a.inbox, file)
	if err == nil {
		a.j.note(ctx, a.noted, []string{file}) // or the job's end would bring it away once more
		err = ledger.Attest(ctx, a.j.folder, a.store, repository, file)
	}
	if err != nil {
		return "", &exitError{ExitUnfinished, err}
	}
	said := ""
	if len(glass) > 0 {
		said = "; " + count(len(glass), "record of break-glass", "records of break-glass")
	}
	return fmt.Sprintf("attested %s, repository %s: %s; %s%s\n", printableLine(v.Repository.Name), repository,
		printableLine(guardText(taken.Inventory.Guard)), count(len(records), "identity certified", "identities certified"), said), nil
}

// write seals records in a file of their own, and returns its name.
func (a *attesting) write(ctx context.Context, records []ledger.Record) (string, error) {
	w, err := ledger.NewWriter(a.j.folder, a.j.of, ledger.WriterOptions{IDs: a.j.ids, Now: a.j.env.Now, Mask: a.j.veil.mask})
	if err != nil {
		return "", err
	}
	for _, r := range records {
		if _, err := w.Append(r); err != nil {
			return "", err
		}
	}
	return w.Name(), w.Seal(ctx, rand.Reader, a.j.idToken)
}
