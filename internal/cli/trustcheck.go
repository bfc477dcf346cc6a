package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/curfew-ci/curfew/internal/scan"
	"github.com/curfew-ci/curfew/internal/trust"
)

// maxDeployed bounds what a provider's tool can have written, in bytes.
const maxDeployed = 1 << 20

func newTrustCheck(env *Env) *cobra.Command {
	var f trustFlags
	cmd := &cobra.Command{
		Use:   "check --grant IDENTITY/GRANT FILE",
		Short: "compare what a grant's provider has with what is rendered",
		Long: "Compare what a grant's provider has, as its own tool writes it to FILE or standard input (-), with\n" +
			"what is rendered, to the letter: what means the same and is written otherwise differs, and so does\n" +
			"whatever stands beside it. Nobody is asked. Exit: 0 the same · 1 it differs, or what is rendered lets\n" +
			"in more than the manifest · 2 a flag or the manifest is wrong · 3 it can't be compared.",
		Example: "  aws iam get-role --role-name deploy | curfew trust check --grant deploy/prod -\n" +
			"  vault read -format=json auth/jwt/role/deploy | curfew trust check --grant deploy/kv -",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.check(cmd, env, args[0]) },
	}
	f.where(cmd)
	cmd.Flags().StringVar(&f.grant, "grant", "", "the grant, `IDENTITY/GRANT`")
	return cmd
}

func (f *trustFlags) check(cmd *cobra.Command, env *Env, file string) error {
	if f.grant == "" {
		return usageError("--grant: say of which grant %s is, as IDENTITY/GRANT", file)
	}
	m, policy, err := readManifest(f.manifest, f.orgPolicy)
	if err != nil {
		return err
	}
	if err := f.checkGrant(m); err != nil {
		return err
	}
	src, name, err := readDeployed(env, file)
	if err != nil {
		return err
	}
	documents, gaps, err := f.render(cmd, env, m, policy)
	if err != nil {
		return err
	}
	if len(documents) == 0 {
		return openGap(gaps)
	}
	c, err := documents[0].Deployed(src)
	shown := strings.Join(documents[0].Shown(), "` or `")
	switch {
	case errors.Is(err, trust.ErrIncomparable) && shown != "":
		err = fmt.Errorf("%w: compare by hand what `curfew trust render --grant %s` and `%s` write", err, f.grant, shown)
	case errors.Is(err, trust.ErrIncomparable):
		err = fmt.Errorf("%w: compare by hand what `curfew trust render --grant %s` writes", err, f.grant)
	case err != nil && shown != "":
		err = fmt.Errorf("%w: give what `%s` writes", err, shown)
	}
	if err != nil {
		return &exitError{ExitUnfinished, fmt.Errorf("compare %s with what is rendered for %s: %w", name, f.grant, err)}
	}
	if err := sayDifferences(cmd, env, f.grant, c); err != nil {
		return err
	}
	if len(c.Differences) > 0 {
		return &exitError{code: ExitFindings}
	}
	return openGap(gaps)
}

// readDeployed reads the file, or standard input, and says which by name.
func readDeployed(env *Env, file string) (src []byte, name string, err error) {
	from, name := env.Stdin, "standard input"
	if file != fromStdin {
		opened, err := os.Open(file) //nolint:gosec // the user names it
		if err != nil {
			return nil, "", usageError("%w", err)
		}
		defer opened.Close() //nolint:errcheck // it is only read
		from, name = opened, file
	}
	src, err = io.ReadAll(io.LimitReader(from, maxDeployed+1))
	switch {
	case err != nil:
		return nil, "", &exitError{ExitUnfinished, fmt.Errorf("read %s: %w", name, err)}
	case len(src) > maxDeployed:
		return nil, "", &exitError{ExitUnfinished, fmt.Errorf("%s is larger than 1 MiB, which nothing is that a provider has of one grant", name)}
	}
	return src, name, nil
}

// sayDifferences writes what differs, and what wasn't compared. What the provider has is somebody else's text.
func sayDifferences(cmd *cobra.Command, env *Env, grant string, c trust.Comparison) error {
	var b strings.Builder
	for _, d := range c.Differences {
		fmt.Fprintf(&b, "%s\n  has:      %s\n  rendered: %s\n", printableLine(d.What), printableLine(d.Received), printableLine(d.Expected))
	}
	what := "what is rendered for " + grant
	if c.Part != "" {
		what = c.Part + " of " + grant
	}
	if len(c.Differences) == 0 {
		fmt.Fprintf(&b, "The same: %s.\n", what)
	} else {
		fmt.Fprintf(&b, "%s of %s.\n", count(len(c.Differences), "difference", "differences"), what)
	}
	if c.Part != "" {
		fmt.Fprintf(&b, "Not compared: whatever else stands in what is rendered.\n")
	}
	safe, err := scan.Mask(cmd.Context(), b.String(), nil)
	if err != nil {
		return &exitError{ExitUnfinished, err}
	}
	_, err = env.Stdout.Write([]byte(disarm(safe)))
	return err
}
