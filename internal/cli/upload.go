package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/curfew-ci/curfew/internal/github"
	"github.com/curfew-ci/curfew/internal/scan"
)

// uploadFlags say where a SARIF file goes; unset ones come from the job's environment.
type uploadFlags struct {
	repository string
	commit     string
	ref        string
	dismiss    bool
	dryRun     bool
}

func newUpload(env *Env) *cobra.Command {
	var f uploadFlags
	cmd := &cobra.Command{
		Use:     "upload FILE",
		Short:   "send a SARIF file to code scanning",
		GroupID: groupCheck,
		Long: "Send a SARIF file to GitHub code scanning, each run of it as an upload of its own, and wait until\n" +
			"all are worked through. A run of what was read in part only isn't sent: what it lacks would count as\n" +
			"fixed. The token comes from GITHUB_TOKEN and needs security-events: write.\n" +
			"With --dismiss, on the default branch, alerts of findings that an exception, an ignore or the baseline\n" +
			"accepts are dismissed until that ends, and reopened then. What people dismissed is left alone.\n" +
			"Exit: 0 sent · 2 a flag or the file is wrong · 3 something wasn't taken, or nothing was there to send.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), env, args[0]) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.repository, "repository", "", "`OWNER/NAME`; GITHUB_REPOSITORY unless said")
	flags.StringVar(&f.commit, "commit", "", "the full `ID` of the commit that was scanned, with --ref; GITHUB_SHA unless said")
	flags.StringVar(&f.ref, "ref", "", "the `REF` in full whose commit that is, with --commit; GITHUB_REF unless said")
	flags.BoolVar(&f.dismiss, "dismiss", false, "dismiss the alerts of silenced findings; for a file of scan --sarif-silenced")
	flags.BoolVar(&f.dryRun, "dry-run", false, "check the file, say what would be sent, and send nothing; with --dismiss GitHub is asked\nfor the alerts, as they are of the last upload")
	return cmd
}

func (f *uploadFlags) run(ctx context.Context, env *Env, file string) error {
	sarif, err := os.ReadFile(file) //nolint:gosec // the user names it
	if err != nil {
		return usageError("read the SARIF file: %w", err)
	}
	u, err := f.place(env)
	if err != nil {
		return err
	}
	u.SARIF = sarif
	parcels, err := github.Pack(u) // before anybody is asked
	if err != nil {
		return usageError("%s: %w", file, err)
	}
	if err := f.vouched(file, parcels); err != nil {
		return err
	}
	client, dismiss, err := f.client(ctx, env, &u)
	if err != nil {
		return err
	}
	if dismiss { // with what is silenced
		if parcels, err = github.Pack(u); err != nil {
			return usageError("%s: %w", file, err)
		}
	}
	whole, err := f.tell(env, parcels, dismiss)
	switch {
	case err != nil:
		return err
	case f.dryRun:
		if err := f.rehearse(env, whole); err != nil || !dismiss {
			return err
		}
	case len(whole) == 0:
		return &exitError{ExitUnfinished, errors.New("nothing was sent: no source was read to the end")}
	default:
		whole, err = deliver(ctx, env, client, whole)
	}
	if dismiss && len(whole) > 0 {
		err = errors.Join(err, f.bringInLine(ctx, env, client, whole))
	}
	if err != nil {
		return &exitError{ExitUnfinished, err}
	}
	return nil
}

// client is who sends u; nil where nothing is sent. It says whether alerts are dismissed: on the default branch alone, as
// a dismissal is of an alert on all branches.
func (f *uploadFlags) client(ctx context.Context, env *Env, u *github.Upload) (*github.Client, bool, error) {
	if f.dryRun && !f.dismiss {
		return nil, false, nil
	}
	client, err := github.New(github.Config{
		API: env.Getenv("GITHUB_API_URL"), Token: secretOf(env, "GITHUB_TOKEN"), Agent: "curfew/" + Version(), Now: env.Now, Sleep: env.Sleep,
	})
	if err != nil {
		return nil, false, usageError("%w", err)
	}
	if !f.dismiss {
		return client, false, nil
	}
	main, err := client.DefaultRef(ctx, u.Owner, u.Repo)
	if err != nil {
		return nil, false, &exitError{ExitUnfinished, err}
	}
	if u.Ref != main {
		return client, false, say(env, "no alert is dismissed: that is for the default branch, %s, and this is %s", main, u.Ref)
	}
	mask, err := scan.MaskEach(nil)
	if err != nil {
		return nil, false, &exitError{ExitUnfinished, err}
	}
	u.Silenced, u.Mask = true, func(s string) (string, error) { return mask(ctx, s) }
	return client, true, nil
}

// tell says what isn't sent, and returns what is.
func (f *uploadFlags) tell(env *Env, parcels []*github.Parcel, dismiss bool) ([]*github.Parcel, error) {
	var whole []*github.Parcel
	var faults []error
	for _, p := range parcels {
		switch {
		case p.Run.Partial:
			faults = append(faults, say(env, "%s: not sent: what it is of was read in part only, and what it lacks would count as fixed", p.Run.Category))
			continue
		case dismiss && p.Run.Untold > 0:
			return nil, usageError("--dismiss: the file doesn't say which findings are silenced: scan with --sarif-silenced")
		case !dismiss && p.Run.Silenced > 0:
			faults = append(faults, say(env, "%s: %s left out, of which code scanning would open alerts", p.Run.Category, count(p.Run.Silenced, "silenced result", "silenced results")))
		}
		whole = append(whole, p)
	}
	for _, name := range absent(parcels) {
		faults = append(faults, say(env, "%s: not in the file: its alerts stay as they are", name))
	}
	return whole, errors.Join(faults...)
}

// say writes a line, in which a file's own words stay words.
func say(env *Env, format string, args ...any) error {
	_, err := fmt.Fprintln(env.Stdout, printableLine(masked(fmt.Errorf(format, args...))))
	return err
}

// rehearse says what would be sent.
func (f *uploadFlags) rehearse(env *Env, parcels []*github.Parcel) error {
	bytes := 0
	for _, p := range parcels {
		if err := say(env, "%s: %s of %s", p.Run.Category, count(p.Run.Results, "result", "results"), p.Run.Tool); err != nil {
			return err
		}
		bytes += p.Bytes
	}
	return say(env, "nothing sent (--dry-run): %d bytes in %s", bytes, count(len(parcels), "upload", "uploads"))
}

// deliver sends all, then waits for each, and returns those that came through. One that fails keeps no other from being sent.
func deliver(ctx context.Context, env *Env, client *github.Client, parcels []*github.Parcel) (done []*github.Parcel, err error) {
	ids, faults := make([]string, len(parcels)), make([]error, 0, len(parcels))
	fail := func(p *github.Parcel, err error) { faults = append(faults, fmt.Errorf("%s: %w", p.Run.Category, err)) }
	for i, p := range parcels {
		var err error
		if ids[i], err = client.Send(ctx, p); err != nil {
			fail(p, err)
		}
	}
	for i, p := range parcels {
		if ids[i] == "" {
			continue
		}
		receipt, err := awaited(ctx, env, client, p, ids[i])
		if err == nil {
			err = say(env, "%s: %s uploaded as %s", p.Run.Category, count(p.Run.Results, "result", "results"), receipt.ID)
		}
		if err != nil {
			fail(p, err)
			continue
		}
		done = append(done, p)
	}
	return done, errors.Join(faults...)
}

// awaited waits for an upload, and says so on a terminal.
func awaited(ctx context.Context, env *Env, client *github.Client, p *github.Parcel, id string) (*github.Receipt, error) {
	if !isTerminal(env.Stderr) || env.Getenv("TERM") == "dumb" {
		return client.Await(ctx, p, id, func(time.Duration) {})
	}
	defer fmt.Fprint(env.Stderr, "\r\x1b[K")
	return client.Await(ctx, p, id, func(waited time.Duration) {
		fmt.Fprintf(env.Stderr, "\r\x1b[K%s: code scanning works on it, %s", printableLine(p.Run.Category), waited)
	})
}
