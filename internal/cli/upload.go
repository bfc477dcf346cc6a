package cli

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/curfew-ci/curfew/internal/github"
	"github.com/curfew-ci/curfew/internal/redact"
)

// uploadFlags say where a SARIF file goes; unset ones come from the job's environment.
type uploadFlags struct {
	repository string
	commit     string
	ref        string
	dryRun     bool
}

func newUpload(env *Env) *cobra.Command {
	var f uploadFlags
	cmd := &cobra.Command{
		Use:     "upload FILE",
		Short:   "send a SARIF file to code scanning",
		GroupID: groupCheck,
		Long: "Send a SARIF file to GitHub code scanning and wait until it is worked through. The token comes\n" +
			"from GITHUB_TOKEN and needs security-events: write.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, env, args[0]) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.repository, "repository", "", "`OWNER/NAME`; GITHUB_REPOSITORY unless said")
	flags.StringVar(&f.commit, "commit", "", "the commit's full `ID`; GITHUB_SHA unless said")
	flags.StringVar(&f.ref, "ref", "", "the `REF` in full; GITHUB_REF unless said")
	flags.BoolVar(&f.dryRun, "dry-run", false, "check the file, say what would be sent, and send nothing")
	return cmd
}

func (f *uploadFlags) run(cmd *cobra.Command, env *Env, file string) error {
	sarif, err := os.ReadFile(file) //nolint:gosec // the user names it
	if err != nil {
		return usageError("read the SARIF file: %w", err)
	}
	or := func(value, name string) string {
		if value == "" {
			return env.Getenv(name)
		}
		return value
	}
	owner, repo, ok := strings.Cut(repositoryOf(env, f.repository), "/")
	if !ok {
		return usageError("which repository? expected --repository OWNER/NAME or GITHUB_REPOSITORY")
	}
	parcel, err := github.Pack(github.Upload{
		Owner: owner, Repo: repo, Commit: or(f.commit, "GITHUB_SHA"), Ref: or(f.ref, "GITHUB_REF"), SARIF: sarif,
	})
	if err != nil {
		return usageError("%s: %w", file, err)
	}
	for _, r := range parcel.Runs {
		if _, err := fmt.Fprintf(env.Stdout, "%s: %s of %s\n", printableLine(r.Category), count(r.Results, "result", "results"), printableLine(r.Tool)); err != nil {
			return err
		}
	}
	if f.dryRun {
		_, err := fmt.Fprintf(env.Stdout, "nothing sent (--dry-run): %d bytes for %s/%s\n", parcel.Bytes, owner, repo)
		return err
	}
	return send(cmd, env, parcel)
}

func send(cmd *cobra.Command, env *Env, parcel *github.Parcel) error {
	client, err := github.New(github.Config{
		API: env.Getenv("GITHUB_API_URL"), Token: redact.New([]byte(env.Getenv("GITHUB_TOKEN"))), Agent: "curfew/" + Version(),
	})
	if err != nil {
		return usageError("%w", err)
	}
	receipt, err := client.UploadSARIF(cmd.Context(), parcel)
	if err != nil {
		return &exitError{ExitUnfinished, err}
	}
	_, err = fmt.Fprintf(env.Stdout, "uploaded as %s\n", receipt.ID)
	return err
}
