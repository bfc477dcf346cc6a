package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/curfew-ci/curfew/docs"
	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/scan"
)

func newManifest(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "manifest",
		Short:   "validate it, print its schema, say what a change widens, ask what it would decide",
		GroupID: groupGovern,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newManifestCheck(env), newManifestSchema(env), newManifestDiff(env), newManifestDecide(env))
	return cmd
}

func newManifestCheck(env *Env) *cobra.Command {
	var policyFile string
	cmd := &cobra.Command{
		Use:   "check [FILE]",
		Short: "validate a manifest: all errors at once, then what is legal but wrong",
		Long: "Validate a manifest (default: " + manifest.Path + "). Exit: 0 right · 1 legal, but at fault\n" +
			"(overlaps, globs, terms beyond a ceiling) · 2 refused.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			file := manifest.Path
			if len(args) == 1 {
				file = args[0]
			}
			m, p, err := readManifest(file, policyFile)
			if err != nil {
				return err
			}
			return reportFaults(cmd, env, file, m, manifest.Faults(m, p, env.Now()))
		},
	}
	cmd.Flags().StringVar(&policyFile, "org-policy", "", "check it against an organisation's policy: curfew/org.yml in `DIR`, or that FILE")
	return cmd
}

// readManifest reads a manifest and, where one is named, a policy.
func readManifest(file, policyFile string) (*manifest.Manifest, *manifest.Policy, error) {
	policy, err := scan.ReadPolicy(policyFile)
	if err != nil {
		return nil, nil, &exitError{ExitUsage, err}
	}
	src, err := os.ReadFile(file) //nolint:gosec // the user names it
	if err != nil {
		return nil, nil, usageError("read the manifest: %w; write one with `curfew init`", err)
	}
	m, err := scan.ParseManifest(filepath.ToSlash(file), src)
	if err != nil {
		return nil, nil, &exitError{ExitUsage, err}
	}
	return m, policy, nil
}

// reportFaults prints what is legal but wrong, and says so by the exit status unless all of it is only
// worth knowing.
func reportFaults(cmd *cobra.Command, env *Env, file string, m *manifest.Manifest, faults []manifest.Fault) error {
	var b strings.Builder
	wrong := false
	for _, f := range faults {
		fmt.Fprintf(&b, "%s: %s: %s\n  try: %s\n", printableLine(f.Region.String()), f.Kind.Severity(), printableLine(f.Message), printableLine(f.Fix))
		wrong = wrong || f.Kind.Severity() > finding.Note
	}
	if !wrong {
		grants := 0
		for _, id := range m.Identities {
			grants += len(id.Grants)
		}
		fmt.Fprintf(&b, "%s is right: %s, %s, %s\n", printableLine(file),
			count(len(m.Identities), "identity", "identities"), count(grants, "grant", "grants"), count(len(m.Exceptions), "exception", "exceptions"))
	}
	if err := printMasked(cmd, env, b.String()); err != nil {
		return err
	}
	if wrong {
		return &exitError{code: ExitFindings}
	}
	return nil
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func newManifestSchema(env *Env) *cobra.Command {
	var org bool
	cmd := &cobra.Command{
		Use:   "schema",
		Short: "print the JSON Schema, for editors",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			schema := docs.ManifestSchema()
			if org {
				schema = docs.OrgSchema()
			}
			_, err := io.WriteString(env.Stdout, schema)
			return err
		},
	}
	cmd.Flags().BoolVar(&org, "org", false, "the schema of an organisation's curfew/org.yml")
	return cmd
}
