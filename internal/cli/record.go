package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/spf13/pflag"

	"github.com/curfew-ci/curfew/internal/custody"
	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/recording"
	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/secret"
	"github.com/curfew-ci/curfew/internal/supervise"
	"github.com/curfew-ci/curfew/rules"
)

// sessionsFolder is where recordings lie in a job's state, each under its lease's id.
const sessionsFolder = "sessions"

const castFile = ".cast"

// mebibyte is what --record-limit counts in.
const mebibyte = 1 << 20

// recordFlags say whether what the command prints is recorded, and where.
type recordFlags struct {
	record bool
	to     string
	limit  int
	given  func(flag string) bool           // whether it was said
	search func() (recording.Search, error) // once prepared
}

func (f *recordFlags) register(flags *pflag.FlagSet) {
	f.given = flags.Changed
	flags.BoolVar(&f.record, "record", false, "record what the command writes, masked, as an asciicast:\nsessions/LEASE.cast in the folder of --state")
	flags.StringVar(&f.to, "record-to", "", "record it in `FILE`, where nothing may be yet")
	flags.IntVar(&f.limit, "record-limit", 10, "record no more than this many `MIB`, up to 100; the command goes on")
}

// prepare refuses what can't be recorded before anything is leased, and begins to make the search, which takes a while, beside that.
func (f *recordFlags) prepare(j *job) error {
	if f.search = sync.OnceValues(searchOutput); f.wanted() {
		go f.search() //nolint:errcheck // whoever needs it is told
	}
	switch {
	case f.to == "" && f.given("record-to"): // of a variable that isn't set
		return usageError("--record-to: expected a file, not an empty name")
	case f.given("record-limit") && !f.wanted():
		return usageError("--record-limit: nothing is recorded: say --record or --record-to FILE beside it")
	case f.limit < 1 || f.limit > recording.MaxLimit/mebibyte:
		return usageError("--record-limit: expected 1 to %d MiB, not %d", recording.MaxLimit/mebibyte, f.limit)
	case f.to != "":
		if err := custody.Recordable(f.to); err != nil {
			return usageError("--record-to: %w", err)
		}
	case f.record:
		folder, err := custody.Open(filepath.Join(j.state, sessionsFolder))
		if err != nil {
			return &exitError{ExitUnfinished, fmt.Errorf("--record: %w", err)}
		}
		return folder.Close()
	}
	return nil
}

func (f *recordFlags) wanted() bool { return f.record || f.to != "" }

// session is the recording of what a command prints; nil is none.
type session struct {
	t     *tenancy
	lease *issuance.Lease // the command's first
	file  *custody.Recording
	rec   *recording.Recorder
	begun string // id of the record that promises it
}

// begin begins the recording of a command that isn't started yet. Without a record of that it isn't begun, and the command not
// run: who finds no recording must find that there was to be one.
func (f *recordFlags) begin(t *tenancy, l *issuance.Lease, child *supervise.Child) (*session, error) {
	if !f.wanted() {
		return nil, nil
	}
	path := f.to
	if path == "" {
		path = filepath.Join(t.j.state, sessionsFolder, l.ID+castFile)
	}
	search, err := f.search()
	if err != nil {
		return nil, err
	}
	s := &session{t: t, lease: l}
	if s.file, err = custody.Record(path); err != nil {
		return nil, err
	}
	s.rec, err = recording.Begin(recording.Options{
		To: s.file, Limit: int64(f.limit) * mebibyte, Now: t.j.env.Now, Search: search,
		Header: recording.Header{
			Width: sizeOf(t.j.env, "COLUMNS", 80), Height: sizeOf(t.j.env, "LINES", 24),
			Command: t.j.veil.mask(commandLine(child.Args)), Title: t.request.Grant,
		},
		OnFault: func(err error) {
			t.j.say("the recording of %s ends here: %v; the command goes on", leaseOf(l, t.request.Grant), err)
		},
	})
	if err == nil {
		s.begun, err = t.broker.Session(l, ledger.SessionBegun, ledger.Session{Format: ledger.Asciicast}, "")
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the command isn't recorded, and so not run: %w", err), s.file.Discard())
	}
	child.Stdout, child.Stderr = s.beside(child.Stdout, child.Stderr)
	return s, nil
}

// end ends the recording of a command that has ended, and records its digest. An error means that nothing vouches for what it
// printed.
func (s *session) end(result supervise.Result) error {
	if s == nil {
		return nil
	}
	sum, err := s.rec.End(howEnded(result))
	if err == nil {
		err = s.file.Finish()
	} else {
		err = errors.Join(err, s.file.Leave())
	}
	name := leaseOf(s.lease, s.t.request.Grant)
	record, what, digest := ledger.SessionRecorded, ledger.Session{Format: ledger.Asciicast, Bytes: sum.Bytes, Truncated: sum.Truncated}, sum.SHA256
	if err != nil {
		record, what, digest = ledger.SessionFailed, ledger.Session{Format: ledger.Asciicast, Reason: err.Error()}, ""
		err = fmt.Errorf("what the command of %s printed isn't recorded: %w; %s has what was written until then", name, err, s.file.Left())
	}
	id, unrecorded := s.t.broker.Session(s.lease, record, what, digest, append(s.t.later(), s.begun)...)
	if unrecorded != nil {
		return errors.Join(err, fmt.Errorf("what became of the recording %s isn't recorded: %w", s.file.Path(), unrecorded))
	}
	if err == nil {
		s.t.tellUser("%s: recorded in %s, sha256:%s, record %s", name, s.file.Path(), digest, id)
	}
	return err
}

// later are the ids of the leases that the command has had after its first.
func (t *tenancy) later() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]string(nil), t.had[1:]...)
}

// howEnded says how a command ended, for the mark at a recording's end.
func howEnded(r supervise.Result) string {
	how := "curfew: exit status " + strconv.Itoa(r.Code)
	switch {
	case !r.Started:
		how = "curfew: the command was not started"
	case r.Signal != nil:
		how = "curfew: ended by a signal: " + r.Signal.String()
	}
	if r.Cut {
		how += "; what it left behind still wrote"
	}
	return how
}

// beside are writers that record what they pass on. Recorded first, a reader who stops reading keeps nothing out of the recording.
func (s *session) beside(stdout, stderr io.Writer) (out, errs io.Writer) {
	out = recorded{s.rec.Stream(), stdout}
	if stdout == stderr { // one stays one
		return out, out
	}
	return out, recorded{s.rec.Stream(), stderr}
}

type recorded struct{ by, to io.Writer }

// Write implements io.Writer. Recording never fails here: its end says so.
func (r recorded) Write(p []byte) (int, error) {
	_, _ = r.by.Write(p)
	return r.to.Write(p)
}

// searchOutput finds what looks like a credential in output, by the rules of a scan.
func searchOutput() (recording.Search, error) {
	detector, err := secret.New(rules.SecretRules())
	if err != nil {
		return nil, err
	}
	return func(text []byte) ([]recording.Found, error) {
		tokens, err := detector.Detect(context.Background(), "", text) // the command has run: no cancelling leaves its output unsearched
		if err != nil {
			return nil, err
		}
		found := make([]recording.Found, 0, len(tokens))
		for _, t := range tokens {
			f := recording.Found{Range: redact.Range{Start: t.Region.Start.Offset, End: t.Region.End.Offset}}
			if t.Unlikely == "" { // else a word like any other, which is hidden here alone
				f.Values = []redact.Secret{t.Value, t.Written}
			}
			found = append(found, f)
		}
		return found, nil
	}, nil
}

// commandLine is arguments as a shell would take them.
func commandLine(args []string) string {
	quoted := make([]string, len(args))
	for i, arg := range args {
		if quoted[i] = arg; arg == "" || strings.ContainsAny(arg, " \t\r\n'\"\\$`&|;<>()*?[]{}~#!") {
			quoted[i] = "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
		}
	}
	return strings.Join(quoted, " ")
}

// sizeOf is a side of the terminal, in characters, as far as the environment says it: the command has none.
func sizeOf(env *Env, name string, otherwise int) int {
	n, err := strconv.Atoi(env.Getenv(name))
	if err != nil || n < 1 || n > 10_000 {
		return otherwise
	}
	return n
}
