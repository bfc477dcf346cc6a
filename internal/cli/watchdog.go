package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/curfew-ci/curfew/internal/custody"
	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/supervise"
)

// watchdogVerb is what exec starts beside itself.
const watchdogVerb = "watchdog"

func newWatchdog(env *Env) *cobra.Command {
	var state string
	cmd := &cobra.Command{
		Use:    watchdogVerb,
		Short:  "end a lease if the exec that started this is killed",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			w := &watchdog{env: env, state: state}
			err := supervise.Watch(supervise.Watcher{In: env.Stdin, Out: env.Stdout, Complain: complaints{env.Stderr}, End: w.end})
			if err != nil {
				return &exitError{code: ExitUnfinished, err: err}
			}
			return nil
		},
	}
	registerState(cmd.Flags(), &state)
	return cmd
}

// complaints writes what a watchdog complains of, a line for each time it does. It quotes servers, whose words must not be taken for
// a runner's commands.
type complaints struct{ to io.Writer }

// Write implements io.Writer.
func (c complaints) Write(line []byte) (int, error) {
	if _, err := io.WriteString(c.to, printableLine(strings.TrimSuffix(string(line), "\n"))+"\n"); err != nil {
		return 0, err
	}
	return len(line), nil
}

// watchdog ends what an exec left behind. It opens the job's state when there is something to end, and not before: most
// often there never is. It ends that, too, where somebody has removed the state meanwhile.
type watchdog struct {
	env   *Env
	state string
	j     *job
	ender *issuance.Ender
}

// end ends all leases of a payload. It may be called again.
func (w *watchdog) end(ctx context.Context, payload []byte) error {
	held, err := entriesOf(payload)
	if err != nil {
		return err
	}
	if w.j == nil || w.j.shut != nil {
		if w.j, err = openToEnd(w.env, w.state); err != nil {
			return err
		}
		if w.ender, err = issuance.NewEnder(w.j.options()); err != nil {
			return err
		}
	}
	var faults []error
	for _, e := range held {
		faults = append(faults, w.j.endEntry(ctx, w.ender, e, w.env.Stderr))
	}
	return errors.Join(faults...)
}

// endEntry ends a lease, says on a stream what came of it, and removes what is kept of one that has ended, or that
// nothing but time ends; of one that may live on, the files in which it was handed over. An error means that it may be tried again.
func (j *job) endEntry(ctx context.Context, ender *issuance.Ender, e custody.Entry, to io.Writer) error {
	got, err := ender.End(ctx, e.Credential, e.Origin)
	name := "lease " + e.ID
	if of := e.Origin.Identity; of.ID != "" {
		name += " of " + of.ID + "/" + of.Grant
	}
	if err != nil {
		err = fmt.Errorf("%s: %w; it is %s", name, err, got.String())
		if j.leases != nil && e.Files != "" {
			err = errors.Join(err, j.leases.RemoveFiles(e.Files))
		}
		return err
	}
	if _, err := fmt.Fprintln(to, printableLine(j.veil.mask("curfew: "+name+": "+got.String()))); err != nil && to != j.env.Stderr {
		return err
	}
	switch {
	case j.leases != nil:
		return j.leases.Remove(e)
	case e.Files != "":
		return fmt.Errorf("the files of lease %s aren't removed: %w", e.ID, j.shut)
	}
	return nil
}
