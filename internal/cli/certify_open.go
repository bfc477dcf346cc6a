package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/curfew-ci/curfew/internal/certify"
	"github.com/curfew-ci/curfew/internal/github"
	"github.com/curfew-ci/curfew/internal/gitrepo"
)

// certifyOpenFlags say where pull requests are kept in line.
type certifyOpenFlags struct {
	certifyFlags
	repository string
	dryRun     bool
}

func newCertifyOpen(env *Env) *cobra.Command {
	var f certifyOpenFlags
	cmd := &cobra.Command{
		Use:   "open",
		Short: "keep one pull request for each owner, with what there is to decide",
		Long: "Bring the pull requests at GitHub in line with what plan proposes for the manifest of the default branch:\n" +
			"one for each owner, from the branch curfew/certify/OWNER, opened, updated, and closed when nothing is left to\n" +
			"decide. What a person has committed to such a branch stays, and what a person has closed isn't proposed again\n" +
			"until something else is. Killed anywhere and run again, it comes to the same; let no two run at once.\n" +
			"GITHUB_TOKEN needs contents: write and pull-requests: write.\n" +
			"Exit: 0 in line · 1 in line, and something is left to people; with --dry-run: something would change ·\n" +
			"2 a flag or a file is wrong · 3 could not finish: run it again.",
		Example: "  curfew certify open --org-policy ../.github --facts facts.json --usage records.jsonl --dry-run",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return f.run(cmd, env) },
	}
	flags := cmd.Flags()
	f.register(flags)
	flags.StringVar(&f.repository, "repository", "", "whose manifest it is, `OWNER/NAME`; GITHUB_REPOSITORY unless said")
	flags.BoolVar(&f.dryRun, "dry-run", false, "only say what would change")
	flags.StringVarP(&f.format, "format", "f", "text", "write as `FORMAT`: text or json")
	return cmd
}

func (f *certifyOpenFlags) run(cmd *cobra.Command, env *Env) error {
	if f.format != "text" && f.format != "json" {
		return usageError("--format: expected text or json, not %q", f.format)
	}
	ctx := cmd.Context()
	at, err := f.openGitHub(env)
	if err != nil {
		return err
	}
	r, err := f.readFrom(ctx, env, func(*gitrepo.Tree) ([]byte, error) { return defaultManifest(ctx, at) })
	if err != nil {
		return err
	}
	defer r.tree.Close() //nolint:errcheck // only read
	groups := certify.Plan(r.in, f.manifest, r.src)
	out := openOutcome{DryRun: f.dryRun, ByHand: byHand(r.src, groups)}
	failed := at.Propose(ctx, groups, func(o github.Outcome) { out.Pulls = append(out.Pulls, o) })
	text := out.text()
	if f.format == "json" {
		if text, err = out.json(); err != nil {
			return err
		}
	}
	if err := printMasked(cmd, env, text); err != nil {
		return err
	}
	switch {
	case failed != nil:
		return &exitError{ExitUnfinished, failed}
	case out.open():
		return &exitError{code: ExitFindings}
	}
	return nil
}

func (f *certifyOpenFlags) openGitHub(env *Env) (*github.Certification, error) {
	if f.repository == "" {
		f.repository = env.Getenv("GITHUB_REPOSITORY")
	}
	if f.repository == "" {
		return nil, usageError("whose manifest is it? expected --repository OWNER/NAME, or GITHUB_REPOSITORY in the environment")
	}
	client, err := github.New(github.Config{
		API: env.Getenv("GITHUB_API_URL"), Token: secretOf(env, "GITHUB_TOKEN"), Agent: "curfew/" + Version(), Now: env.Now,
	})
	if err != nil {
		return nil, usageError("%w", err)
	}
	at, err := github.NewCertification(client, github.CertificationOptions{Repository: f.repository, Manifest: f.manifest, DryRun: f.dryRun})
	if err != nil {
		return nil, usageError("--repository: %w", err)
	}
	return at, nil
}

func defaultManifest(ctx context.Context, at *github.Certification) ([]byte, error) {
	src, _, err := at.Manifest(ctx)
	if err != nil {
		return nil, &exitError{ExitUnfinished, fmt.Errorf("read the manifest of the default branch: %w", err)}
	}
	return src, nil
}

// openOutcome is what became of the pull requests.
type openOutcome struct {
	DryRun bool             `json:"dryRun"`
	Pulls  []github.Outcome `json:"pulls"`
	ByHand []handWork       `json:"byHand"` // what is in no pull request, as it changes nothing in the file or can't be edited
}

// handWork is a proposal that somebody has to carry out by hand.
type handWork struct {
	Owner  string         `json:"owner"`
	Name   string         `json:"what"`
	Action certify.Action `json:"action"`
	Why    string         `json:"why"`
}

func byHand(src []byte, groups []certify.Group) []handWork {
	out := []handWork{}
	for i := range groups {
		g := &groups[i]
		for k := range g.Changes {
			c := &g.Changes[k]
			why := c.Refused
			if why == "" && bytes.Equal(g.Source, src) {
				why = c.Reason
			}
			if why != "" {
				out = append(out, handWork{g.Owner, c.Name(), c.Action, why})
			}
		}
	}
	return out
}

// open reports whether something is left to people, or would change.
func (o *openOutcome) open() bool {
	for _, p := range o.Pulls {
		switch {
		case p.Action == github.LeftAlone, p.Action == github.Declined, p.Unasked != "", o.DryRun && p.Action != github.Unchanged:
			return true
		}
	}
	return len(o.ByHand) > 0
}

const silentNote = "GITHUB_TOKEN's pull requests start no workflows, so that required checks wait for ever: close and reopen them by hand,\n" +
	"or let GITHUB_TOKEN be the token of a GitHub App\n"

func (o *openOutcome) text() string {
	var b strings.Builder
	silent := false
	for _, p := range o.Pulls {
		what := p.Action
		if o.DryRun {
			what = would(p.Action)
		}
		if p.Number > 0 {
			what += fmt.Sprintf(" #%d", p.Number)
		}
		fmt.Fprintf(&b, "%s: owner %s, %s\n", what, printableLine(p.Owner), printableLine(p.Branch))
		for _, why := range []string{p.Why, p.Unasked} {
			if why != "" {
				fmt.Fprintf(&b, "  %s\n", printableLine(why))
			}
		}
		silent = silent || p.Silent && p.Action != github.Closed
	}
	for _, h := range o.ByHand {
		fmt.Fprintf(&b, "by hand: owner %s: %s %s\n  %s\n", printableLine(h.Owner), h.Action, printableLine(h.Name), printableLine(h.Why))
	}
	if len(o.Pulls)+len(o.ByHand) == 0 {
		b.WriteString("nothing to decide\n")
	}
	if silent {
		b.WriteString(silentNote)
	}
	return b.String()
}

// would says an action that isn't done.
func would(action string) string {
	switch action {
	case github.Opened:
		return "would open"
	case github.Updated:
		return "would update"
	case github.Closed:
		return "would close"
	case github.Removed:
		return "would remove the branch"
	}
	return action
}

func (o *openOutcome) json() (string, error) {
	if o.Pulls == nil {
		o.Pulls = []github.Outcome{}
	}
	text, err := json.MarshalIndent(o, "", "  ")
	return printable(string(text)) + "\n", err
}
