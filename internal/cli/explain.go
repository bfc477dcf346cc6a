package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/curfew-ci/curfew/internal/report"
	"github.com/curfew-ci/curfew/internal/scan"
	"github.com/curfew-ci/curfew/rules"
)

// minPrefix is how many digits of a fingerprint tell findings apart well enough to be typed.
const minPrefix = 4

func newExplain(env *Env) *cobra.Command {
	var from string
	var scanning scanFlags
	var where searchFlags
	cmd := &cobra.Command{
		Use:     "explain RULE|FINGERPRINT [PATH]",
		Short:   "describe a rule, or one finding by its fingerprint",
		GroupID: groupCheck,
		Long: "Describe a rule by its id, or one finding by its fingerprint (the first digits do).\n" +
			"A finding is looked up in a result that scan wrote (--from), or by scanning PATH again,\n" +
			"with the flags that say where.",
		Example: "  curfew explain secret-unentitled\n  curfew explain 3f9c21ab",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 || len(args) > 2 {
				return usageError("which one? expected a rule's id or a finding's, both as scan prints them, and perhaps a folder; docs/rules.md lists the rules")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			rule, err := rules.Lookup(args[0])
			if err == nil {
				return writeRule(env.Stdout, rule)
			}
			if !isFingerprint(args[0]) {
				return unknownRule(err, args[0])
			}
			dir := "."
			if len(args) == 2 {
				dir = args[1]
			}
			search, err := where.options(cmd.Context(), env, dir)
			if err != nil {
				return err
			}
			if dir == fromStdin {
				dir = "."
			}
			result, err := scanning.result(cmd.Context(), env, from, dir, search)
			if err != nil {
				return err
			}
			return explainFinding(env, result, strings.ToLower(args[0]))
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "read the finding from this `FILE`, written by scan -o json=FILE")
	where.register(cmd.Flags())
	scanning.registerInputs(cmd.Flags())
	return cmd
}

// result reads a result from a file, or scans.
func (f *scanFlags) result(ctx context.Context, env *Env, from, dir string, search scan.Search) (*scan.Result, error) {
	if from == "" {
		return f.run(ctx, env, dir, search, scan.Verification{})
	}
	file, err := os.Open(from) //nolint:gosec // the user names it
	if err != nil {
		return nil, usageError("open the result: %w", err)
	}
	defer file.Close() //nolint:errcheck // only read
	result, err := report.Read(file)
	if err != nil {
		return nil, usageError("%s: %w", from, err)
	}
	return result, nil
}

func isFingerprint(s string) bool {
	return len(s) >= minPrefix && len(s) <= 32 && strings.Trim(strings.ToLower(s), "0123456789abcdef") == ""
}

func explainFinding(env *Env, result *scan.Result, prefix string) error {
	hits := withID(result, prefix)
	if len(hits) != 1 {
		return notOne(result, prefix, len(hits))
	}
	if err := report.WriteFinding(env.Stdout, &hits[0], false); err != nil {
		return err
	}
	rule, err := rules.Lookup(hits[0].Rule)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(env.Stdout); err != nil {
		return err
	}
	return writeRule(env.Stdout, rule)
}

// writeRule prints a rule as its Markdown says it.
func writeRule(w io.Writer, r *rules.Rule) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s): %s\n", r.ID, r.Severity, r.Title)
	fmt.Fprintf(&b, "since %s · %s\n", r.Since, strings.Join(r.Tags, " · "))
	for _, s := range []struct{ title, text string }{
		{"What it means", r.Meaning}, {"Why it matters", r.Risk}, {"How to fix it", r.Remedy},
	} {
		fmt.Fprintf(&b, "\n%s\n\n%s\n", s.title, indent(strings.TrimSpace(s.text)))
	}
	writeExamples(&b, "Found", r.Bad)
	writeExamples(&b, "Not found", r.Good)
	_, err := io.WriteString(w, b.String())
	return err
}

func writeExamples(b *strings.Builder, title string, examples []rules.Example) {
	for _, e := range examples {
		fmt.Fprintf(b, "\n%s\n\n%s\n", title, indent(strings.TrimRight(e.Shown(), "\n")))
	}
}

func indent(s string) string {
	return "  " + strings.ReplaceAll(strings.ReplaceAll(s, "\n", "\n  "), "\n  \n", "\n\n")
}
