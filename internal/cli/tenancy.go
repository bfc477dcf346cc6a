package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/curfew-ci/curfew/internal/custody"
	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/supervise"
)

// tenancy is a lease for as long as a command has it: renewed where the command can be given another credential, and
// ended at its time or with the command.
type tenancy struct {
	j        *job
	broker   *issuance.Broker
	request  issuance.Request
	mask     *supervise.Mask
	quiet    bool
	began    time.Time
	watchdog func() (*supervise.Watchdog, error)
	unlisten func() // to what this process learns, as the command has nothing of it

	mu    sync.Mutex
	held  []*issuance.Lease // that haven't ended, the one that the command has last
	loose []issuance.Held   // that were issued for a renewal which was denied, and may live on
	had   []string          // ids of all leases that the command has had, in order
	fresh *issuance.Held    // what was issued last; nil where a renewal has begun and nothing was
	files string            // the id whose folder has the credential's files; "" where it is handed over without
	told  bool              // the watchdog has been told of something
}

func newTenancy(j *job, r issuance.Request, quiet bool) *tenancy {
	t := &tenancy{j: j, request: r, mask: supervise.NewMask(), quiet: quiet, began: j.env.Now()}
	t.unlisten = j.veil.listen(func(s redact.Secret) { t.mask.Hide(s) })
	return t
}

// hold has the watchdog hold what ends a credential that was issued just now, beside what it holds.
func (t *tenancy) hold(h issuance.Held) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if h.As == manifest.AsFile && t.files == "" {
		t.files = h.ID
	}
	t.fresh = &h
	return t.tell(append(t.holds(), h))
}

// holds is what ends all that hasn't ended.
func (t *tenancy) holds() []issuance.Held {
	all := slices.Clone(t.loose)
	for _, l := range t.held {
		all = append(all, l.Held())
	}
	return all
}

// anew leases once more. What was issued on the way, and isn't known to have ended, is held though there is no lease.
func (t *tenancy) anew(ctx context.Context, old *issuance.Lease, left time.Duration) (*issuance.Lease, error) {
	t.mu.Lock()
	t.fresh = nil
	t.mu.Unlock()
	l, err := t.broker.Renew(ctx, old, left)
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil && t.fresh != nil && !settled(err) {
		t.loose = append(t.loose, *t.fresh)
	}
	return l, err
}

// tell tells the watchdog of leases: a line for each.
func (t *tenancy) tell(all []issuance.Held) error {
	watchdog, err := t.watchdog()
	if err != nil {
		return err
	}
	var payload []byte
	defer func() { clear(payload) }()
	for _, h := range all {
		text, err := custody.EntryOf(h, t.files).Encode()
		if err != nil {
			return err
		}
		payload = append(payload, text.Reveal()...)
		text.Zero()
	}
	t.told = true
	return watchdog.Replace(payload)
}

// refused lets go of the watchdog where nothing was leased. What was issued, and isn't known to have ended, is its to end.
func (t *tenancy) refused(err error) error {
	if watchdog, _ := t.watchdog(); watchdog != nil && (!t.told || settled(err)) {
		return watchdog.Release("nothing was leased")
	}
	return nil // it acts as we end, or there is none
}

// settled reports whether what had been issued for a lease that is denied is known to have ended.
func settled(err error) bool {
	denied := (*issuance.DeniedError)(nil)
	return errors.As(err, &denied) && denied.Ended != nil && denied.Ended.Err == nil
}

// handOver is the command's variables.
func (t *tenancy) handOver() ([]supervise.Var, error) {
	l := t.held[len(t.held)-1]
	values := l.Credential.Values
	for _, v := range values {
		if !v.Public && !redact.Seeks(v.Value) {
			t.j.say("the value of %s is too short to be hidden in what the command writes", v.Name)
		}
	}
	if t.files != "" {
		var err error
		if values, err = t.j.leases.HandOver(t.files, l.Credential); err != nil {
			return nil, err
		}
	}
	var vars []supervise.Var
	for _, v := range values {
		vars = append(vars, supervise.Var{Name: v.Name, Value: v.Value})
	}
	return vars, nil
}

// giveUp ends the lease of a command that isn't run, because of why.
func (t *tenancy) giveUp(ctx context.Context, why error) error {
	err := t.end(ctx)
	if err == nil {
		watchdog, _ := t.watchdog() // it has been told of the lease
		err = watchdog.Release("the command isn't run")
	}
	return errors.Join(why, err)
}

// run runs the command.
func (t *tenancy) run(ctx context.Context, child supervise.Child) (supervise.Result, error) {
	l := t.held[0]
	t.tellUser("%s: until %s", leaseOf(l, t.request.Grant), l.Until.UTC().Format(time.RFC3339))
	t.unlisten() // else a command of hours has its output searched for all the ID tokens that its lease was renewed by
	keeping, stop := context.WithCancel(ctx)
	kept := make(chan struct{})
	go func() {
		defer close(kept)
		t.keep(keeping)
	}()
	watchdog, _ := t.watchdog() // it has been told of the lease
	result, err := supervise.Run(ctx, child, supervise.Guard{
		Watchdog: watchdog,
		Lost: func(err error) {
			t.j.say("%v; the command goes on, and its credential ends with it unless curfew is killed", err)
		},
		End: func(ctx context.Context, _ supervise.Result) error {
			stop()
			<-kept
			return t.end(ctx)
		},
	})
	stop()
	if result.Cut {
		t.j.say("what the command has left behind holds its output open, and isn't heard any more")
	}
	return result, err
}

// end ends all that is held, at once as there is one deadline for it, and removes the files.
func (t *tenancy) end(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	faults := make([]error, len(t.held))
	var ending sync.WaitGroup
	for i, l := range t.held {
		ending.Go(func() { faults[i] = t.endOne(ctx, l) })
	}
	ending.Wait()
	faults = append(faults, t.endLoose(ctx))
	t.held, t.loose = nil, nil
	if t.files != "" {
		faults = append(faults, t.j.leases.RemoveFiles(t.files))
	}
	return errors.Join(faults...)
}

// endLoose ends what no lease is of.
func (t *tenancy) endLoose(ctx context.Context) error {
	if len(t.loose) == 0 {
		return nil
	}
	ender, err := issuance.NewEnder(t.j.options())
	if err != nil {
		return err
	}
	var faults []error
	for _, h := range t.loose {
		if got, err := ender.End(ctx, h.Credential, h.Origin); err != nil {
			faults = append(faults, fmt.Errorf("lease %s of %s, which was denied: %w; it is %s", h.ID, t.request.Grant, err, got.String()))
		}
	}
	return errors.Join(faults...)
}

// endOne ends a lease and says what came of it.
func (t *tenancy) endOne(ctx context.Context, l *issuance.Lease) error {
	got, err := t.broker.End(ctx, l)
	if err != nil {
		return fmt.Errorf("%s: %w; it is %s", leaseOf(l, t.request.Grant), err, got.String())
	}
	if got.Outcome == lease.ExpireOnly || !t.quiet {
		t.j.say("%s: %s", leaseOf(l, t.request.Grant), got.String())
	}
	return nil
}

func (t *tenancy) tellUser(format string, args ...any) {
	if !t.quiet {
		t.j.say(format, args...)
	}
}

// entriesOf reads what tell wrote.
func entriesOf(payload []byte) ([]custody.Entry, error) {
	var all []custody.Entry
	for line := range bytes.Lines(payload) {
		e, err := custody.Decode("what the watchdog was told", line)
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}
