package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/revoke"
	"github.com/curfew-ci/curfew/internal/scan"
)

// findingFlags say which found credential is ended, and where it is searched for.
type findingFlags struct {
	finding   string
	confirm   string
	confirmed bool // the flag was given, whatever it says
	at        []string
	in        scanFlags
	where     searchFlags
}

const confirmFlag = "confirm"

func (f *findingFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.finding, "finding", "", "end the credential that the finding with this `ID` is about")
	flags.StringVar(&f.confirm, confirmFlag, "", "with --finding: do it; the finding's whole `ID` once more, as it is said without this flag")
	flags.StringArrayVar(&f.at, "at", nil, "with --finding: the service is at a host of your own, `SERVICE=URL`; repeatable")
	f.where.register(flags)
	flags.StringVar(&f.in.gitleaks, "gitleaks-config", "", "with --finding: find secrets by this gitleaks TOML `FILE`, as scan did")
}

// exposed is a found credential with its finding.
type exposed struct {
	*scan.Exposure
	result *scan.Result
}

func (e *exposed) finding() *finding.Finding { return &e.result.Findings[e.Finding] }

// run ends a found credential, or says what that would take.
func (f *findingFlags) run(ctx context.Context, env *Env, state string, args []string) error {
	if !isFingerprint(f.finding) || len(args) > 1 {
		return usageError("--finding: expected a finding's id, %d to 32 hexadecimal digits, and at most one PATH", minPrefix)
	}
	revoker, err := f.revoker(env)
	if err != nil {
		return err
	}
	e, err := f.find(ctx, env, args)
	if err != nil {
		return err
	}
	plan, err := revoker.Plan(e.Candidate)
	var none *revoke.NoWayError
	switch {
	case errors.As(err, &none):
		return noWay(env, e.finding(), none.Why)
	case err != nil:
		return usageError("finding %s: %w, by --at SERVICE=URL", e.finding().Fingerprint, err)
	case !f.confirmed:
		return writePlan(env, state, e, plan)
	case !strings.EqualFold(f.confirm, e.confirmation()):
		// What would be right isn't said: it is for who has seen what would be sent.
		return usageError("--confirm: it isn't what was said of finding %s: it is cut, or the finding's value has changed: look at it once more without this flag", e.finding().Fingerprint)
	}
	return f.end(ctx, env, state, e, plan, revoker)
}

// revoker reads the flags and the environment that say how.
func (f *findingFlags) revoker(env *Env) (*revoke.Revoker, error) {
	o := revoke.Options{Client: newClient(), Endpoints: map[string]string{}, Now: env.Now, AWS: revoke.AWSKeys{
		ID: env.Getenv("AWS_ACCESS_KEY_ID"), Secret: secretOf(env, "AWS_SECRET_ACCESS_KEY"), Token: secretOf(env, "AWS_SESSION_TOKEN"),
	}}
	for _, at := range f.at {
		service, base, ok := strings.Cut(at, "=")
		if !ok || base == "" || o.Endpoints[service] != "" {
			return nil, usageError("--at: expected SERVICE=URL, once for each service, such as vault=https://vault.example.com")
		}
		o.Endpoints[service] = base
	}
	r, err := revoke.New(o)
	if err != nil {
		return nil, usageError("--at: %w", err)
	}
	return r, nil
}

// find scans again and finds the credential.
func (f *findingFlags) find(ctx context.Context, env *Env, args []string) (*exposed, error) {
	dir := "."
	if len(args) == 1 {
		dir = args[0]
	}
	search, err := f.where.options(ctx, env, dir)
	if err != nil {
		return nil, err
	}
	if dir == fromStdin {
		dir = "."
	}
	id := strings.ToLower(f.finding)
	e := &exposed{}
	err = f.in.with(ctx, env, dir, search, scan.Verification{}, func(opt scan.Options) (err error) {
		e.result, e.Exposure, err = scan.Expose(ctx, opt, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	if e.Exposure == nil {
		return nil, notExposed(env, e.result, id)
	}
	return e, nil
}

// notExposed says why there is no credential.
func notExposed(env *Env, result *scan.Result, id string) error {
	hits := withID(result, id)
	switch {
	case len(hits) == 0, len(hits) > 1:
		return notOne(result, id, len(hits))
	case result.Interrupted():
		return &exitError{ExitUnfinished, errInterrupted}
	case hits[0].Credential == nil:
		return usageError("finding %s is about no credential: curfew explain %s says what to do", hits[0].Fingerprint, hits[0].Fingerprint)
	}
	return noWay(env, &hits[0], "its value isn't in a file: who can read it where it is stored can end it")
}

// confirmation is what --confirm must say: the finding's id, which is made of a value that is too random to be guessed.
// Of others a digest of the value is added, so that nothing else is ended than what was shown.
func (e *exposed) confirmation() string {
	id := e.finding().Fingerprint
	if e.Strong {
		return id
	}
	const digits = 6 // which give nothing away that would help to guess the value
	sum := sha256.Sum256(append([]byte("curfew/confirm/v1\x00"+e.Candidate.Detector+"\x00"), e.Candidate.Value.Reveal()...))
	return id + "-" + hex.EncodeToString(sum[:])[:digits]
}

// noWay says what a person does where nothing here ends a credential.
func noWay(env *Env, f *finding.Finding, why string) error {
	err := f.Fingerprint + ": " + why + "; nothing was sent"
	text, stepsErr := stepsText(f)
	if stepsErr == nil {
		_, stepsErr = fmt.Fprint(env.Stdout, printableLines(text))
	}
	return &exitError{ExitUnfinished, errors.Join(errors.New("finding "+err), stepsErr)}
}
