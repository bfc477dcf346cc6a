package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
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
			"Exit: 0 sent · 2 a flag or the file is wrong · 3 something wasn't taken, or nothing was there to send.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), env, args[0]) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.repository, "repository", "", "`OWNER/NAME`; GITHUB_REPOSITORY unless said")
	flags.StringVar(&f.commit, "commit", "", "the full `ID` of the commit that was scanned, with --ref; GITHUB_SHA unless said")
	flags.StringVar(&f.ref, "ref", "", "the `REF` in full whose commit that is, with --commit; GITHUB_REF unless said")
	flags.BoolVar(&f.dryRun, "dry-run", false, "check the file, say what would be sent, and send nothing")
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
	parcels, err := github.Pack(u)
	if err != nil {
		return usageError("%s: %w", file, err)
	}
	var whole []*github.Parcel
	for _, p := range parcels {
		if !p.Run.Partial {
			whole = append(whole, p)
			continue
		}
		if err := say(env, "%s: not sent: what it is of was read in part only, and what it lacks would count as fixed", p.Run.Category); err != nil {
			return err
		}
	}
	for _, name := range absent(parcels) {
		if err := say(env, "%s: not in the file: its alerts stay as they are", name); err != nil {
			return err
		}
	}
	if f.dryRun {
		return f.rehearse(env, whole)
	}
	if len(whole) == 0 {
		return &exitError{ExitUnfinished, errors.New("nothing was sent: no source was read to the end")}
	}
	client, err := github.New(github.Config{
		API: env.Getenv("GITHUB_API_URL"), Token: secretOf(env, "GITHUB_TOKEN"), Agent: "curfew/" + Version(), Now: env.Now,
	})
	if err != nil {
		return usageError("%w", err)
	}
	return deliver(ctx, env, client, whole)
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

// absent lists the categories of curfew's sources that a file of curfew's has no run for.
func absent(parcels []*github.Parcel) []string {
	prefix, seen := "", map[string]bool{}
	for _, p := range parcels {
		seen[p.Run.Category] = true
		for _, s := range scan.Sources() {
			if name, ok := strings.CutSuffix(p.Run.Category, "/"+string(s)); ok && p.Run.Tool == github.Tool {
				prefix = name
			}
		}
	}
	var names []string
	for _, s := range scan.Sources() {
		if name := prefix + "/" + string(s); prefix != "" && !seen[name] {
			names = append(names, name)
		}
	}
	return names
}

// deliver sends all, then waits for each. One that fails keeps no other from being sent.
func deliver(ctx context.Context, env *Env, client *github.Client, parcels []*github.Parcel) error {
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
		}
	}
	if len(faults) > 0 {
		return &exitError{ExitUnfinished, errors.Join(faults...)}
	}
	return nil
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
