package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/revoke"
)

// end ends a found credential, and records what came of it. Where nothing could be recorded, nothing is sent.
func (f *findingFlags) end(ctx context.Context, env *Env, state string, e *exposed, plan *revoke.Plan, revoker *revoke.Revoker) error {
	j, sealing, err := openAnywhere(env, state)
	if err != nil {
		return err
	}
	if err := j.ready(); err != nil {
		return &exitError{ExitUnfinished, errors.Join(err, errors.New("what is done couldn't be recorded: nothing was sent"), j.close())}
	}
	j.veil.hide(e.hidden(plan)...)
	out, err := revoker.Revoke(ctx, e.Candidate)
	if err != nil {
		return &exitError{ExitUnfinished, errors.Join(err, j.close())}
	}
	_, recorded := j.Append(revocationRecord(env, e, out))
	if sealing {
		j.seal(ctx)
	} else {
		recorded = errors.Join(recorded, j.close())
		if recorded == nil {
			j.say("recorded in %s, unsealed: there is no job whose ID token could prove it", filepath.Join(j.state, recordsFolder, j.records.Name()))
			j.stderr.wait()
		}
	}
	said := fmt.Errorf("finding %s: %s: %s", e.finding().Fingerprint, out.Status, out.Reason)
	if out.Status == revoke.Done {
		_, err = fmt.Fprintln(env.Stdout, "curfew: "+printableLine(said.Error()))
		said = err
	}
	if err := errors.Join(said, recorded); err != nil {
		return &commandError{exitError{ExitUnfinished, err}}
	}
	return nil
}

// openAnywhere opens the state of a job, or outside of any what is kept where --state says. Only in a job can records be
// sealed.
func openAnywhere(env *Env, state string) (j *job, sealing bool, err error) {
	if of, err := jobOf(env); err == nil {
		state, err := stateFolder(env, state)
		if err != nil {
			return nil, false, err
		}
		return openAs(env, state, of), true, nil
	}
	if state == "" {
		return nil, false, usageError("where is it recorded? outside of a job expected --state DIR")
	}
	if state, err = stateFolder(env, state); err != nil {
		return nil, false, err
	}
	return openAs(env, state, ledger.Job{RunID: outsideJobs, Attempt: 1, Name: "revoke"}), false, nil
}

// outsideJobs stands in records for a run and a repository where there is none.
const outsideJobs = "local"

// revocationRecord is what is recorded of a revocation.
func revocationRecord(env *Env, e *exposed, out revoke.Outcome) ledger.Record {
	f := e.finding()
	r := ledger.Record{
		Plane: ledger.Response, Type: ledger.RevocationUnsure, Outcome: ledger.Failed, Time: env.Now(),
		Identity:   ledger.Identity{ID: f.Identity, RepositoryID: cmp.Or(env.Getenv(ciOf(env).projectID), outsideJobs), Owner: f.Owner},
		Manifest:   ledger.Manifest{SHA256: e.result.Manifest.SHA256},
		Credential: &ledger.Credential{Provider: out.Service, Handle: e.handle(out), Fingerprint: f.Credential.Fingerprint},
		Decision:   &ledger.Decision{Engine: "provider", Reasons: []string{out.Reason}},
	}
	switch out.Status {
	case revoke.Done:
		r.Type, r.Outcome = ledger.RevocationDone, ledger.Done
	case revoke.Failed:
		r.Type = ledger.RevocationFailed
	case revoke.Unsure:
	}
	return r
}

// handle is what a record calls the credential: an AWS key by its id, as CloudTrail does, all else by its finding.
func (e *exposed) handle(out revoke.Outcome) string {
	if out.Service == awsService {
		return string(e.Candidate.Value.Reveal())
	}
	return "finding:" + e.finding().Fingerprint
}

// awsService is the one whose credentials are found by what is no secret: an access key's id.
const awsService = "aws"

// hidden are the values that no record holds.
func (e *exposed) hidden(p *revoke.Plan) []redact.Secret {
	hidden := []redact.Secret{e.Candidate.Near.SecretKey, e.Candidate.Near.SessionToken}
	if p.Service != awsService {
		hidden = append(hidden, e.Candidate.Value)
	}
	return hidden
}
