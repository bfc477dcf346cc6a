package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/recording"
	"github.com/curfew-ci/curfew/internal/scan"
)

// maxSpeed is how many times as fast a recording is played at most.
const maxSpeed = 1000

// ledgerReplayFlags say which recording is played, and how.
type ledgerReplayFlags struct {
	ledgerFlags
	run   string
	file  string
	speed float64
	idle  time.Duration
	dump  bool
}

func newLedgerReplay(env *Env) *cobra.Command {
	var f ledgerReplayFlags
	cmd := &cobra.Command{
		Use:   "replay ID --store STORE",
		Short: "play what the command of a lease printed, if it is what was recorded",
		Long: "Play the recording of a lease's command (exec --record), by the ID of the lease or of the record. The\n" +
			"file is played if it has the SHA-256 that its record says, and not at all otherwise. Colours and moves of\n" +
			"the cursor are kept; whatever else a terminal could be told to do is left out, as the recording holds\n" +
			"what somebody's command printed. Exit: 0 played · 1 no such recording, or it isn't the one that was\n" +
			"recorded · 2 a flag or a file is wrong · 3 not all could be read.",
		Example: "  curfew ledger replay 01JD9Z6Q4T8K0000000000000A --store \"$RUNNER_TEMP/curfew/ledger\"\n" +
			"  curfew ledger replay 01JD9Z6Q4T8K0000000000000A --org-policy . --file session.cast --speed 4",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.play(cmd.Context(), env, args[0]) },
	}
	flags := cmd.Flags()
	f.register(flags)
	flags.StringVar(&f.run, "run", "", "look among the records of the run of this `ID`")
	flags.StringVar(&f.file, "file", "", "the recording, `FILE`; beside a job's records sessions/LEASE.cast unless said")
	flags.Float64Var(&f.speed, "speed", 1, "play this many `TIMES` as fast")
	flags.DurationVar(&f.idle, "idle-limit", 2*time.Second, "make no pause longer than this `TIME`; 0 leaves each as it was")
	flags.BoolVar(&f.dump, "dump", false, "write all at once, as text without colours, and nothing overwritten")
	return cmd
}

func (f *ledgerReplayFlags) play(ctx context.Context, env *Env, id string) error {
	switch {
	case !ledger.ValidID(id):
		return usageError("ID: expected the 26 characters of a lease's or a record's id, not %q", id)
	case !(f.speed > 0 && f.speed <= maxSpeed): // not a number is neither
		return usageError("--speed: expected a number above 0, up to %d", maxSpeed)
	case f.idle < 0:
		return usageError("--idle-limit: expected a time such as 2s, or 0")
	}
	if err := f.complete(); err != nil {
		return err
	}
	row, err := f.find(ctx, env, id)
	if err != nil {
		return err
	}
	r, err := f.recording(row)
	if err != nil {
		return err
	}
	if err := introduce(ctx, env, row, r); err != nil {
		return err
	}
	left := 0
	if f.dump {
		err = r.Dump(env.Stdout)
	} else {
		left, err = r.Play(ctx, env.Stdout, recording.Pace{Speed: f.speed, Idle: f.idle, Pause: courier.Pause})
	}
	if err != nil {
		return &exitError{ExitUnfinished, fmt.Errorf("the recording isn't played to its end: %w", err)}
	}
	if left > 0 {
		fmt.Fprintf(env.Stderr, "left out: %s that tell a terminal to do more than draw\n", count(left, "sequence", "sequences"))
	}
	for _, mark := range r.Markers() {
		fmt.Fprintf(env.Stderr, "mark: %s\n", printableLine(mark))
	}
	return nil
}

// find finds the record of a recording.
func (f *ledgerReplayFlags) find(ctx context.Context, env *Env, id string) (ledgerRow, error) {
	store, err := f.open(env, f.store, false)
	if err != nil {
		return ledgerRow{}, err
	}
	defer store.close() //nolint:errcheck // only read
	isLog, err := store.holdsLog(ctx)
	if err != nil {
		return ledgerRow{}, &exitError{ExitUnfinished, err}
	}
	rows, failed := fileRows(store, env.Stderr), func(err error) error { return &exitError{ExitUnfinished, err} }
	if isLog {
		e, err := f.evidence(ctx, env, store, false)
		if err != nil {
			return ledgerRow{}, err
		}
		failed = func(err error) error { return e.failed(ctx, err) }
		l, err := ledger.OpenLog(ctx, store, e.opt)
		if err != nil {
			return ledgerRow{}, failed(err)
		}
		rows = logRows(l)
	}
	known := sessions{id: id}
	for row, err := range rows(ctx, ledger.Filter{Run: f.run}) {
		if err != nil {
			return ledgerRow{}, failed(err)
		}
		known.add(row)
	}
	row, err := known.only()
	if err != nil {
		err = &exitError{ExitFindings, err}
	}
	return row, err
}

// recording reads the recording that a record is of, and proves that it is that.
func (f *ledgerReplayFlags) recording(row ledgerRow) (*recording.Recording, error) {
	path := f.file
	if path == "" {
		if row.file == "" || strings.HasPrefix(f.store, s3Scheme) {
			return nil, usageError("where is the recording? expected --file FILE: a ledger holds its digest alone")
		}
		path = filepath.Join(f.store, "..", sessionsFolder, row.record.Links.CausedBy[0]+castFile)
	}
	said := row.record.Session.Bytes
	if said > recording.MaxLimit {
		return nil, &exitError{ExitFindings, fmt.Errorf("record %s: a recording of %d bytes: curfew makes none of more than %d", row.record.ID, said, recording.MaxLimit)}
	}
	file, err := os.Open(path) //nolint:gosec // the user names it
	if err != nil {
		return nil, usageError("the recording can't be read: %w", err)
	}
	defer file.Close() //nolint:errcheck // only read
	src, err := io.ReadAll(io.LimitReader(file, said+1))
	if err != nil {
		return nil, &exitError{ExitUnfinished, fmt.Errorf("the recording can't be read: %w", err)}
	}
	sum := sha256.Sum256(src)
	if digest := "sha256:" + hex.EncodeToString(sum[:]); int64(len(src)) != said || digest != row.record.Links.Session {
		return nil, &exitError{ExitFindings, fmt.Errorf("%s isn't what was recorded: expected %d bytes of %s, as record %s says; "+
			"it was changed or is another's, and nothing of it is played", path, said, row.record.Links.Session, row.record.ID)}
	}
	r, err := recording.Read(path, src)
	if err != nil {
		return nil, &exitError{ExitFindings, err}
	}
	return r, nil
}

// introduce says what is played, whose it is, and by what that is proven. Jobs write their records themselves, so it is masked.
func introduce(ctx context.Context, env *Env, row ledgerRow, r *recording.Recording) error {
	var b strings.Builder
	of := &row.record
	fmt.Fprintf(&b, "recorded at %s: %s\n", stamp(of.Time), joinSaid(
		said("lease", of.Links.CausedBy[0]), said("run", of.Task.RunID), fmt.Sprint("attempt ", of.Task.Attempt), said("job", of.Task.Job),
		said("repository", of.Identity.RepositoryID), said("identity", of.Identity.ID), said("grant", of.Identity.Grant)))
	if r.Header.Command != "" {
		fmt.Fprintf(&b, "command: %s\n", printableLine(r.Header.Command))
	}
	proof := fmt.Sprintf("record %d of the log", row.index)
	if row.file != "" {
		proof = "which nobody has collected: proven by nothing but the file " + printableLine(row.file)
	}
	fmt.Fprintf(&b, "it has the digest that record %s says, %s\n", of.ID, proof)
	if of.Session.Truncated {
		b.WriteString("truncated: the recording had reached its limit, and the command went on\n")
	}
	text, err := scan.Mask(ctx, b.String(), nil)
	if err != nil {
		return &exitError{ExitUnfinished, err}
	}
	_, err = io.WriteString(env.Stderr, text)
	return err
}
