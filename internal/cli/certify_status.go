package cli

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/curfew-ci/curfew/internal/certify"
)

func newCertifyStatus(env *Env) *cobra.Command {
	var f certifyFlags
	cmd := &cobra.Command{
		Use:   "status",
		Short: "say who must certify what by when, and what was used",
		Long: "List identities and exceptions by the day on which their owner must have decided, with the state\n" +
			"that they are in and the leases of the last 90 days. What isn't known is said to be unknown.\n" +
			"Exit: 0 nothing to decide · 1 something is · 2 a flag or a file is wrong · 3 could not be read.",
		Example: "  curfew certify status\n" +
			"  curfew ledger export --org-policy . > records.jsonl && curfew certify status --usage records.jsonl",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.status(cmd, env) },
	}
	f.register(cmd.Flags())
	cmd.Flags().StringVarP(&f.format, "format", "f", "text", "write as `FORMAT`: text or json")
	return cmd
}

func (f *certifyFlags) status(cmd *cobra.Command, env *Env) error {
	if f.format != "text" && f.format != "json" {
		return usageError("--format: expected text or json, not %q", f.format)
	}
	r, err := f.read(cmd, env)
	if err != nil {
		return err
	}
	defer r.tree.Close() //nolint:errcheck // only read
	reviews := certify.Status(r.in)
	open := 0
	for i := range reviews {
		if reviews[i].Open() {
			open++
		}
	}
	text := statusText(reviews, open)
	if f.format == "json" {
		if text, err = statusJSON(reviews); err != nil {
			return err
		}
	}
	if err := printMasked(cmd, env, text); err != nil {
		return err
	}
	if open > 0 {
		return &exitError{code: ExitFindings}
	}
	return nil
}

func statusText(reviews []certify.Review, open int) string {
	var b strings.Builder
	to := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	if len(reviews) > 0 {
		fmt.Fprintf(to, "STATE\tWHAT\tOWNER\tBY\tUSED IN %d DAYS\n", windowDays())
	}
	for i := range reviews {
		r := &reviews[i]
		used := r.Used
		if len(r.Idle) > 0 && r.State != certify.Unused {
			used += ", none of " + strings.Join(r.Idle, ", ")
		}
		fmt.Fprintf(to, "%s\t%s\t%s\t%s\t%s\n", r.State, cell(r.Name()), cell(whose(r.Handle, r.Owner)), r.Deadline(), cell(used))
	}
	_ = to.Flush() // a Builder takes it all
	for i := range reviews {
		for _, why := range reviews[i].Reasons {
			fmt.Fprintf(&b, "%s: %s: %s\n  try: %s\n", printableLine(why.Region.String()), printableLine(reviews[i].Name()), printableLine(why.Message), printableLine(why.Fix))
		}
	}
	fmt.Fprintf(&b, "%d of %s to decide on\n", open, count(len(reviews), "entitlement", "entitlements"))
	return b.String()
}

func statusJSON(reviews []certify.Review) (string, error) {
	type row struct {
		*certify.Review
		known
	}
	rows := make([]row, len(reviews))
	for i := range reviews {
		rows[i] = row{&reviews[i], knownOf(&reviews[i])}
	}
	src, err := json.MarshalIndent(rows, "", "  ")
	return printable(string(src)) + "\n", err
}
