package cli

import (
	"encoding/json"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/scan"
)

// decideFlags name the files that a decision is asked about.
type decideFlags struct {
	manifest  string
	orgPolicy string
	claims    string
	grant     string
	facts     string
	format    string
}

func newManifestDecide(env *Env) *cobra.Command {
	var f decideFlags
	cmd := &cobra.Command{
		Use:   "decide --claims FILE --grant IDENTITY/GRANT [--facts FILE]",
		Short: "say what would be decided for a job's claims, and why",
		Long: "Say whether a job with these claims would get a lease of the grant, and why not.\n" +
			"Nothing is issued and no signature is checked: the claims are taken as verified.\n" +
			"What --facts doesn't say is not proven. Exit: 0 allowed · 1 denied · 2 a file is wrong.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd, env) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.manifest, "manifest", manifest.Path, "the manifest `FILE`")
	flags.StringVar(&f.orgPolicy, "org-policy", "", "the organisation's policy: curfew/org.yml in `DIR`, or that FILE")
	flags.StringVar(&f.claims, "claims", "", "the ID token's claims, a JSON `FILE`")
	flags.StringVar(&f.grant, "grant", "", "the grant that is asked for, `IDENTITY/GRANT`")
	flags.StringVar(&f.facts, "facts", "", "what is proven besides, a JSON `FILE`; docs/decide.md describes it")
	flags.StringVarP(&f.format, "format", "f", "text", "write as `FORMAT`: text or json")
	_ = cmd.MarkFlagRequired("claims") // fails only for flags that don't exist
	_ = cmd.MarkFlagRequired("grant")
	return cmd
}

func (f *decideFlags) run(cmd *cobra.Command, env *Env) error {
	if f.format != "text" && f.format != "json" {
		return usageError("--format: expected text or json, not %q", f.format)
	}
	m, policy, err := readManifest(f.manifest, f.orgPolicy)
	if err != nil {
		return err
	}
	q := manifest.Question{Grant: f.grant}
	if q.Claims, err = readClaims(f.claims); err != nil {
		return err
	}
	var facts manifest.Facts
	if f.facts != "" {
		src, err := os.ReadFile(f.facts)
		if err != nil {
			return usageError("read the facts: %w", err)
		}
		var errs manifest.Errors
		if q.Task, facts, errs = manifest.ParseFacts(filepath.ToSlash(f.facts), src); len(errs) > 0 {
			return &exitError{ExitUsage, scan.Masked(f.facts, src, errs)}
		}
	}
	d := manifest.Decide(m, policy, q, facts, env.Now())
	text := d.Text()
	if f.format == "json" {
		src, err := json.MarshalIndent(d, "", "  ")
		if err != nil {
			return err
		}
		text = string(src) + "\n"
	}
	if err := printMasked(cmd, env, text); err != nil {
		return err
	}
	if !d.Allow {
		return &exitError{code: ExitFindings}
	}
	return nil
}

func readClaims(file string) (identity.Claims, error) {
	src, err := os.ReadFile(file) //nolint:gosec // the user names it
	if err != nil {
		return identity.Claims{}, usageError("read the claims: %w", err)
	}
	claims, err := identity.ParseClaims(filepath.ToSlash(file), src)
	if err != nil {
		return identity.Claims{}, &exitError{ExitUsage, scan.Masked(file, src, err)}
	}
	return claims, nil
}

// printMasked prints text without what looks like a credential in it.
func printMasked(cmd *cobra.Command, env *Env, text string) error {
	safe, err := scan.Mask(cmd.Context(), text, nil)
	if err != nil {
		return &exitError{ExitUnfinished, err}
	}
	_, err = env.Stdout.Write([]byte(disarm(safe)))
	return err
}
