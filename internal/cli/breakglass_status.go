package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/curfew-ci/curfew/internal/ledger"
)

// glassStatusFlags say which uses are shown.
type glassStatusFlags struct {
	certifyFlags // for its reading of records
	inventory    string
}

func newGlassStatus(env *Env) *cobra.Command {
	var f glassStatusFlags
	cmd := &cobra.Command{
		Use:   "status --records PLACE",
		Short: "show what was used, who reviewed it, and what is due",
		Long: "Show the uses of break-glass that records tell of, the newest first: who used what and why, its ticket, and\n" +
			"its review, or when that is due. A review by who used it is none. Whether another reviewer may review is the\n" +
			"manifest's to say: with --manifest each use is judged as a lease judges it, by who is in the teams where\n" +
			"--inventory tells that; without, anybody's review but the user's own shows as \"reviewed\".\n" +
			"Exit: 0 all are reviewed · 1 a review is due or overdue, or doesn't count for sure · 2 a flag or a file is\n" +
			"wrong · 3 could not finish.",
		Example: "  curfew ledger export --org-policy . > records.jsonl\n" +
			"  curfew break-glass status --records records.jsonl --manifest .github/curfew.yml --inventory web.json",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd, env) },
	}
	flags := cmd.Flags()
	f.bucketFlags.register(flags)
	flags.StringVar(&f.usage, "records", "", "the records, by `PLACE`: an exported ledger (\"-\" is stdin), or the folder or s3://BUCKET/PREFIX\nof jobs' records")
	flags.StringVar(&f.manifest, "manifest", "", "judge reviews by this manifest `FILE`, of the repository that the uses are of")
	flags.StringVar(&f.inventory, "inventory", "", "with --manifest: who is in its teams, by the `FILE` that curfew inventory wrote; uses of other\nrepositories than its own aren't shown")
	flags.StringVar(&f.orgPolicy, "org-policy", "", "with --manifest: the organisation's policy, which bounds deadlines: curfew/org.yml in `DIR`,\nor that FILE")
	flags.StringVarP(&f.format, "format", "f", "text", "write as `FORMAT`: text or json")
	return cmd
}

// glassRow is one use.
type glassRow struct {
	Use       string          `json:"use"`
	Grant     string          `json:"grant"`
	Entry     string          `json:"entry"`
	Activator string          `json:"activator"`
	Used      time.Time       `json:"used"`
	Due       time.Time       `json:"due"`
	Incident  string          `json:"incident,omitempty"`
	Reason    string          `json:"reason,omitempty"`
	Tickets   []string        `json:"tickets"`
	State     glassState      `json:"state"`
	Why       string          `json:"why,omitempty"` // of a state that the reviews don't explain
	Reviews   []glassReviewed `json:"reviews"`

	account string // the number of the activator's
}

// glassReviewed is one review of it.
type glassReviewed struct {
	By      string         `json:"by"`
	Verdict ledger.Verdict `json:"verdict"`
	Reason  string         `json:"reason"`
	Time    time.Time      `json:"time"`
	account string
}

func (f *glassStatusFlags) run(cmd *cobra.Command, env *Env) error {
	switch {
	case f.format != "text" && f.format != "json":
		return usageError("--format: expected text or json, not %q", f.format)
	case f.usage == "":
		return usageError("what was used? expected --records PLACE: what `curfew ledger export` wrote")
	case f.manifest == "" && f.inventory+f.orgPolicy != "":
		return usageError("--inventory and --org-policy say how a manifest judges: give --manifest FILE as well")
	}
	judge, err := f.judge(env)
	if err != nil {
		return err
	}
	records, done, err := f.records(cmd.Context(), env)
	if err != nil {
		return err
	}
	rows := map[string]*glassRow{}
	reviews := map[string][]glassReviewed{}
	for r, err := range records {
		if err != nil {
			return &exitError{ExitUnfinished, errors.Join(fmt.Errorf("read --records %s: %w", f.usage, err), done())}
		}
		takeGlass(&r, rows, reviews)
	}
	if err := done(); err != nil {
		return &exitError{ExitUnfinished, err}
	}
	out := glassRows(rows, reviews, judge)
	if err := f.print(cmd, env, out); err != nil {
		return err
	}
	if slices.ContainsFunc(out, func(row *glassRow) bool { return row.State != glassIsReviewed }) {
		return &exitError{code: ExitFindings}
	}
	return nil
}

// takeGlass takes over what a record says of a use. Of two that say the same use the first counts, as in what is attested.
func takeGlass(r *ledger.Record, rows map[string]*glassRow, reviews map[string][]glassReviewed) {
	g := r.BreakGlass
	if g == nil || r.Type == ledger.BreakGlassStated {
		return
	}
	name := ledger.UseName(r.Identity.RepositoryID, g.RunID, g.Use)
	if r.Type == ledger.BreakGlassReviewed {
		reviews[name] = append(reviews[name], glassReviewed{g.By, g.Verdict, g.Reason, r.Time, g.ByID})
		return
	}
	if rows[name] == nil {
		rows[name] = &glassRow{
			Use: name, Grant: r.Identity.ID + "/" + r.Identity.Grant, Entry: g.Entry, Activator: g.Activator, account: g.ActivatorID, Used: g.Used, Due: g.Due,
			Incident: g.Incident, Reason: g.Reason, Tickets: r.Links.Tickets, Reviews: []glassReviewed{},
		}
	}
}

// glassRows are the uses, the newest first, with where their reviews stand.
func glassRows(rows map[string]*glassRow, reviews map[string][]glassReviewed, judge *glassJudge) []*glassRow {
	out := slices.AppendSeq([]*glassRow{}, maps.Values(rows))
	out = slices.DeleteFunc(out, func(row *glassRow) bool { return !judge.concerns(row) })
	slices.SortFunc(out, func(a, b *glassRow) int { return cmp.Or(b.Used.Compare(a.Used), cmp.Compare(a.Use, b.Use)) })
	for _, row := range out {
		row.Reviews = append(row.Reviews, reviews[row.Use]...)
		judge.judge(row)
	}
	return out
}

func (f *glassStatusFlags) print(cmd *cobra.Command, env *Env, rows []*glassRow) error {
	if f.format == "json" {
		text, err := json.MarshalIndent(map[string]any{"uses": rows}, "", "  ")
		if err != nil {
			return err
		}
		return printMasked(cmd, env, printable(string(text))+"\n")
	}
	var b strings.Builder
	for _, row := range rows {
		fmt.Fprintf(&b, "%s %s of %s, by %s at %s\n", row.State, cell(row.Entry), cell(row.Grant), cell(row.Activator), stamp(row.Used))
		fmt.Fprintf(&b, "  use      %s\n  for      %s\n  ticket   %s\n", cell(row.Use), joinSaid(row.Incident, row.Reason), joinSaid(row.Tickets...))
		if row.State == glassDue || row.State == glassOverdue {
			fmt.Fprintf(&b, "  due      %s\n", stamp(row.Due))
		}
		if row.Why != "" {
			fmt.Fprintf(&b, "  why      %s\n", cell(row.Why))
		}
		for _, r := range row.Reviews {
			fmt.Fprintf(&b, "  review   %s, by %s at %s: %s\n", cell(string(r.Verdict)), cell(r.By), stamp(r.Time), cell(r.Reason))
		}
	}
	fmt.Fprintf(&b, "%s\n", count(len(rows), "use of break-glass", "uses of break-glass"))
	if f.manifest == "" && slices.ContainsFunc(rows, func(row *glassRow) bool { return row.State == glassIsReviewed }) {
		b.WriteString("whether who reviewed may do so isn't judged: --manifest says who may\n")
	}
	return printMasked(cmd, env, b.String())
}
