package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/curfew-ci/curfew/internal/certify"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/scan"
)

// certifyRecordFlags say which merges are recorded, and what is recorded already.
type certifyRecordFlags struct {
	certifyOpenFlags
	within string
	state  string
}

func newCertifyRecord(env *Env) *cobra.Command {
	var f certifyRecordFlags
	cmd := &cobra.Command{
		Use:   "record --records PLACE",
		Short: "record what owners certified by merged pull requests",
		Long: "Find the merged pull requests on the manifest, those of certify open and all others, and record for each identity\n" +
			"that they touched what was decided: where an owner, by the manifest before it, approved just the commit that was\n" +
			"merged and hadn't written on its branch. What isn't proven is said and not recorded. Records go to this job's file, sealed, and to the store of the\n" +
			"organisation's policy; collectors take them of recorders alone. What PLACE holds already isn't recorded again.\n" +
			"GITHUB_TOKEN needs contents: read and pull-requests: read, and for teams members: read, as an App's has.\n" +
			"Exit: 0 all is recorded · 1 something isn't proven; with --dry-run: or would be recorded ·\n" +
			"2 a flag or a file is wrong · 3 could not finish: run it again.",
		Example: "  curfew ledger export --org-policy . > records.jsonl && curfew certify record --org-policy . --records records.jsonl",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return f.run(cmd, env) },
	}
	flags := cmd.Flags()
	f.bucketFlags.register(flags)
	flags.StringVar(&f.manifest, "manifest", manifest.Path, "the manifest `FILE` in the repository")
	flags.StringVar(&f.orgPolicy, "org-policy", "", "the organisation's policy: curfew/org.yml in `DIR`, or that FILE")
	flags.StringVar(&f.usage, "records", "", "what is recorded already, by `PLACE`: an exported ledger (\"-\" is stdin), or the folder or\ns3://BUCKET/PREFIX of jobs' records")
	flags.StringVar(&f.within, "within", "30d", "look at what was merged in the last `TIME`")
	flags.StringVar(&f.repository, "repository", "", "whose manifest it is, `OWNER/NAME`; GITHUB_REPOSITORY unless said")
	flags.StringVar(&f.state, "state", "", "keep records in `DIR`; a folder of RUNNER_TEMP unless said")
	flags.BoolVar(&f.dryRun, "dry-run", false, "only say what would be recorded")
	flags.StringVarP(&f.format, "format", "f", "text", "write as `FORMAT`: text or json")
	return cmd
}

func (f *certifyRecordFlags) run(cmd *cobra.Command, env *Env) error {
	if f.format != "text" && f.format != "json" {
		return usageError("--format: expected text or json, not %q", f.format)
	}
	if f.usage == "" {
		return usageError("what is recorded already? expected --records PLACE: what `curfew ledger export` wrote, empty as it may be")
	}
	policy, err := scan.ReadPolicy(f.orgPolicy)
	if err != nil {
		return &exitError{ExitUsage, err}
	}
	ctx := cmd.Context()
	known, err := f.known(ctx, env)
	if err != nil {
		return err
	}
	out, err := f.judge(ctx, env, policy)
	if err != nil {
		return err
	}
	out.leave(known)
	if len(out.Records) > 0 && !f.dryRun {
		var left string
		left, err = writeRecords(ctx, env, f.state, policy, out.Records)
		switch {
		case err != nil:
			out.did = notRecorded
		case left != "":
			out.did = "not in any store"
			fmt.Fprintf(env.Stderr, "curfew: %s\n", left)
		}
	}
	if printErr := f.print(cmd, env, out); printErr != nil {
		return errors.Join(err, printErr)
	}
	switch {
	case err != nil:
		return err
	case len(out.Unproven) > 0, f.dryRun && len(out.Records) > 0:
		return &exitError{code: ExitFindings}
	}
	return nil
}

// known are the certifications that are recorded already.
func (f *certifyRecordFlags) known(ctx context.Context, env *Env) (map[string]bool, error) {
	records, done, err := f.records(ctx, env)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for r, err := range records {
		if err != nil {
			return nil, &exitError{ExitUnfinished, errors.Join(fmt.Errorf("read --records %s: %w", f.usage, err), done())}
		}
		if r.Type == ledger.CertificationMerged {
			known[certifiedKey(&r)] = true
		}
	}
	return known, done()
}

// certifiedKey tells certifications apart: a merge certifies an identity once.
func certifiedKey(r *ledger.Record) string {
	return fmt.Sprintf("%s %q %s %s", r.Identity.RepositoryID, r.Identity.ID, r.Certification.PullRequest, r.Certification.Commit)
}

// recordOutcome is what was found.
type recordOutcome struct {
	DryRun   bool               `json:"dryRun"`
	Records  []ledger.Record    `json:"-"`
	Known    int                `json:"known"` // were recorded before
	Unproven []certify.Unproven `json:"unproven"`

	did string // with the records, in words
}

// notRecorded is what was done where the records couldn't be written.
const notRecorded = "not recorded"

// leave takes out what is recorded already.
func (o *recordOutcome) leave(known map[string]bool) {
	all := len(o.Records)
	o.Records = slices.DeleteFunc(o.Records, func(r ledger.Record) bool { return known[certifiedKey(&r)] })
	o.Known = all - len(o.Records)
}

// judge finds the merges and says what they certify.
func (f *certifyRecordFlags) judge(ctx context.Context, env *Env, policy *manifest.Policy) (*recordOutcome, error) {
	within, err := manifest.ParseDuration(f.within)
	if err != nil {
		return nil, usageError("--within: %w", err)
	}
	at, err := f.openGitHub(env)
	if err != nil {
		return nil, err
	}
	if _, err := defaultManifest(ctx, at); err != nil {
		return nil, err
	}
	merges, err := at.Merges(ctx, env.Now().Add(-within.Std()))
	if err != nil {
		return nil, &exitError{ExitUnfinished, err}
	}
	out := &recordOutcome{DryRun: f.dryRun, Unproven: []certify.Unproven{}, did: "recorded"}
	if f.dryRun {
		out.did = "would record"
	}
	for i := range merges {
		records, not, err := merges[i].Certified(policy, at.Members(ctx))
		if err != nil {
			return nil, &exitError{ExitUnfinished, fmt.Errorf("%s: %w", merges[i].PullRequest, err)}
		}
		out.Records, out.Unproven = append(out.Records, records...), append(out.Unproven, not...)
	}
	return out, nil
}

func (f *certifyRecordFlags) print(cmd *cobra.Command, env *Env, o *recordOutcome) error {
	if f.format == "json" {
		type row struct {
			Identity string `json:"identity"`
			Owner    string `json:"owner"`
			*ledger.Certification
		}
		rows := []row{}
		for i := range o.Records {
			rows = append(rows, row{o.Records[i].Identity.ID, o.Records[i].Identity.Owner, o.Records[i].Certification})
		}
		if o.did == notRecorded {
			rows = rows[:0]
		}
		text, err := json.MarshalIndent(struct {
			*recordOutcome
			Recorded []row `json:"recorded"`
		}{o, rows}, "", "  ")
		if err != nil {
			return err
		}
		return printMasked(cmd, env, printable(string(text))+"\n")
	}
	var b strings.Builder
	for i := range o.Records {
		r, c := &o.Records[i], o.Records[i].Certification
		fmt.Fprintf(&b, "%s: %s %s, by %s in %s\n", o.did, c.Action, printableLine(r.Identity.ID), printableLine(strings.Join(c.By, ", ")), printableLine(c.PullRequest))
	}
	for _, u := range o.Unproven {
		fmt.Fprintf(&b, "not proven: %s %s\n  %s\n", printableLine(u.PullRequest), printableLine(u.Identity), printableLine(u.Why))
	}
	fmt.Fprintf(&b, "%s in all, %d recorded before\n", count(len(o.Records)+o.Known, "certification", "certifications"), o.Known)
	return printMasked(cmd, env, b.String())
}
